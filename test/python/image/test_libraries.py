"""The operator's message as arguments of the libraries that the image has."""

import json
import os
import pathlib
import unittest
from typing import Any

import torch

from outcome import StepFailed
from precision import Precision
from settings import lora, quantization, read_spec, training_arguments

CPU = Precision("float32", "float32")


def message(method: str, **changes) -> dict:
    spec = json.loads(pathlib.Path(f"/out/messages/{method}.json").read_text())
    for section, values in changes.items():
        spec["config"][section].update(values)
    return spec


def arguments(changes: dict, answers_marked: bool = False, max_length: int | None = 512):
    return training_arguments(message("lora", TrainingArguments=changes), CPU, torch, max_length, answers_marked)


class Quantization(unittest.TestCase):
    def test_lora_has_none(self):
        self.assertIsNone(quantization(message("lora"), torch.bfloat16))

    def test_qlora_as_the_operator_says_in_the_machine_s_format(self):
        config: Any = quantization(message("qlora"), torch.float16)
        self.assertEqual(
            (config.load_in_4bit, config.bnb_4bit_quant_type, config.bnb_4bit_use_double_quant), (True, "nf4", True)
        )
        self.assertEqual(config.bnb_4bit_compute_dtype, torch.float16)

    def test_the_output_head_stays_whole_and_a_whole_number_may_stand_for_a_float(self):
        for skipped, kept in (([], ["lm_head"]), (["o_proj"], ["o_proj", "lm_head"])):
            section = {"llm_int8_skip_modules": skipped, "llm_int8_threshold": 6}
            config: Any = quantization(message("qlora", QuantizationConfig=section), torch.bfloat16)
            self.assertEqual(config.llm_int8_skip_modules, kept)
            self.assertEqual(config.llm_int8_threshold, 6.0)

    def test_both_widths_are_refused(self):
        with self.assertRaisesRegex(StepFailed, "QuantizationConfig is not usable") as raised:
            quantization(message("qlora", QuantizationConfig={"load_in_8bit": True}), torch.bfloat16)
        self.assertEqual(raised.exception.reason, "ConfigInvalid")


class Lora(unittest.TestCase):
    def test_the_operator_s_values_and_the_preset_s_modules(self):
        config = lora(message("lora"))
        self.assertEqual((config.r, config.lora_alpha, config.lora_dropout, config.bias), (8, 8, 0, "none"))
        self.assertEqual(set(config.target_modules), {"qkv_proj", "o_proj", "gate_up_proj", "down_proj"})

    def test_the_user_s_modules_first_and_all_linear_ones_where_there_are_none(self):
        self.assertEqual(
            set(lora(message("lora", LoraConfig={"target_modules": ["o_proj"]})).target_modules), {"o_proj"}
        )
        self.assertEqual(lora({**message("lora"), "targetModules": []}).target_modules, "all-linear")

    def test_what_the_library_refuses_is_the_config_s_fault(self):
        for values, words in (
            ({"rnk": 8}, "LoraConfig has no field rnk"),
            ({"layers_pattern": "h"}, "LoraConfig is not usable"),
        ):
            with self.assertRaisesRegex(StepFailed, words) as raised:
                lora(message("lora", LoraConfig=values))
            self.assertEqual(raised.exception.reason, "ConfigInvalid")


class Arguments(unittest.TestCase):
    def test_every_value_of_the_message_arrives(self):
        given = message("lora")["config"]["TrainingArguments"]
        made = arguments({})
        for name in set(given) - {"output_dir", "max_length"}:
            self.assertEqual(getattr(made, name), given[name], name)
        self.assertEqual((made.output_dir, made.max_length), ("/out/checkpoints", 512))

    def test_what_the_machine_decides_is_not_the_user_s(self):
        made = arguments(
            {"bf16": True, "use_cpu": False, "report_to": "all", "push_to_hub": True, "resume_from_checkpoint": "x"}
        )
        self.assertEqual((made.bf16, made.use_cpu, made.report_to, made.push_to_hub), (False, True, [], False))
        self.assertIsNone(made.resume_from_checkpoint)

    def test_answers_alone_where_they_are_marked_unless_the_user_says_otherwise(self):
        self.assertTrue(arguments({}, answers_marked=True).assistant_only_loss)
        self.assertFalse(arguments({"assistant_only_loss": False}, answers_marked=True).assistant_only_loss)
        self.assertFalse(arguments({}).assistant_only_loss)

    def test_a_whole_number_may_stand_for_a_float_and_what_the_machine_lacks_is_left_out(self):
        made = arguments({"adam_beta1": 0, "tf32": True})
        self.assertIsInstance(made.adam_beta1, float)
        self.assertIsNone(made.tf32)

    def test_combinations_that_the_constructor_refuses_are_the_config_s_fault(self):
        for values in ({"load_best_model_at_end": True}, {"lr_scheduler_type": "spiral"}, {"optim": "none"}):
            with self.assertRaisesRegex(StepFailed, "TrainingArguments is not usable") as raised:
                arguments(values)
            self.assertEqual(raised.exception.reason, "ConfigInvalid")

    def test_the_spec_is_read_from_the_environment(self):
        os.environ["KAITO_STEP"] = pathlib.Path("/out/messages/lora.json").read_text()
        self.assertEqual(read_spec()["method"], "lora")


if __name__ == "__main__":
    unittest.main()
