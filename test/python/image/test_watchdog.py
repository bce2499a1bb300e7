"""A run that hangs is ended with its reason, and one that moves is not."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

from contract import EXIT_CODES

BEGIN = """
import time
from watchdog import Watchdog
dog = Watchdog(2)
dog.on_train_begin(None, None, None)
"""


def run(then: str) -> tuple[int, dict, str]:
    with tempfile.TemporaryDirectory() as folder:
        env = {**os.environ, "TERMINATION_LOG": f"{folder}/end"}
        command = [sys.executable, "-c", BEGIN + textwrap.dedent(then)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        end = pathlib.Path(folder, "end")
        return done.returncode, json.loads(end.read_text()) if end.exists() else {}, done.stderr


class Watching(unittest.TestCase):
    def test_what_hangs_is_ended_and_the_log_says_where_it_was(self):
        code, end, log = run("def hanging(): time.sleep(600)\nhanging()")
        self.assertEqual((code, end["reason"]), (EXIT_CODES["Stalled"], "Stalled"), log)
        self.assertIn("hanging", log)

    def test_what_moves_may_take_longer_than_that(self):
        steps = """
        for _ in range(8):
            time.sleep(0.5)
            dog.on_step_end(None, None, None)
        """
        self.assertEqual(run(steps)[:2], (0, {}))

    def test_what_is_done_afterwards_is_watched_too_where_it_asks_for_it(self):
        code, end, _ = run("dog.on_train_end(None, None, None)\nwith dog.watching(): time.sleep(600)")
        self.assertEqual((code, end["reason"]), (EXIT_CODES["Stalled"], "Stalled"))
        moves = """
        dog.on_train_end(None, None, None)
        with dog.watching():
            for _ in range(8):
                time.sleep(0.5)
                dog.moved()
        time.sleep(4)
        """
        self.assertEqual(run(moves)[:2], (0, {}))

    def test_nobody_watches_after_the_end(self):
        self.assertEqual(run("dog.on_train_end(None, None, None)\ntime.sleep(4)")[:2], (0, {}))


if __name__ == "__main__":
    unittest.main()
