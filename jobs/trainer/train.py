"""The train step of a tuning pod: base model + data files -> LoRA adapter.

Reads one JSON object from the environment variable KAITO_STEP, prints progress lines, and ends with an exit code and a
termination message (see outcome.py).
"""

import json
import math
import os
import shutil
import sys
import tempfile
import time
import traceback

import compiled_helper
import halving
import processes
import surroundings  # noqa: F401
from contract import EXIT_CODES
from model import answers_can_be_told_apart, load_model, load_tokenizer, longest, loss_on
from outcome import StepFailed, as_failure, write_outcome
from precision import widen_trained
from processes import rank
from settings import chosen_precision, fingerprint, lora, read_spec, training_arguments


def main() -> int:
    spec = None
    try:
        spec = read_spec()
        import torch

        gpus = torch.cuda.device_count()
        if gpus > 1 and not processes.are_started():
            code = processes.start(gpus, sys.argv[0])
            if code == EXIT_CODES["CudaOutOfMemory"]:
                halving.try_again(spec)
            return code
        if gpus > 0:
            compiled_helper.use_kept()
        result = train(spec, torch)
        if rank() == 0:
            write_outcome({"result": result})
        return 0
    except Exception as error:
        traceback.print_exc()
        failure = as_failure(error)
        if failure.reason == "CudaOutOfMemory" and spec is not None and not processes.are_started():
            halving.try_again(spec)
        print(f"failed: {failure.reason}: {failure.message}", flush=True)
        write_outcome({"reason": failure.reason, "message": failure.message})
        return EXIT_CODES[failure.reason]


def train(spec: dict, torch) -> dict:
    from transformers import PrinterCallback
    from transformers.utils import logging
    from trl import SFTTrainer

    from dataset import Tally, samples
    from evaluation import evaluate, judge, refuse_gate_without_rows
    from lengths import Lengths
    from progress import Progress, newest_checkpoint
    from record import dataset_digest, versions
    from store import split, store, stored_rows
    from watchdog import Watchdog

    started = time.monotonic()
    logging.disable_progress_bar()
    all_processes = processes.meet(torch.cuda.is_available())
    chosen = chosen_precision(spec, torch)
    dtype = getattr(torch, chosen.compute)
    print(f"device {'cuda' if torch.cuda.is_available() else 'cpu'}, {dtype}, method {spec['method']}", flush=True)
    if spec["config"]["DataCollator"]:
        print("note: DataCollator is ignored, the loss is taken on answers only where the data allows it", flush=True)
    tokenizer = load_tokenizer(spec)
    options = spec["config"]["DatasetConfig"]
    with processes.shared_folder() as cache:
        max_length = longest(spec)
        lengths = Lengths(tokenizer, {**spec["config"]["TrainingArguments"], "max_length": max_length})
        tally = Tally()
        has_template = bool(tokenizer.chat_template)
        with all_processes.main_process_first():  # the others take what it has stored
            first = rank() == 0
            read = samples(spec["data"], options, has_template, lengths, tally)
            rows = store(read, cache) if first else stored_rows(cache)
            training, evaluation = split(rows, options)
        gate = spec["evaluation"].get("minImprovement")
        refuse_gate_without_rows(gate, len(evaluation or []))
        answers_marked = "messages" in rows.column_names and answers_can_be_told_apart(tokenizer)
        model = load_model(spec, dtype, torch)
        arguments = training_arguments(spec, chosen, torch, max_length, answers_marked)
        if evaluation is not None and options["train_test_split"] is None:
            arguments.eval_packing = False  # these rows are asked one by one, and only at the end
        elif evaluation is not None and "eval_strategy" not in spec["config"]["TrainingArguments"]:
            arguments.eval_strategy = type(arguments.eval_strategy)("epoch")
        progress = Progress(fingerprint(spec))
        watchdog = Watchdog(spec["stallSeconds"])
        try:
            trainer = SFTTrainer(
                model=model,
                args=arguments,
                train_dataset=training,
                eval_dataset=evaluation,
                processing_class=tokenizer,
                peft_config=lora(spec),
                callbacks=[progress, watchdog],
            )
        except (ValueError, ImportError) as error:  # how peft and TRL refuse settings that do not suit each other
            message = f"The trainer does not take these settings: {str(error)[:800]}"
            raise StepFailed("ConfigInvalid", message) from error
        trainer.remove_callback(PrinterCallback)
        widen_trained(trainer.model, chosen, torch.float32)
        trainable = trainer.model.get_nb_trainable_parameters()[0]
        print(f"{len(training)} samples, {trainable} trainable parameters", flush=True)
        if not arguments.packing and len(trainer.train_dataset) < len(training):
            tally.dropped["no token that the trainer takes the loss on"] += len(training) - len(trainer.train_dataset)
        data = {
            **tally.as_result(),
            "evaluated": len(evaluation or []),
            "lossOn": loss_on(arguments, rows.column_names),
        }
        print(json.dumps({"kaito": "data", **data}, ensure_ascii=False), flush=True)
        checkpoint = newest_checkpoint(spec["checkpoints"], progress.fingerprint)
        if checkpoint:
            print(f"resuming from {os.path.basename(checkpoint)}", flush=True)
        summary = trainer.train(resume_from_checkpoint=checkpoint)
        loss = progress.loss if progress.loss is not None else summary.training_loss
        if not math.isfinite(loss):
            raise StepFailed(
                "TrainingFailed",
                "The loss became infinite or not a number. Lower TrainingArguments.learning_rate or "
                "LoraConfig.lora_alpha.",
            )
        result = {
            "steps": summary.global_step,
            "loss": round(loss, 4),
            "trainableParameters": trainable,
            "samples": len(training),
            "processes": all_processes.num_processes,
        }
        if first:
            found = None
            if evaluation is not None:
                with watchdog.watching():
                    found = evaluate(trainer, tokenizer, evaluation, watchdog)
            if found is not None:
                print(json.dumps({"kaito": "evaluation", **found}, ensure_ascii=False), flush=True)
                result["evaluation"] = {name: value for name, value in found.items() if name != "samples"}
            judge(found, gate)
            made_of = {"dataset": dataset_digest(spec["data"], options), "rows": data["kept"], "trainer": versions()}
            save(trainer, spec, {**made_of, "steps": result["steps"], "loss": result["loss"], "evaluation": found})
    return {**result, "seconds": round(time.monotonic() - started, 1), "data": data}


