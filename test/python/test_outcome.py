"""How the train step ends: what it leaves in its termination message, for every kind of failure."""

import json
import os
import tempfile
import unittest

from contract import EXIT_CODES, OUTCOME_BYTES
from outcome import StepFailed, as_failure, read_reason, write_outcome


class Written(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "end")
        os.environ["TERMINATION_LOG"] = self.file
        self.addCleanup(os.environ.pop, "TERMINATION_LOG")

    def end(self) -> dict:
        with open(self.file, "rb") as file:
            data = file.read()
        self.assertLessEqual(len(data), OUTCOME_BYTES)
        return json.loads(data)

    def test_a_result_as_it_is(self):
        write_outcome({"result": {"steps": 3, "data": {"unused": ["größe"]}}})
        self.assertEqual(self.end(), {"result": {"steps": 3, "data": {"unused": ["größe"]}}})

    def test_a_long_message_loses_its_end_and_stays_json(self):
        for letter in ("x", "ü", "🙂", '"', "\n"):
            write_outcome({"reason": "TrainingFailed", "message": letter * 5000})
            self.assertEqual(self.end()["reason"], "TrainingFailed")
            self.assertRegex(self.end()["message"], f"^({letter}){{300,}}$")
            os.unlink(self.file)

    def test_of_several_failures_the_first_is_the_cause(self):
        write_outcome({"reason": "DatasetInvalid", "message": "no rows"})
        write_outcome({"reason": "TrainingFailed", "message": "the other process went away"})
        self.assertEqual(self.end(), {"reason": "DatasetInvalid", "message": "no rows"})

    def test_half_a_character_is_no_second_failure(self):
        write_outcome({"reason": "TrainingFailed", "message": "\ud83d"})
        self.assertEqual(self.end()["message"], "?")

    def test_the_reason_of_another_process(self):
        write_outcome({"reason": "CudaOutOfMemory", "message": "m"})
        self.assertEqual(read_reason(), "CudaOutOfMemory")
        for content in ("", "[]", "{}", "not JSON"):
            with open(self.file, "w") as file:
                file.write(content)
            self.assertEqual(read_reason(), "TrainingFailed")
        os.unlink(self.file)
        self.assertEqual(read_reason(), "TrainingFailed")

    def test_a_place_that_cannot_be_written(self):
        os.environ["TERMINATION_LOG"] = os.path.join(self.file, "is", "no", "folder")
        write_outcome({"result": {}})
        self.assertFalse(os.path.exists(self.file))


class OutOfMemoryError(RuntimeError):
    """Named as torch's."""


class Failures(unittest.TestCase):
    def test_an_expected_one_stays_what_it_is(self):
        error = StepFailed("DatasetInvalid", "m")
        self.assertIs(as_failure(error), error)

    def test_too_little_memory_by_all_the_names_it_has(self):
        for error in (OutOfMemoryError("x"), RuntimeError("CUDA error: Out of memory")):
            failure = as_failure(error)
            self.assertEqual(failure.reason, "CudaOutOfMemory")
            self.assertIn("per_device_train_batch_size", failure.message)

    def test_the_node_s_memory_is_not_the_gpu_s(self):
        for error in (
            MemoryError(),
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes"),
        ):
            failure = as_failure(error)
            self.assertEqual(failure.reason, "OOMKilled")
            self.assertNotIn("per_device_train_batch_size", failure.message)

    def test_what_nobody_foresaw_has_its_kind_and_first_line(self):
        failure = as_failure(KeyError("\n\n first \n second"))
        self.assertEqual(failure.reason, "TrainingFailed")
        self.assertTrue(failure.message.startswith("KeyError: "))
        self.assertEqual(as_failure(ValueError(" \n first \n second")).message, "ValueError: first")
        self.assertEqual(as_failure(ValueError()).message, "ValueError: no details")

    def test_every_reason_has_an_exit_code(self):
        for error in (MemoryError(), ValueError()):
            self.assertIn(as_failure(error).reason, EXIT_CODES)


if __name__ == "__main__":
    unittest.main()
