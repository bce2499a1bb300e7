"""What a run was made from and how it went, for those who meet its adapter later. Nothing of it says when or where: the
same run leaves the same bytes."""

import hashlib
import importlib.metadata
import json
import math
import os

from contract import METRICS_FILE, METRICS_LINES, RUN_FILE
from reading import data_files, name_at_source

LIBRARIES = ("trl", "peft", "transformers", "bitsandbytes", "torch")
KEPT = {"loss": "loss", "eval_loss": "evalLoss", "learning_rate": "learningRate"}


def dataset_digest(folder: str, options: dict) -> str:
    """As `sha256sum FILE` has it; of several files, of what `sha256sum FILE…` prints."""
    files = data_files(folder, options)
    digests = [file_digest(path) for path in files]
    if len(digests) == 1:
        return f"sha256:{digests[0]}"
    lines = "".join(
        f"{digest}  {name_at_source(os.path.basename(path))}\n" for digest, path in zip(digests, files, strict=True)
    )
    return f"sha256:{hashlib.sha256(lines.encode(errors='surrogateescape')).hexdigest()}"


def file_digest(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def versions() -> str:
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def metrics(history: list[dict]) -> list[dict]:
    """The losses over steps, at most METRICS_LINES of them, the last among them."""
    points = []
    for logged in history:
        values = {
            ours: round(logged[theirs], 8)
            for theirs, ours in KEPT.items()
            if isinstance(logged.get(theirs), float) and math.isfinite(logged[theirs])
        }
        if "loss" in values or "evalLoss" in values:
            points.append({"step": logged["step"], "epoch": round(logged.get("epoch") or 0, 4), **values})
    every = math.ceil(len(points) / METRICS_LINES)
    return points if every <= 1 else points[::-every][::-1]


def write(folder: str, record: dict, history: list[dict]) -> None:
    """Beside the files of an adapter."""
    lines = [json.dumps(point) + "\n" for point in metrics(history)]
    with open(os.path.join(folder, METRICS_FILE), "w") as file:
        file.writelines(lines)
    with open(os.path.join(folder, RUN_FILE), "w") as file:
        json.dump(record, file, ensure_ascii=False, indent=1, sort_keys=True)
