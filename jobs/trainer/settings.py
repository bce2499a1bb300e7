"""The train spec (env KAITO_STEP) and the sections of training_config.yaml, turned into the libraries' arguments."""

import dataclasses
import difflib
import hashlib
import inspect
import json
import os

from contract import CARRIED, FIELDS, METHODS, SECTIONS, VARIABLE, VERSION
from halving import halved, is_second_try
from outcome import StepFailed
from precision import BFLOAT16_SINCE, FORMATS, Precision, precision

# keys that the libraries know and that have no meaning here: the step decides them itself
ARGUMENTS_SET_BY_STEP = ("output_dir", "resume_from_checkpoint", "push_to_hub", "hub_token", "model_init_kwargs")


def read_spec(fields: tuple = FIELDS) -> dict:
    """The operator's message, whole and of the version that this image speaks."""
    try:
        spec = json.loads(os.environ.get(VARIABLE, ""))
    except ValueError:
        spec = None
    if not isinstance(spec, dict):
        raise StepFailed("ConfigInvalid", f"{VARIABLE} does not hold a JSON object")
    version = spec.pop("contract", None)
    if version != VERSION:
        theirs = f"version {version}" if isinstance(version, int) else "no version"
        raise StepFailed(
            "ConfigInvalid",
            f"{VARIABLE} has {theirs} of what operator and pods say to each other, and this "
            f"image speaks version {VERSION}: set settings.images to images of the operator's own release",
        )
    faults = [f"{name} is missing" for name in fields if name not in spec]
    faults += [f"{name} is unknown" for name in spec if name not in fields]
    if not faults:
        config = spec["config"] if isinstance(spec["config"], dict) else {}
        faults += [f"config.{name} is missing" for name in SECTIONS if not isinstance(config.get(name), dict)]
        faults += [f"config.{name} is unknown" for name in config if name not in SECTIONS]
        faults += [f"config.{name}.{key} is missing" for name in SECTIONS for key in missing(name, config.get(name))]
        faults += [] if spec["method"] in METHODS else [f"method must be one of {', '.join(METHODS)}"]
    if faults:
        raise StepFailed("ConfigInvalid", f"{VARIABLE}: {'; '.join(faults)}")
    return spec


def missing(section: str, values) -> list[str]:
    return [key for key in CARRIED[section] if key not in values] if isinstance(values, dict) else []


def fingerprint(spec: dict) -> str:
    """Two runs with the same value may continue each other's checkpoints."""
    trained = {name: value for name, value in spec.items() if name not in ("evaluation", "stallSeconds")}
    return hashlib.sha256(json.dumps(trained, sort_keys=True).encode()).hexdigest()


def chosen_precision(spec: dict, torch) -> Precision:
    """What suits this machine and the method; `torch_dtype` in ModelConfig may ask for something else."""
    section = spec["config"]["ModelConfig"]
    wanted = str(section["torch_dtype"]).removeprefix("torch.")
    if wanted not in ("auto", *FORMATS):
        raise StepFailed("ConfigInvalid", f"ModelConfig.torch_dtype is {wanted!r}; use bfloat16, float16 or float32.")
    capability = torch.cuda.get_device_capability() if torch.cuda.is_available() else None
    return precision(spec["method"], capability, wanted)


def quantization(spec: dict, dtype):
    """BitsAndBytesConfig for qlora; None for lora."""
    section = {k: v for k, v in spec["config"]["QuantizationConfig"].items() if v is not None}
    if spec["method"] == "lora":
        return None
    from transformers import BitsAndBytesConfig

    values = {**section, "bnb_4bit_compute_dtype": dtype}
    if "llm_int8_skip_modules" in values:
        # A list replaces the library's own, which has the output head: the loss takes its weights as they are.
        values["llm_int8_skip_modules"] = [*dict.fromkeys([*values["llm_int8_skip_modules"], "lm_head"])]
    allowed = [name for name in inspect.signature(BitsAndBytesConfig.__init__).parameters if name != "self"]
    return make(BitsAndBytesConfig, "QuantizationConfig", values, allowed)


def lora(spec: dict):
    from peft import LoraConfig

    section = spec["config"]["LoraConfig"]
    targets = section.get("target_modules") or spec["targetModules"] or "all-linear"
    values = {**section, "task_type": "CAUSAL_LM", "target_modules": targets, "inference_mode": False}
    return make(LoraConfig, "LoraConfig", values, field_names(LoraConfig))


def training_arguments(spec: dict, chosen: Precision, torch, max_length: int | None, answers_marked: bool):
    """SFTConfig. The model says how long a row may be, and with the data whether answers can be told apart."""
    from trl import SFTConfig

    gpu = torch.cuda.is_available()
    section = {k: v for k, v in spec["config"]["TrainingArguments"].items() if k not in ARGUMENTS_SET_BY_STEP}
    section = halved(section) if is_second_try() else section
    values = {
        "assistant_only_loss": answers_marked,
        **section,
        "max_length": max_length,
        "output_dir": spec["checkpoints"],
        "report_to": [],
        "disable_tqdm": True,
        "use_cpu": not gpu,
        "bf16": chosen.bf16,
        "fp16": chosen.fp16,
        "dataloader_pin_memory": gpu,
    }
    if values.get("tf32") and (not gpu or torch.cuda.get_device_capability() < (BFLOAT16_SINCE, 0)):
        print("note: this machine has no tf32, it is left out", flush=True)
        del values["tf32"]
    if values["gradient_checkpointing"]:
        values.setdefault("gradient_checkpointing_kwargs", {"use_reentrant": False})
    return make(SFTConfig, "TrainingArguments", values, field_names(SFTConfig))


def make(kind, section: str, values: dict, allowed: list[str]):
    for name in values:
        if name not in allowed:
            raise StepFailed("ConfigInvalid", f"{section} has no field {name}{nearest(name, allowed)}")
    # JSON has one kind of number: 6.0 arrives as 6, and some fields take a float alone.
    takes_float = {
        name for name, field in inspect.signature(kind).parameters.items() if isinstance(field.default, float)
    }
    values = {name: float(v) if name in takes_float and type(v) is int else v for name, v in values.items()}
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise StepFailed("ConfigInvalid", f"{section} is not usable: {str(error)[:500]}") from error


def field_names(kind) -> list[str]:
    return [field.name for field in dataclasses.fields(kind) if field.init]


def nearest(name: str, known) -> str:
    close = difflib.get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else "."
