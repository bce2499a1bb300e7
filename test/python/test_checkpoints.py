"""Which checkpoint a run goes on from, and when a pod finds that its run has ended."""

import contextlib
import io
import os
import pathlib
import tempfile
import unittest

from checkpoints import COMPLETE, mark, newest_checkpoint
from ended import finished, write_end


class Checkpoints(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def save(self, step: int, fingerprint: str = "mine") -> pathlib.Path:
        path = self.folder / f"checkpoint-{step}"
        path.mkdir()
        (path / "adapter_model.safetensors").write_bytes(b"weights" * 9)
        (path / "optimizer.pt").write_bytes(b"state" * 99)
        mark(str(path), fingerprint)
        return path

    def newest(self, fingerprint: str = "mine") -> tuple[str | None, str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            found = newest_checkpoint(str(self.folder), fingerprint)
        return found, said.getvalue()

    def test_the_newest_by_its_number(self):
        self.save(9)
        newest = self.save(10)
        self.assertEqual(self.newest(), (str(newest), ""))

    def test_falls_back_from_one_that_is_damaged_cut_or_not_marked_and_removes_it(self):
        damages = {
            "optimizer.pt": lambda path: path.write_bytes(path.read_bytes()[:-1]),
            "adapter_model.safetensors": lambda path: path.write_bytes(b"Weights" * 9),
            COMPLETE: lambda path: path.write_text("{"),
        }
        whole = self.save(9)
        for name, damage in damages.items():
            with self.subTest(name):
                newest = self.save(10)
                damage(newest / name)
                found, said = self.newest()
                self.assertEqual(found, str(whole))
                self.assertIn("checkpoint-10", said)
                self.assertFalse(newest.exists())
        newest = self.save(10)
        (newest / "optimizer.pt").unlink()
        self.assertEqual(self.newest()[0], str(whole))

    def test_none_of_another_run(self):
        self.save(9, "other")
        (self.folder / "checkpoint-x").mkdir()
        (self.folder / "runs").mkdir()
        self.assertEqual(self.newest()[0], None)
        self.assertEqual(sorted(os.listdir(self.folder)), ["checkpoint-x", "runs"])
        self.assertEqual(newest_checkpoint(str(self.folder / "none"), "mine"), None)

    def test_a_mark_that_names_no_file_or_one_elsewhere_is_none(self):
        path = self.save(9)
        for text in (
            '{"fingerprint":"mine"}',
            '{"fingerprint":"mine","files":{}}',
            '{"files":{"../../etc/passwd":"0"}}',
        ):
            path.mkdir(exist_ok=True)
            (path / COMPLETE).write_text(text)
            self.assertEqual(self.newest()[0], None)


class Ends(unittest.TestCase):
    def test_are_known_by_the_run_and_the_digests_of_the_adapter(self):
        with tempfile.TemporaryDirectory() as folder:
            adapter = pathlib.Path(folder, "adapter")
            adapter.mkdir()
            (adapter / "adapter_config.json").write_text("{}")
            spec = {"run": "0123456789", "output": str(adapter), "record": f"{folder}/kaito-adapter.json"}
            self.assertIsNone(finished(spec, "mine"))
            write_end(spec, "mine", {"steps": 7})
            self.assertEqual(finished(spec, "mine"), {"steps": 7})
            self.assertIsNone(finished(spec, "other"))
            self.assertIsNone(finished({**spec, "run": "another"}, "mine"))
            (adapter / "adapter_config.json").write_text("[]")
            self.assertIsNone(finished(spec, "mine"))


if __name__ == "__main__":
    unittest.main()
