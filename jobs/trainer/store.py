"""Rows for SFTTrainer as a data set on disk, which is read as it is needed."""

import json
import os
from collections.abc import Iterator
from itertools import chain

from datasets import Dataset, Features, Json, List, Value
from datasets.arrow_writer import ArrowWriter

from evaluation import held_out
from steps import training_rows

CONVERSATION = List(Json())  # every message keeps exactly the keys that it has
TEXT = Value("string")


def store(samples: Iterator[dict], folder: str) -> Dataset:
    first = next(samples)
    columns = {key: CONVERSATION if isinstance(value, list) else TEXT for key, value in first.items() if key != "tools"}
    if CONVERSATION in columns.values():
        columns["tools"] = TEXT  # as JSON, which the trainer reads
    with ArrowWriter(features=Features(columns), path=path_in(folder)) as writer:
        for sample in chain([first], samples):
            writer.write(stored(sample, columns))
        writer.finalize()
    return stored_rows(folder)


def stored_rows(folder: str) -> Dataset:
    return Dataset.from_file(path_in(folder))


def path_in(folder: str) -> str:
    return os.path.join(folder, "samples.arrow")


def stored(sample: dict, columns: dict) -> dict:
    tools = sample.get("tools")
    values = {
        key: [json.dumps(message) for message in value] if isinstance(value, list) else value
        for key, value in sample.items()
        if key != "tools"
    }
    return {**values, "tools": None if tools is None else json.dumps(tools)} if "tools" in columns else values


def split(samples: Dataset, options: dict) -> tuple[Dataset, Dataset | None]:
    """(train, eval): `train_test_split` is the share used for training; 1 keeps no row back, None a few where there are
    enough of them."""
    share, seed = options["train_test_split"], int(options["shuffle_seed"])
    if options["shuffle_dataset"]:
        samples = samples.shuffle(seed=seed)
    if share is None:
        kept = held_out(len(samples), seed)
        return (samples, None) if not kept else (without(samples, kept), samples.select(kept))
    size = training_rows(len(samples), options)
    if share == 1:
        return samples, None
    if size == len(samples):
        print(
            f"note: {len(samples)} rows are too few to keep {1 - share:.0%} for evaluation: all are trained on",
            flush=True,
        )
        return samples, None
    return samples.select(range(size)), samples.select(range(size, len(samples)))


def without(samples: Dataset, rows: list[int]) -> Dataset:
    left = set(rows)
    return samples.select([index for index in range(len(samples)) if index not in left])
