"""What is written beside an adapter of the run that made it."""

import hashlib
import json
import pathlib
import tempfile
import unittest

from contract import METRICS_FILE, METRICS_LINES, RUN_FILE
from record import dataset_digest, metrics, write
from support import Folder


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Digest(unittest.TestCase):
    def test_of_one_file_is_that_of_its_bytes_whatever_its_name(self):
        for name in ("a.jsonl", "000-b.csv"):
            with Folder({name: "prompt", "README.md": "x"}) as folder:
                self.assertEqual(dataset_digest(folder, {}), f"sha256:{sha256('prompt')}")

    def test_of_several_is_that_of_what_sha256sum_prints(self):
        lines = f"{sha256('1')}  a.jsonl\n{sha256('2')}  b.jsonl\n"
        with Folder({"000-a.jsonl": "1", "001-b.jsonl": "2"}) as folder:
            self.assertEqual(dataset_digest(folder, {}), f"sha256:{sha256(lines)}")

    def test_of_the_file_that_is_trained_on(self):
        with Folder({"a.jsonl": "1", "b.jsonl": "2"}) as folder:
            self.assertEqual(dataset_digest(folder, {"dataset_path": "b.jsonl"}), f"sha256:{sha256('2')}")


class Metrics(unittest.TestCase):
    def test_losses_by_step_and_nothing_of_when(self):
        history = [
            {"loss": 3.5, "learning_rate": 2e-4, "epoch": 0.25, "step": 5, "grad_norm": 1.0},
            {"eval_loss": 2.5, "eval_runtime": 7.1, "epoch": 0.5, "step": 10},
            {"loss": float("nan"), "epoch": 0.5, "step": 10},
            {"train_runtime": 12.5, "train_loss": 3.0, "epoch": 1.0, "step": 20},
        ]
        wanted = [
            {"step": 5, "epoch": 0.25, "loss": 3.5, "learningRate": 0.0002},
            {"step": 10, "epoch": 0.5, "evalLoss": 2.5},
        ]
        self.assertEqual(metrics(history), wanted)

    def test_no_more_lines_than_are_read_and_the_last_of_them(self):
        for count in (METRICS_LINES, METRICS_LINES + 1, 3 * METRICS_LINES + 7):
            points = metrics([{"loss": 1.0, "step": step, "epoch": 1} for step in range(count)])
            self.assertLessEqual(len(points), METRICS_LINES)
            self.assertGreater(len(points), METRICS_LINES // 2 - 1)
            self.assertEqual(points[-1]["step"], count - 1)

    def test_beside_the_adapter_in_two_files(self):
        with tempfile.TemporaryDirectory() as folder:
            write(folder, {"steps": 2, "dataset": "größe"}, [{"loss": 1.5, "step": 1, "epoch": 1.0}])
            self.assertEqual(pathlib.Path(folder, METRICS_FILE).read_text(), '{"step": 1, "epoch": 1.0, "loss": 1.5}\n')
            self.assertEqual(json.loads(pathlib.Path(folder, RUN_FILE).read_text()), {"steps": 2, "dataset": "größe"})


if __name__ == "__main__":
    unittest.main()
