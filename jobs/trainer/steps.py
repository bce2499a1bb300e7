"""How many rows are trained on, and how many steps of the optimizer that makes."""

import math

from evaluation import held_out


def training_rows(rows: int, options: dict) -> int:
    """Of `rows` those that are not kept back for evaluation: all where that would leave none."""
    share = options["train_test_split"]
    if share is None:
        return rows - len(held_out(rows, int(options["shuffle_seed"])))
    size = round(rows * float(share))
    return rows if size == 0 else size


def steps(rows: int, arguments: dict, gpus: int) -> int:
    """Of a whole run over `rows` rows or packs, as the trainer counts them."""
    if arguments.get("max_steps", -1) > 0:
        return arguments["max_steps"]
    whole = math.floor if arguments.get("dataloader_drop_last") else math.ceil
    batches = whole(math.ceil(rows / gpus) / arguments["per_device_train_batch_size"])
    each = max(1, math.ceil(batches / arguments["gradient_accumulation_steps"]))
    return math.ceil(arguments["num_train_epochs"] * each)


def packs(tokens: int, max_length: int) -> int:
    """About as many as packing makes: some room is left at the end of each."""
    return max(1, math.ceil(tokens / max_length))
