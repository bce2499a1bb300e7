"""Files as people have them: what is found, what kind each is, and that cells and texts stay as they are written."""

import os
import unittest

from outcome import StepFailed
from reading import data_files, kind_of, read_table
from support import Folder


def rows_of(name: str, content) -> list[dict]:
    with Folder({name: content}) as folder:
        return list(read_table(os.path.join(folder, name)).rows())


def refusal(name: str, content) -> str:
    try:
        rows_of(name, content)
    except StepFailed as error:
        assert error.reason == "DatasetInvalid"
        return error.message
    raise AssertionError(f"{name} was read")


class Finding(unittest.TestCase):
    def names(self, files: dict, **options) -> list[str]:
        with Folder(files) as folder:
            return [os.path.relpath(path, folder) for path in data_files(folder, options)]

    def test_all_files_in_order_without_what_is_no_data(self):
        files = [
            "b.csv",
            "a.jsonl",
            "in/c.json",
            "README.md",
            "000-README.md",
            "LICENSE",
            "manifest.json",
            "x.py",
            ".hidden",
            ".cache/d.csv",
            "lost+found/e",
            "a.lock",
            "a.sha256",
        ]
        self.assertEqual(self.names(dict.fromkeys(files, "x")), ["a.jsonl", "b.csv", os.path.join("in", "c.json")])

    def test_one_file_by_its_own_name_or_by_the_one_it_was_fetched_under(self):
        files = {"000-train.jsonl": "{}", "001-test.jsonl": "{}"}
        self.assertEqual(self.names(files, dataset_path="train.jsonl"), ["000-train.jsonl"])
        self.assertEqual(self.names(files, dataset_path="/mnt/data/001-test.jsonl"), ["001-test.jsonl"])
        with self.assertRaisesRegex(StepFailed, "names other.jsonl; the files are train.jsonl, test.jsonl"):
            self.names(files, dataset_path="other.jsonl")

    def test_an_empty_folder(self):
        with self.assertRaisesRegex(StepFailed, "No data file in"):
            self.names({"README.md": "x"})


class Kinds(unittest.TestCase):
    def kind(self, content) -> str:
        with Folder({"000-data.bin": content}) as folder:
            return kind_of(os.path.join(folder, "000-data.bin"))

    def test_content_decides_and_not_the_name(self):
        for content, kind in (
            (b"PAR1....", "parquet"),
            ('{"a": 1}', "json"),
            ("\ufeff\n [1]", "json"),
            ("a,b\n", "csv"),
            ("a;b\n", "csv"),
            ("a\tb\n", "csv"),
            ("a,b\n" + "ä" * 4000, "csv"),
            ("a,b\nx" + "ä" * 4000, "csv"),
            ("text\nx", "csv"),
            ('"text"\nx', "csv"),
        ):
            self.assertEqual(self.kind(content), kind, content)

    def test_what_is_no_data_is_said(self):
        for content, words in (
            (b"\x1f\x8b\x08", "is compressed"),
            (b"PK\x03\x04", "is compressed"),
            (b"BZh9", "is compressed"),
            (b"\xfd7zXZ\0", "is compressed"),
            (b"\x28\xb5\x2f\xfd", "is compressed"),
            ("version https://git-lfs.github.com/spec/v1", "Git LFS pointer"),
            ("<!DOCTYPE html>", "web page"),
            ("<html>", "web page"),
            ("<?xml", "web page"),
            ("q,a\nx,ä\n".encode("latin-1"), "not in UTF-8"),
            ("q,a\n".encode("utf-16"), "not in UTF-8"),
            (b"\x89PNG\0\xff", "neither parquet, JSON"),
            ("one word", "neither parquet, JSON"),
            ("", "neither"),
        ):
            with self.assertRaisesRegex(StepFailed, f"000-data.bin is .*{words}|{words}"):
                self.kind(content)


