"""One more try with half as many rows at a time, where the GPU's memory was not enough for as many as estimated."""

import json
import os
import sys

from outcome import termination_log

SECOND_TRY = "KAITO_SECOND_TRY"


def is_second_try() -> bool:
    return SECOND_TRY in os.environ


def halved(arguments: dict) -> dict:
    """The same rows for each step of the optimizer, half as many at a time."""
    batch = arguments["per_device_train_batch_size"]
    half = max(1, batch // 2)
    return {
        **arguments,
        "per_device_train_batch_size": half,
        "gradient_accumulation_steps": round(batch * arguments["gradient_accumulation_steps"] / half),
        "per_device_eval_batch_size": min(half, arguments["per_device_eval_batch_size"]),
    }


def try_again(spec: dict) -> None:
    """Becomes the second try, in the same container: a fresh process has all of the GPU's memory. Returns where that is
    of no use."""
    arguments = spec["config"]["TrainingArguments"]
    if is_second_try() or arguments["per_device_train_batch_size"] < 2:
        return
    print(line(arguments["per_device_train_batch_size"], halved(arguments)), flush=True)
    open(termination_log(), "w").close()  # what the first try left there is not how this container ends
    os.environ[SECOND_TRY] = "1"
    os.execv(sys.executable, sys.orig_argv)


def line(batch: int, arguments: dict) -> str:
    """For the operator, as the reports of progress."""
    return json.dumps({"kaito": "halved", "from": batch, "to": arguments["per_device_train_batch_size"]})
