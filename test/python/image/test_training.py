"""Whole runs of the train step with a random model of 0.4 million parameters, each a process as in a pod."""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import unittest
from importlib import resources
from typing import Any

from contract import EXIT_CODES
from support import TOOL, Folder, call

OUT = pathlib.Path("/out")
PAIRS = "".join(json.dumps({"prompt": f"What is {n}?", "completion": f" It is {n}."}) + "\n" for n in range(8))
MANY = "".join(json.dumps({"prompt": f"What is {n}?", "completion": f" It is {n}."}) + "\n" for n in range(60))


def run(
    files: dict,
    output: str = "adapter",
    hash_seed: str = "0",
    model: str = "/out/model",
    evaluation: dict | None = None,
    **changes: Any,
) -> tuple[int, dict, str]:
    """(exit code, termination message, log); `changes` are of sections of the config."""
    spec = json.loads((OUT / "messages" / "lora.json").read_text())
    spec["config"]["TrainingArguments"]["max_steps"] = 2
    spec["evaluation"] = evaluation or {}
    for section, values in changes.items():
        spec["config"][section].update(values)
    shutil.rmtree(OUT / output, ignore_errors=True)
    with Folder(files) as data, Folder({}) as scratch:
        spec |= {"data": data, "output": str(OUT / output), "checkpoints": f"{scratch}/checkpoints"}
        spec["record"] = f"{scratch}/record.json"
        spec["model"] = {"path": model}
        end = f"{scratch}/end"
        env = {**os.environ, "KAITO_STEP": json.dumps(spec), "TERMINATION_LOG": end, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "/app/train.py"], env=env, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(pathlib.Path(end).read_text()), done.stdout + done.stderr


def digests(output: str) -> dict:
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted((OUT / output).iterdir())}


class Adapters(unittest.TestCase):
    def test_the_same_run_leaves_the_same_bytes_in_whichever_order_sets_are(self):
        for output, hash_seed in (("first", "1"), ("second", "2")):
            code, end, log = run({"a.jsonl": PAIRS}, output, hash_seed)
            self.assertEqual(code, 0, log)
            self.assertEqual(end["result"]["steps"], 2)
        files = ["adapter_config.json", "adapter_model.safetensors", "kaito-run.json", "metrics.jsonl"]
        self.assertEqual([*digests("first")], files)
        self.assertEqual(digests("first"), digests("second"))
        config = json.loads((OUT / "first" / "adapter_config.json").read_text())
        self.assertEqual(config["target_modules"], ["down_proj", "gate_up_proj", "o_proj", "qkv_proj"])
        self.assertEqual(config["base_model_name_or_path"], "/out/model")

    def test_what_the_run_was_made_from_and_how_it_went_is_beside_it(self):
        code, end, log = run({"000-a.jsonl": MANY}, "first", TrainingArguments={"logging_steps": 1})
        self.assertEqual(code, 0, log)
        record = json.loads((OUT / "first" / "kaito-run.json").read_text())
        self.assertEqual(record["dataset"], f"sha256:{hashlib.sha256(MANY.encode()).hexdigest()}")
        self.assertEqual((record["rows"], record["steps"], record["loss"]), (60, 2, end["result"]["loss"]))
        self.assertRegex(record["trainer"], r"^trl \d[^,]*, peft .*, transformers .*, torch ")
        self.assertEqual(record["evaluation"]["loss"], end["result"]["evaluation"]["loss"])
        points = [json.loads(line) for line in (OUT / "first" / "metrics.jsonl").read_text().splitlines()]
        self.assertEqual([point["step"] for point in points], [1, 2])
        self.assertEqual(round(points[-1]["loss"], 4), end["result"]["loss"])

    def test_another_seed_leaves_another_adapter(self):
        run({"a.jsonl": PAIRS}, "first")
        run({"a.jsonl": PAIRS}, "third", TrainingArguments={"seed": 7})
        self.assertNotEqual(
            digests("first")["adapter_model.safetensors"], digests("third")["adapter_model.safetensors"]
        )


