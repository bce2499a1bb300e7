"""A pod that goes in mid-run, and the next one that goes on: with the real trainer, on checkpoints as it writes them."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from safetensors import safe_open

OUT = pathlib.Path("/out")
ROWS = "".join(json.dumps({"prompt": f"What is {n}?", "completion": f" It is {n * n}."}) + "\n" for n in range(16))


class Volume:
    """What outlives the pods of a run."""

    def __init__(self, folder: str, method: str = "lora", **arguments):
        self.folder = pathlib.Path(folder)
        (self.folder / "data").mkdir()
        (self.folder / "data" / "a.jsonl").write_text(ROWS)
        self.spec = json.loads((OUT / "messages" / f"{method}.json").read_text())
        self.spec["config"]["TrainingArguments"] |= {"max_steps": 20, "save_steps": 4, "logging_steps": 1, **arguments}
        self.spec |= {
            "data": f"{folder}/data",
            "output": f"{folder}/adapter",
            "record": f"{folder}/kaito-adapter.json",
            "checkpoints": f"{folder}/checkpoints",
        }

    def pod(self, kill_at: int | None = None) -> tuple[int, str]:
        """Runs one; killed when it reports a step from `kill_at` on."""
        env = {**os.environ, "KAITO_STEP": json.dumps(self.spec), "TERMINATION_LOG": f"{self.folder}/end"}
        env["OMP_NUM_THREADS"] = "1"
        (self.folder / "end").unlink(missing_ok=True)
        with tempfile.TemporaryFile("w+") as log:
            argv = [sys.executable, "/app/train.py"]
            pod = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
            assert pod.stdout is not None
            said = ""
            for line in pod.stdout:
                said += line
                if kill_at is not None and '"kaito": "progress"' in line and json.loads(line)["step"] >= kill_at:
                    pod.kill()
            code = pod.wait()
            log.seek(0)
            return code, said + log.read()

    def steps(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "checkpoints").iterdir())

    def formats(self) -> set[str]:
        with safe_open(self.folder / "adapter" / "adapter_model.safetensors", "pt") as file:
            return {str(file.get_tensor(name).dtype) for name in file.keys()}  # noqa: SIM118

    def result(self) -> dict:
        return json.loads((self.folder / "end").read_text())["result"]


class Pods(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_go_on_from_the_newest_checkpoint_and_leave_the_adapter_of_an_undisturbed_run(self):
        volume = Volume(self.folder)
        self.assertEqual(volume.pod(kill_at=14)[0], -9)
        code, log = volume.pod()
        self.assertEqual(code, 0, log)
        self.assertIn("resuming from checkpoint-12", log)
        self.assertEqual(volume.result()["steps"], 20)
        disturbed = (volume.folder / "adapter" / "adapter_model.safetensors").read_bytes()
        with tempfile.TemporaryDirectory() as other:
            whole = Volume(other)
            self.assertEqual(whole.pod()[0], 0)
            self.assertEqual(whole.result()["loss"], volume.result()["loss"])
            self.assertEqual((whole.folder / "adapter" / "adapter_model.safetensors").read_bytes(), disturbed)

    def test_fall_back_from_a_checkpoint_that_is_damaged(self):
        volume = Volume(self.folder)
        volume.pod(kill_at=14)
        newest = volume.folder / "checkpoints" / "checkpoint-12"
        content = (newest / "optimizer.pt").read_bytes()
        (newest / "optimizer.pt").write_bytes(content[: len(content) // 2])
        code, log = volume.pod()
        self.assertEqual(code, 0, log)
        self.assertIn("checkpoint-12 is damaged (optimizer.pt) and is not used", log)
        self.assertIn("resuming from checkpoint-8", log)
        self.assertEqual(volume.steps(), ["checkpoint-16", "checkpoint-20"])

    def test_train_nothing_again_once_the_adapter_is_whole(self):
        volume = Volume(self.folder, max_steps=4)
        self.assertEqual(volume.pod()[0], 0)
        first = volume.result()
        code, log = volume.pod()
        self.assertEqual((code, volume.result()), (0, first), log)
        self.assertIn("nothing is trained again", log)
        self.assertNotIn("progress", log)
        (volume.folder / "adapter" / "adapter_config.json").write_text("{}")
        self.assertIn("resuming from checkpoint-4", volume.pod()[1])

    def test_keep_the_number_format_of_the_adapter(self):
        with tempfile.TemporaryDirectory() as other:
            whole = Volume(other, "qlora")
            code, log = whole.pod()
            self.assertEqual(code, 0, log)
            volume = Volume(self.folder, "qlora")
            volume.pod(kill_at=14)
            code, log = volume.pod()
            self.assertEqual(code, 0, log)
            self.assertIn("resuming from checkpoint-12", log)
            self.assertEqual(volume.formats(), whole.formats())


if __name__ == "__main__":
    unittest.main()
