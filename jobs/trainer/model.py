"""The base model: its tokenizer, its config, its weights; from a folder or from the hub."""

import os

from outcome import StepFailed
from settings import quantization


def load_tokenizer(spec: dict):
    from transformers import AutoTokenizer

    settings = spec["config"]["ModelConfig"]
    folder = spec["model"].get("path")
    if folder is not None and not os.path.isfile(os.path.join(folder, "config.json")):
        raise StepFailed("BaseModelUnavailable", f"{folder} holds no model (no config.json). Check the preset's image.")
    try:
        tokenizer = AutoTokenizer.from_pretrained(*source(spec)[0], **source(spec)[1])
    except (OSError, ValueError) as error:
        raise StepFailed("BaseModelUnavailable", f"No tokenizer at {source(spec)[0][0]}: {str(error)[:400]}") from error
    if settings.get("chat_template"):
        tokenizer.chat_template = settings["chat_template"]
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def load_model(spec: dict, dtype, torch):
    from transformers import AutoModelForCausalLM

    settings = spec["config"]["ModelConfig"]
    extra = {"dtype": dtype}
    if settings.get("attn_implementation"):
        extra["attn_implementation"] = settings["attn_implementation"]
    quantized = quantization(spec, dtype)
    if quantized is not None:
        extra["quantization_config"] = quantized
    extra["device_map"] = {"": int(os.environ.get("LOCAL_RANK", "0")) if torch.cuda.is_available() else "cpu"}
    try:
        model = AutoModelForCausalLM.from_pretrained(*source(spec)[0], **source(spec)[1], **extra)
    except OSError as error:
        message = f"No model at {source(spec)[0][0]}: {str(error)[:400]}"
        raise StepFailed("BaseModelUnavailable", message) from error
    model.config.use_cache = False
    return model


def source(spec: dict) -> tuple[list, dict]:
    """Arguments for from_pretrained: a folder is read offline, a model id may be fetched."""
    model, trust = spec["model"], bool(spec["config"]["ModelConfig"].get("trust_remote_code"))
    if "path" in model:
        return [model["path"]], {"local_files_only": True, "trust_remote_code": trust}
    return [model["id"]], {"revision": model.get("revision") or "main", "trust_remote_code": trust}


def longest(spec: dict) -> int | None:
    """`max_length` within what the model can read; None where no limit is asked for."""
    from transformers import AutoConfig

    asked = spec["config"]["TrainingArguments"]["max_length"]
    try:
        config = AutoConfig.from_pretrained(*source(spec)[0], **source(spec)[1])
    except (OSError, ValueError) as error:
        raise StepFailed("BaseModelUnavailable", f"No config at {source(spec)[0][0]}: {str(error)[:400]}") from error
    window = getattr(config.get_text_config(), "max_position_embeddings", None)
    return asked if asked is None or window is None else min(asked, window)


def answers_can_be_told_apart(tokenizer) -> bool:
    from trl.chat_template_utils import get_training_chat_template

    try:
        get_training_chat_template(tokenizer)
        return True
    except Exception:
        print("note: this chat template does not mark answers, the loss is taken on whole conversations", flush=True)
        return False


def loss_on(arguments, columns) -> str:
    """What the loss was taken on: the answers alone, or every token."""
    pairs = "prompt" in columns and arguments.completion_only_loss is not False
    return "answers" if pairs or arguments.assistant_only_loss else "all tokens"
