"""All files of a folder as one stream: what is kept, counted, named and refused."""

import json
import unittest

from dataset import Tally, samples
from outcome import StepFailed
from support import Folder

PAIR = '{"prompt":"a","completion":"b"}\n'


class Words:
    """Stands for the tokenizer: a row may have `longest` characters of a prompt and of a completion."""

    def __init__(self, longest: int = 1000):
        self.longest = longest

    def judge(self, sample, place) -> str:
        if len(str(sample.get("prompt", ""))) > self.longest:
            return f"the answer beyond max_length={self.longest}"
        return "cut" if len(str(sample.get("completion", ""))) > self.longest else ""


def read(files: dict, longest: int = 1000, has_template: bool = True, **options) -> tuple[list[dict], dict]:
    tally = Tally()
    with Folder(files) as folder:
        rows = list(samples(folder, options, has_template, Words(longest), tally))
    return rows, tally.as_result()


class Counting(unittest.TestCase):
    def test_what_is_left_out_and_cut_is_counted_by_reason_and_by_file(self):
        first = PAIR + '{"prompt":"c","completion":null}\n{"prompt":null,"completion":"e"}\n'
        second = '{"prompt":"fffff","completion":"g"}\n{"prompt":"h","completion":"iiiii","id":7}\n'
        rows, data = read({"000-one.jsonl": first, "001-two.jsonl": second}, longest=3)
        self.assertEqual(rows, [{"prompt": "a", "completion": "b"}, {"prompt": "h", "completion": "iiiii"}])
        self.assertEqual(
            data,
            {
                "rows": 5,
                "kept": 2,
                "cut": 1,
                "unused": ["id"],
                "dropped": [
                    {"reason": "no answer", "rows": 1},
                    {"reason": "no prompt", "rows": 1},
                    {"reason": "the answer beyond max_length=3", "rows": 1},
                ],
                "sources": [{"name": "one.jsonl", "rows": 3, "kept": 1}, {"name": "two.jsonl", "rows": 2, "kept": 1}],
            },
        )

    def test_a_csv_file_beside_json(self):
        rows, data = read({"a.csv": "prompt;completion\nx;None\n", "b.jsonl": PAIR})
        self.assertEqual(rows, [{"prompt": "x", "completion": "None"}, {"prompt": "a", "completion": "b"}])
        self.assertEqual((data["rows"], data["kept"], data["dropped"]), (2, 2, []))

    def test_the_result_stays_small_whatever_the_data(self):
        row = {"prompt": "a", "completion": "b", **{"🙂" * 200 + str(index): 1 for index in range(50)}}
        files = {f"{index:03}-{'🙂' * 40}{index}.jsonl": json.dumps(row) + "\n" for index in range(100)}
        _, data = read(files)
        self.assertLess(len(json.dumps(data, ensure_ascii=False).encode()), 3500)
        self.assertEqual((data["rows"], sum(source["rows"] for source in data["sources"])), (100, 100))
        self.assertEqual((data["sources"][-1]["name"], data["unused"][-1]), ("90 more files", "40 more"))


class Refusals(unittest.TestCase):
    def refused(self, words: str, files: dict, **options) -> None:
        with self.assertRaisesRegex(StepFailed, words) as raised:
            read(files, **options)
        self.assertEqual(raised.exception.reason, "DatasetInvalid")

    def test_no_usable_row_says_why_and_what_to_do(self):
        self.refused(r"no usable row \(1 with no answer\)\. Wanted", {"a.jsonl": '{"prompt":"a","completion":""}\n'})
        self.refused(r"no usable row \(1 with the answer beyond max_length=0\)\. Raise", {"a.jsonl": PAIR}, longest=0)
        self.refused(r"no usable row\. Wanted", {"a.csv": "prompt,completion\n"})

    def test_unknown_columns_are_listed_with_what_they_hold(self):
        self.refused(
            r"a.json has the columns q \(a text\), n \(a number\), l \(a list\)\. Wanted",
            {"a.json": '[{"q":"x","n":1.5,"l":[]}]'},
        )
        self.refused("a.json has the columns no rows", {"a.json": "[]"})

    def test_columns_that_change_the_meaning_are_refused_where_nobody_reads_them(self):
        for column in ("system", "System", "history", "functions", "images", "audio"):
            row = json.dumps({"prompt": "a", "completion": "b", column: ["x"]})
            self.refused(
                f"a.jsonl, row 2: it has {column}, which is not trained on with prompt", {"a.jsonl": f"{PAIR}{row}\n"}
            )
            empty = json.dumps({"prompt": "a", "completion": "b", column: []})
            self.assertEqual(read({"a.jsonl": empty})[1]["unused"], [column])

    def test_one_shape_for_all(self):
        text, messages = (
            '{"text":"x"}\n',
            '{"prompt":[{"role":"user","content":"x"}],"completion":[{"role":"assistant","content":"y"}]}\n',
        )
        self.refused(
            "b.jsonl, row 1: it has text as text, the rows before have prompt as text and completion as text",
            {"a.jsonl": PAIR, "b.jsonl": text},
        )
        self.refused("a.jsonl, row 2: it has prompt as messages", {"a.jsonl": PAIR + messages})

    def test_a_fault_far_down_is_found(self):
        self.refused("row 201", {"a.jsonl": PAIR * 200 + '{"prompt":}\n'})


if __name__ == "__main__":
    unittest.main()
