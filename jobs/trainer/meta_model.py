"""The base model without its weights: which modules it has, and how many weights an adapter of it has."""

from outcome import StepFailed, short


def trained_weights(spec: dict, wanted, torch) -> int | None:
    """`wanted` is the LoraConfig. Refuses names of modules that the model lacks. None where they cannot be counted."""
    try:
        model = without_weights(spec, torch)
    except Exception as error:  # a library may want a GPU, or the weights, to build it
        print(f"note: the model cannot be built without its weights: {short(error)}", flush=True)
        return None
    refuse_unknown(model, wanted.target_modules)
    from peft import get_peft_model

    try:
        return get_peft_model(model, wanted, low_cpu_mem_usage=True).get_nb_trainable_parameters()[0]
    except (ValueError, TypeError) as error:
        raise StepFailed("ConfigInvalid", f"LoraConfig does not suit this model: {str(error)[:500]}") from error
    except (RuntimeError, NotImplementedError) as error:
        print(f"note: the weights that are trained cannot be counted: {short(error)}", flush=True)
        return None


def without_weights(spec: dict, torch):
    from transformers import AutoConfig, AutoModelForCausalLM

    from model import source

    place, how = source(spec)
    config = AutoConfig.from_pretrained(*place, **how)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config, trust_remote_code=how["trust_remote_code"])


def refuse_unknown(model, targets) -> None:
    """peft leaves out names that match nothing as long as another one matches."""
    if targets is None or isinstance(targets, str):
        return
    names = [name for name, _ in model.named_modules()]
    missing = sorted(each for each in targets if not any(name == each or name.endswith(f".{each}") for name in names))
    if not missing:
        return
    linear = sorted(
        {name.rpartition(".")[2] for name, module in model.named_modules() if hasattr(module, "in_features")}
    )
    has = ", ".join(name for name in linear if name != "lm_head")
    raise StepFailed(
        "ConfigInvalid",
        f"LoraConfig.target_modules names {', '.join(missing[:8])}, which the base model does not have. Its linear "
        f"modules are {has[:400]}. Write some of these, or leave target_modules out.",
    )
