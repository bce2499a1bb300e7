"""Reports of a run, and which checkpoint it goes on from."""

import contextlib
import io
import json
import os
import tempfile
import types
import unittest

from transformers import TrainerControl, TrainerState

from progress import COMPLETE, Progress, newest_checkpoint


def state(step: int, is_first: bool = True) -> TrainerState:
    made = TrainerState(global_step=step, max_steps=20, epoch=step / 10)
    made.is_world_process_zero = is_first
    return made


def said(work) -> list[dict]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        work()
    return [json.loads(line) for line in out.getvalue().splitlines()]


class Reports(unittest.TestCase):
    def setUp(self):
        self.progress = Progress("fingerprint")
        self.control = TrainerControl()

    def log(self, step: int, logs: dict, is_first: bool = True) -> list[dict]:
        return said(lambda: self.progress.on_log(None, state(step, is_first), self.control, logs=logs))

    def test_one_line_for_each_loss(self):
        said(lambda: self.progress.on_train_begin(None, state(0), self.control))
        (line,) = self.log(5, {"loss": 3.14159, "learning_rate": 2e-4})
        self.assertEqual(
            line | {"etaSeconds": 0},
            {
                "kaito": "progress",
                "step": 5,
                "maxSteps": 20,
                "epoch": 0.5,
                "loss": 3.1416,
                "learningRate": 2e-4,
                "etaSeconds": 0,
            },
        )
        self.assertEqual(self.log(5, {"grad_norm": 1.0}), [])
        self.assertEqual(self.progress.loss, 3.14159)

    def test_the_start_is_a_report_too_and_a_resumed_run_starts_where_it_was(self):
        (line,) = said(lambda: self.progress.on_train_begin(None, state(8), self.control))
        self.assertEqual((line["step"], "etaSeconds" in line), (8, False))

    def test_a_loss_that_is_none_stops_the_run_and_is_no_number_in_json(self):
        for loss in (float("nan"), float("inf")):
            control = self.control = TrainerControl()
            (line,) = self.log(5, {"loss": loss})
            self.assertNotIn("loss", line)
            self.assertTrue(control.should_training_stop)

    def test_an_evaluation_is_no_report(self):
        self.assertEqual(self.log(5, {"eval_loss": 2.5}), [])
        self.assertEqual(self.progress.loss, None)

    def test_only_the_first_process_speaks(self):
        self.assertEqual(self.log(5, {"loss": 1.0}, is_first=False), [])


class Checkpoints(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def save(self, step: int, fingerprint: str = "mine") -> str:
        path = os.path.join(self.folder, f"checkpoint-{step}")
        os.makedirs(path)
        Progress(fingerprint).on_save(types.SimpleNamespace(output_dir=self.folder), state(step), TrainerControl())
        return path

    def test_the_newest_whole_one_by_its_number(self):
        self.save(9)
        newest = self.save(10)
        half = self.save(11)
        os.unlink(os.path.join(half, COMPLETE))
        self.assertEqual(newest_checkpoint(self.folder, "mine"), newest)

    def test_none_of_another_run_and_none_that_is_damaged(self):
        self.save(9, "other")
        with open(os.path.join(self.save(10), COMPLETE), "w") as file:
            file.write("{")
        os.makedirs(os.path.join(self.folder, "checkpoint-x"))
        os.makedirs(os.path.join(self.folder, "runs"))
        self.assertIsNone(newest_checkpoint(self.folder, "mine"))
        self.assertIsNone(newest_checkpoint(os.path.join(self.folder, "none"), "mine"))


if __name__ == "__main__":
    unittest.main()
