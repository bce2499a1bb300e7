"""What the GPU trainer image can do, asked of the image itself and of the libraries in it. Needs no GPU.

    python3 judge.py '{"capabilities": [7.5, 8.0], "servers": ["/wheels/vllm.whl"]}'

prints one JSON object: versions, the kept helper, each kernel of the loss for each capability and dtype, and the
capabilities that each binary has code for.
"""

import glob
import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile

SITE = "/opt/python/lib/python3.11/site-packages"
CUOBJDUMP = f"{SITE}/triton/backends/nvidia/bin/cuobjdump"
LIBRARIES = ("torch", "triton", "trl", "peft", "transformers", "bitsandbytes")
POINTERS = {"mm_ptr": "logits", "targets_ptr": "*i64"}
SCALARS = {"mm_stride": "i32", "vocab_start": "i32", "n_cols": "i32"}
FLOATS = ("logit_scale", "softcap", "inv_t")


def main(asked: dict) -> dict:
    return {
        "versions": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "helper": kept_helper(),
        "kernels": [
            verdict(kernel, dtype, capability, flags)
            for capability in asked["capabilities"]
            for dtype in ("bf16", "fp16", "fp32")
            for kernel, flags in variants()
        ],
        "binaries": [*binaries(), *(found for wheel in asked["servers"] for found in wheel_binaries(wheel))],
    }


def kept_helper() -> str:
    """The module that was compiled for this Triton's source. The image's build has loaded it against a stub."""
    sys.path.insert(0, "/app")
    from triton.backends.nvidia import driver

    import compiled_helper

    try:
        return compiled_helper.find("cuda_utils", os.path.join(driver.dirname, "driver.c"))
    except RuntimeError as error:
        return f"failed: {error}"


def variants():
    """The two kernels of TRL's fused loss as SFTTrainer asks for them, with and without soft-capped logits."""
    for capped in (False, True):
        yield (
            "_forward_kernel",
            {
                "HAS_SOFTCAP": capped,
                "HAS_ENTROPY": True,
                "HAS_LOG_SUM_SQ_PROBS": False,
                "HAS_MEAN_LOGITS": False,
                "HAS_IS_TOP1": True,
            },
        )
        yield "_backward_kernel", {"HAS_SOFTCAP": capped, "HAS_LOGPROB_GRAD": True, "HAS_ENTROPY_GRAD": False}


def verdict(name: str, dtype: str, capability: float, flags: dict) -> dict:
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource
    from trl.kernels import chunked_logprob

    kernel = getattr(chunked_logprob, name)
    constants = {**flags, "BLOCK_SIZE": chunked_logprob._BLOCK_SIZE}
    if missing := set(constants) - set(kernel.arg_names):
        return {"kernel": name, "dtype": dtype, "capability": capability, "error": f"no parameters {sorted(missing)}"}
    signature = {argument: signature_of(argument, dtype, constants) for argument in kernel.arg_names}
    found = {"kernel": name, "dtype": dtype, "capability": capability}
    try:
        source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
        made = triton.compile(source, target=GPUTarget("cuda", round(capability * 10), 32))
        return {**found, "bytes": len(made.asm["cubin"])}
    except Exception as error:
        return {**found, "error": f"{type(error).__name__}: {str(error)[:300]}"}


def signature_of(argument: str, dtype: str, constants: dict) -> str:
    if argument in constants:
        return "constexpr"
    if argument in FLOATS:
        return "fp32"
    if argument in SCALARS:
        return SCALARS[argument]
    kind = POINTERS.get(argument, "*fp32")
    return f"*{dtype}" if kind == "logits" else kind


def binaries():
    yield code_of("torch", f"{SITE}/torch/lib/libtorch_cuda.so")
    for path in sorted(glob.glob(f"{SITE}/bitsandbytes/libbitsandbytes_cuda*.so")):
        if re.search(r"_cuda130\.so$", path):
            yield code_of("bitsandbytes", path)


def wheel_binaries(wheel: str):
    """The engine's own kernels: those that every model needs, not those of one attention or quantisation."""
    with zipfile.ZipFile(wheel) as archive, tempfile.TemporaryDirectory() as folder:
        for name in archive.namelist():
            if re.fullmatch(r"vllm/_(C|C_stable_libtorch|moe_C)\.abi3\.so", name):
                yield code_of("vllm", archive.extract(name, folder))


def code_of(library: str, path: str) -> dict:
    elf, ptx = run([CUOBJDUMP, "--list-elf", path]), run([CUOBJDUMP, "--list-ptx", path])
    return {"library": library, "file": os.path.basename(path), "sm": architectures(elf), "ptx": architectures(ptx)}


def architectures(listing: str) -> list[str]:
    """`8.9`, `9.0a`, … as the file names of a listing have them (`x.sm_90a.cubin`)."""
    found = set(re.findall(r"\.sm_(\d+)([af]?)\.", listing))
    return [
        f"{int(number) // 10}.{int(number) % 10}{suffix}"
        for number, suffix in sorted(found, key=lambda pair: (int(pair[0]), pair[1]))
    ]


def run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else f"failed: {done.stderr.strip()[-500:] or done.stdout[-500:]}"


if __name__ == "__main__":
    os.environ.setdefault("TRITON_CACHE_DIR", tempfile.mkdtemp())
    print(json.dumps(main(json.loads(sys.argv[1]))))
