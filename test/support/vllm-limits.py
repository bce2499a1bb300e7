"""Prints test/support/vllm-limits.json: what vLLM refuses to start with, from the wheel of the server's release.

    pip download --no-deps --dest DIR vllm==…
    python3 test/support/vllm-limits.py DIR/vllm-….whl > test/support/vllm-limits.json

The files are read, not run: nothing has to be installed, and no GPU is asked.
"""

import ast
import json
import pathlib
import sys
import zipfile

QUANTIZATION = "vllm/model_executor/layers/quantization/"
ATTENTION = "vllm/v1/attention/backends/mla/"


def main(path: str) -> None:
    wheel = zipfile.ZipFile(path)
    names = [name for name in wheel.namelist() if name.endswith(".py")]
    trees = {name: ast.parse(wheel.read(name)) for name in names if name.startswith((QUANTIZATION, ATTENTION))}
    config = ast.parse(wheel.read("vllm/config/model.py"))
    limits = {
        "version": pathlib.Path(path).name.split("-")[1],
        "noFloat16": assigned(config, "_FLOAT16_NOT_SUPPORTED_MODELS"),
        "quantization": quantization(trees),
        "sparseLatentAttention": sorted(
            {major for name, tree in trees.items() if name.endswith("_sparse.py") for major in majors(tree)}
            | {major for name, tree in trees.items() if "_sparse_sm" in name for major in majors(tree)}
        ),
    }
    print(json.dumps(limits, indent=2))


def quantization(trees: dict[str, ast.Module]) -> dict[str, dict[str, object]]:
    """Of each method that a checkpoint may name: the least capability, and the number formats of activations."""
    classes = {node.name: node for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    table = assigned_dict(trees[f"{QUANTIZATION}__init__.py"], "method_to_config")
    found = {}
    for method, kind in sorted(table.items()):
        least = inherited(classes, kind, "get_min_capability")
        formats = inherited(classes, kind, "get_supported_act_dtypes")
        if isinstance(least, int) and isinstance(formats, list):
            found[method] = {"leastCapability": least, "formats": sorted(str(each) for each in formats)}
    return found


def inherited(classes: dict[str, ast.ClassDef], name: str, method: str) -> object | None:
    """What a method of a class, or of the nearest base that has it, returns; None where that is computed."""
    node = classes.get(name)
    if node is None:
        return None
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == method:
            return returned(item)
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
    return next((value for base in bases if (value := inherited(classes, base, method)) is not None), None)


def returned(function: ast.FunctionDef) -> object | None:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Constant):
            return node.value.value
        if isinstance(node, ast.Return) and isinstance(node.value, ast.List):
            return [item.attr for item in node.value.elts if isinstance(item, ast.Attribute)]
    return None


def majors(tree: ast.Module) -> set[int]:
    """The major capabilities that an attention backend says it supports."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "supports_compute_capability":
            compared = [each for each in ast.walk(node) if isinstance(each, ast.Compare)]
            numbers = [each for one in compared for each in ast.walk(one) if isinstance(each, ast.Constant)]
            found |= {each.value for each in numbers if isinstance(each.value, int)}
    return found


def assigned(tree: ast.Module, name: str) -> object:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(isinstance(to, ast.Name) and to.id == name for to in node.targets):
            return ast.literal_eval(node.value)
    raise SystemExit(f"{name} is not there any more")


def assigned_dict(tree: ast.Module, name: str) -> dict[str, str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            pairs = zip(node.value.keys, node.value.values, strict=True) if isinstance(node.value, ast.Dict) else []
            return {
                key.value: value.id
                for key, value in pairs
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and isinstance(value, ast.Name)
            }
    raise SystemExit(f"{name} is not there any more")


main(sys.argv[1])
