"""Triton's helper for CUDA, compiled while the image is built.

Triton launches its kernels (TRL's loss has some) through a small C module that it compiles at first use. The image has
no compiler, so the module is kept in it, named by the hash of its source. Triton's own cache would not do: its key also
has what the program `file` says, and it must be writable, which the image is not.

    python3 compiled_helper.py FOLDER     compiles it; needs triton, a C compiler, Python's headers, and no GPU
    python3 compiled_helper.py --check    loads it as a run does; TRITON_LIBCUDA_PATH and LD_LIBRARY_PATH name the stub
"""

import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

KEPT = os.environ.get("KAITO_COMPILED_HELPER", "/opt/compiled-helper")


def use_kept() -> None:
    """Makes Triton take the kept module where it would call a compiler. Call on a GPU, before the first kernel."""
    import triton

    triton.knobs.build.impl = find


def find(name: str, source: str, *_) -> str:
    """Triton's `build.impl`: path of the module made from the file `source`."""
    path = kept_path(KEPT, name, pathlib.Path(source).read_bytes())
    if not path.is_file():
        raise RuntimeError(f"this image was built without the module {name} that its Triton needs: {path} is missing")
    return str(path)


def kept_path(folder: str, name: str, source: bytes) -> pathlib.Path:
    return pathlib.Path(folder, f"{name}-{hashlib.sha256(source).hexdigest()[:16]}.so")


def keep(folder: str) -> None:
    """Compiles the module into `folder`, and a stub of the driver's library to link and load it without a GPU."""
    stub = os.path.join(folder, "stub")
    os.makedirs(stub, exist_ok=True)
    os.environ["TRITON_LIBCUDA_PATH"] = stub
    from triton.backends.nvidia import driver
    from triton.runtime import build

    source = pathlib.Path(driver.dirname, "driver.c")
    names = sorted(set(re.findall(r"\bcu[A-Z]\w+", source.read_text())))
    compile_stub(names, os.path.join(stub, "libcuda.so.1"))
    with tempfile.TemporaryDirectory() as scratch:
        made = build._build(
            "cuda_utils", str(source), scratch, driver.library_dirs(), driver.include_dirs, driver.libraries, []
        )
        shutil.copyfile(made, kept_path(folder, "cuda_utils", source.read_bytes()))


def compile_stub(names: list[str], target: str) -> None:
    code = "".join(f"int {name}(void) {{ return 100; }}\n" for name in names)  # 100: CUDA_ERROR_NO_DEVICE
    command = ["gcc", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", target, "-x", "c", "-"]
    subprocess.run(command, input=code.encode(), check=True)


def check() -> None:
    compilers = [name for name in ("cc", "gcc", "clang") if shutil.which(name)]
    if compilers:
        raise SystemExit(f"this proves nothing where there is a compiler: {compilers}")
    use_kept()
    from triton.backends.nvidia.driver import CudaUtils

    print("compiled helper:", CudaUtils().launch)


if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        check()
    else:
        keep(sys.argv[1])
