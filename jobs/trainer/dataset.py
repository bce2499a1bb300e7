"""Every data file of a folder as one data set for SFTTrainer, with a count of what was left out and why."""

import os
from collections import Counter
from dataclasses import dataclass, field

from datasets import Dataset, concatenate_datasets

from outcome import StepFailed
from reading import data_files, read_file
from rows import MEANINGFUL, WANTED, has, kind, shape_of


@dataclass
class Tally:
    """What became of the rows; `dropped` counts them by reason."""

    read: int = 0
    dropped: Counter = field(default_factory=Counter)
    cut: int = 0

    def drop(self, reasons) -> None:
        self.dropped.update(reasons)

    def as_result(self) -> dict:
        return {"read": self.read, "dropped": dict(self.dropped), "cut": self.cut}


def load_samples(folder: str, options: dict, template: str | None, cache: str) -> tuple[Dataset, Tally]:
    """All files of `folder`. `template` is the model's chat template, if it has one."""
    tally = Tally()
    parts = [normalise(read_file(path, cache), os.path.basename(path), options, template, tally)
             for path in data_files(folder, options)]
    if tally.dropped:
        print(f"note: {sum(tally.dropped.values())} of {tally.read} rows left out: {listed(tally.dropped)}", flush=True)
    parts = [part for part in parts if len(part) > 0]
    if not parts:
        why = f" ({listed(tally.dropped)})" if tally.dropped else ""
        raise StepFailed("DatasetInvalid", f"The data files hold no usable row{why}. {WANTED}")
    shapes = {tuple(sorted(part.column_names)) for part in parts}
    if len(shapes) > 1:
        names = "; ".join(", ".join(shape) for shape in sorted(shapes))
        raise StepFailed("DatasetInvalid", f"The data files have different shapes ({names}). Use one shape for all.")
    return (concatenate_datasets(parts) if len(parts) > 1 else parts[0]), tally


def listed(dropped: Counter) -> str:
    return ", ".join(f"{count} with {reason}" for reason, count in sorted(dropped.items()))


def normalise(raw: Dataset, name: str, options: dict, template: str | None, tally: Tally) -> Dataset:
    columns = raw.column_names
    shape = shape_of(columns, options, template)
    if shape is None:
        found = ", ".join(f"{column} ({kind(raw[0][column])})" for column in columns[:20]) if len(raw) else "no rows"
        raise StepFailed("DatasetInvalid", f"{name} has the columns {found}. {WANTED} Other names for question and "
                         "answer: DatasetConfig.context_column and response_column.")
    unused = [column for column in columns if column not in shape.used]
    if unused:
        print(f"note: {name}: not used: {', '.join(unused)}", flush=True)
    refused = [column for column in unused if column in MEANINGFUL]
    kept = []
    for index, row in enumerate(raw):
        where = f"{name}, row {index + 1}"
        for column in refused:
            if has(row[column]):
                raise StepFailed("DatasetInvalid", f"{where} has {column}, which is not trained on with "
                                 f"{' and '.join(shape.used)}. Take the column out if the answers do not depend on it.")
        built = shape.build(row, where)
        if isinstance(built, str):
            tally.drop([built])
        else:
            kept.append(index)
    tally.read += len(raw)
    rows = raw if len(kept) == len(raw) else raw.select(kept)
    return rows.map(lambda row: shape.build(row, name), remove_columns=columns)


def split(samples: Dataset, options: dict) -> tuple[Dataset, Dataset | None]:
    """(train, eval): `train_test_split` is the share used for training; 1 means no evaluation."""
    seed = int(options.get("shuffle_seed") or 42)
    share = float(options.get("train_test_split") or 1)
    if not 0 < share <= 1:
        raise StepFailed("ConfigInvalid", f"DatasetConfig.train_test_split is {share}; use a number above 0, up to 1.")
    if options.get("shuffle_dataset", True):
        samples = samples.shuffle(seed=seed)
    size = round(len(samples) * share)
    if share == 1 or size in (0, len(samples)):
        return samples, None
    return samples.select(range(size)), samples.select(range(size, len(samples)))
