"""For the tests: a model's chat template without a model, and folders of data files."""

import pathlib
import tempfile

USER = {"role": "user", "content": "Hi"}
REPLY = {"role": "assistant", "content": "Hello"}
TOOL = {"type": "function", "function": {"name": "weather", "description": "Now", "parameters": {"type": "object"}}}


def call(arguments, name="weather") -> dict:
    function = {"name": name, "arguments": arguments}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c1", "type": "function", "function": function}],
    }


class Tokenizer:
    """A token is a word. Renders what `shows` names: contents of some roles, tools, tool_calls."""

    def __init__(self, *shows: str, text_arguments: bool = False, refuses: str = ""):
        self.shows = {"user", "assistant", "system", *shows}
        self.text_arguments = text_arguments
        self.refuses = refuses

    def __call__(self, text: str, add_special_tokens: bool = True) -> dict:
        return {"input_ids": [1] * add_special_tokens + [2] * len(text.split())}

    def apply_chat_template(self, messages, tools=None, tokenize=True, add_generation_prompt=False) -> str:
        if tokenize:
            raise AssertionError("texts are counted, not what a chat template makes of them")
        words = [str(tools)] if tools and "tools" in self.shows else []
        for message in messages:
            if self.refuses and message["role"] == self.refuses:
                raise ValueError(f"no role {self.refuses}")
            words.append(f"<{message['role']}>")
            words.append(message["content"].strip() if message["role"] in self.shows else "")
            for each in message.get("tool_calls", []) if "tool_calls" in self.shows else []:
                arguments = each["function"]["arguments"]
                words.append(each["function"]["name"])
                words.append("args:" + arguments if self.text_arguments else str(arguments))
        return " ".join([*words, "<assistant>"] if add_generation_prompt else words)


class Folder(tempfile.TemporaryDirectory):
    """A folder of data files: Folder({"a.csv": "text"}); values may be bytes."""

    def __init__(self, files: dict):
        super().__init__()
        for name, content in files.items():
            path = pathlib.Path(self.name, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def path(self, name: str) -> str:
        return str(pathlib.Path(self.name, name))
