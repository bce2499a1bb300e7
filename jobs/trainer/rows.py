"""The shapes a row may have, each brought to one SFTTrainer knows. Nothing in a row is changed or left out unsaid."""

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from outcome import StepFailed

WANTED = (
    'Wanted, one of: "messages" [{"role":"user","content":"…"},{"role":"assistant","content":"…"}]; '
    '"prompt" and "completion"; "instruction", optional "input", and "output"; "text".'
)
ANSWER_OF_INSTRUCTION = ("output", "response", "answer")
CONTEXT_OF_INSTRUCTION = ("input", "context")
ROLES = ("system", "user", "assistant", "tool")
ROLE_OF = {"developer": "system", "human": "user", "gpt": "assistant"}  # the names of OpenAI and of ShareGPT
# Without these an answer means something else: a row that has one is refused where it is not used.
MEANINGFUL = ("system", "history", "tools", "functions", "images", "image", "videos", "audio")
MEANINGFUL_IN_MESSAGE = ("function_call", "reasoning_content", "thinking", "audio", "weight")


@dataclass
class Place:
    """Where a row stands, for messages; `unused` gathers the keys in messages that are not trained on."""

    where: str
    has_template: bool
    unused: set[str] = field(default_factory=set)

    def refused(self, text: str) -> StepFailed:
        return StepFailed("DatasetInvalid", f"{self.where}: {text}")

    def needs_template(self, what: str) -> None:
        if not self.has_template:
            raise self.refused(
                f"{what} need a chat template, which the base model lacks. Set ModelConfig.chat_template, "
                "or use prompt and completion texts."
            )


class Shape(NamedTuple):
    """`build` takes a row and its place; it gives the row for SFTTrainer, or why it is left out."""

    used: tuple[str, ...]
    build: Callable[[dict, Place], dict | str]


def shape_of(columns: list[str], options: dict) -> Shape | None:
    """None where the columns are of no known shape."""
    messages = options.get("messages_column") or next((c for c in ("messages", "conversations") if c in columns), None)
    question, answer = options.get("context_column"), options.get("response_column")
    if messages in columns:
        return Shape((messages, "tools"), lambda row, place: conversation(row, row.get(messages), place))
    if question in columns and answer in columns:
        return Shape(
            (question, answer, "system", "history", "tools"),
            lambda row, place: turn(row, row.get(question), row.get(answer), place),
        )
    if "prompt" in columns and "completion" in columns:
        return Shape(("prompt", "completion", "tools"), prompt_and_completion)
    response = next((column for column in ANSWER_OF_INSTRUCTION if column in columns), None)
    if "instruction" in columns and response:
        context = next((column for column in CONTEXT_OF_INSTRUCTION if column in columns), None)
        return Shape(
            ("instruction", response, "system", "history", "tools", *([context] if context else [])),
            lambda row, place: turn(row, instruction_of(row, context, place), row.get(response), place),
        )
    if "text" in columns:
        return Shape(("text",), lambda row, place: plain(row.get("text"), place))
    return None


def plain(text, place: Place) -> dict | str:
    return {"text": text_of(text, place)} if has(text) else "no text"


def conversation(row: dict, value, place: Place) -> dict | str:
    messages = messages_of(value, place)
    place.needs_template("messages")
    if not any(message["role"] == "assistant" and says_something(message) for message in messages):
        return "no answer"
    return {"messages": messages, **tools_of(row, place)}


def prompt_and_completion(row: dict, place: Place) -> dict | str:
    prompt, completion = row.get("prompt"), row.get("completion")
    if prompt is None:
        return "no prompt"
    if not has(completion):
        return "no answer"
    if isinstance(prompt, list) and isinstance(completion, list):
        place.needs_template("lists of messages")
        answer = messages_of(completion, place)
        if not any(says_something(message) for message in answer):
            return "no answer"
        return {"prompt": messages_of(prompt, place), "completion": answer, **tools_of(row, place)}
    if has(row.get("tools")):
        raise place.refused("tools go with lists of messages, not with texts as prompt and completion.")
    return {"prompt": text_of(prompt, place), "completion": text_of(completion, place)}


def turn(row: dict, question, answer, place: Place) -> dict | str:
    """One question and its answer, after the system text and the earlier turns that Alpaca's format may have."""
    if question is None:
        return "no prompt"
    if not has(answer):
        return "no answer"
    asked, reply = text_of(question, place), text_of(answer, place)
    system, history = row.get("system"), row.get("history")
    if has(system) or has(history) or has(row.get("tools")):
        place.needs_template("system, history and tools")
    if not place.has_template:
        return {"prompt": f"### Instruction:\n{asked}\n\n### Response:\n", "completion": reply}
    before = [{"role": "system", "content": text_of(system, place)}] if has(system) else []
    for earlier in as_list(history, place, "history") if has(history) else []:
        if not isinstance(earlier, list) or len(earlier) != 2:
            raise place.refused("history is not a list of [question, answer].")
        before += [
            {"role": "user", "content": text_of(earlier[0], place)},
            {"role": "assistant", "content": text_of(earlier[1], place)},
        ]
    return {
        "prompt": [*before, {"role": "user", "content": asked}],
        "completion": [{"role": "assistant", "content": reply}],
        **tools_of(row, place),
    }


