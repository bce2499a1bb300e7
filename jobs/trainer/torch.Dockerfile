# Python and torch for CUDA, which the trainer is built on. The CPU's is in examples/images/cpu.
#   docker build -t torch -f jobs/trainer/torch.Dockerfile jobs/trainer
# BASE needs apt and Python 3.11 packages. On a closed network give PIP_CERT, the path of a CA bundle inside the build.
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS torch
ARG PIP_CERT
ENV PATH=/opt/python/bin:$PATH \
    HOME=/tmp \
    USER=kaito \
    HF_HUB_DISABLE_TELEMETRY=1 \
    HF_HUB_DISABLE_PROGRESS_BARS=1 \
    TOKENIZERS_PARALLELISM=false
COPY locks /build/
RUN --mount=type=cache,target=/var/cache/pip,sharing=locked \
    set -eu; export DEBIAN_FRONTEND=noninteractive PIP_NO_CACHE_DIR=1 wheels=/var/cache/pip/wheels; \
    apt-get update -q; apt-get install -q -y --no-install-recommends python3 python3-venv; \
    python3 -m venv /opt/python; \
    pip download -q --no-deps --require-hashes --only-binary :all: -d $wheels -r /build/torch.lock -r /build/common.lock; \
    pip install -q --no-deps --no-compile --require-hashes --no-index --find-links $wheels \
        -r /build/torch.lock -r /build/common.lock; \
    site=/opt/python/lib/python3.11/site-packages; \
    find "$site" -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +; \
    find "$site" -name '*.a' -delete; \
    useradd --uid 1000 --no-create-home --home-dir /tmp kaito; \
    rm -rf /build /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/* /usr/share/doc /usr/share/man

# The one module that Triton compiles at first use, compiled here: the image itself has no compiler (compiled_helper.py).
FROM torch AS helper
COPY compiled_helper.py /build/
RUN set -eu; export DEBIAN_FRONTEND=noninteractive; mkdir /opt/compiled-helper; \
    apt-get update -q; apt-get install -q -y --no-install-recommends gcc libc6-dev python3-dev; \
    python3 /build/compiled_helper.py /opt/compiled-helper; \
    mv /opt/compiled-helper/stub /build/stub

FROM torch
COPY --from=helper /opt/compiled-helper /opt/compiled-helper
# As a run does, but with a stub for the driver's library: the kept module is found and loads, without a compiler.
RUN --mount=type=bind,from=helper,source=/build,target=/build \
    set -eu; HOME=/tmp/check LD_LIBRARY_PATH=/build/stub TRITON_LIBCUDA_PATH=/build/stub PYTHONDONTWRITEBYTECODE=1 \
    python3 /build/compiled_helper.py --check; \
    rm -rf /tmp/check
