"""What becomes of one row: every shape, every reason to leave it out, every refusal."""

import unittest
from typing import Any

from outcome import StepFailed
from rows import Place, has, shape_of, text_of
from support import REPLY, TOOL, USER, call

WHERE = "a.jsonl, row 7"


def built(row: dict, has_template: bool = True, place: Place | None = None, **options) -> Any:
    shape = shape_of(list(row), options)
    return None if shape is None else shape.build(row, place or Place(WHERE, has_template))


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
        for nothing in (None, "", "  ", float("nan")):
            self.assertEqual(built({"prompt": "q", "completion": nothing}), "no answer")
            self.assertEqual(built({"instruction": "q", "output": nothing}), "no answer")
            self.assertEqual(built({"text": nothing}), "no text")
        self.assertEqual(built({"prompt": None, "completion": "a"}), "no prompt")
        self.assertEqual(built({"instruction": None, "output": "a"}), "no prompt")
        self.assertEqual(built({"messages": [USER]}), "no answer")
        self.assertEqual(built({"messages": [USER, {"role": "assistant", "content": " "}]}), "no answer")
        self.assertEqual(built({"prompt": [USER], "completion": [{"role": "assistant", "content": ""}]}), "no answer")

    def test_what_is_no_text_is_refused(self):
        for value, words in (({"a": 1}, "an object"), ([1], "a list"), (None, "null"), (b"a", "bytes")):
            with self.assertRaisesRegex(StepFailed, f"row 7: {words} where a text is wanted"):
                text_of(value, Place(WHERE, True))
        with self.assertRaisesRegex(StepFailed, "half of a character"):
            text_of("Oh \ud83d", Place(WHERE, True))

    def test_presence_is_not_truth(self):
        self.assertTrue(has(0) and has(False) and has(0.0))
        self.assertFalse(has([]) or has({}) or has(None) or has(" ") or has(float("nan")))


class Shapes(unittest.TestCase):
    def test_text(self):
        self.assertEqual(built({"text": "Once"}), {"text": "Once"})
        self.assertEqual(built({"text": 7}), {"text": "7"})

    def test_prompt_and_completion_as_texts_or_as_messages(self):
        self.assertEqual(built({"prompt": "", "completion": "a"}, False), {"prompt": "", "completion": "a"})
        lists = {"prompt": [USER], "completion": [REPLY]}
        self.assertEqual(built(lists), lists)
        self.assertEqual(built({**lists, "tools": [TOOL]})["tools"], [TOOL])

    def test_alpaca_with_a_context_as_plain_texts_without_a_template(self):
        for answer in ("output", "response", "answer"):
            for context in ("input", "context"):
                row = {"instruction": "Add", context: "1 and 2", answer: "3"}
                self.assertEqual(built(row, False)["prompt"], "### Instruction:\nAdd\n\n1 and 2\n\n### Response:\n")
                self.assertEqual(built(row)["prompt"], [{"role": "user", "content": "Add\n\n1 and 2"}])

    def test_alpaca_with_system_and_history(self):
        row = {"system": "Be brief", "instruction": "And now?", "input": "", "output": "b", "history": [["Then?", "a"]]}
        self.assertEqual(
            [message["content"] for message in built(row)["prompt"]], ["Be brief", "Then?", "a", "And now?"]
        )

    def test_lists_as_json_in_a_cell_of_csv(self):
        self.assertEqual(
            built({"messages": '[{"role":"user","content":"Hi"},{"role":"assistant","content":"Hello"}]'}),
            {"messages": [USER, REPLY]},
        )

    def test_sharegpt_parts_and_developer(self):
        turns = [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]
        self.assertEqual(built({"conversations": turns}), {"messages": [USER, REPLY]})
        parts = {"role": "user", "content": [{"type": "text", "text": "H"}, {"type": "text", "text": "i"}]}
        self.assertEqual(built({"messages": [parts, REPLY]}), {"messages": [USER, REPLY]})
        rules = {"role": "developer", "content": "Be brief"}
        self.assertEqual(built({"messages": [rules, USER, REPLY]})["messages"][0]["role"], "system")

    def test_named_columns_and_unknown_ones(self):
        pair = built({"q": "x", "a": 0}, False, context_column="q", response_column="a")
        self.assertEqual(pair["completion"], "0")
        self.assertEqual(built({"turns": [USER, REPLY]}, messages_column="turns"), {"messages": [USER, REPLY]})
        self.assertIsNone(built({"q": "x", "a": "y"}))


