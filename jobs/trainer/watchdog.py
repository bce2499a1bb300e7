"""Ends a run that hangs: a GPU that no longer answers, a process that waits for one that is gone."""

import contextlib
import faulthandler
import os
import threading
import time
from collections.abc import Iterator

from transformers import TrainerCallback

from contract import EXIT_CODES
from outcome import write_outcome


class Watchdog(TrainerCallback):
    """Sees to it that something is done every `seconds` while the model is trained, evaluated or saved."""

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.last = time.monotonic()
        self.is_over = threading.Event()

    def on_train_begin(self, args, state, control, **_):
        self.begin()

    def on_train_end(self, args, state, control, **_):
        self.is_over.set()

    @contextlib.contextmanager
    def watching(self) -> Iterator[None]:
        """Beside the trainer: whatever is done says itself that it has moved."""
        self.begin()
        try:
            yield
        finally:
            self.is_over.set()

    def begin(self) -> None:
        self.moved()
        self.is_over = threading.Event()
        threading.Thread(target=self.watch, args=(self.is_over,), daemon=True).start()

    def moved(self, *_, **__) -> None:
        self.last = time.monotonic()

    on_substep_end = on_step_end = on_prediction_step = on_evaluate = on_save = moved

    def watch(self, is_over: threading.Event) -> None:
        while not is_over.wait(min(10, self.seconds / 4)):
            if time.monotonic() - self.last > self.seconds:
                self.end()

    def end(self) -> None:
        """Not by an exception: the thread that hangs would never see it."""
        faulthandler.dump_traceback()  # into the log, for whoever looks for where it hangs
        minutes = f"{self.seconds / 60:g} minutes"
        message = f"Nothing moved for {minutes}: a GPU or a process hangs. The log has where. If single steps take so "
        message += "long, let them have fewer rows, or raise settings.tuningStallSeconds."
        write_outcome({"reason": "Stalled", "message": message})
        os._exit(EXIT_CODES["Stalled"])
