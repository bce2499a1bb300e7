"""Rows on disk for the trainer, and rows of parquet files: with the libraries that do both."""

import datetime
import io
import itertools
import tempfile
import unittest

import pyarrow
import pyarrow.parquet
from trl.data_utils import is_conversational

from reading import read_table
from store import split, store
from support import REPLY, TOOL, USER, Folder

OPTIONS = {"shuffle_dataset": True, "shuffle_seed": 42, "train_test_split": 1}


def stored(*rows: dict):
    with tempfile.TemporaryDirectory() as folder:
        return [*store(iter(rows), folder)]


class Storing(unittest.TestCase):
    def test_every_message_keeps_exactly_its_keys(self):
        function = {"name": "weather", "arguments": {"city": "Oslo", "days": [1, 2.5], "unit": None}}
        asked = {
            "role": "assistant",
            "content": "",
            "tool_calls": [{"id": "c1", "type": "function", "function": function}],
        }
        rows = stored({"messages": [USER, asked], "tools": [TOOL]}, {"messages": [USER, REPLY]})
        self.assertEqual([row["messages"] for row in rows], [[USER, asked], [USER, REPLY]])
        self.assertEqual(rows[1]["tools"], None)
        self.assertIn('"name": "weather"', rows[0]["tools"])
        self.assertTrue(is_conversational(rows[0]))

    def test_texts_stay_texts(self):
        for text in ("2024-01-02", "02139", "None", '{"a": 1}', "", "é🙂\n"):
            self.assertEqual(stored({"prompt": text, "completion": text}), [{"prompt": text, "completion": text}])
            self.assertEqual(
                stored({"messages": [{"role": "user", "content": text}]})[0]["messages"][0]["content"], text
            )

    def test_pairs_as_lists(self):
        row = stored({"prompt": [USER], "completion": [REPLY]})[0]
        self.assertEqual((row["prompt"], row["completion"], row["tools"]), ([USER], [REPLY], None))


class Splitting(unittest.TestCase):
    def split(self, count: int, **options):
        with tempfile.TemporaryDirectory() as folder:
            train, rest = split(store(({"text": str(n)} for n in range(count)), folder), {**OPTIONS, **options})
            return [int(row["text"]) for row in train], None if rest is None else [int(row["text"]) for row in rest]

    def test_all_rows_once_in_an_order_that_the_seed_gives(self):
        train, rest = self.split(100)
        self.assertEqual((sorted(train), rest), ([*range(100)], None))
        self.assertEqual(train, self.split(100)[0])
        self.assertNotEqual(train, self.split(100, shuffle_seed=0)[0])
        self.assertEqual(self.split(100, shuffle_dataset=False)[0], [*range(100)])

    def test_a_share_is_held_back(self):
        train, rest = self.split(10, train_test_split=0.8)
        self.assertEqual((len(train), len(rest or [])), (8, 2))
        self.assertEqual(sorted([*train, *(rest or [])]), [*range(10)])

    def test_a_few_by_default_where_there_are_enough(self):
        for shuffles in (True, False):
            train, rest = self.split(60, train_test_split=None, shuffle_dataset=shuffles)
            self.assertEqual((len(train), len(rest or [])), (54, 6))
            self.assertEqual(sorted([*train, *(rest or [])]), [*range(60)])
            self.assertEqual(train == sorted(train), not shuffles)
        self.assertEqual(self.split(49, train_test_split=None)[1], None)

    def test_too_few_rows_to_hold_any_back(self):
        self.assertEqual(self.split(1, train_test_split=0.9), ([0], None))


class Parquet(unittest.TestCase):
    def rows(self, table: pyarrow.Table) -> list[dict]:
        data = io.BytesIO()
        pyarrow.parquet.write_table(table, data)
        with Folder({"a.bin": data.getvalue()}) as folder:
            read = read_table(f"{folder}/a.bin")
            self.assertEqual(read.columns, table.column_names)
            return [*read.rows()]

    def test_values_as_they_are_typed(self):
        day = datetime.date(2024, 1, 2)
        table = pyarrow.table({"text": ["02139", None], "day": [day, None], "list": [["a"], []], "number": [4.5, 1.0]})
        rows = [
            {"text": "02139", "day": day, "list": ["a"], "number": 4.5},
            {"text": None, "day": None, "list": [], "number": 1},
        ]
        self.assertEqual(self.rows(table), rows)

    def test_numbers_of_32_bits_have_the_digits_that_were_written(self):
        rows = self.rows(pyarrow.table({"label": pyarrow.array([0.1, None, 2.5], pyarrow.float32())}))
        self.assertEqual([None if row["label"] is None else str(row["label"]) for row in rows], ["0.1", None, "2.5"])

    def test_keys_that_other_rows_have_are_absent(self):
        tool = [{"name": "a", "parameters": {"city": "x", "n": None}}, {"name": "b", "parameters": None}]
        rows = self.rows(pyarrow.table({"tools": [tool]}))
        self.assertEqual(rows, [{"tools": [{"name": "a", "parameters": {"city": "x"}}, {"name": "b"}]}])

    def test_more_rows_than_one_batch(self):
        rows = self.rows(pyarrow.table({"n": [*range(2500)]}))
        self.assertEqual([row["n"] for row in rows], [*range(2500)])

    def test_the_same_rows_again(self):
        data = io.BytesIO()
        pyarrow.parquet.write_table(pyarrow.table({"n": [1, 2]}), data)
        with Folder({"a": data.getvalue()}) as folder:
            table = read_table(f"{folder}/a")
            self.assertEqual([*itertools.chain(table.rows(), table.rows())], [{"n": 1}, {"n": 2}] * 2)


if __name__ == "__main__":
    unittest.main()
