"""Find the data files of a folder, judge each by its first bytes, and read it as it is written."""

import csv
import os

from datasets import Dataset, Features, Value

from outcome import StepFailed
from rows import WANTED

IGNORED_NAMES = ("manifest.json", "readme", "license", "lost+found")
IGNORED_ENDINGS = (".md", ".sha256", ".py", ".lock")
SEPARATORS = ",;\t"


def data_files(folder: str, options: dict) -> list[str]:
    only = os.path.basename(str(options.get("dataset_path") or ""))
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "lost+found")
        for name in sorted(names):
            plain = name_at_source(name).lower()
            ignored = any(n.startswith(IGNORED_NAMES) or n.endswith(IGNORED_ENDINGS) for n in (name.lower(), plain))
            if not ignored and not name.startswith(".") and os.path.isfile(os.path.join(root, name)):
                found.append(os.path.join(root, name))
    if only and found:
        names = [os.path.basename(path) for path in found]
        found = [path for path, name in zip(found, names) if only in (name, name_at_source(name))]
        if not found:
            listed = ", ".join(name_at_source(name) for name in names[:20])
            raise StepFailed("DatasetInvalid", f"DatasetConfig.dataset_path names {only}; the files are {listed}.")
    if not found:
        raise StepFailed("DatasetInvalid", f"No data file in {folder}. {WANTED}")
    return found


def name_at_source(name: str) -> str:
    """The fetch step puts a number before every name: 000-train.jsonl."""
    number, dash, rest = name.partition("-")
    return rest if dash and number.isdigit() else name


def read_file(path: str, cache: str) -> Dataset:
    name = os.path.basename(path)
    kind = kind_of(path)
    try:
        if kind == "csv":
            return read_csv(path, cache)
        return {"parquet": Dataset.from_parquet, "json": Dataset.from_json}[kind](path, cache_dir=cache)
    except Exception as error:
        cause = error.__cause__ or error
        text = f"{name} looks like {kind} but cannot be read: {str(cause).splitlines()[0][:300]}"
        raise StepFailed("DatasetInvalid", text) from error


def read_csv(path: str, cache: str) -> Dataset:
    """Every cell as the text it is ("0", "None", "02139"); only an empty cell is missing."""
    separator = separator_of(path)
    with open(path, encoding="utf-8-sig", newline="") as file:
        columns = next(csv.reader(file, delimiter=separator))
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ValueError(f"the column {twice[0]} is there twice")
    text = Features({column: Value("string") for column in columns})
    return Dataset.from_csv(path, cache_dir=cache, features=text, sep=separator, encoding="utf-8-sig",
                            keep_default_na=False, na_values=[""])


def separator_of(path: str) -> str:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    return max(SEPARATORS, key=header.count)


def kind_of(path: str) -> str:
    """parquet, json (array or one object per line) or csv, judged by the first bytes, never by the name."""
    with open(path, "rb") as file:
        head = file.read(4096)
    name = os.path.basename(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")):
        raise StepFailed("DatasetInvalid", f"{name} is compressed. Give a parquet, JSON, JSON-lines or CSV file.")
    if head.startswith(b"version https://git-lfs"):
        raise StepFailed("DatasetInvalid", f"{name} is a Git LFS pointer, not the data. Use the file's download URL.")
    try:
        text = head.decode("utf-8-sig", errors="strict" if len(head) < 4096 else "ignore").lstrip()
    except UnicodeDecodeError:
        text = "\0"
    if text.lower().startswith(("<!doctype", "<html", "<?xml")):
        raise StepFailed("DatasetInvalid", f"{name} is a web page. Use the link that downloads the file itself.")
    if text.startswith(("{", "[")):
        return "json"
    header = text.split("\n", 1)[0]
    if "\0" in text or not any(separator in header for separator in SEPARATORS):
        if header.strip().strip('"') != "text":
            raise StepFailed("DatasetInvalid", f"{name} is neither parquet, JSON, JSON lines nor CSV. {WANTED}")
    return "csv"
