"""Reports of a run, and which checkpoint it goes on from."""

import contextlib
import io
import json
import os
import tempfile
import types
import unittest
import unittest.mock

from transformers import TrainerControl, TrainerState

from checkpoints import newest_checkpoint
from progress import Progress
from saving import SaveOften


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
    def test_are_marked_when_they_are_written(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "checkpoint-9")
            os.makedirs(path)
            with open(os.path.join(path, "adapter_model.safetensors"), "w") as file:
                file.write("weights")
            Progress("mine").on_save(types.SimpleNamespace(output_dir=folder), state(9), TrainerControl())
            self.assertEqual(newest_checkpoint(folder, "mine"), path)


class HowOften(unittest.TestCase):
    def run_steps(self, seconds: float, step_seconds: float, **changes) -> list[int]:
        args = types.SimpleNamespace(save_strategy="steps", load_best_model_at_end=False, **changes)
        often, now, saved = SaveOften(seconds), 0.0, []
        made = TrainerState(max_steps=100, save_steps=50)
        with unittest.mock.patch("time.monotonic", lambda: now):
            for step in range(1, 101):
                now += step_seconds
                made.global_step = step
                often.on_step_end(args, made, TrainerControl())
                if step % made.save_steps == 0:
                    saved.append(step)
                    often.on_save(args, made, TrainerControl())
        return saved

    def test_is_as_the_config_says_where_steps_are_short_and_by_time_where_they_are_long(self):
        self.assertEqual(self.run_steps(600, 1), [50, 100])
        self.assertEqual(self.run_steps(600, 60), list(range(10, 101, 10)))
        self.assertEqual(self.run_steps(600, 3600), list(range(6, 101)))


if __name__ == "__main__":
    unittest.main()
