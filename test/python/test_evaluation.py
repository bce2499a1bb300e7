"""Which rows are kept back, what is said of them, and when a run is not good enough."""

import json
import random
import unittest

from contract import EVALUATION_CHARS, HELD_OUT_LEAST, HELD_OUT_MOST, SAMPLE_CHARS
from evaluation import cut_at, held_out, improvement, judge, refuse_gate_without_rows, shortened, within_tokens
from outcome import StepFailed


def found(base: float, tuned: float) -> dict:
    return {"rows": 20, "tokens": 100, "baseLoss": base, "loss": tuned, "samples": []}


class HeldOut(unittest.TestCase):
    def test_a_tenth_and_no_more_than_is_needed(self):
        table = {0: 0, HELD_OUT_LEAST - 1: 0, HELD_OUT_LEAST: 5, 1000: 100, 15_000: HELD_OUT_MOST}
        self.assertEqual({rows: len(held_out(rows, 42)) for rows in table}, table)

    def test_different_rows_in_their_order_the_same_for_a_seed(self):
        chosen = held_out(1000, 42)
        self.assertEqual(chosen, sorted(set(chosen)))
        self.assertEqual(chosen, held_out(1000, 42))
        self.assertNotEqual(chosen, held_out(1000, 43))
        self.assertLess(chosen[-1], 1000)

    def test_what_others_draw_by_chance_changes_nothing(self):
        first = held_out(1000, 42)
        random.seed(7)
        self.assertEqual(held_out(1000, 42), first)


class Limits(unittest.TestCase):
    def test_rows_are_asked_as_far_as_tokens_allow_and_at_least_one(self):
        rows = [{"input_ids": [0] * 10} for _ in range(8)]
        self.assertEqual(len(within_tokens(rows, 5, 1000)), 5)
        self.assertEqual(len(within_tokens(rows, 5, 25)), 2)
        self.assertEqual(len(within_tokens(rows, 5, 1)), 1)
        self.assertEqual(within_tokens([], 5, 1), [])

    def test_texts_are_cut_so_that_all_of_it_is_one_line(self):
        for letter in ("x", '"', "\n", "ü", "\\"):
            sample = dict.fromkeys(("prompt", "wanted", "base", "adapter"), letter * 5000)
            cut = shortened({**found(2, 1), "samples": [sample] * 3})
            self.assertEqual(len(cut["samples"]), 3)
            self.assertLessEqual(len(json.dumps(cut, ensure_ascii=False)), EVALUATION_CHARS)
            self.assertTrue(all(text.endswith("…") for text in cut["samples"][0].values()))

    def test_a_text_that_fits_stays_as_it_is(self):
        self.assertEqual(cut_at("a" * SAMPLE_CHARS, SAMPLE_CHARS), "a" * SAMPLE_CHARS)
        self.assertEqual(cut_at("two\nlines", 20), "two\nlines")

    def test_what_no_log_takes_is_a_question_mark(self):
        self.assertEqual(cut_at("a\0b\ud83d\x1b[0m", 20), "a?b??[0m")


class Gate(unittest.TestCase):
    def test_percent_by_which_the_loss_is_lower(self):
        self.assertEqual([improvement(2, 1), improvement(2, 2), improvement(2, 3), improvement(0, 1)], [50, 0, -50, 0])

    def test_nothing_is_asked_for(self):
        judge(found(1, 2), None)
        judge(None, None)

    def test_reached(self):
        judge(found(2.0, 1.9), 5)
        judge(found(2.0, 2.0), 0)

    def test_not_reached_names_both_losses_and_what_was_asked_for(self):
        for tuned, wanted in ((1.91, 5), (2.01, 0)):
            with self.assertRaises(StepFailed) as raised:
                judge(found(2.0, tuned), wanted)
            self.assertEqual(raised.exception.reason, "NotImproved")
            for words in ("20 rows", "2.0000 without", f"{tuned:.4f} with", f"{wanted}%", "Nothing is pushed"):
                self.assertIn(words, raised.exception.message)

    def test_a_gate_that_cannot_be_judged_lets_nothing_through(self):
        with self.assertRaises(StepFailed) as raised:
            judge(None, 0)
        self.assertEqual(raised.exception.reason, "TrainingFailed")

    def test_a_gate_without_rows_ends_the_run_before_it_begins(self):
        refuse_gate_without_rows(None, 0)
        refuse_gate_without_rows(5, 1)
        with self.assertRaisesRegex(StepFailed, "min-improvement"):
            refuse_gate_without_rows(5, 0)


if __name__ == "__main__":
    unittest.main()
