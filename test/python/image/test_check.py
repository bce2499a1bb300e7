"""The check before a run, a process as in a pod: what it finds, all at once, and that a run agrees with it."""

import json
import os
import pathlib
import subprocess
import sys
import unittest
from typing import Any

from support import Folder

OUT = pathlib.Path("/out")
PAIRS = "".join(json.dumps({"prompt": f"What is {n}?", "completion": f" It is {n}."}) + "\n" for n in range(8))


def run(program: str, files: dict, more: dict | None = None, **changes: Any) -> tuple[int, dict, str]:
    """(exit code, termination message, log); `more` are fields of the message, `changes` of sections of the config."""
    spec = json.loads((OUT / "messages" / "lora.json").read_text())
    spec["config"]["TrainingArguments"]["num_train_epochs"] = 2
    for section, values in changes.items():
        spec["config"][section].update(values)
    with Folder(files) as data, Folder({}) as scratch:
        spec |= {"data": data, "output": f"{scratch}/adapter", "checkpoints": f"{scratch}/checkpoints"}
        spec |= {"model": {"path": "/out/model"}, **(more or {})}
        end = f"{scratch}/end"
        env = {**os.environ, "KAITO_STEP": json.dumps(spec), "TERMINATION_LOG": end, "HF_HUB_OFFLINE": "1"}
        done = subprocess.run([sys.executable, program], env=env, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(pathlib.Path(end).read_text()), done.stdout + done.stderr


def checked(files: dict, more: dict | None = None, **changes: Any) -> dict:
    code, end, log = run("/app/check.py", files, {"gpus": 1, **(more or {})}, **changes)
    if code != 0:
        raise AssertionError(log)
    return end["result"]


class Passing(unittest.TestCase):
    def test_it_foresees_what_the_run_then_says(self):
        files = {"a.jsonl": PAIRS + json.dumps({"prompt": "What is 9?", "completion": ""}) + "\n"}
        found = checked(files, DatasetConfig={"train_test_split": 0.75})
        self.assertEqual(found["faults"], [])
        foreseen = found["data"]
        code, end, log = run("/app/train.py", files, DatasetConfig={"train_test_split": 0.75})
        self.assertEqual(code, 0, log)
        own = {name: foreseen.pop(name) for name in ("tokens", "steps", "weights")}
        self.assertEqual(foreseen, end["result"]["data"])
        self.assertEqual(own["steps"], end["result"]["steps"])
        self.assertEqual(own["weights"], end["result"]["trainableParameters"])
        self.assertEqual(own["tokens"]["rows"], 8)
        self.assertLessEqual(own["tokens"]["median"], own["tokens"]["most"])

    def test_gpus_share_the_steps(self):
        files = {"a.jsonl": PAIRS * 8}
        one, four = (checked(files, {"gpus": gpus})["data"]["steps"] for gpus in (1, 4))
        self.assertEqual(one, 4 * four)

    def test_rows_that_lose_their_answer_are_told(self):
        long = json.dumps({"prompt": "word " * 600, "completion": " ok"}) + "\n"
        data = checked({"a.jsonl": PAIRS + long}, TrainingArguments={"max_length": 64})["data"]
        self.assertEqual(data["dropped"], [{"reason": "the answer beyond max_length=64", "rows": 1}])
        self.assertGreater(data["tokens"]["most"], 500)


class Failing(unittest.TestCase):
    def reasons(self, result: dict) -> list[str]:
        self.assertNotIn("data", result)
        return [fault["reason"] for fault in result["faults"]]

    def test_everything_wrong_is_told_at_once(self):
        result = checked(
            {"a.jsonl": '{"nothing": "known"}\n'},
            LoraConfig={"target_modules": ["qkv_proj", "q_proj"]},
            TrainingArguments={"lr_scheduler_type": "no such"},
        )
        self.assertEqual(self.reasons(result), ["DatasetInvalid", "ConfigInvalid", "ConfigInvalid"])
        says = [fault["message"] for fault in result["faults"]]
        self.assertIn("a.jsonl has the columns nothing", says[0])
        self.assertIn("no such", says[1])
        self.assertIn("names q_proj, which the base model does not have", says[2])
        self.assertIn("down_proj, gate_up_proj, o_proj, qkv_proj", says[2])

    def test_a_model_that_is_not_there_and_rows_of_no_use_are_two_faults(self):
        missing = {"model": {"id": "nobody/nothing-1b"}}
        result = checked({"a.jsonl": '{"nothing": "known"}\n'}, missing)
        self.assertEqual(self.reasons(result), ["BaseModelUnavailable", "DatasetInvalid"])
        result = checked({"a.jsonl": PAIRS}, missing)
        self.assertEqual(self.reasons(result), ["BaseModelUnavailable"])
        self.assertIn("nobody/nothing-1b", result["faults"][0]["message"])

    def test_a_folder_that_holds_no_model(self):
        result = checked({"a.jsonl": PAIRS}, {"model": {"path": "/out/messages"}})
        self.assertEqual(self.reasons(result), ["BaseModelUnavailable"])

    def test_a_row_that_the_template_refuses(self):
        row = {"messages": [{"role": "user", "content": "Hi"}, {"role": "nobody", "content": "x"}]}
        result = checked({"a.jsonl": json.dumps(row) + "\n"})
        self.assertEqual(self.reasons(result), ["DatasetInvalid"])
        self.assertIn("row 1", result["faults"][0]["message"])

    def test_modules_that_match_nothing_at_all(self):
        result = checked({"a.jsonl": PAIRS}, LoraConfig={"target_modules": "no.such.path"})
        self.assertEqual([fault["reason"] for fault in result["faults"]], ["ConfigInvalid"])
        self.assertIn("no.such.path", result["faults"][0]["message"])
        self.assertEqual(result["data"]["kept"], 8)  # of the rows nothing is wrong

    def test_a_message_of_another_release(self):
        result = checked({"a.jsonl": PAIRS}, {"contract": 99})
        self.assertEqual(self.reasons(result), ["ConfigInvalid"])
        self.assertIn("set settings.images", result["faults"][0]["message"])


if __name__ == "__main__":
    unittest.main()
