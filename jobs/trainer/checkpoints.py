"""Which checkpoint a run goes on from: the newest that is its own and whole."""

import os
import shutil

from whole import damage, digests, read_json, write_json

COMPLETE = "kaito-complete.json"


def mark(folder: str, fingerprint: str) -> None:
    """Says of a checkpoint that it was written to its end, and what its files are."""
    write_json(os.path.join(folder, COMPLETE), {"fingerprint": fingerprint, "files": digests(folder, COMPLETE)})


def newest_checkpoint(folder: str, fingerprint: str) -> str | None:
    """The newest one that is whole and of the same run; None starts from the beginning. Those that are of no use are
    removed: by their numbers they would push out the ones that are written from here on."""
    newest = None
    for _, path in sorted(numbered(folder), reverse=True):
        if newest is None and is_whole(path, fingerprint):
            newest = path
        elif newest is None:
            shutil.rmtree(path, ignore_errors=True)
    return newest


def is_whole(path: str, fingerprint: str) -> bool:
    name = os.path.basename(path)
    complete = read_json(os.path.join(path, COMPLETE))
    files = complete.get("files") if complete else None
    if complete is None or not isinstance(files, dict) or not files:
        print(f"note: {name} was not written to its end and is not used", flush=True)
        return False
    if complete.get("fingerprint") != fingerprint:
        print(f"note: {name} is of another run and is not used", flush=True)
        return False
    damaged = damage(path, files)
    if damaged is not None:
        print(f"note: {name} is damaged ({damaged}) and is not used", flush=True)
    return damaged is None


def numbered(folder: str) -> list[tuple[int, str]]:
    found = []
    for name in os.listdir(folder) if os.path.isdir(folder) else []:
        head, _, step = name.partition("-")
        if head == "checkpoint" and step.isdigit():
            found.append((int(step), os.path.join(folder, name)))
    return found