class Csv(unittest.TestCase):
    def test_every_cell_is_its_text_and_only_an_empty_one_is_missing(self):
        rows = rows_of("a.csv", "q,a\n1,None\n2,02139\n3,\n4,2024-01-02\n5,4.50\n6, x \n")
        self.assertEqual([row["a"] for row in rows], ["None", "02139", None, "2024-01-02", "4.50", " x "])

    def test_separators_quotes_blank_lines_and_a_byte_order_mark(self):
        for separator in ",;\t":
            text = f'\ufeffq{separator} a\r\n"say ""so""{separator}\n\nhere"{separator}b\r\n\r\nc{separator}d\r\n'
            self.assertEqual(
                rows_of("a.csv", text), [{"q": f'say "so"{separator}\n\nhere', "a": "b"}, {"q": "c", "a": "d"}]
            )

    def test_a_long_cell_is_no_fault(self):
        self.assertEqual(len(rows_of("a.csv", "q,a\nx," + "y" * 200_000)[0]["a"]), 200_000)

    def test_short_rows_miss_their_last_cells(self):
        self.assertEqual(rows_of("a.csv", "q,a\nx\n"), [{"q": "x", "a": None}])

    def test_columns_without_a_name_get_one(self):
        self.assertEqual(rows_of("a.csv", ",q\n0,x\n"), [{"column 1": "0", "q": "x"}])

    def test_faults_name_the_row_or_line(self):
        for text, words in (
            ("q,a\nx,y,z\n", "row 1 has 3 cells, the first line has 2"),
            ("q,a,q\n1,2,3\n", "the column q is there twice"),
            ('q,a\nx,"y\n', "line 2: unexpected end of data"),
            ('q,a\n"x"y,z\n', "line 2: ',' expected"),
            (b"q,a\n" + b"x,y\n" * 2000 + b"x,\xe4\n", "codec can't decode byte 0xe4"),
        ):
            self.assertRegex(refusal("a.csv", text), f"^a.csv looks like csv but cannot be read: .*{words}")


class Json(unittest.TestCase):
    def test_dates_and_numbers_stay_as_they_are_written(self):
        rows = rows_of("a.jsonl", '{"a":"2024-01-02"}\n\n{"a":4.50}\n{"a":12345678901234567890123}\n{"b":null}')
        self.assertEqual([str(row.get("a")) for row in rows], ["2024-01-02", "4.50", "12345678901234567890123", "None"])

    def test_columns_are_those_of_all_rows(self):
        with Folder({"a.jsonl": '{"a":1}\n{"b":2}\n'}) as folder:
            self.assertEqual(read_table(os.path.join(folder, "a.jsonl")).columns, ["a", "b"])

    def test_an_array_over_many_lines_and_one_of_texts(self):
        self.assertEqual(rows_of("a.json", '\ufeff[\n {"a": 1},\n {"a": 2}\n]\n'), [{"a": 1}, {"a": 2}])
        self.assertEqual(rows_of("a.json", '["x", "y"]'), [{"text": "x"}, {"text": "y"}])

    def test_one_object_over_many_lines_is_one_row(self):
        self.assertEqual(rows_of("a.json", '{\n "a": 1\n}\n'), [{"a": 1}])

    def test_faults_name_the_row_and_not_its_content(self):
        for text, words in (
            ('{"a":1}\n{"a":secret}\n', "row 2: Expecting value"),
            ('{"a":1}\n[2]\n', "row 2: row 2 is no object"),
            ('[{"a":1},2]', "row 2 is no object"),
            ('{"a":1,"a":"secret"}', "the key a is there twice"),
            ('{"a":{"b":1,"b":2}}\n', "the key b is there twice"),
            ('[{"a":1}', "Expecting ',' delimiter"),
        ):
            said = refusal("a.json", text)
            self.assertRegex(said, f"^a.json looks like json but cannot be read: .*{words}")
            self.assertNotIn("secret", said)


if __name__ == "__main__":
    unittest.main()
