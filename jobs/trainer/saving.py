"""How often checkpoints are written, and what a resumed run goes on with."""

import time

from transformers import TrainerCallback

from processes import agreed

# What a run may lose at most when its pod goes, seconds.
LOSS = 600
# The first step compiles and fills caches; these after it say how long one takes.
MEASURED = 5


class SaveOften(TrainerCallback):
    """Writes a checkpoint at least every ten minutes, where the config does not say otherwise. In steps and not by the
    clock: all processes must come to the same end."""

    def __init__(self, seconds: float = LOSS):
        self.seconds = seconds
        self.began = 0.0
        self.first = 0

    def on_step_end(self, args, state, control, **_):
        if args.save_strategy != "steps" or args.load_best_model_at_end:
            return
        if self.first == 0:
            self.first, self.began = state.global_step, time.monotonic()
        elif state.global_step == self.first + MEASURED:
            self.pace(state)

    def on_save(self, args, state, control, **_):
        if 0 < self.first < state.global_step:
            self.pace(state)

    def pace(self, state) -> None:
        seconds = (time.monotonic() - self.began) / (state.global_step - self.first)
        steps = max(1, int(self.seconds / max(agreed(seconds), 1e-6)))
        state.save_steps = min(state.save_steps, steps)


def keeping_formats(trainer):
    """A trainer class that goes on from a checkpoint in the formats it began with: peft reads 16-bit adapters as 32-bit
    ones, which would take twice the memory and leave another adapter."""

    class Resuming(trainer):
        def _load_from_checkpoint(self, *args, **more):
            formats = {name: each.dtype for name, each in self.model.named_parameters() if each.requires_grad}
            super()._load_from_checkpoint(*args, **more)
            for name, each in self.model.named_parameters():
                if name in formats:
                    each.data = each.data.to(formats[name])

    return Resuming
