"""How many rows and steps a run has, and what is kept of the lengths of its rows."""

import json
import unittest

import measured
from contract import OUTCOME_BYTES
from measured import Measured, Unmeasured
from outcome import fitting
from rows import Place
from steps import packs, steps, training_rows
from support import Tokenizer

ARGUMENTS = {"per_device_train_batch_size": 8, "gradient_accumulation_steps": 2, "num_train_epochs": 3}


class Counting(unittest.TestCase):
    def test_a_part_of_the_rows_is_held_back_unless_it_would_be_none_or_all(self):
        rows_kept = ((1, 7, 7), (0.8, 10, 8), (0.01, 10, 10), (0.99, 10, 10), (None, 10, 10), (None, 100, 90))
        for share, rows, kept in rows_kept:
            self.assertEqual(training_rows(rows, {"train_test_split": share, "shuffle_seed": 42}), kept)

    def test_steps_are_of_all_gpus_together_and_the_last_of_an_epoch_may_be_small(self):
        for rows, gpus, more, want in (
            (1000, 1, {}, 189),  # 125 batches, 63 steps an epoch
            (1000, 8, {}, 24),  # 125 rows each, 16 batches
            (1, 1, {}, 3),
            (0, 1, {}, 3),
            (1000, 1, {"num_train_epochs": 0.5}, 32),
            (1000, 1, {"max_steps": 20}, 20),
            (1000, 1, {"max_steps": -1}, 189),
            (15, 1, {"dataloader_drop_last": True, "gradient_accumulation_steps": 1}, 3),
        ):
            self.assertEqual(steps(rows, {**ARGUMENTS, **more}, gpus), want, (rows, gpus, more))

    def test_packs(self):
        self.assertEqual((packs(1, 1024), packs(2049, 1024)), (1, 3))


class Summary(unittest.TestCase):
    def judged(self, lengths: list[int], max_length: int | None = 100) -> Measured:
        judge = Measured(Tokenizer(), {"max_length": max_length})
        for length in lengths:
            judge.judge({"text": " ".join(["w"] * length)}, Place("", True))
        return judge

    def test_lengths_have_the_token_before_and_after(self):
        self.assertEqual(self.judged([*range(1, 101)]).summary(), {"rows": 100, "median": 53, "p95": 98, "most": 102})
        self.assertEqual(self.judged([3]).summary(), {"rows": 1, "median": 5, "p95": 5, "most": 5})

    def test_none_where_nothing_was_measured(self):
        self.assertIsNone(self.judged([]).summary())
        self.assertEqual(Unmeasured().judge({"text": "w"}, Place("", True)), "")

    def test_rows_are_reckoned_as_they_are_cut(self):
        self.assertEqual(self.judged([8, 498], 100).kept_tokens(), 110)
        self.assertEqual(self.judged([8, 498], None).kept_tokens(), 510)

    def test_of_a_large_dataset_the_rest_is_not_rendered(self):
        most, measured.MOST_ROWS = measured.MOST_ROWS, 2
        try:
            self.assertEqual(self.judged([1, 2, 500]).summary(), {"rows": 2, "median": 4, "p95": 4, "most": 4})
        finally:
            measured.MOST_ROWS = most


class Fitting(unittest.TestCase):
    def test_a_result_that_is_short_stays(self):
        result = {"faults": [], "data": {"rows": 1}}
        self.assertEqual(fitting(result), result)

    def test_faults_come_before_what_is_known_of_rows(self):
        fault = {"reason": "ConfigInvalid", "message": "m" * 1500}
        self.assertEqual(fitting({"faults": [fault], "data": {"x": "y" * 4000}}), {"faults": [fault]})
        many = fitting({"faults": [{**fault, "message": "ä" * 1500}] * 8})
        self.assertEqual(len(many["faults"]), 8)
        self.assertLessEqual(len(json.dumps({"result": many}, ensure_ascii=False).encode()), OUTCOME_BYTES)


if __name__ == "__main__":
    unittest.main()
