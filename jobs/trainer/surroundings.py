"""What signals do, and what the libraries must be told before they are loaded: import this before any of them."""

import glob
import os
import signal

# As the first process of a container this one would ignore SIGTERM; nothing half-written is ever under a final name,
# so it may stop at any moment.
signal.signal(signal.SIGTERM, lambda *_: os._exit(143))
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
for name in ("HF_HUB_DISABLE_TELEMETRY", "HF_DATASETS_DISABLE_PROGRESS_BARS", "HF_HUB_DISABLE_PROGRESS_BARS"):
    os.environ.setdefault(name, "1")
if not glob.glob("/dev/nvidia[0-9]*"):
    # some virtual machines announce AMX but fault on it; oneDNN must be told before torch is loaded
    os.environ.setdefault("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16")
