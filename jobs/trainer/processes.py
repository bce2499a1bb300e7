"""One process for each GPU: how they are started, which of them speaks, and who goes first."""

import contextlib
import datetime
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from contract import EXIT_CODES
from outcome import read_reason

# The others wait while the first one reads all rows, for hours where there are many. One that dies is noticed at once.
PATIENCE = datetime.timedelta(hours=6)


def rank() -> int:
    """0 is the process that speaks: progress, rows, result and adapter are its own."""
    return int(os.environ.get("RANK", "0"))


def are_started() -> bool:
    return "LOCAL_RANK" in os.environ


def start(processes: int, program: str) -> int:
    """torchrun loses the exit code of its children; the termination message they wrote has the reason."""
    print(f"{processes} processes, one for each GPU", flush=True)
    if subprocess.run(torchrun(processes, program), check=False).returncode == 0:
        return 0
    return EXIT_CODES.get(read_reason(), EXIT_CODES["TrainingFailed"])


def torchrun(processes: int, program: str) -> list[str]:
    """All on this machine: by the loopback, since a name that nobody can look up would be waited for."""
    options = ["--standalone", "--local-addr=127.0.0.1", f"--nproc-per-node={processes}"]
    return [sys.executable, "-m", "torch.distributed.run", *options, program]


def meet(on_gpu: bool):
    """Accelerate's state, with the processes knowing each other. Every line of the log is said once from here on."""
    from accelerate import PartialState

    if rank() != 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return PartialState(cpu=not on_gpu, timeout=PATIENCE) if are_started() else PartialState(cpu=not on_gpu)


def agreed(value):
    """What the first process says, to all of them."""
    if not are_started():
        return value
    from accelerate.utils import broadcast_object_list

    return broadcast_object_list([value])[0]


def wait_for_all() -> None:
    if are_started():
        from accelerate import PartialState

        PartialState().wait_for_everyone()


@contextlib.contextmanager
def shared_folder() -> Iterator[str]:
    """A folder for as long as the first process needs it; the others get its name."""
    from accelerate.utils import broadcast_object_list

    names = broadcast_object_list([tempfile.mkdtemp(prefix="kaito-") if rank() == 0 else None])
    try:
        yield names[0]
    finally:
        if rank() == 0:
            shutil.rmtree(names[0], ignore_errors=True)
