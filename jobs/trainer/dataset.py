"""Read every data file of a folder, whatever it is called, and bring it to a shape SFTTrainer knows."""

import json
import os

from datasets import Dataset, concatenate_datasets

from outcome import StepFailed

WANTED = (
    'Wanted, one of: "messages" [{"role":"user","content":"…"},{"role":"assistant","content":"…"}]; '
    '"prompt" and "completion"; "instruction", optional "input", and "output"; "text".'
)
IGNORED_NAMES = ("manifest.json", "readme", "license", "lost+found")
IGNORED_ENDINGS = (".md", ".sha256", ".py", ".lock")
ANSWER_OF_INSTRUCTION = ("output", "response", "answer")
CONTEXT_OF_INSTRUCTION = ("input", "context")
ROLES = ("system", "user", "assistant", "tool")


def load_samples(folder: str, options: dict, chat: bool, cache: str) -> Dataset:
    """All files of `folder` as one data set. `chat` says whether the model has a chat template."""
    parts = [read_file(path, options, chat, cache) for path in data_files(folder, options)]
    shapes = {tuple(sorted(part.column_names)) for part in parts}
    if len(shapes) > 1:
        listed = "; ".join(", ".join(shape) for shape in sorted(shapes))
        raise StepFailed("DatasetInvalid", f"The data files have different shapes ({listed}). Use one shape for all.")
    samples = concatenate_datasets(parts) if len(parts) > 1 else parts[0]
    if len(samples) == 0:
        raise StepFailed("DatasetInvalid", f"The data files hold no usable row. {WANTED}")
    return samples


def data_files(folder: str, options: dict) -> list[str]:
    only = options.get("dataset_path")
    found = []
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != "lost+found")
        for name in sorted(names):
            plain = name.split("-", 1)[-1].lower()  # the fetch step puts a number before every name
            ignored = any(n.startswith(IGNORED_NAMES) or n.endswith(IGNORED_ENDINGS) for n in (name.lower(), plain))
            if not ignored and not name.startswith(".") and os.path.isfile(os.path.join(root, name)):
                found.append(os.path.join(root, name))
    if only:
        found = [path for path in found if path.endswith("/" + os.path.basename(str(only)))]
    if not found:
        raise StepFailed("DatasetInvalid", f"No data file in {folder}. {WANTED}")
    return found


def read_file(path: str, options: dict, chat: bool, cache: str) -> Dataset:
    name = os.path.basename(path)
    kind = kind_of(path)
    reader = {"parquet": Dataset.from_parquet, "json": Dataset.from_json, "csv": Dataset.from_csv}[kind]
    try:
        raw = reader(path, cache_dir=cache)
    except Exception as error:
        cause = error.__cause__ or error
        text = f"{name} looks like {kind} but cannot be read: {str(cause).splitlines()[0][:300]}"
        raise StepFailed("DatasetInvalid", text) from error
    return normalise(raw, name, options, chat)


def kind_of(path: str) -> str:
    """parquet, json (array or one object per line) or csv, judged by the first bytes, never by the name."""
    with open(path, "rb") as file:
        head = file.read(4096)
    name = os.path.basename(path)
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd")):
        raise StepFailed("DatasetInvalid", f"{name} is compressed. Give a parquet, JSON, JSON-lines or CSV file.")
    if head.startswith(b"version https://git-lfs"):
        raise StepFailed("DatasetInvalid", f"{name} is a Git LFS pointer, not the data. Use the file's download URL.")
    try:
        text = head.decode("utf-8-sig", errors="strict" if len(head) < 4096 else "ignore").lstrip()
    except UnicodeDecodeError:
        text = "\0"
    if text.lower().startswith(("<!doctype", "<html", "<?xml")):
        raise StepFailed("DatasetInvalid", f"{name} is a web page. Use the link that downloads the file itself.")
    if text.startswith(("{", "[")):
        return "json"
    if "\0" in text or "," not in text.split("\n", 1)[0]:
        single = text.split("\n", 1)[0].strip().strip('"')
        if single != "text":
            raise StepFailed("DatasetInvalid", f"{name} is neither parquet, JSON, JSON lines nor CSV. {WANTED}")
    return "csv"


