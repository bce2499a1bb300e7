"""Is the model better with the adapter? Asked after training, of rows that it was not trained on."""

import contextlib
import json
import math
import random

from contract import (
    ANSWER_TOKENS,
    EVALUATION_CHARS,
    HELD_OUT_LEAST,
    HELD_OUT_MOST,
    HELD_OUT_SHARE,
    SAMPLE_CHARS,
    SAMPLES,
)
from outcome import StepFailed

# Beyond as many tokens no further row is asked: HELD_OUT_MOST rows of the default max_length.
MOST_TOKENS = HELD_OUT_MOST * 1024
PROMPT_TOKENS = 1024


def held_out(rows: int, seed: int) -> list[int]:
    """Which of `rows` are kept back where the config says nothing; sorted, and the same each time.

    What is measured is the difference of two losses on the same row. Where it varies by 0.3 nats from row to row, its
    mean over n rows is known to 0.3 / sqrt(n): 0.13 with five rows, 0.02 with 200, while tuning makes a difference of
    some tenths and more. So 200 are enough: ten times as many would tell little more. Below 50 rows a tenth is less
    than five, too few to tell anything, and taken from a dataset that has none to spare.
    """
    if rows < HELD_OUT_LEAST:
        return []
    return sorted(random.Random(seed).sample(range(rows), min(HELD_OUT_MOST, int(rows * HELD_OUT_SHARE))))


def refuse_gate_without_rows(wanted: float | None, evaluated: int) -> None:
    """Before the run is paid for."""
    if wanted is not None and evaluated == 0:
        raise StepFailed(
            "ConfigInvalid",
            "kaito.sh/min-improvement compares losses on rows that are kept back, and none are. Give at least "
            f"{HELD_OUT_LEAST} rows, set DatasetConfig.train_test_split below 1, or remove the annotation.",
        )


def judge(evaluation: dict | None, wanted: float | None) -> None:
    """Ends the run where an improvement is asked for and not reached."""
    if wanted is None:
        return
    if evaluation is None:
        message = "The adapter could not be evaluated, and kaito.sh/min-improvement asks for it; the log has why."
        raise StepFailed("TrainingFailed", message)
    base, tuned = evaluation["baseLoss"], evaluation["loss"]
    better = improvement(base, tuned)
    if better < wanted:
        raise StepFailed(
            "NotImproved",
            f"On {evaluation['rows']} rows that were not trained on the loss is {base:.4f} without the adapter and "
            f"{tuned:.4f} with it: {better:.1f}% lower, where kaito.sh/min-improvement asks for {wanted:g}%. Nothing "
            "is pushed. More or cleaner rows, more epochs or another learning_rate may help; or ask for less.",
        )


def improvement(base: float, tuned: float) -> float:
    """Percent by which the loss is lower with the adapter; negative where it is higher."""
    return 100 * (base - tuned) / base if base > 0 else 0.0


def evaluate(trainer, tokenizer, rows, watchdog) -> dict | None:
    """The losses and a few answers. Whatever goes wrong here, the adapter is there: it is told and not raised.

    Costs two passes over the rows without gradients, and 2 * SAMPLES answers of ANSWER_TOKENS tokens.
    """
    found = attempt("the adapter is not evaluated", lambda: losses(trainer, watchdog))
    if found is None:
        return None
    answers = attempt("no answers are shown", lambda: samples(trainer, tokenizer, rows, watchdog))
    return shortened({**found, "samples": answers or []})


def attempt(otherwise: str, work):
    try:
        return work()
    except Exception as error:
        print(f"note: {otherwise}: {type(error).__name__}: {str(error)[:300]}", flush=True)
        return None


def losses(trainer, watchdog) -> dict | None:
    """Of the base model and with the adapter, by token, on the same rows; None where no row has a token to judge."""
    rows = within_tokens(trainer.eval_dataset)
    with asking(trainer):
        tuned, tokens = loss_of(trainer, rows, watchdog)
        with trainer.model.disable_adapter():
            base, _ = loss_of(trainer, rows, watchdog)
    if tokens == 0 or not (math.isfinite(base) and math.isfinite(tuned)):
        return None
    return {"rows": len(rows), "tokens": tokens, "baseLoss": round(base, 4), "loss": round(tuned, 4)}


def within_tokens(tokenized, rows: int = HELD_OUT_MOST, tokens: int = MOST_TOKENS) -> list[dict]:
    """The first of them, at least one, as far as the limits allow."""
    chosen, total = [], 0
    for index in range(min(rows, len(tokenized))):
        row = tokenized[index]
        total += len(row["input_ids"])
        if chosen and total > tokens:
            break
        chosen.append(row)
    return chosen


