"""What max_length does to a row, known before a model is loaded: the tokenizer alone tells."""

from rendering import Rendering
from rows import Place


class Lengths:
    """Judges one row after another. `settings` are those of TrainingArguments, with max_length in place."""

    def __init__(self, tokenizer, settings: dict):
        self.tokenizer = tokenizer
        self.rendering = Rendering(tokenizer)
        self.longest = settings["max_length"]
        packs = settings.get("packing") is True
        # Packing cuts each row at max_length as well, unless it goes on with the rest of it in the next pack.
        if packs and settings.get("packing_strategy", "bfd") != "bfd":
            self.longest = None
        self.keeps_end = settings.get("truncation_mode") == "keep_end" and not packs

    def judge(self, sample: dict, place: Place) -> str:
        """'' for a row that fits, 'cut' for one that loses its end, or why it is left out."""
        before, total = self.tokens(sample, place)
        if self.longest is None or total <= self.longest:
            return ""
        if before >= self.longest and not self.keeps_end:
            return f"the answer beyond max_length={self.longest}"
        return "cut"

    def tokens(self, sample: dict, place: Place) -> tuple[int, int]:
        """(tokens before the first answer, tokens of all)"""
        if "text" in sample:
            return 0, self.count(sample["text"]) + 1  # the trainer ends a text with a token that says so
        if "messages" in sample:
            messages = sample["messages"]
            first = next(i for i, message in enumerate(messages) if message["role"] == "assistant")
            return self.of_conversation(messages, first, sample, place)
        prompt, completion = sample["prompt"], sample["completion"]
        if isinstance(prompt, list):
            return self.of_conversation(prompt + completion, len(prompt), sample, place)
        return self.count(prompt), self.count(prompt + completion) + 1

    def of_conversation(self, messages: list[dict], answer: int, sample: dict, place: Place) -> tuple[int, int]:
        tools = sample.get("tools")
        text = self.rendering.whole(messages, tools, place)
        total = self.count(text, special=False)
        if self.longest is None or total <= self.longest:
            return 0, total
        try:
            before = self.rendering.text(messages[:answer], tools, before_answer=True)
        except Exception:  # some templates take no beginning, or none that ends before a question
            return 0, total
        return self.count(before, special=False), total

    def count(self, text: str, special: bool = True) -> int:
        return len(self.tokenizer(text, add_special_tokens=special)["input_ids"])