def normalise(raw: Dataset, name: str, options: dict, chat: bool) -> Dataset:
    columns = raw.column_names
    messages = options.get("messages_column") or "messages"
    question, answer = options.get("context_column"), options.get("response_column")
    if messages in columns:
        return raw.map(lambda row, index: {"messages": chat_of(row[messages], name, index)}, with_indices=True,
                       remove_columns=columns).filter(lambda row: has_answer(row["messages"]))
    if question in columns and answer in columns:
        return pairs(raw, chat, lambda row: row[question], answer)
    if "prompt" in columns and "completion" in columns:
        return raw.select_columns(["prompt", "completion"])
    response = next((column for column in ANSWER_OF_INSTRUCTION if column in columns), None)
    if "instruction" in columns and response:
        context = next((column for column in CONTEXT_OF_INSTRUCTION if column in columns), None)
        return pairs(raw, chat, lambda row: instruction_of(row, context), response)
    if "text" in columns:
        kept = raw.select_columns(["text"])
        return kept.filter(lambda row: isinstance(row["text"], str) and row["text"].strip() != "")
    example = json.dumps(raw[0], ensure_ascii=False, default=str)[:300] if len(raw) else "no rows"
    found = ", ".join(columns[:20]) or "none"
    raise StepFailed("DatasetInvalid", f"{name} has the columns {found} (first row: {example}). {WANTED}")


def pairs(raw: Dataset, chat: bool, question_of, answer: str) -> Dataset:
    def pair(row: dict) -> dict:
        question, reply = str(question_of(row) or ""), str(row[answer] or "")
        if chat:
            return {"prompt": [{"role": "user", "content": question}],
                    "completion": [{"role": "assistant", "content": reply}]}
        return {"prompt": f"### Instruction:\n{question}\n\n### Response:\n", "completion": reply}

    kept = raw.filter(lambda row: bool(row[answer]))
    return kept.map(pair, remove_columns=kept.column_names)


def instruction_of(row: dict, context: str | None) -> str:
    extra = row[context] if context else None
    return f"{row['instruction']}\n\n{extra}" if extra else row["instruction"]


def chat_of(value, name: str, index: int) -> list[dict]:
    if isinstance(value, str):  # CSV has no lists: a JSON text in the cell is accepted
        try:
            value = json.loads(value)
        except ValueError:
            value = None
    if not isinstance(value, list) or not value:
        raise StepFailed("DatasetInvalid", f"{name}, row {index}: messages is not a list of messages. {WANTED}")
    for message in value:
        role = message.get("role") if isinstance(message, dict) else None
        if role not in ROLES or not isinstance(message.get("content"), str):
            shown = json.dumps(message, ensure_ascii=False, default=str)[:200]
            raise StepFailed(
                "DatasetInvalid",
                f"{name}, row {index}: {shown} is not a message. Each needs a text content and a role "
                f"({', '.join(ROLES)}).",
            )
    return [{"role": message["role"], "content": message["content"]} for message in value]


def has_answer(messages: list[dict]) -> bool:
    return any(message["role"] == "assistant" and message["content"].strip() for message in messages)


def split(samples: Dataset, options: dict) -> tuple[Dataset, Dataset | None]:
    """(train, eval): `train_test_split` is the share used for training; 1 means no evaluation."""
    seed = int(options.get("shuffle_seed") or 42)
    share = float(options.get("train_test_split") or 1)
    if not 0 < share <= 1:
        raise StepFailed("ConfigInvalid", f"DatasetConfig.train_test_split is {share}; use a number above 0, up to 1.")
    if options.get("shuffle_dataset", True):
        samples = samples.shuffle(seed=seed)
    size = round(len(samples) * share)
    if share == 1 or size in (0, len(samples)):
        return samples, None
    return samples.select(range(size)), samples.select(range(size, len(samples)))
