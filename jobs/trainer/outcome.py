"""How the train step ends: an exit code, and one JSON object in the termination log that names the reason."""

import json
import os

from contract import OUTCOME_BYTES

MAX_MESSAGE = 1500


class StepFailed(Exception):
    """An expected failure: `reason` is one of the contract's, `message` tells the user what to do."""

    def __init__(self, reason: str, message: str):
        super().__init__(message)
        self.reason = reason
        self.message = message


def write_outcome(outcome: dict) -> None:
    """Whole JSON within what is kept of it: of a long message the end goes."""
    if read_end().get("reason"):
        return  # of several processes the first failure is the cause, the others' is that it went away
    text = json.dumps(outcome, ensure_ascii=False).encode(errors="replace")
    while len(text) > OUTCOME_BYTES and outcome.get("message"):
        outcome = {**outcome, "message": outcome["message"][: len(outcome["message"]) * 3 // 4]}
        text = json.dumps(outcome, ensure_ascii=False).encode(errors="replace")
    try:
        with open(termination_log(), "wb") as file:
            file.write(text)
    except OSError as error:
        print(f"note: cannot write {termination_log()}: {error}", flush=True)


def fitting(result: dict) -> dict:
    """The result of a check within what is kept of a termination message: faults before what is known of rows."""

    def is_too_long(part: dict) -> bool:
        return len(json.dumps({"result": part}, ensure_ascii=False).encode(errors="replace")) > OUTCOME_BYTES

    if is_too_long(result):
        result = {"faults": result["faults"]}
    for most in (1000, 500, 250, 100):
        if is_too_long(result):
            result = {"faults": [{**fault, "message": fault["message"][:most]} for fault in result["faults"]]}
    return result


def read_reason() -> str:
    """The reason another process of this step wrote; TrainingFailed when it wrote none."""
    return read_end().get("reason") or "TrainingFailed"


def read_end() -> dict:
    try:
        with open(termination_log(), encoding="utf-8") as file:
            end = json.load(file)
    except (OSError, ValueError):
        return {}
    return end if isinstance(end, dict) else {}


def as_failure(error: BaseException) -> StepFailed:
    """Give every exception a reason; errors nobody foresaw become TrainingFailed with the last line of their text."""
    if isinstance(error, StepFailed):
        return error
    if out_of_host_memory(error):
        return StepFailed(
            "OOMKilled",
            "The node ran out of memory, not its GPU. Use an instance type with more of it, fewer "
            f"dataloader_num_workers, or fewer rows. ({short(error)})",
        )
    if out_of_memory(error):
        return StepFailed(
            "CudaOutOfMemory",
            "The GPU ran out of memory during training. Use a smaller per_device_train_batch_size or max_length, "
            f"method qlora, or an instance type with more memory for each GPU. ({short(error)})",
        )
    return StepFailed("TrainingFailed", f"{type(error).__name__}: {short(error)}")


def out_of_host_memory(error: BaseException) -> bool:
    """Python's own, numpy's (a MemoryError), pyarrow's, and torch's allocator for CPUs."""
    return isinstance(error, MemoryError) or "can't allocate memory" in str(error).lower()


def out_of_memory(error: BaseException) -> bool:
    named = type(error).__name__ in ("OutOfMemoryError", "AcceleratorOutOfMemoryError")
    return named or "out of memory" in str(error).lower()


def short(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else "no details")[:MAX_MESSAGE]


def termination_log() -> str:
    return os.environ.get("TERMINATION_LOG", "/dev/termination-log")
