# The model server without a GPU: vLLM's CPU build over the torch that the trainer of a CPU has, so that both share their layers.
# BASE is torch.Dockerfile, which says how to build all three.
ARG BASE
FROM ${BASE}
ARG PIP_CERT
COPY server.lock /build/
# Of the three builds of vLLM's kernels (AMX, AVX-512, AVX2) only the one that runs on every x86-64 machine is kept: the
# three take 420 MB, and the AMX one stops with SIGILL on virtual machines that announce AMX without offering it.
# vLLM starts its two child processes anew, each importing everything again; forked instead, as on other platforms, the
# server is ready in about half the time and the three share memory. The grep fails the build when that line moves.
RUN --mount=type=cache,target=/var/cache/pip,sharing=locked \
    set -eu; export DEBIAN_FRONTEND=noninteractive PIP_NO_CACHE_DIR=1 wheels=/var/cache/pip/wheels lock=/build/server.lock; \
    apt-get update -q; apt-get install -q -y --no-install-recommends libnuma1; \
    pip download -q --no-deps --require-hashes --only-binary :all: -d $wheels -r $lock; \
    pip install -q --no-deps --no-compile --require-hashes --no-index --find-links $wheels -r $lock; \
    site=/opt/python/lib/python3.11/site-packages; \
    for build in _C _C_AVX512; do ln -sf _C_AVX2.abi3.so "$site/vllm/$build.abi3.so"; done; \
    sed -i 's/os.environ\["VLLM_WORKER_MULTIPROC_METHOD"\] = "spawn"/os.environ.setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")/' \
        "$site/vllm/platforms/cpu.py"; \
    grep -q 'setdefault("VLLM_WORKER_MULTIPROC_METHOD", "spawn")' "$site/vllm/platforms/cpu.py"; \
    find "$site" -type d -name tests -prune -exec rm -rf {} +; \
    HOME=/tmp python3 -c "import vllm.entrypoints.openai.api_server, vllm.v1.engine.core, vllm.v1.worker.cpu_worker, \
vllm.model_executor.models.phi3, vllm.model_executor.models.qwen2, vllm.lora.worker_manager"; \
    rm -rf /build /tmp/* /tmp/.[a-z]* /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/*
ENV HF_HOME=/tmp/huggingface \
    XDG_CACHE_HOME=/tmp/cache \
    XDG_CONFIG_HOME=/tmp/config \
    VLLM_CACHE_ROOT=/tmp/vllm \
    TORCHINDUCTOR_CACHE_DIR=/tmp/inductor \
    VLLM_NO_USAGE_STATS=1 \
    VLLM_CPU_KVCACHE_SPACE=1 \
    VLLM_CPU_OMP_THREADS_BIND=nobind \
    VLLM_WORKER_MULTIPROC_METHOD=fork \
    ONEDNN_MAX_CPU_ISA=AVX512_CORE_BF16
USER 1000
WORKDIR /tmp
# Later arguments win, so a pod that names its own dtype still can.
ENTRYPOINT ["python3", "-m", "vllm.entrypoints.openai.api_server", "--enforce-eager", "--dtype", "float32"]
