"""What becomes of one row: every shape, every reason to leave it out, every refusal."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "jobs" / "trainer"))

from outcome import StepFailed  # noqa: E402
from rows import has, shape_of, text_of  # noqa: E402

TEMPLATE = "{% for message in messages %}{{ message.role }}{{ message.content }}{% endfor %}"
USER, REPLY = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}


def built(row: dict, template: str | None = TEMPLATE, **options):
    shape = shape_of(list(row), options, template)
    return None if shape is None else shape.build(row, "a.jsonl, row 7")


class Answers(unittest.TestCase):
    def test_zero_and_false_are_answers(self):
        for value, text in ((0, "0"), (1, "1"), (False, "false"), (True, "true"), (4.5, "4.5"), ("02139", "02139")):
            self.assertEqual(built({"prompt": "q", "completion": value}), {"prompt": "q", "completion": text})
            pair = built({"instruction": "q", "output": value})
            self.assertEqual(pair["completion"], [{"role": "assistant", "content": text}])

    def test_words_for_nothing_stay_words(self):
        for word in ("None", "NA", "N/A", "null", "nan"):
            self.assertEqual(built({"prompt": "q", "completion": word})["completion"], word)

    def test_rows_without_an_answer_are_left_out_with_a_reason(self):
        for nothing in (None, "", "  "):
            self.assertEqual(built({"prompt": "q", "completion": nothing}), "no answer")
            self.assertEqual(built({"instruction": "q", "output": nothing}), "no answer")
            self.assertEqual(built({"text": nothing}), "no text")
        self.assertEqual(built({"prompt": None, "completion": "a"}), "no prompt")
        self.assertEqual(built({"messages": [USER]}), "no answer")

    def test_what_is_no_text_is_refused(self):
        with self.assertRaisesRegex(StepFailed, "row 7: an object where a text is wanted"):
            text_of({"a": 1}, "a.jsonl, row 7")
        self.assertTrue(has(0) and has(False))
        self.assertFalse(has([]) or has({}) or has(None))


class Shapes(unittest.TestCase):
    def test_alpaca_with_system_and_history(self):
        row = {"system": "Be brief", "instruction": "And now?", "input": "", "output": "b", "history": [["Then?", "a"]]}
        self.assertEqual([message["content"] for message in built(row)["prompt"]], ["Be brief", "Then?", "a", "And now?"])
        with self.assertRaisesRegex(StepFailed, "need a chat template"):
            built(row, None)

    def test_sharegpt_parts_and_developer(self):
        turns = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
        self.assertEqual(built({"conversations": turns}), {"messages": [USER, REPLY]})
        parts = {"role": "user", "content": [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]}
        self.assertEqual(built({"messages": [parts, REPLY]}), {"messages": [USER, REPLY]})
        rules = {"role": "developer", "content": "Be brief"}
        self.assertEqual(built({"messages": [rules, USER, REPLY]})["messages"][0]["role"], "system")

    def test_named_columns_and_unknown_ones(self):
        pair = built({"q": "x", "a": 0}, None, context_column="q", response_column="a")
        self.assertEqual(pair["completion"], "0")
        self.assertIsNone(built({"q": "x", "a": "y"}))


class Refusals(unittest.TestCase):
    def test_tool_calls_are_named(self):
        call = {"role": "assistant", "content": None, "tool_calls": [{"id": "c1"}]}
        with self.assertRaisesRegex(StepFailed, "row 7: a message has tool_calls"):
            built({"messages": [USER, call]})
        with self.assertRaisesRegex(StepFailed, "knows no role tool"):
            built({"messages": [USER, {"role": "tool", "content": "4 C"}, REPLY]})

    def test_no_message_shows_the_data(self):
        for messages in ([USER, {"role": "boss", "content": "secret"}], [{"role": "user", "content": 5}], "secret", [5]):
            with self.assertRaises(StepFailed) as raised:
                built({"messages": messages})
            self.assertIn("row 7", raised.exception.message)
            self.assertNotIn("secret", raised.exception.message)


if __name__ == "__main__":
    unittest.main()
