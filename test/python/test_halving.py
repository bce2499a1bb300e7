"""What the second try of a run is, whose GPU ran out of memory in the first."""

import unittest
from unittest import mock

import halving


def arguments(batch: int, times: int, evaluated: int = 8) -> dict:
    return {
        "per_device_train_batch_size": batch,
        "gradient_accumulation_steps": times,
        "per_device_eval_batch_size": evaluated,
        "seed": 1,
    }


class Halving(unittest.TestCase):
    def test_a_step_has_the_same_rows(self):
        for before, after in (((8, 2), (4, 4)), ((2, 1), (1, 2)), ((3, 4), (1, 12)), ((1, 16), (1, 16))):
            self.assertEqual(halving.halved(arguments(*before)), arguments(*after, evaluated=after[0]))

    def test_no_more_rows_are_evaluated_at_a_time_than_were_asked_for(self):
        self.assertEqual(halving.halved(arguments(8, 2, evaluated=1))["per_device_eval_batch_size"], 1)

    def test_one_row_at_a_time_has_no_half_and_there_is_no_third_try(self):
        for batch, env in ((1, {}), (8, {halving.SECOND_TRY: "1"})):
            with mock.patch("os.execv") as become, mock.patch.dict("os.environ", env):
                halving.try_again({"config": {"TrainingArguments": arguments(batch, 2)}})
                become.assert_not_called()


if __name__ == "__main__":
    unittest.main()
