"""The shapes a row may have, each brought to one SFTTrainer knows. Nothing in a row is changed or left out unsaid."""

import json
from collections.abc import Callable
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
MEANINGFUL_IN_MESSAGE = ("tool_calls", "function_call", "reasoning_content", "thinking", "audio", "weight")


class Shape(NamedTuple):
    """`build` takes a row and where it is (for messages); it gives the row for SFTTrainer, or why it is left out."""

    used: tuple[str, ...]
    build: Callable[[dict, str], dict | str]


def shape_of(columns: list[str], options: dict, template: str | None) -> Shape | None:
    """None where the columns are of no known shape."""
    messages = options.get("messages_column") or next((c for c in ("messages", "conversations") if c in columns), None)
    question, answer = options.get("context_column"), options.get("response_column")
    if messages in columns:
        return Shape((messages,), lambda row, where: conversation(row[messages], where, template))
    if question in columns and answer in columns:
        return Shape((question, answer, "system", "history"),
                     lambda row, where: turn(row, row[question], row[answer], where, template))
    if "prompt" in columns and "completion" in columns:
        return Shape(("prompt", "completion"), lambda row, where: prompt_and_completion(row, where, template))
    response = next((column for column in ANSWER_OF_INSTRUCTION if column in columns), None)
    if "instruction" in columns and response:
        context = next((column for column in CONTEXT_OF_INSTRUCTION if column in columns), None)
        return Shape(("instruction", response, "system", "history", *([context] if context else [])),
                     lambda row, where: turn(row, instruction_of(row, context, where), row[response], where, template))
    if "text" in columns:
        return Shape(("text",), lambda row, where: plain(row["text"], where))
    return None


def plain(text, where: str) -> dict | str:
    return {"text": text_of(text, where)} if has(text) else "no text"


def conversation(value, where: str, template: str | None) -> dict | str:
    messages = messages_of(value, where, template)
    answered = any(message["role"] == "assistant" and message["content"].strip() for message in messages)
    return {"messages": messages} if answered else "no answer"


def prompt_and_completion(row: dict, where: str, template: str | None) -> dict | str:
    prompt, completion = row["prompt"], row["completion"]
    if prompt is None:
        return "no prompt"
    if not has(completion):
        return "no answer"
    if isinstance(prompt, list) and isinstance(completion, list):
        needs_template(template, where, "lists of messages")
        answer = conversation(completion, where, template)
        return answer if isinstance(answer, str) else {"prompt": messages_of(prompt, where, template),
                                                       "completion": answer["messages"]}
    return {"prompt": text_of(prompt, where), "completion": text_of(completion, where)}


def turn(row: dict, question, answer, where: str, template: str | None) -> dict | str:
    """One question and its answer, after the system text and the earlier turns that Alpaca's format may have."""
    if question is None:
        return "no prompt"
    if not has(answer):
        return "no answer"
    asked, reply = text_of(question, where), text_of(answer, where)
    system, history = row.get("system"), row.get("history")
    if has(system) or has(history):
        needs_template(template, where, "system and history")
    if template is None:
        return {"prompt": f"### Instruction:\n{asked}\n\n### Response:\n", "completion": reply}
    before = [{"role": "system", "content": text_of(system, where)}] if has(system) else []
    for earlier in as_list(history, where, "history") if has(history) else []:
        if not isinstance(earlier, list) or len(earlier) != 2:
            raise StepFailed("DatasetInvalid", f"{where}: history is not a list of [question, answer].")
        before += [{"role": "user", "content": text_of(earlier[0], where)},
                   {"role": "assistant", "content": text_of(earlier[1], where)}]
    return {"prompt": [*before, {"role": "user", "content": asked}],
            "completion": [{"role": "assistant", "content": reply}]}


def instruction_of(row: dict, context: str | None, where: str):
    extra = row[context] if context else None
    if row["instruction"] is None or not has(extra):
        return row["instruction"]
    return f"{text_of(row['instruction'], where)}\n\n{text_of(extra, where)}"


def messages_of(value, where: str, template: str | None) -> list[dict]:
    value = as_list(value, where, "messages")
    if not value:
        raise StepFailed("DatasetInvalid", f"{where}: messages is not a list of messages. {WANTED}")
    return [message_of(message, where, template) for message in value]


def message_of(message, where: str, template: str | None) -> dict:
    if not isinstance(message, dict):
        raise StepFailed("DatasetInvalid", f"{where}: a message is {kind(message)}, not an object. {WANTED}")
    for key in MEANINGFUL_IN_MESSAGE:
        if has(message.get(key)):
            raise StepFailed("DatasetInvalid", f"{where}: a message has {key}, which is not trained on. Take such "
                             "rows out, or write what matters into content.")
    sharegpt = message.get("role") is None and message.get("from") is not None
    role, content = (message.get(key) for key in (("from", "value") if sharegpt else ("role", "content")))
    role = ROLE_OF.get(role, role) if isinstance(role, str) else role
    if role == "tool" and "tool" not in (template or ""):
        raise StepFailed("DatasetInvalid", f"{where}: the chat template of the base model knows no role tool.")
    if isinstance(content, list) and content and all(is_text_part(part) for part in content):
        content = "".join(part["text"] for part in content)
    if role not in ROLES or not isinstance(content, str):
        keys = ", ".join(f"{key}: {kind(message[key])}" for key in sorted(message)[:10])
        raise StepFailed("DatasetInvalid", f"{where}: an object with {keys} is not a message. Each needs a text "
                         f"content and a role ({', '.join(ROLES)}).")
    return {"role": role, "content": content}


def is_text_part(part) -> bool:
    return isinstance(part, dict) and part.get("type") == "text" and isinstance(part.get("text"), str)


def as_list(value, where: str, column: str) -> list:
    """CSV has no lists: a JSON text in the cell is accepted."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, list):
        raise StepFailed("DatasetInvalid", f"{where}: {column} is not a list. {WANTED}")
    return value


def has(value) -> bool:
    """Is anything there? 0 and false are; a blank text and an empty list are not."""
    return value is not None and not (isinstance(value, str) and not value.strip()) and value not in ([], {})


def text_of(value, where: str) -> str:
    """A text as it is; a number or a truth value as JSON writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, list | dict) or value is None:
        raise StepFailed("DatasetInvalid", f"{where}: {kind(value)} where a text is wanted. {WANTED}")
    return str(value)


def kind(value) -> str:
    """What a value is, in words: the data itself is private and stays out of messages."""
    names = {"NoneType": "null", "str": "a text", "dict": "an object", "list": "a list", "bool": "a truth value"}
    return names.get(type(value).__name__, "a number" if isinstance(value, int | float) else type(value).__name__)


def needs_template(template: str | None, where: str, what: str) -> None:
    if template is None:
        raise StepFailed("DatasetInvalid", f"{where}: {what} need a chat template, which the base model lacks. Set "
                         "ModelConfig.chat_template, or use prompt and completion texts.")
