"""Prints src/inference/vllm-flags.ts: every flag of `vllm serve`, from the wheel of the server's release.

    pip download --no-deps --dest DIR vllm==…
    python3 test/support/vllm-flags.py DIR/vllm-….whl > src/inference/vllm-flags.ts

The files are read, not run: nothing has to be installed.
"""

import ast
import pathlib
import sys
import textwrap
import zipfile

ENGINE = "vllm/engine/arg_utils.py"
SERVER = "vllm/entrypoints/common/cli_args.py"


def main(path: str) -> None:
    wheel = zipfile.ZipFile(path)
    engine, server = ast.parse(wheel.read(ENGINE)), ast.parse(wheel.read(SERVER))
    flags = arguments(engine) | arguments(server) | fields(server, "BaseFrontendArgs") | fields(server, "FrontendArgs")
    lines = textwrap.wrap(" ".join(sorted(flags)), 118, break_on_hyphens=False, break_long_words=False)
    print("/** Made by test/support/vllm-flags.py from vLLM's wheel. Do not edit. */")
    print(f"export const VLLM_VERSION = '{pathlib.Path(path).name.split('-')[1]}'\n")
    print("/** Every flag of `vllm serve`, without dashes in front. */")
    print("export const VLLM_FLAGS: readonly string[] = `")
    print("\n".join(f"  {line}" for line in lines))
    print("`\n  .trim()\n  .split(/\\s+/)")


def arguments(tree: ast.Module) -> set[str]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    adding = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "add_argument"]
    texts = [item.value for call in adding for item in call.args if isinstance(item, ast.Constant)]
    return {text[2:] for text in texts if isinstance(text, str) and text.startswith("--")}


def fields(tree: ast.Module, kind: str) -> set[str]:
    found = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == kind)
    return {ast.unparse(item.target).replace("_", "-") for item in found.body if isinstance(item, ast.AnnAssign)}


main(sys.argv[1])
