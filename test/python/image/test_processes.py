"""Two processes as on a node with two GPUs, each training on its half: with gloo, since there is no GPU."""

import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from dataclasses import dataclass, field
from typing import Any

from contract import EXIT_CODES
from processes import torchrun

OUT = pathlib.Path("/out")
ROWS = [{"prompt": f"What is {n}?", "completion": f" It is {n * n}, {'or ' * (n % 7)}so."} for n in range(24)]


@dataclass
class Run:
    code: int
    end: dict
    log: str
    files: list[str]
    counts: list[str] = field(default_factory=list)

    def lines(self, mark: str) -> list[dict]:
        marked = [json.loads(line) for line in self.log.splitlines() if line.startswith('{"kaito"')]
        return [line for line in marked if line["kaito"] == mark]

    @property
    def losses(self) -> list[float]:
        return [line["loss"] for line in self.lines("progress") if "loss" in line]


def run(processes: int, rows: list[dict] = ROWS, program: str = "counting", gpus: str = "", **arguments: Any) -> Run:
    spec = json.loads((OUT / "messages" / "lora.json").read_text())
    defaults = {"max_steps": 6, "logging_steps": 1, "save_steps": 3, "gradient_accumulation_steps": 1}
    spec["config"]["TrainingArguments"] |= {**defaults, **arguments}
    with contextlib.ExitStack() as stack:
        scratch = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (scratch / "data").mkdir()
        (scratch / "data" / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        spec |= {"data": f"{scratch}/data", "output": f"{scratch}/adapter", "checkpoints": f"{scratch}/checkpoints"}
        spec["record"] = f"{scratch}/record.json"
        env = {**os.environ, "KAITO_STEP": json.dumps(spec), "TERMINATION_LOG": f"{scratch}/end"}
        env |= {"COUNTS": f"{scratch}/counts", "OMP_NUM_THREADS": "1"}
        if gpus:
            env["PRETENDED_GPUS"] = gpus
        file = f"/tests/image/{program}.py"
        command = torchrun(processes, file) if processes > 1 else [sys.executable, file]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        files = sorted(str(file.relative_to(scratch)) for file in scratch.rglob("*") if file.is_file())
        counts = (scratch / "counts").read_text().splitlines() if (scratch / "counts").exists() else []
        end = json.loads((scratch / "end").read_text())
        return Run(done.returncode, end, done.stdout + done.stderr, files, counts)


class TwoProcesses(unittest.TestCase):
    both: Run
    one: Run

    @classmethod
    def setUpClass(cls):
        cls.both = run(2)
        cls.one = run(1, gradient_accumulation_steps=2)

    def test_both_end_well_and_say_how_many_there_were(self):
        for done, processes in ((self.one, 1), (self.both, 2)):
            self.assertEqual(done.code, 0, done.log)
            result = done.end["result"]
            self.assertEqual((result["processes"], result["steps"], result["samples"]), (processes, 6, 24))

    def test_the_loss_is_that_of_one_process_that_accumulates_twice_as_much(self):
        self.assertEqual((len(self.one.losses), len(self.both.losses)), (6, 6), self.both.log)
        for one, both in zip(self.one.losses, self.both.losses, strict=True):
            self.assertAlmostEqual(both / one, 1, delta=0.01)

    def test_the_curve_depends_on_which_rows_meet_so_that_an_equal_one_means_an_equal_order(self):
        other = run(1, gradient_accumulation_steps=2, data_seed=7)
        apart = [abs(a / b - 1) for a, b in zip(other.losses, self.one.losses, strict=True)]
        self.assertGreater(max(apart), 0.01, (other.losses, self.one.losses))

    def test_everything_is_said_once(self):
        self.assertEqual(len(self.both.lines("data")), 1)
        steps = [line["step"] for line in self.both.lines("progress")]
        self.assertEqual(steps, sorted(set(steps)))
        self.assertEqual(self.both.log.count("trainable parameters"), 1)

    def test_files_are_those_of_one_process(self):
        # the library keeps the random state of each process apart, which is what it needs to go on
        def kept(done: Run) -> list[str]:
            return [name for name in done.files if "rng_state" not in name]

        self.assertEqual(kept(self.both), kept(self.one))
        self.assertIn("adapter/adapter_model.safetensors", kept(self.both))
        self.assertIn("checkpoints/checkpoint-6/kaito-complete.json", kept(self.both))

    def test_the_first_process_reads_and_renders_rows_and_the_second_takes_them(self):
        self.assertEqual([line for line in self.both.counts if " read " in line], ["0 read 24"])
        self.assertEqual(self.both.counts, self.one.counts)


class ShortOfMemory(unittest.TestCase):
    def test_half_as_many_rows_at_a_time_are_tried_once_and_a_step_has_as_many_as_before(self):
        done = run(1, program="short_of_memory", per_device_train_batch_size=4)
        self.assertEqual(done.code, 0, done.log)
        self.assertEqual(done.lines("halved"), [{"kaito": "halved", "from": 4, "to": 2}])
        plain = run(1, per_device_train_batch_size=2, gradient_accumulation_steps=2)
        self.assertEqual(len(done.losses), 6)
        for one, other in zip(done.losses, plain.losses, strict=True):
            self.assertAlmostEqual(one / other, 1, delta=0.01)

    def test_all_processes_of_a_node_try_again_together(self):
        done = run(1, program="short_of_memory", gpus="2", per_device_train_batch_size=4, max_steps=2)
        self.assertEqual((done.code, len(done.lines("halved"))), (0, 1), done.log)
        self.assertEqual(done.end["result"]["processes"], 2)

    def test_no_third_try(self):
        done = run(1, program="short_of_memory", per_device_train_batch_size=8)
        self.assertEqual(done.lines("halved"), [{"kaito": "halved", "from": 8, "to": 4}])
        self.assertEqual((done.code, done.end["reason"]), (EXIT_CODES["CudaOutOfMemory"], "CudaOutOfMemory"), done.log)


class Failures(unittest.TestCase):
    def test_the_cause_is_told_and_not_that_the_other_process_went_away(self):
        done = run(2, rows=[{"prompt": "a", "completion": ""}])
        self.assertEqual(done.end["reason"], "DatasetInvalid", done.log)
        self.assertNotEqual(done.code, 0)


if __name__ == "__main__":
    unittest.main()
