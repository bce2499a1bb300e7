"""Lengths of rows, kept for a summary."""

from array import array

from lengths import Lengths
from rows import Place

# Of a larger dataset the rest is only read: rendering them takes minutes for each hundred thousand rows.
MOST_ROWS = 200_000


class Measured(Lengths):
    """Judges as the train step does, and keeps how many tokens each row has."""

    def __init__(self, tokenizer, settings: dict):
        super().__init__(tokenizer, settings)
        self.totals = array("Q")

    def judge(self, sample: dict, place: Place) -> str:
        return super().judge(sample, place) if len(self.totals) < MOST_ROWS else ""

    def tokens(self, sample: dict, place: Place) -> tuple[int, int]:
        before, total = super().tokens(sample, place)
        self.totals.append(total)
        return before, total

    def summary(self) -> dict | None:
        if not self.totals:
            return None
        ordered = sorted(self.totals)
        at = [ordered[min(len(ordered) - 1, len(ordered) * share // 100)] for share in (50, 95)]
        return {"rows": len(ordered), "median": at[0], "p95": at[1], "most": ordered[-1]}

    def kept_tokens(self) -> int:
        """Of all rows together, each cut at max_length."""
        return sum(self.totals) if self.longest is None else sum(min(total, self.longest) for total in self.totals)


class Unmeasured:
    """Where there is no tokenizer every row fits: what is wrong with its shape is told all the same."""

    def judge(self, sample: dict, place: Place) -> str:
        return ""
