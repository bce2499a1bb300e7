"""Progress lines for the operator: one JSON object per line on stdout, flushed at once."""

import json
import math
import os
import time

from transformers import TrainerCallback

import checkpoints
from processes import wait_for_all


class Progress(TrainerCallback):
    """Prints a line per log event and marks every checkpoint that was written to its end."""

    def __init__(self, fingerprint: str):
        self.fingerprint = fingerprint
        self.started = time.monotonic()
        self.first_step = 0
        self.loss = None

    def on_train_begin(self, args, state, control, **_):
        self.started = time.monotonic()
        self.first_step = state.global_step
        self.line(state, {})

    def on_log(self, args, state, control, logs=None, **_):
        logs = logs or {}
        if isinstance(logs.get("loss"), float):
            self.loss = logs["loss"]
            if not math.isfinite(self.loss):
                control.should_training_stop = True
            self.line(state, logs)

    def on_save(self, args, state, control, **_):
        wait_for_all()  # each has written a part of it
        if state.is_world_process_zero:
            checkpoints.mark(os.path.join(args.output_dir, f"checkpoint-{state.global_step}"), self.fingerprint)

    def line(self, state, logs: dict) -> None:
        if not state.is_world_process_zero:
            return
        done = state.global_step - self.first_step
        line = {"kaito": "progress", "step": state.global_step, "maxSteps": state.max_steps}
        if state.epoch is not None:
            line["epoch"] = round(state.epoch, 3)
        if isinstance(logs.get("loss"), float) and math.isfinite(logs["loss"]):
            line["loss"] = round(logs["loss"], 4)
        if isinstance(logs.get("learning_rate"), float):
            line["learningRate"] = logs["learning_rate"]
        if done > 0:
            pace = (time.monotonic() - self.started) / done
            line["etaSeconds"] = round(pace * (state.max_steps - state.global_step), 1)
        print(json.dumps(line), flush=True)
