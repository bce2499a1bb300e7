"""The train step's message: what is read, and every way in which it is refused."""

import copy
import dataclasses
import json
import os
import types
import unittest

from contract import CARRIED, VARIABLE, VERSION
from outcome import StepFailed
from precision import Precision
from settings import chosen_precision, field_names, fingerprint, make, nearest, read_spec
from support import Folder

SPEC = {
    "contract": VERSION,
    "run": "0123456789",
    "model": {"path": "/mnt/weights"},
    "method": "lora",
    "data": "/mnt/data",
    "output": "/mnt/results/adapter",
    "record": "/mnt/results/kaito-adapter.json",
    "checkpoints": "/mnt/results/checkpoints",
    "targetModules": [],
    "stallSeconds": 600,
    "evaluation": {},
    "config": {section: dict.fromkeys(keys, 1) for section, keys in CARRIED.items()},
}


def read(text: str | None) -> dict:
    os.environ.pop(VARIABLE, None)
    if text is not None:
        os.environ[VARIABLE] = text
    try:
        return read_spec()
    finally:
        os.environ.pop(VARIABLE, None)


class Reading(unittest.TestCase):
    def refused(self, pattern: str, text: str | None) -> None:
        with self.assertRaisesRegex(StepFailed, pattern) as raised:
            read(text)
        self.assertEqual(raised.exception.reason, "ConfigInvalid")

    def changed(self, **fields) -> str:
        return json.dumps({**SPEC, **fields})

    def without(self, *path: str) -> str:
        spec = copy.deepcopy(SPEC)
        inside = spec
        for name in path[:-1]:
            inside = inside[name]
        del inside[path[-1]]
        return json.dumps(spec)

    def test_a_whole_message(self):
        self.assertEqual(read(json.dumps(SPEC)), {name: value for name, value in SPEC.items() if name != "contract"})

    def test_what_is_no_message(self):
        for text in (None, "", "{", "[]", "null", "7"):
            self.refused("KAITO_STEP does not hold a JSON object", text)

    def test_another_release_is_told_before_any_fault(self):
        self.refused(
            "has version 2 of what .* speaks version 1: set settings.images", self.changed(contract=2, method=0)
        )
        self.refused("has no version", self.without("contract"))

    def test_all_faults_at_once(self):
        self.refused(
            "KAITO_STEP: output is missing; extra is unknown",
            json.dumps({**json.loads(self.without("output")), "extra": 1}),
        )
        self.refused("method must be one of lora, qlora", self.changed(method="full"))
        self.refused("config.LoraConfig is missing", self.without("config", "LoraConfig"))
        for config in ([], 7, None):
            self.refused("KAITO_STEP: config.ModelConfig is missing; ", self.changed(config=config))
        self.refused("config.LoraConfig is missing", self.changed(config={**SPEC["config"], "LoraConfig": [1]}))
        self.refused("config.Other is unknown", self.changed(config={**SPEC["config"], "Other": {}}))

    def test_every_value_that_the_operator_carries_must_be_there(self):
        for section, keys in CARRIED.items():
            for key in keys:
                self.refused(f"KAITO_STEP: config.{section}.{key} is missing$", self.without("config", section, key))

    def test_pods_continue_each_other_only_in_the_same_run_on_the_same_data(self):
        with Folder({"a.jsonl": "1"}) as data, Folder({"a.jsonl": "12"}) as other:
            spec = {**SPEC, "data": data}
            mine = fingerprint(spec)
            self.assertEqual(fingerprint({**dict(reversed(spec.items())), "stallSeconds": 7, "output": "/x"}), mine)
            for change in ({"run": "1"}, {"method": "qlora"}, {"config": {}}, {"data": other}):
                self.assertNotEqual(fingerprint({**spec, **change}), mine, change)


def torch_with(capability: tuple[int, int] | None):
    cuda = types.SimpleNamespace(is_available=lambda: capability is not None, get_device_capability=lambda: capability)
    return types.SimpleNamespace(cuda=cuda)


class Formats(unittest.TestCase):
    def chosen(self, wanted: str, capability: tuple[int, int] | None) -> Precision:
        return chosen_precision(
            {"method": "lora", "config": {"ModelConfig": {"torch_dtype": wanted}}}, torch_with(capability)
        )

    def test_by_device_and_by_wish(self):
        self.assertEqual(self.chosen("bfloat16", (8, 0)).compute, "bfloat16")
        self.assertEqual(self.chosen("torch.float32", (8, 0)).compute, "float32")
        self.assertEqual(self.chosen("auto", (7, 5)).compute, "float16")
        self.assertEqual(self.chosen("bfloat16", None).compute, "float32")

    def test_a_format_that_there_is_not(self):
        with self.assertRaisesRegex(StepFailed, "torch_dtype is 'int8'; use bfloat16, float16 or float32"):
            self.chosen("int8", None)


@dataclasses.dataclass
class Config:
    rank: int = 8
    share: float = 0.5
    hidden: int = dataclasses.field(init=False, default=0)

    def __post_init__(self):
        if self.rank < 1:
            raise ValueError(f"rank {self.rank} is below 1")


class Making(unittest.TestCase):
    def refused(self, pattern: str, values: dict) -> None:
        with self.assertRaisesRegex(StepFailed, pattern) as raised:
            make(Config, "LoraConfig", values, field_names(Config))
        self.assertEqual(raised.exception.reason, "ConfigInvalid")

    def test_a_library_s_own_object(self):
        self.assertEqual(make(Config, "LoraConfig", {"rank": 4}, field_names(Config)).rank, 4)

    def test_whole_numbers_where_the_library_wants_a_float(self):
        made = make(Config, "LoraConfig", {"rank": 4, "share": 6}, field_names(Config))
        self.assertEqual([type(made.share), type(made.rank)], [float, int])

    def test_unknown_fields_with_the_nearest(self):
        self.refused(r"LoraConfig has no field rnk; did you mean rank\?", {"rnk": 4})
        self.refused(r"LoraConfig has no field hidden\.", {"hidden": 4})

    def test_values_in_the_library_s_words(self):
        self.refused("LoraConfig is not usable: rank 0 is below 1", {"rank": 0})
        self.refused("LoraConfig is not usable: '<' not supported", {"rank": "x"})

    def test_nothing_near(self):
        self.assertEqual(nearest("zzz", ["rank"]), ".")


if __name__ == "__main__":
    unittest.main()