class Evaluations(unittest.TestCase):
    def evaluated(self, files: dict, **changes: Any) -> dict:
        code, end, log = run(files, **changes)
        self.assertEqual(code, 0, log)
        line = next(line for line in log.splitlines() if line.startswith('{"kaito": "evaluation"'))
        said = json.loads(line)
        short = {key: said[key] for key in ("rows", "tokens", "baseLoss", "loss")}
        self.assertEqual(end["result"]["evaluation"], short)
        return said

    def test_by_default_a_tenth_is_kept_back_and_what_is_learnt_shows_on_it(self):
        steps = {"max_steps": 30, "learning_rate": 0.01, "per_device_train_batch_size": 4}
        said = self.evaluated({"a.jsonl": MANY}, TrainingArguments=steps)
        self.assertEqual(said["rows"], 6)
        self.assertLess(said["loss"], said["baseLoss"] * 0.9)
        self.assertEqual(len(said["samples"]), 3)
        for sample in said["samples"]:
            self.assertRegex(sample["prompt"], r"^What is \d+\?$")
            self.assertRegex(sample["wanted"], r"^ It is \d+\.$")
            self.assertNotEqual(sample["adapter"], sample["base"])

    def test_without_its_adapter_the_model_is_the_base_model(self):
        """A rate of next to nothing leaves B at 0, so that with and without are the same."""
        said = self.evaluated({"a.jsonl": MANY}, TrainingArguments={"learning_rate": 1e-12})
        self.assertAlmostEqual(said["loss"], said["baseLoss"], places=3)
        self.assertEqual([s["base"] for s in said["samples"]], [s["adapter"] for s in said["samples"]])

    def test_conversations_texts_and_packed_rows(self):
        ask = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Me."}]
        for row, changes in (
            ({"messages": ask}, {}),
            ({"text": "Pods run containers. " * 3}, {}),
            ({"prompt": "Who?", "completion": " Me."}, {"TrainingArguments": {"packing": True, "max_length": 64}}),
        ):
            with self.subTest(str(row)):
                said = self.evaluated({"a.jsonl": (json.dumps(row) + "\n") * 60}, **changes)
                self.assertEqual((said["rows"], len(said["samples"])), (6, 3))
                self.assertGreater(said["tokens"], 6)
        self.assertEqual(said["samples"][0]["prompt"], "Who?")

    def test_of_few_rows_none_is_kept_back(self):
        code, end, log = run({"a.jsonl": PAIRS})
        self.assertEqual((code, end["result"]["samples"], end["result"]["data"]["evaluated"]), (0, 8, 0), log)
        self.assertNotIn("evaluation", end["result"])

    def test_an_adapter_that_is_not_better_by_as_much_as_is_asked_for_is_not_left(self):
        code, end, log = run({"a.jsonl": MANY}, evaluation={"minImprovement": 90})
        self.assertEqual((code, end["reason"]), (EXIT_CODES["NotImproved"], "NotImproved"), log)
        self.assertRegex(end["message"], r"On 6 rows .* without the adapter and .* with it: .* asks for 90%")
        self.assertFalse((OUT / "adapter").exists())
        code, end, log = run({"a.jsonl": MANY}, evaluation={"minImprovement": 0}, TrainingArguments={"max_steps": 8})
        self.assertEqual(code, 0, log)

    def test_and_where_nothing_can_be_measured_the_run_does_not_begin(self):
        code, end, log = run({"a.jsonl": PAIRS}, evaluation={"minImprovement": 5})
        self.assertEqual((code, end["reason"]), (EXIT_CODES["ConfigInvalid"], "ConfigInvalid"), log)
        self.assertNotIn('"progress"', log)


