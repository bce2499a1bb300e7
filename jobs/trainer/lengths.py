"""What max_length does to the rows, counted before a model is loaded: the tokenizer alone tells."""

from datasets import Dataset

from dataset import Tally
from outcome import StepFailed


def fit(samples: Dataset, tokenizer, settings: dict, tally: Tally) -> Dataset:
    """The rows that keep at least the start of an answer. `settings` are those of TrainingArguments, with defaults."""
    longest = settings.get("max_length")
    if longest is None or settings.get("packing"):  # packing puts rows together and splits them itself
        return samples
    keeps_end = settings.get("truncation_mode") == "keep_end"
    kept, cut = [], 0
    for index, row in enumerate(samples):
        before, total = tokens(row, tokenizer)
        if before >= longest and not keeps_end:
            continue
        kept.append(index)
        cut += total > longest
    lost = len(samples) - len(kept)
    if lost:
        text = f"{lost} of {len(samples)} rows lose their answer at max_length={longest}"
        remedy = "Raise TrainingArguments.max_length or shorten the prompts."
        if not kept:
            raise StepFailed("DatasetInvalid", f"{text}: nothing is left to train on. {remedy}")
        print(f"note: {text} and are left out. {remedy}", flush=True)
        tally.dropped[f"the answer beyond max_length={longest}"] += lost
    if cut:
        print(f"note: {cut} rows are cut at max_length={longest}.", flush=True)
    tally.cut = cut
    return samples.select(kept) if lost else samples


def tokens(row: dict, tokenizer) -> tuple[int, int]:
    """(tokens before the first answer, tokens of all)"""
    if "text" in row:
        return 0, len(tokenizer(row["text"])["input_ids"])
    if "messages" in row:
        messages = row["messages"]
        first = next(i for i, message in enumerate(messages) if message["role"] == "assistant")
        return rendered(messages[:first], tokenizer, True), rendered(messages, tokenizer, False)
    prompt, completion = row["prompt"], row["completion"]
    if isinstance(prompt, list):
        return rendered(prompt, tokenizer, True), rendered(prompt + completion, tokenizer, False)
    return len(tokenizer(prompt)["input_ids"]), len(tokenizer(prompt + completion)["input_ids"])


def rendered(messages: list[dict], tokenizer, before_answer: bool) -> int:
    if not messages:
        return 0
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=before_answer)
    except Exception as error:
        if before_answer:  # some templates take no beginning that ends before a question
            return 0
        roles = ", ".join(message["role"] for message in messages[:6])
        raise StepFailed("DatasetInvalid", "The chat template of the base model does not take a conversation of the "
                         f"roles {roles}: {str(error)[:200]}") from error
    return len(tokenizer(text, add_special_tokens=False)["input_ids"])