def loss_of(trainer, rows: list[dict], watchdog) -> tuple[float, int]:
    """(loss of a token, tokens). Not by the trainer's own evaluation: that one waits for every process, and its means
    of batches weigh long rows as short ones."""
    arguments = trainer.args
    # Rows that are put together without padding would see each other.
    size = 1 if arguments.packing or arguments.padding_free else arguments.per_device_eval_batch_size
    total, tokens = 0.0, 0
    for start in range(0, len(rows), size):
        batch = trainer._prepare_inputs(trainer.data_collator(rows[start : start + size]))
        out = trainer.model(**batch, use_cache=False, fused_lm_head=True)
        total -= float(out.log_probs.sum())
        tokens += int(out.label_mask.sum())
        watchdog.moved()
    return total / max(1, tokens), tokens


@contextlib.contextmanager
def asking(trainer):
    import torch

    trainer.model.eval()
    with torch.no_grad(), trainer.compute_loss_context_manager():
        yield


def samples(trainer, tokenizer, rows, watchdog) -> list[dict]:
    found = []
    for index in range(min(SAMPLES, len(rows))):
        question = ask(rows[index], tokenizer)
        if question is None:
            continue
        shown, wanted, ids = question
        with asking(trainer):
            tuned = answer(trainer, tokenizer, ids, watchdog)
            with trainer.model.disable_adapter():
                base = answer(trainer, tokenizer, ids, watchdog)
        found.append({"prompt": shown, "wanted": wanted, "base": base, "adapter": tuned})
    return found


def ask(row: dict, tokenizer) -> tuple[str, str, list[int]] | None:
    """(what is asked, what the row answers, its tokens), or None where the template takes no beginning of it."""
    if "text" in row:
        ids = tokenizer(row["text"])["input_ids"]
        half = min(len(ids) // 2, 64)
        return tokenizer.decode(ids[:half], skip_special_tokens=True), tokenizer.decode(ids[half:]), ids[:half]
    if "messages" in row:
        messages = row["messages"]
        first = next(i for i, message in enumerate(messages) if message["role"] == "assistant")
        prompt, wanted = messages[:first], messages[first]["content"]
    else:
        prompt, wanted = row["prompt"], row["completion"]
        wanted = wanted[0]["content"] if isinstance(wanted, list) else wanted
    if isinstance(prompt, str):
        return prompt, wanted, tokenizer(prompt)["input_ids"][-PROMPT_TOKENS:]
    tools = row.get("tools")
    try:
        text = tokenizer.apply_chat_template(
            prompt, tools=json.loads(tools) if tools else None, tokenize=False, add_generation_prompt=True
        )
    except Exception:  # some templates take no beginning, or none that ends before a question
        return None
    shown = next((message["content"] for message in reversed(prompt) if message["role"] == "user"), "")
    return shown, wanted, tokenizer(text, add_special_tokens=False)["input_ids"][-PROMPT_TOKENS:]


def answer(trainer, tokenizer, ids: list[int], watchdog) -> str:
    """The likeliest tokens, so that the same model gives the same answer."""
    import torch

    asked = torch.tensor([ids], device=trainer.model.device)
    said = trainer.model.generate(
        input_ids=asked,
        attention_mask=torch.ones_like(asked),
        max_new_tokens=ANSWER_TOKENS,
        do_sample=False,
        use_cache=True,
        pad_token_id=tokenizer.pad_token_id,
    )
    watchdog.moved()
    return tokenizer.decode(said[0][len(ids) :], skip_special_tokens=True).strip()


def shortened(evaluation: dict, most: int = EVALUATION_CHARS) -> dict:
    """With texts so short that all of it fits a line of the log, however many of them are written as two characters."""
    for length in (SAMPLE_CHARS, SAMPLE_CHARS // 2, SAMPLE_CHARS // 4, SAMPLE_CHARS // 8):
        cut = [{key: cut_at(text, length) for key, text in each.items()} for each in evaluation["samples"]]
        found = {**evaluation, "samples": cut}
        if len(json.dumps(found, ensure_ascii=False)) <= most:
            return found
    return {**evaluation, "samples": []}


def cut_at(text: str, length: int) -> str:
    # Half a character, or what no log and no API takes, would cost the whole of it.
    clean = "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)
    return clean if len(clean) <= length else f"{clean[: length - 1]}…"
