"""A small data set in the shape of philschmid/dolly-15k-oai-style: one column, `messages`, of {content, role}.

usage: python3 make_dataset.py <out-dir> [rows]     the same bytes on every run
"""

import json
import os
import sys

import pyarrow as pa
import pyarrow.parquet as pq

NAME = "train-00000-of-00001-9e0a81e1e8b4ed6d.parquet"
SYSTEM = "You answer questions about Kubernetes in one short sentence."
with open(os.path.join(os.path.dirname(__file__), "pairs.json")) as file:
    PAIRS = json.load(file)


def main(out: str, rows: int) -> None:
    message = pa.list_(pa.struct([("content", pa.string()), ("role", pa.string())]))
    samples = [conversation(index) for index in range(rows)]
    os.makedirs(out, exist_ok=True)
    pq.write_table(pa.table({"messages": pa.array(samples, type=message)}), os.path.join(out, NAME))
    print(f"{rows} rows in {NAME}", flush=True)


def conversation(index: int) -> list[dict]:
    question, answer = PAIRS[index % len(PAIRS)]
    system = [{"content": SYSTEM, "role": "system"}] if index // len(PAIRS) % 2 == 0 else []
    return [*system, {"content": question, "role": "user"}, {"content": answer, "role": "assistant"}]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 240)
