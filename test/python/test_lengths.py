"""How long a row is for the trainer, and what a chat template must not leave out."""

import copy
import unittest

from lengths import Lengths
from outcome import StepFailed
from rows import Place
from support import REPLY, TOOL, USER, Tokenizer, call

RESULT = {"role": "tool", "content": "4 C"}


def judged(sample: dict, max_length: int | None, tokenizer: Tokenizer | None = None, **settings) -> str:
    lengths = Lengths(tokenizer or Tokenizer(), {"max_length": max_length, **settings})
    return lengths.judge(copy.deepcopy(sample), Place("a.jsonl, row 7", True))


def words(count: int) -> str:
    return " ".join(["w"] * count)


class Fitting(unittest.TestCase):
    def test_texts_have_a_token_before_and_one_after(self):
        self.assertEqual(judged({"text": words(8)}, 10), "")
        self.assertEqual(judged({"text": words(9)}, 10), "cut")
        self.assertEqual(judged({"text": words(900)}, None), "")

    def test_a_pair_whose_answer_starts_too_late_is_left_out(self):
        self.assertEqual(judged({"prompt": words(5), "completion": " a"}, 10), "")
        self.assertEqual(judged({"prompt": words(5), "completion": " " + words(9)}, 10), "cut")
        self.assertEqual(judged({"prompt": words(9), "completion": " a"}, 10), "the answer beyond max_length=10")

    def test_conversations_are_measured_as_the_template_renders_them(self):
        long = {"role": "user", "content": words(9)}
        self.assertEqual(judged({"messages": [USER, REPLY]}, 4), "")
        self.assertEqual(judged({"messages": [USER, REPLY]}, 3), "the answer beyond max_length=3")
        self.assertEqual(judged({"messages": [USER, {**REPLY, "content": words(9)}]}, 4), "cut")
        self.assertEqual(judged({"messages": [USER, REPLY, long, REPLY]}, 8), "cut")
        self.assertEqual(judged({"prompt": [long], "completion": [REPLY]}, 10), "the answer beyond max_length=10")
        self.assertEqual(
            judged({"messages": [USER, REPLY], "tools": [TOOL]}, 4, Tokenizer("tools")),
            "the answer beyond max_length=4",
        )

    def test_keeping_the_end_keeps_the_answer(self):
        row = {"prompt": words(9), "completion": " a"}
        self.assertEqual(judged(row, 10, truncation_mode="keep_end"), "cut")

    def test_packing_cuts_too_unless_it_goes_on_in_the_next_pack(self):
        row = {"text": words(20)}
        self.assertEqual(judged(row, 10, packing=True), "cut")
        for strategy in ("bfd_split", "wrapped"):
            self.assertEqual(judged(row, 10, packing=True, packing_strategy=strategy), "")
            self.assertEqual(judged(row, 10, packing=False, packing_strategy=strategy), "cut")


class Rendering(unittest.TestCase):
    def refused(self, pattern: str, sample: dict, tokenizer: Tokenizer, max_length: int | None = 100) -> None:
        with self.assertRaisesRegex(StepFailed, f"^a.jsonl, row 7: the chat template of the base model {pattern}"):
            judged(sample, max_length, tokenizer)

    def test_tools_and_calls_go_to_a_template_that_renders_them(self):
        row = {"messages": [USER, {**call({"city": "Oslo"}), "content": ""}, RESULT, REPLY], "tools": [TOOL]}
        self.assertEqual(judged(row, 100, Tokenizer("tools", "tool_calls", "tool")), "")
        self.refused("ignores tools", row, Tokenizer("tool_calls", "tool"))
        self.refused("ignores tool_calls", row, Tokenizer("tools", "tool"))
        self.refused("leaves out the content of a message of role tool", row, Tokenizer("tools", "tool_calls"))
        self.refused("ignores tools", row, Tokenizer("tool_calls", "tool"), max_length=None)

    def test_templates_that_want_arguments_as_text_get_them_so(self):
        message = {**call({"city": "Oslo"}), "content": ""}
        row = {"messages": [USER, message]}
        lengths = Lengths(Tokenizer("tool_calls", text_arguments=True), {"max_length": 100})
        self.assertEqual(lengths.judge(row, Place("", True)), "")
        self.assertEqual(message["tool_calls"][0]["function"]["arguments"], '{"city": "Oslo"}')

    def test_roles_that_a_template_refuses_are_said_in_its_words(self):
        row = {"messages": [{"role": "system", "content": "x"}, USER, REPLY]}
        self.refused(
            "does not take a conversation of the roles system, user, assistant: no role system",
            row,
            Tokenizer(refuses="system"),
        )

    def test_a_content_that_is_trimmed_is_not_left_out(self):
        place = Place("", True)
        lengths = Lengths(Tokenizer(), {"max_length": 100})
        self.assertEqual(lengths.judge({"messages": [{**USER, "content": "\n Hi \n"}, REPLY]}, place), "")
        self.assertEqual(place.unused, set())

    def test_thoughts_that_a_template_takes_out_are_noted(self):
        class Thoughtless(Tokenizer):
            def apply_chat_template(self, messages, tools=None, tokenize=True, add_generation_prompt=False):
                spoken = [{**message, "content": message["content"].split("</think>")[-1]} for message in messages]
                return super().apply_chat_template(spoken, tools, tokenize, add_generation_prompt)

        place = Place("", True)
        row = {"messages": [USER, {**REPLY, "content": "<think>so</think>Hello"}]}
        self.assertEqual(Lengths(Thoughtless(), {"max_length": 100}).judge(row, place), "")
        self.assertEqual(place.unused, {"parts of contents that the chat template takes out"})


if __name__ == "__main__":
    unittest.main()