class Tools(unittest.TestCase):
    def test_calls_are_kept_with_their_arguments_as_an_object(self):
        result = {"role": "tool", "content": "4 C", "tool_call_id": "c1", "name": "weather"}
        for arguments in ('{"city": "Oslo"}', {"city": "Oslo"}):
            row = built({"messages": [USER, call(arguments), result, REPLY], "tools": [TOOL]})
            self.assertEqual(row["tools"], [TOOL])
            asked = row["messages"][1]
            self.assertEqual(asked["content"], "")
            self.assertEqual(asked["tool_calls"][0]["function"], {"name": "weather", "arguments": {"city": "Oslo"}})
            self.assertEqual(row["messages"][2], result)

    def test_a_call_alone_is_an_answer(self):
        self.assertEqual(len(built({"messages": [USER, call("")]})["messages"]), 2)

    def test_tools_beside_a_question_and_as_json(self):
        self.assertEqual(
            built({"instruction": "q", "output": "a", "tools": '[{"name": "x"}]'})["tools"], [{"name": "x"}]
        )

    def test_what_is_no_call_is_refused(self):
        for arguments in ("[1]", "Oslo", 4):
            with self.assertRaisesRegex(StepFailed, "row 7: the arguments of a call of weather are not an object"):
                built({"messages": [USER, call(arguments)]})
        for calls in ([{"id": 1}], ["weather"]):
            with self.assertRaisesRegex(StepFailed, "row 7: a call in tool_calls is not"):
                built({"messages": [USER, {**REPLY, "tool_calls": calls}]})
        with self.assertRaisesRegex(StepFailed, "is not the assistant's"):
            built({"messages": [{**call({}), "role": "user"}, REPLY]})
        with self.assertRaisesRegex(StepFailed, "tools is not a list of objects"):
            built({"messages": [USER, REPLY], "tools": ["weather"]})
        with self.assertRaisesRegex(StepFailed, "tools go with lists of messages"):
            built({"prompt": "q", "completion": "a", "tools": [TOOL]})


class Refusals(unittest.TestCase):
    def test_keys_that_change_the_meaning_are_named(self):
        for key in ("function_call", "reasoning_content", "thinking", "audio", "weight"):
            with self.assertRaisesRegex(StepFailed, f"row 7: a message has {key}, which is not trained on"):
                built({"messages": [USER, {**REPLY, key: 1}]})

    def test_other_keys_are_noted(self):
        place = Place(WHERE, True)
        built({"messages": [{**USER, "id": "m1", "name": None}, {**REPLY, "name": "bot"}]}, place=place)
        self.assertEqual(place.unused, {"id of messages", "name of messages"})

    def test_what_needs_a_chat_template_is_refused_without_one(self):
        for row in (
            {"messages": [USER, REPLY]},
            {"prompt": [USER], "completion": [REPLY]},
            {"instruction": "q", "output": "a", "system": "s"},
            {"instruction": "q", "output": "a", "tools": [TOOL]},
            {"instruction": "q", "output": "a", "history": [["x", "y"]]},
        ):
            with self.assertRaisesRegex(StepFailed, "row 7: .* need a chat template"):
                built(row, False)

    def test_history_that_is_no_list_of_pairs(self):
        for history in ([["x"]], ["x"], [["x", "y", "z"]]):
            with self.assertRaisesRegex(StepFailed, "history is not a list of"):
                built({"instruction": "q", "output": "a", "history": history})

    def test_no_message_shows_the_data(self):
        for messages in (
            [USER, {"role": "boss", "content": "secret"}],
            [{"role": "user", "content": 5}],
            "secret",
            [5],
            [],
        ):
            with self.assertRaises(StepFailed) as raised:
                built({"messages": messages})
            self.assertIn("row 7", raised.exception.message)
            self.assertNotIn("secret", raised.exception.message)


if __name__ == "__main__":
    unittest.main()
