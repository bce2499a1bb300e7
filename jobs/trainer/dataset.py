"""Every data file of a folder as one stream of rows, with a count of what was left out or cut, and why."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from contract import ROW_ENTRIES, ROW_NAME
from outcome import StepFailed
from reading import Table, data_files, name_at_source, read_table
from rows import MEANINGFUL, WANTED, Place, has, kind, shape_of


class Judge(Protocol):
    def judge(self, sample: dict, place: Place) -> str: ...


@dataclass
class Source:
    """One file: rows in it, and how many of them are trained on."""

    name: str
    rows: int = 0
    kept: int = 0


@dataclass
class Tally:
    """What became of the rows; `dropped` counts them by reason, `unused` names what no row is trained on."""

    sources: list[Source] = field(default_factory=list)
    dropped: Counter = field(default_factory=Counter)
    unused: set[str] = field(default_factory=set)
    cut: int = 0

    @property
    def rows(self) -> int:
        return sum(source.rows for source in self.sources)

    @property
    def kept(self) -> int:
        return self.rows - self.dropped.total()

    def as_result(self) -> dict:
        """Bounded, since it goes into the termination message: what is beyond ten of a kind is one entry."""
        first, others = self.sources[:ROW_ENTRIES], self.sources[ROW_ENTRIES:]
        if others:
            rest = Source(f"{len(others)} more files", sum(s.rows for s in others), sum(s.kept for s in others))
            first = [*first, rest]
        unused = sorted(self.unused)
        more = [f"{len(unused) - ROW_ENTRIES} more"] if len(unused) > ROW_ENTRIES else []
        return {
            "rows": self.rows,
            "kept": self.kept,
            "dropped": [{"reason": reason, "rows": rows} for reason, rows in sorted(self.dropped.items())],
            "cut": self.cut,
            "sources": [{"name": shortened(s.name), "rows": s.rows, "kept": s.kept} for s in first],
            "unused": [*map(shortened, unused[:ROW_ENTRIES]), *more],
        }


def samples(folder: str, options: dict, has_template: bool, judge: Judge, tally: Tally) -> Iterator[dict]:
    """The rows of all files that can be trained on. `tally` is filled on the way and is whole at the end."""
    form = None
    for path in data_files(folder, options):
        for sample, place in of_table(read_table(path), options, has_template, judge, tally):
            form, before = form_of(sample), form
            if before is not None and form != before:
                raise place.refused(f"it has {form}, the rows before have {before}. Use one shape for all.")
            yield sample
    if tally.kept == 0:
        why = f" ({listed(tally.dropped)})" if tally.dropped else ""
        too_long = any("max_length" in reason for reason in tally.dropped)
        remedy = "Raise TrainingArguments.max_length or shorten the prompts." if too_long else WANTED
        raise StepFailed("DatasetInvalid", f"The data files hold no usable row{why}. {remedy}")


def of_table(
    table: Table, options: dict, has_template: bool, judge: Judge, tally: Tally
) -> Iterator[tuple[dict, Place]]:
    shape = shape_of(table.columns, options)
    if shape is None:
        first = next(table.rows(), {})
        found = ", ".join(f"{column} ({kind(first.get(column))})" for column in table.columns[:20]) or "no rows"
        raise StepFailed(
            "DatasetInvalid",
            f"{table.name} has the columns {found}. {WANTED} Other names for question and "
            "answer: DatasetConfig.context_column and response_column.",
        )
    unused = [column for column in table.columns if column not in shape.used]
    tally.unused.update(unused)
    source = Source(name_at_source(table.name))
    tally.sources.append(source)
    refused = [column for column in unused if column.strip().lower() in MEANINGFUL]
    for index, row in enumerate(table.rows()):
        source.rows += 1
        place = Place(f"{table.name}, row {index + 1}", has_template, tally.unused)
        for column in refused:
            if has(row.get(column)):
                raise place.refused(
                    f"it has {column}, which is not trained on with {shape.used[0]}. Take the column "
                    "out if the answers do not depend on it."
                )
        built = shape.build(row, place)
        verdict = built if isinstance(built, str) else judge.judge(built, place)
        if isinstance(built, str) or verdict not in ("", "cut"):
            tally.dropped[verdict] += 1
            continue
        tally.cut += verdict == "cut"
        source.kept += 1
        yield built, place


def form_of(sample: dict) -> str:
    return " and ".join(
        f"{key} as {'messages' if isinstance(sample[key], list) else 'text'}"
        for key in ("text", "messages", "prompt", "completion")
        if key in sample
    )


def listed(dropped: Counter) -> str:
    return ", ".join(f"{count} with {reason}" for reason, count in sorted(dropped.items()))


def shortened(name: str) -> str:
    """Within ROW_NAME bytes, so that all of them together fit a termination message."""
    data = name.encode(errors="replace")
    return data.decode() if len(data) <= ROW_NAME else f"{data[: ROW_NAME - 3].decode(errors='ignore')}…"
