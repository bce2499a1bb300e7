"""Turn PyPI's CUDA build of torch into a small CPU-only one.

PyPI has no CPU build of torch for Linux. Its CUDA build links to about 3 GB of NVIDIA libraries and carries half a
gigabyte of GPU kernels, none of which is called on a machine without a GPU; the dynamic loader only wants the names.
This script deletes the GPU kernels and compiles empty libraries that define those names.

usage: python3 cpu_torch.py <site-packages>     needs gcc, nm and readelf; used while building the CPU image only
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict

GPU_ONLY = ("libtorch_cuda.so", "libtorch_cuda_linalg.so", "libtorch_nvshmem.so")
GPU_SONAME = re.compile(r"lib(cu|nv|nccl|torch_cuda|torch_nvshmem)")
GPU_SYMBOL = re.compile(r"(cu|nccl|nvrtc|nvshmem|nvml|nvtx)[A-Z_]|cudnn|cupti|cufft|cublas|cusparse|cusolver|curand")
# What start-up code of torch touches although it never runs anything on a GPU: the result of an accessor (a page whose
# address, read as a bool or a small number, is 0), type names, and one object that is made as a default argument.
PRELUDE = """
static char page[65536] __attribute__((aligned(65536), used));
extern void *_ZTVN10__cxxabiv117__class_type_infoE[];
static void *nothing(void) { return page; }
static void *type[2] __attribute__((used)) = { &_ZTVN10__cxxabiv117__class_type_infoE[2], "gpu_only" };
static void *table[64] __attribute__((used)) = { 0, type, [2 ... 63] = nothing };
"""
CONSTRUCTOR = re.compile(r"^_ZN.*C[12]E")
BALLAST = (
    "torch/include",
    "torch/bin/protoc",
    "torch/bin/protoc-3.13.0.0",
    "torch/share",
    "nvidia/cu13/include",
    "torch/lib/libtorch_cuda_linalg.so",
)


def main(site: str) -> None:
    lib = os.path.join(site, "torch", "lib")
    out = os.path.join(site, "nvidia", "cu13", "lib")
    os.makedirs(out, exist_ok=True)
    removed = remove_gpu_kernels(lib)
    needed, wanted = linkage(lib, removed)
    present = set(os.listdir(lib)) | set(os.listdir(out))
    for soname in sorted(needed):
        if soname not in present and GPU_SONAME.match(soname):
            folder = lib if soname.startswith("libtorch") else out
            build_stub(os.path.join(folder, soname), soname, wanted.get(soname, {}))
            print(f"{soname}: {len(wanted.get(soname, {}))} names", flush=True)
    for name in BALLAST:
        delete(os.path.join(site, name))
    for name in os.listdir(out):
        if name.endswith(".a"):
            os.unlink(os.path.join(out, name))


def remove_gpu_kernels(lib: str) -> dict[str, str]:
    """Delete the GPU libraries; returns what they defined: symbol name -> nm type letter."""
    defined: dict[str, str] = {}
    for name in GPU_ONLY:
        path = os.path.join(lib, name)
        if os.path.exists(path):
            for kind, symbol in symbols(path, "--defined-only"):
                defined[symbol.split("@")[0]] = kind
            os.unlink(path)
    return defined


def linkage(lib: str, removed: dict[str, str]) -> tuple[set[str], dict[str, dict[tuple[str, str], str]]]:
    """Libraries the remaining files ask for, and per library the (name, version) pairs it has to define."""
    needed: set[str] = set()
    undefined: set[str] = set()
    own: set[str] = set()
    for name in sorted(os.listdir(lib)):
        if ".so" not in name:
            continue
        path = os.path.join(lib, name)
        needed |= set(re.findall(r"NEEDED.*\[(.+?)\]", run("readelf", "-d", path)))
        own |= {symbol.split("@")[0] for _, symbol in symbols(path, "--defined-only")}
        undefined |= {symbol for _, symbol in symbols(path, "--undefined-only")}
    wanted: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    for symbol in undefined:
        name, _, version = symbol.partition("@")
        version = version.lstrip("@")
        if version:
            if GPU_SONAME.match(version):
                wanted[version][(name, version)] = "T"
        elif name not in own and (name in removed or GPU_SYMBOL.match(name)):
            wanted["libtorch_cuda.so"][(name, "")] = removed.get(name, "T")
    return needed, wanted


def build_stub(path: str, soname: str, names: dict[tuple[str, str], str]) -> None:
    body = PRELUDE + "".join(stand_in(name, kind) for (name, _), kind in sorted(names.items()))
    versions: dict[str, list[str]] = defaultdict(list)
    for name, version in names:
        if version:
            versions[version].append(name)
    with tempfile.TemporaryDirectory() as folder:
        source = os.path.join(folder, "stub.c")
        with open(source, "w") as file:
            file.write(body)
        command = ["gcc", "-shared", "-fPIC", "-O1", "-s", "-w", f"-Wl,-soname,{soname}", "-o", path, source]
        if versions:
            script = os.path.join(folder, "stub.map")
            with open(script, "w") as file:
                for version, members in sorted(versions.items()):
                    file.write(f"{version} {{ global: {' '.join(f'{member};' for member in sorted(members))} }};\n")
            command.append(f"-Wl,--version-script={script}")
        subprocess.run(command, check=True)


def stand_in(name: str, kind: str) -> str:
    if name.startswith("_ZTI"):  # a C++ type: torch registers Python classes by its name
        return f'void *{name}[8] = {{ &_ZTVN10__cxxabiv117__class_type_infoE[2], "{name[4:]}" }};\n'
    if kind not in "TW":
        return f"char {name}[4096];\n"
    if CONSTRUCTOR.match(name):
        return f"void {name}(void **self) {{ *self = &table[2]; }}\n"
    if name.startswith("_Z"):
        return f"void *{name}(void) {{ return page; }}\n"
    return f"int {name}(void) {{ return 1; }}\n"  # C functions of CUDA: any error number


def symbols(path: str, which: str) -> list[tuple[str, str]]:
    rows = (line.split() for line in run("nm", "-D", which, path).splitlines())
    return [(row[-2], row[-1]) for row in rows if len(row) >= 2]


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def delete(path: str) -> None:
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.exists(path):
        os.unlink(path)


if __name__ == "__main__":
    main(sys.argv[1])
