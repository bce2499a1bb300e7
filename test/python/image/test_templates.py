"""What real chat templates do with conversations: those that trl has of the models people tune."""

import copy
import unittest
from importlib import resources

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from lengths import Lengths
from outcome import StepFailed
from rows import Place
from support import REPLY, TOOL, USER

SYSTEM = {"role": "system", "content": "Be brief\n"}
CALL = {
    "role": "assistant",
    "content": "",
    "tool_calls": [
        {"id": "abcdefghi", "type": "function", "function": {"name": "weather", "arguments": {"city": "Oslo"}}}
    ],
}
RESULT = {"role": "tool", "name": "weather", "tool_call_id": "abcdefghi", "content": "4 C"}
WITH_TOOLS = {"messages": [USER, CALL, RESULT, {"role": "assistant", "content": "It is 4 C"}], "tools": [TOOL]}


def judged(template: str, sample: dict) -> str:
    words = Tokenizer(models.WordLevel({"?": 0}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="</s>", bos_token="<s>")
    tokenizer.chat_template = (resources.files("trl") / "chat_templates" / f"{template}.jinja").read_text()
    return Lengths(tokenizer, {"max_length": 2000}).judge(copy.deepcopy(sample), Place("row 7", True))


class Templates(unittest.TestCase):
    def test_questions_answers_and_a_system_text_are_taken(self):
        chat = [SYSTEM, {**USER, "content": " Hi\n"}, {**REPLY, "content": "\nHello "}, USER, REPLY]
        for template in (
            "phi3",
            "phi3_5",
            "llama3",
            "llama3_1",
            "qwen2_5",
            "qwen3",
            "deepseek_r1_distill",
            "gemma3",
            "gptoss",
        ):
            with self.subTest(template):
                self.assertEqual(judged(template, {"messages": chat}), "")
                self.assertEqual(judged(template, {"prompt": chat[:4], "completion": [REPLY]}), "")

    def test_thoughts_that_a_template_takes_out_do_not_make_a_row_wrong(self):
        chat = [USER, {**REPLY, "content": "<think>\nhm\n</think>\n\nHello"}, USER, REPLY]
        for template in ("qwen3", "deepseek_r1_distill"):
            self.assertEqual(judged(template, {"messages": chat}), "")

    def test_tools_go_to_the_templates_that_take_them(self):
        for template in ("llama3_1", "llama3_2", "qwen2_5", "qwen3", "qwen3_instruct_2507", "gptoss"):
            with self.subTest(template):
                self.assertEqual(judged(template, WITH_TOOLS), "")

    def test_and_are_refused_by_row_where_the_template_ignores_them(self):
        for template in ("phi3", "phi3_5", "llama3", "deepseek_r1_distill"):
            with self.subTest(template), self.assertRaisesRegex(StepFailed, "^row 7: .* ignores tools"):
                judged(template, WITH_TOOLS)

    def test_what_a_template_refuses_is_said_in_its_words(self):
        with self.assertRaisesRegex(StepFailed, "^row 7: .* roles system, user, assistant: System role not supported"):
            judged("gemma", {"messages": [SYSTEM, USER, REPLY]})


if __name__ == "__main__":
    unittest.main()
