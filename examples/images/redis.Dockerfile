# Redis: Debian's package, run as an ordinary user, nothing kept on disk unless the arguments say so.
ARG BASE=docker.io/library/debian:bookworm-slim
FROM ${BASE}
RUN set -eu; export DEBIAN_FRONTEND=noninteractive; \
    apt-get update -q; apt-get install -q -y --no-install-recommends redis-server; \
    rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/log/* /usr/share/doc /usr/share/man
USER 1000
WORKDIR /tmp
EXPOSE 6379
# BullMQ needs noeviction: a queue that loses keys loses jobs.
ENTRYPOINT ["redis-server", "--save", "", "--dir", "/tmp", "--maxmemory-policy", "noeviction", "--protected-mode", "no"]
