"""Find the data files of a folder, judge each by its first bytes, and read its rows exactly as they are written.

The readers of the data libraries guess: a word that looks like a date becomes a time, "None" an empty cell, "02139" a
number. So the files are read here, and every cell of a CSV file and every text in JSON is the text that stands there.
"""

import codecs
import csv
import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple

from outcome import StepFailed
from rows import WANTED

IGNORED_NAMES = ("manifest.json", "readme", "license", "lost+found")
IGNORED_ENDINGS = (".md", ".sha256", ".py", ".lock")
SEPARATORS = ",;\t"
COMPRESSED = (b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")

UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Table(NamedTuple):
    """One file. `columns` are those that any row has; `rows` starts anew each time.

    Only a JSON array is held in memory.
    """

    name: str
    columns: list[str]
    rows: Callable[[], Iterator[dict]]


class Number(float):
    """A number with its digits as they are written: a label 4.50 is not 4.5."""

    written: str

    def __new__(cls, written: str):
        number = super().__new__(cls, written)
        number.written = written
        return number

    def __str__(self) -> str:
        return self.written


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
        found = [path for path, name in zip(found, names, strict=True) if only in (name, name_at_source(name))]
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


def read_table(path: str) -> Table:
    name = os.path.basename(path)
    kind = kind_of(path)
    open_table = {"csv": csv_table, "json": json_table, "parquet": parquet_table}[kind]

    def said(error: Exception) -> StepFailed:
        text = (str(error).splitlines() or [type(error).__name__])[0]
        return StepFailed("DatasetInvalid", f"{name} looks like {kind} but cannot be read: {text[:300]}")

    try:
        columns, rows = open_table(path)
    except (ValueError, csv.Error, RecursionError) as error:
        raise said(error) from error

    def checked() -> Iterator[dict]:
        try:
            yield from rows()
        except (ValueError, csv.Error, RecursionError) as error:
            raise said(error) from error

    return Table(name, columns, checked)


Opened = tuple[list[str], Callable[[], Iterator[dict]]]


def csv_table(path: str) -> Opened:
    """Every cell is the text that is written there; only an empty one is missing."""
    csv.field_size_limit(sys.maxsize)  # the library's own limit is 128 KiB a cell
    separator = separator_of(path)

    def lines() -> Iterator[list[str]]:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, delimiter=separator, strict=True)
            try:
                yield from reader
            except csv.Error as error:
                raise ValueError(f"line {reader.line_num}: {error}") from error

    columns = [name.strip() or f"column {index + 1}" for index, name in enumerate(next(lines()))]
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise ValueError(f"the column {twice[0]} is there twice")

    def rows() -> Iterator[dict]:
        cells = (line for line in lines() if line)
        next(cells)
        for index, row in enumerate(cells):
            if len(row) > len(columns):
                raise ValueError(f"row {index + 1} has {len(row)} cells, the first line has {len(columns)}")
            missing = [""] * (len(columns) - len(row))
            yield {column: cell or None for column, cell in zip(columns, [*row, *missing], strict=True)}

    return columns, rows


def json_table(path: str) -> Opened:
    """An array of objects, or one object per line."""
    with open(path, encoding="utf-8-sig") as file:
        is_array = first_text(file).startswith("[")
    if is_array:
        with open(path, encoding="utf-8-sig") as file:
            whole = [as_row(value, index) for index, value in enumerate(parsed(file.read()))]
        return columns_of(whole), lambda: iter(whole)

    def rows() -> Iterator[dict]:
        with open(path, encoding="utf-8-sig") as file:
            for index, line in enumerate(line for line in file if line.strip()):
                try:
                    yield as_row(parsed(line), index)
                except ValueError as error:
                    raise ValueError(f"row {index + 1}: {error}") from error

    try:
        return columns_of(rows()), rows
    except ValueError:
        single = single_object(path)
        if single is None:
            raise
        return list(single), lambda: iter([single])


def single_object(path: str) -> dict | None:
    """A file that is one object over many lines is one row."""
    try:
        with open(path, encoding="utf-8-sig") as file:
            value = parsed(file.read())
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def parsed(text: str):
    return json.loads(text, parse_float=Number, object_pairs_hook=with_each_key_once)


def with_each_key_once(pairs: list[tuple]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(
            f"the key {next(name for name in names if names.count(name) > 1)} is there twice in one object"
        )
    return found


def as_row(value, index: int) -> dict:
    if isinstance(value, str):
        return {"text": value}
    if not isinstance(value, dict):
        raise ValueError(f"row {index + 1} is no object")
    return value


def columns_of(rows) -> list[str]:
    return list({column: None for row in rows for column in row})


def parquet_table(path: str) -> Opened:
    import pyarrow.parquet

    schema = pyarrow.parquet.read_schema(path)
    # As doubles they have digits that nobody wrote: 0.1 is 0.10000000149011612.
    short = {field.name for field in schema if field.type == pyarrow.float32()}

    def rows() -> Iterator[dict]:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=1000):
                digits = {name: batch[name].cast(pyarrow.string()).to_pylist() for name in short}
                for index, row in enumerate(batch.to_pylist()):
                    yield {
                        column: number_of(digits[column][index]) if column in short else without_nulls(value)
                        for column, value in row.items()
                    }

    return schema.names, rows


def number_of(digits: str | None) -> Number | None:
    return None if digits is None else Number(digits)


def without_nulls(value):
    """In Parquet all objects of a column have the same keys: one that is null there was absent."""
    if isinstance(value, dict):
        return {key: without_nulls(each) for key, each in value.items() if each is not None}
    return [without_nulls(each) for each in value] if isinstance(value, list) else value


def separator_of(path: str) -> str:
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    return max(SEPARATORS, key=header.count)


def first_text(file) -> str:
    return next((line.lstrip() for line in file if line.strip()), "")


def kind_of(path: str) -> str:
    """parquet, json (array or one object per line) or csv, judged by the first bytes, never by the name."""
    with open(path, "rb") as file:
        head = file.read(4096)
    name = os.path.basename(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(COMPRESSED):
        raise StepFailed("DatasetInvalid", f"{name} is compressed. Give a parquet, JSON, JSON-lines or CSV file.")
    if head.startswith(b"version https://git-lfs"):
        raise StepFailed("DatasetInvalid", f"{name} is a Git LFS pointer, not the data. Use the file's download URL.")
    try:
        # The last character may go on after what was read.
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head).lstrip()
    except UnicodeDecodeError as error:
        if b"\0" not in head or head.startswith(UTF16):
            raise StepFailed("DatasetInvalid", f"{name} is not in UTF-8. Save it as UTF-8 text.") from error
        text = "\0"
    if text.lower().startswith(("<!doctype", "<html", "<?xml")):
        raise StepFailed("DatasetInvalid", f"{name} is a web page. Use the link that downloads the file itself.")
    if text.startswith(("{", "[")):
        return "json"
    header = text.split("\n", 1)[0]
    has_columns = any(separator in header for separator in SEPARATORS) or header.strip().strip('"') == "text"
    if "\0" in text or not has_columns:
        raise StepFailed("DatasetInvalid", f"{name} is neither parquet, JSON, JSON lines nor CSV. {WANTED}")
    return "csv"
