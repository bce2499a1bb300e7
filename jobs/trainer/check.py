"""The check before a run, without a GPU: would the train step take this base model, these rows and this config?

Reads the train step's own message, with the number of GPUs beside it. All that would end the run is told at once, in
the result (see src/contract/check.ts); the exit code only says whether the check itself came to its end.
"""

import sys
import traceback
from contextlib import contextmanager

import surroundings  # noqa: F401
from contract import CHECK_FIELDS, FAULTS
from evaluation import refuse_gate_without_rows
from measured import Measured, Unmeasured
from meta_model import trained_weights
from model import answers_can_be_told_apart, load_tokenizer, longest, loss_on
from outcome import as_failure, fitting, write_outcome
from settings import chosen_precision, lora, quantization, read_spec, training_arguments
from steps import packs, steps, training_rows


class Findings:
    def __init__(self):
        self.faults: list[dict] = []

    @contextmanager
    def collected(self):
        """What the block raises is a fault; the check goes on after it."""
        try:
            yield
        except Exception as error:
            traceback.print_exc()
            failure = as_failure(error)
            reason = "PrecheckFailed" if failure.reason == "TrainingFailed" else failure.reason
            if len(self.faults) < FAULTS:
                self.faults.append({"reason": reason, "message": failure.message})


def main() -> int:
    findings = Findings()
    data = None
    with findings.collected():
        spec = read_spec(CHECK_FIELDS)
        data = judged(spec, findings)
    write_outcome({"result": fitting({"faults": findings.faults, **({} if data is None else {"data": data})})})
    return 0


def judged(spec: dict, findings: Findings) -> dict | None:
    """What became of the rows; None where they cannot be read."""
    import torch
    from transformers.utils import logging

    from dataset import Tally, samples

    logging.disable_progress_bar()
    section, options = spec["config"]["TrainingArguments"], spec["config"]["DatasetConfig"]
    tokenizer, max_length = None, section["max_length"]
    with findings.collected():
        max_length = longest(spec)
        tokenizer = load_tokenizer(spec)
    judge = Unmeasured() if tokenizer is None else Measured(tokenizer, {**section, "max_length": max_length})
    tally, columns, is_whole = Tally(), set(), False
    with findings.collected():
        has_template = tokenizer is None or bool(tokenizer.chat_template)
        for sample in samples(spec["data"], options, has_template, judge, tally):
            columns.update(sample)
        is_whole = True
    wanted = arguments = None
    with findings.collected():
        wanted = lora(spec)
    with findings.collected():
        chosen = chosen_precision(spec, torch)
        quantization(spec, getattr(torch, chosen.compute))
        marked = "messages" in columns and tokenizer is not None and answers_can_be_told_apart(tokenizer)
        arguments = training_arguments(spec, chosen, torch, max_length, marked)
    weights = None
    if tokenizer is not None and wanted is not None:
        with findings.collected():
            weights = trained_weights(spec, wanted, torch)
    if not is_whole or arguments is None or isinstance(judge, Unmeasured):
        return None
    rows = training_rows(tally.kept, options)
    with findings.collected():
        refuse_gate_without_rows(spec["evaluation"].get("minImprovement"), tally.kept - rows)
    units = packs(judge.kept_tokens(), max_length) if arguments.packing and max_length else rows
    found = {
        **tally.as_result(),
        "evaluated": tally.kept - rows,
        "lossOn": loss_on(arguments, columns),
        "tokens": judge.summary(),
        "steps": steps(units, section, spec["gpus"]),
        "weights": weights,
    }
    return {name: value for name, value in found.items() if value is not None}


if __name__ == "__main__":
    sys.exit(main())
