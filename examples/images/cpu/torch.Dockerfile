# Python and torch without a GPU, for small models: what the trainer and the model server of a CPU share.
#   docker build -t torch --build-context trainer=jobs/trainer -f examples/images/cpu/torch.Dockerfile examples/images/cpu
#   docker build -t trainer --build-arg BASE=torch --build-arg DEVICE=cpu jobs/trainer
#   docker build -t server --build-arg BASE=torch -f examples/images/cpu/server.Dockerfile examples/images/cpu
ARG BASE=docker.io/library/debian:bookworm-slim
FROM ${BASE}
ARG PIP_CERT
ENV PATH=/opt/python/bin:$PATH \
    HOME=/tmp \
    USER=kaito \
    HF_HUB_DISABLE_TELEMETRY=1 \
    HF_HUB_DISABLE_PROGRESS_BARS=1 \
    TOKENIZERS_PARALLELISM=false
COPY cpu_torch.py torch.lock /build/
COPY --from=trainer locks/common.lock /build/
RUN --mount=type=cache,target=/var/cache/pip,sharing=locked \
    set -eu; export DEBIAN_FRONTEND=noninteractive PIP_NO_CACHE_DIR=1 wheels=/var/cache/pip/wheels; \
    apt-get update -q; apt-get install -q -y --no-install-recommends python3 python3-venv gcc libc6-dev; \
    python3 -m venv /opt/python; \
    pip download -q --no-deps --require-hashes --only-binary :all: -d $wheels -r /build/torch.lock -r /build/common.lock; \
    pip install -q --no-deps --no-compile --require-hashes --no-index --find-links $wheels \
        -r /build/torch.lock -r /build/common.lock; \
    site=/opt/python/lib/python3.11/site-packages; \
    python3 /build/cpu_torch.py "$site"; \
    apt-get purge -q -y --auto-remove gcc libc6-dev; \
    find "$site" -type d \( -name tests -o -name test \) -prune -exec rm -rf {} +; \
    find "$site" -name '*.a' -delete; \
    useradd --uid 1000 --no-create-home --home-dir /tmp kaito; \
    rm -rf /build /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/* /usr/share/doc /usr/share/man
