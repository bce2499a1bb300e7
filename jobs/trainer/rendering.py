"""What the model's chat template makes of a conversation, and what it leaves out of it."""

import json

from rows import Place

PROBE = "kaito_probe_7f3a"


class Rendering:
    def __init__(self, tokenizer):
        self.tokenizer = tokenizer
        # What the template was seen to render; asked once, since it costs another rendering.
        self.rendered: set[str] = set()

    def text(self, messages: list[dict], tools: list[dict] | None, before_answer: bool = False) -> str:
        return self.tokenizer.apply_chat_template(
            messages, tools=tools, tokenize=False, add_generation_prompt=before_answer
        )

    def whole(self, messages: list[dict], tools: list[dict] | None, place: Place) -> str:
        """All of a conversation. Refuses the row when the template does not take it or leaves part of it out."""
        try:
            try:
                text = self.text(messages, tools)
            except TypeError:  # some templates put arguments together as text
                if not arguments_as_text(messages):
                    raise
                text = self.text(messages, tools)
        except Exception as error:
            roles = ", ".join(message["role"] for message in messages[:6])
            raise place.refused(
                "the chat template of the base model does not take a conversation of the roles "
                f"{roles}: {str(error)[:200]}"
            ) from error
        self.refuse_what_is_left_out(text, messages, tools, place)
        return text

    def refuse_what_is_left_out(self, text: str, messages: list[dict], tools: list[dict] | None, place: Place) -> None:
        if tools and not self.takes("tools", lambda: PROBE in self.text(messages, [with_probe(tools[0])])):
            raise place.refused(
                "the chat template of the base model ignores tools. Set a ModelConfig.chat_template "
                "that renders them, or take the column out if the answers do not depend on it."
            )
        for index, message in enumerate(messages):
            if "tool_calls" in message and not self.takes(
                "tool_calls", lambda at=index: self.calls_show(messages, at, tools)
            ):
                raise place.refused(
                    "the chat template of the base model ignores tool_calls. Set a ModelConfig."
                    "chat_template that renders them, or take such rows out."
                )
            content = message["content"].strip()
            if content in text:
                continue
            if not self.content_shows(messages, index, tools):
                beside = " that also calls tools" if "tool_calls" in message else ""
                raise place.refused(
                    f"the chat template of the base model leaves out the content of a message of role "
                    f"{message['role']}{beside}. Take such rows out, or set ModelConfig.chat_template."
                )
            if squeezed(content) not in squeezed(text):
                place.unused.add("parts of contents that the chat template takes out")

    def takes(self, what: str, is_rendered) -> bool:
        if what not in self.rendered and is_rendered():
            self.rendered.add(what)
        return what in self.rendered

    def calls_show(self, messages: list[dict], index: int, tools: list[dict] | None) -> bool:
        call = messages[index]["tool_calls"][0]
        arguments = {PROBE: PROBE} if isinstance(call["function"]["arguments"], dict) else json.dumps({PROBE: PROBE})
        probe = {**call, "function": {"name": "probe", "arguments": arguments}}
        return PROBE in self.text(replaced(messages, index, {"tool_calls": [probe]}), tools)

    def content_shows(self, messages: list[dict], index: int, tools: list[dict] | None) -> bool:
        """Some templates change a content (they trim lines, or take earlier thoughts out), but they do look at it."""
        return PROBE in self.text(replaced(messages, index, {"content": PROBE}), tools)


def squeezed(text: str) -> str:
    return "".join(text.split())


def replaced(messages: list[dict], index: int, change: dict) -> list[dict]:
    return [*messages[:index], {**messages[index], **change}, *messages[index + 1 :]]


def with_probe(tool: dict) -> dict:
    function = tool.get("function")
    return {**tool, "function": {**function, "name": PROBE}} if isinstance(function, dict) else {**tool, "name": PROBE}


def arguments_as_text(messages: list[dict]) -> bool:
    """Changes them in place, since the trainer renders these messages again. False when there were none."""
    functions = [call["function"] for message in messages for call in message.get("tool_calls", [])]
    for function in functions:
        if not isinstance(function["arguments"], str):
            function["arguments"] = json.dumps(function["arguments"], ensure_ascii=False)
    return len(functions) > 0
