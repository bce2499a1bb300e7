"""Prints the fields of the trainer's config classes, as JSON, from the wheels that jobs/trainer's locks pin.

    pip download --no-deps --dest DIR trl==… transformers==… peft==…
    python3 test/support/trainer-fields.py DIR > test/support/trainer-fields.json

The files are read, not run: nothing has to be installed.
"""

import ast
import json
import pathlib
import sys
import zipfile

CLASSES = {
    "TrainingArguments": [
        ("transformers", "transformers/training_args.py", "TrainingArguments"),
        ("trl", "trl/trainer/base_config.py", "_BaseConfig"),
        ("trl", "trl/trainer/sft_config.py", "SFTConfig"),
    ],
    "LoraConfig": [
        ("peft", "peft/config.py", "PeftConfigMixin"),
        ("peft", "peft/config.py", "PeftConfig"),
        ("peft", "peft/tuners/lora/config.py", "LoraConfig"),
    ],
    "QuantizationConfig": [("transformers", "transformers/utils/quantization_config.py", "BitsAndBytesConfig")],
}


def main(folder: str) -> None:
    wheels = {path.name.split("-")[0]: path for path in pathlib.Path(folder).glob("*.whl")}
    versions = {
        name: path.name.split("-")[1] for name, path in wheels.items() if name in ("transformers", "trl", "peft")
    }
    fields = {
        section: sorted({name for package, file, kind in classes for name in names(wheels[package], file, kind)})
        for section, classes in CLASSES.items()
    }
    print(json.dumps({"versions": dict(sorted(versions.items())), "fields": fields}, indent=2))


def names(wheel: pathlib.Path, file: str, kind: str) -> list[str]:
    tree = ast.parse(zipfile.ZipFile(wheel).read(file))
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
    fields = [ast.unparse(item.target) for item in found.body if isinstance(item, ast.AnnAssign)]
    for item in found.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            fields += [argument.arg for argument in item.args.args if argument.arg != "self"]
    return fields


main(sys.argv[1])