def instruction_of(row: dict, context: str | None, place: Place):
    instruction, extra = row.get("instruction"), row.get(context) if context else None
    if instruction is None or not has(extra):
        return instruction
    return f"{text_of(instruction, place)}\n\n{text_of(extra, place)}"


def messages_of(value, place: Place) -> list[dict]:
    value = as_list(value, place, "messages")
    if not value:
        raise place.refused(f"messages is not a list of messages. {WANTED}")
    return [message_of(message, place) for message in value]


def message_of(message, place: Place) -> dict:
    if not isinstance(message, dict):
        raise place.refused(f"a message is {kind(message)}, not an object. {WANTED}")
    for key in MEANINGFUL_IN_MESSAGE:
        if has(message.get(key)):
            raise place.refused(
                f"a message has {key}, which is not trained on. Take such rows out, or write what matters into content."
            )
    sharegpt = message.get("role") is None and message.get("from") is not None
    keys = ("from", "value") if sharegpt else ("role", "content")
    role, content = (message.get(key) for key in keys)
    role = ROLE_OF.get(role, role) if isinstance(role, str) else role
    calls = calls_of(message.get("tool_calls"), place)
    if calls and role != "assistant":
        raise place.refused("a message has tool_calls and is not the assistant's.")
    if content is None and calls:
        content = ""
    if isinstance(content, list) and content and all(is_text_part(part) for part in content):
        content = "".join(part["text"] for part in content)
    if role not in ROLES or not isinstance(content, str):
        found = ", ".join(f"{key}: {kind(message[key])}" for key in sorted(message)[:10])
        raise place.refused(
            f"an object with {found} is not a message. Each needs a text content and a role ({', '.join(ROLES)})."
        )
    built: dict = {"role": role, "content": text_of(content, place)}
    if calls:
        built["tool_calls"] = calls
    if role == "tool":
        built |= {key: message[key] for key in ("name", "tool_call_id") if isinstance(message.get(key), str)}
    place.unused |= {f"{key} of messages" for key in message if key not in (*keys, *built) and has(message[key])}
    return built


def calls_of(value, place: Place) -> list[dict]:
    """Calls in OpenAI's form. Chat templates want arguments as an object; the API has them as JSON text."""
    calls = as_list(value, place, "tool_calls") if has(value) else []
    return [call_of(call, place) for call in calls]


def call_of(call, place: Place) -> dict:
    function = call.get("function", call) if isinstance(call, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(function, dict) or not isinstance(name, str):
        raise place.refused('a call in tool_calls is not {"function": {"name": "…", "arguments": {…}}}.')
    arguments = function.get("arguments")
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError):
            arguments = json.loads(arguments or "{}")
    if not isinstance(arguments, dict | None):
        raise place.refused(f"the arguments of a call of {name} are not an object.")
    number = {"id": call["id"]} if has(call.get("id")) else {}
    return {**number, "type": "function", "function": {"name": name, "arguments": arguments or {}}}


def tools_of(row: dict, place: Place) -> dict:
    if not has(row.get("tools")):
        return {}
    tools = as_list(row["tools"], place, "tools")
    if not all(isinstance(tool, dict) for tool in tools):
        raise place.refused("tools is not a list of objects.")
    return {"tools": tools}


def says_something(message: dict) -> bool:
    return bool(message["content"].strip()) or "tool_calls" in message


def is_text_part(part) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


def as_list(value, place: Place, column: str) -> list:
    """CSV has no lists: a JSON text in the cell is accepted."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, list):
        raise place.refused(f"{column} is not a list. {WANTED}")
    return value


def has(value) -> bool:
    """Is anything there? 0 and false are; a blank text, an empty list and what is not a number are not."""
    if isinstance(value, str):
        return bool(value.strip())
    return value is not None and value == value and value not in ([], {})


def text_of(value, place: Place) -> str:
    """A text as it is; a number as it is written; a truth value as JSON writes it."""
    if isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, bytes | list | dict) or value is None:
        raise place.refused(f"{kind(value)} where a text is wanted. {WANTED}")
    text = str(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise place.refused("a text holds half of a character (a lone surrogate such as \\ud83d).") from None
    return text


def kind(value) -> str:
    """What a value is, in words: the data itself is private and stays out of messages."""
    names = {"NoneType": "null", "str": "a text", "dict": "an object", "list": "a list", "bool": "a truth value"}
    return names.get(type(value).__name__, "a number" if isinstance(value, int | float) else type(value).__name__)
