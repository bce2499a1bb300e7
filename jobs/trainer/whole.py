"""Folders that can be trusted to be whole: a file in them, written last, has the digest of every other."""

import hashlib
import json
import os

BLOCK = 1 << 20


def digests(folder: str, without: str = "") -> dict[str, str]:
    """Name -> sha256 of every file, each on the disk for sure."""
    found = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if name == without or not os.path.isfile(path):
            continue
        found[name] = digest(path)
        flush(path)
    flush(folder)
    return found


def digest(path: str) -> str:
    running = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(BLOCK):
            running.update(block)
    return running.hexdigest()


def damage(folder: str, files: dict[str, str]) -> str | None:
    """The first file that is not as it was written; None where all are."""
    for name, wanted in files.items():
        path = os.path.join(folder, os.path.basename(name))
        try:
            if digest(path) != wanted:
                return name
        except OSError:
            return name
    return None


def flush(path: str) -> None:
    """A file's content, or a folder's names, survive the machine from here on."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: str, value: dict) -> None:
    """All of it or nothing, and on the disk when this returns."""
    fresh = f"{path}.new"
    with open(fresh, "w", encoding="utf-8") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    flush(os.path.dirname(os.path.abspath(path)))


def read_json(path: str) -> dict | None:
    """None where there is none, or what is there is no object."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