def sort_sets(config) -> None:
    """peft keeps names in sets and writes them in their order, which differs from process to process."""
    for name, value in vars(config).items():
        if isinstance(value, set):
            setattr(config, name, sorted(value))


def save(trainer, spec: dict, record: dict) -> None:
    """Write the adapter under another name and move it into place, so that a half-written one is never seen."""
    from record import write

    model, output = trainer.model, spec["output"]
    parent = os.path.dirname(os.path.abspath(output))
    os.makedirs(parent, exist_ok=True)
    model.peft_config["default"].base_model_name_or_path = spec["model"].get("id") or spec["model"]["path"]
    sort_sets(model.peft_config["default"])
    with tempfile.TemporaryDirectory(dir=parent, prefix=".adapter-") as folder:
        fresh = os.path.join(folder, "adapter")
        model.save_pretrained(fresh, safe_serialization=True)
        if os.path.exists(os.path.join(fresh, "README.md")):
            os.unlink(os.path.join(fresh, "README.md"))
        commit = getattr(model.config, "_commit_hash", None)
        write(fresh, record if commit is None else {**record, "commit": commit}, trainer.state.log_history)
        for name in os.listdir(fresh):
            os.chmod(os.path.join(fresh, name), 0o644)  # safetensors writes 0600; a server runs as another user
        os.chmod(fresh, 0o755)
        if os.path.isdir(output) and not os.path.ismount(output):
            shutil.rmtree(output)
        if not os.path.exists(output):
            os.rename(fresh, output)
            return
        for name in sorted(os.listdir(fresh), reverse=True):  # adapter_model first, adapter_config last
            shutil.move(os.path.join(fresh, name), os.path.join(output, name))


if __name__ == "__main__":
    sys.exit(main())
