"""The train step with its two costly readings of rows counted: /app/train.py, run by torchrun in place of it.

One line `<rank> <what> <rows>` in $COUNTS for each time that a process reads the data files, or makes rows anew from
others.
"""

import os
import sys

sys.path.insert(0, "/app")

import datasets.arrow_dataset as arrow

import dataset
import train
from processes import rank


def count(what: str, rows: int) -> None:
    with open(os.environ["COUNTS"], "a") as file:
        file.write(f"{rank()} {what} {rows}\n")


def counted_samples(*args):
    total = 0
    for sample in original_samples(*args):
        total += 1
        yield sample
    count("read", total)


def counted_map(shard, *args, **kwargs):
    count("map", len(shard))
    yield from original_map(shard, *args, **kwargs)


original_samples, dataset.samples = dataset.samples, counted_samples
original_map = arrow.Dataset._map_single
setattr(arrow.Dataset, "_map_single", staticmethod(counted_map))  # noqa: B010

if __name__ == "__main__":
    sys.exit(train.main())
