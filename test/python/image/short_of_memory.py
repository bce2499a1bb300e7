"""The train step on a GPU that holds two rows at a time: /app/train.py, with its first step out of memory beyond that.

With PRETENDED_GPUS as on a node with as many of them; each process still trains on the CPU.
"""

import os
import sys

sys.path.insert(0, "/app")

import torch
import trl

import train

step = trl.SFTTrainer.training_step


def limited_step(self, *args, **kwargs):
    if self.args.per_device_train_batch_size > 2:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
    return step(self, *args, **kwargs)


setattr(trl.SFTTrainer, "training_step", limited_step)  # noqa: B010
if "PRETENDED_GPUS" in os.environ and "LOCAL_RANK" not in os.environ:
    setattr(torch.cuda, "device_count", lambda: int(os.environ["PRETENDED_GPUS"]))  # noqa: B010

if __name__ == "__main__":
    sys.exit(train.main())