class Steps(unittest.TestCase):
    def test_rows_are_put_together_by_length_as_the_operator_asks_for_larger_batches(self):
        arguments = {"per_device_train_batch_size": 4, "gradient_accumulation_steps": 1, "max_steps": -1}
        arguments |= {"train_sampling_strategy": "group_by_length", "num_train_epochs": 1}
        code, end, log = run({"a.jsonl": PAIRS}, TrainingArguments=arguments)
        self.assertEqual((code, end.get("result", {}).get("steps")), (0, 2), log)


class Rows(unittest.TestCase):
    def test_what_is_said_before_training_is_said_at_the_end(self):
        long = json.dumps({"prompt": "why " * 600, "completion": " So."})
        text = PAIRS + '{"prompt":"a","completion":""}\n' + long + "\n"
        code, end, log = run({"000-a.jsonl": text}, DatasetConfig={"train_test_split": 0.75})
        self.assertEqual(code, 0, log)
        data = end["result"]["data"]
        self.assertEqual(
            data,
            {
                "rows": 10,
                "kept": 8,
                "cut": 0,
                "evaluated": 2,
                "lossOn": "answers",
                "unused": [],
                "dropped": [
                    {"reason": "no answer", "rows": 1},
                    {"reason": "the answer beyond max_length=512", "rows": 1},
                ],
                "sources": [{"name": "a.jsonl", "rows": 10, "kept": 8}],
            },
        )
        line = next(line for line in log.splitlines() if line.startswith('{"kaito": "data"'))
        self.assertEqual(json.loads(line), {"kaito": "data", **data})
        self.assertLess(log.index('"data"'), log.index('"progress"'))
        self.assertEqual(end["result"]["evaluation"]["rows"], 2)

    def test_tools_are_trained_on_with_a_template_that_takes_them_and_refused_with_one_that_does_not(self):
        asked = [
            {"role": "user", "content": "Weather?"},
            call('{"city": "Oslo"}'),
            {"role": "tool", "tool_call_id": "c1", "content": "4 C"},
            {"role": "assistant", "content": "4 C"},
        ]
        row = json.dumps({"messages": asked, "tools": [TOOL]})
        template = (resources.files("trl") / "chat_templates" / "qwen2_5.jinja").read_text()
        code, end, log = run(
            {"a.jsonl": row}, ModelConfig={"chat_template": template}, TrainingArguments={"max_length": None}
        )
        self.assertEqual((code, end.get("result", {}).get("samples")), (0, 1), log)
        code, end, log = run({"a.jsonl": row})
        self.assertEqual((code, end["reason"]), (EXIT_CODES["DatasetInvalid"], "DatasetInvalid"), log)
        self.assertIn("a.jsonl, row 1: the chat template of the base model ignores tools", end["message"])


class Failures(unittest.TestCase):
    def test_each_has_its_reason_and_exit_code(self):
        cases: list[tuple[str, str, dict, Any]] = [
            ("DatasetInvalid", "no usable row", {"a.csv": "prompt,completion\nx,\n"}, {}),
            (
                "ConfigInvalid",
                "The trainer does not take these settings",
                {"a.jsonl": PAIRS},
                {"LoraConfig": {"target_modules": ["none_such"]}},
            ),
            (
                "ConfigInvalid",
                "TrainingArguments is not usable",
                {"a.jsonl": PAIRS},
                {"TrainingArguments": {"load_best_model_at_end": True}},
            ),
            ("BaseModelUnavailable", "/out/none holds no model", {"a.jsonl": PAIRS}, {"model": "/out/none"}),
            (
                "TrainingFailed",
                "infinite or not a number",
                {"a.jsonl": PAIRS},
                {"TrainingArguments": {"learning_rate": 1e30, "max_steps": 8, "logging_steps": 1, "max_grad_norm": 0}},
            ),
        ]
        for reason, words, files, changes in cases:
            with self.subTest(reason):
                code, end, log = run(files, **changes)
                self.assertEqual((code, end.get("reason")), (EXIT_CODES[reason], reason), log)
                self.assertIn(words, end["message"])


if __name__ == "__main__":
    unittest.main()
