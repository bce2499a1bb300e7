"""Which module Triton is given in the place of a compiler."""

import pathlib
import tempfile
import unittest

import compiled_helper


class Find(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(setattr, compiled_helper, "KEPT", compiled_helper.KEPT)
        compiled_helper.KEPT = folder.name
        self.source = pathlib.Path(folder.name, "cuda_utils.c")
        self.source.write_text("int a;")
        compiled_helper.kept_path(folder.name, "cuda_utils", b"int a;").write_bytes(b"module")

    def find(self):
        return compiled_helper.find("cuda_utils", str(self.source), "folder", [], [], [])

    def test_the_module_of_this_source(self):
        self.assertEqual(pathlib.Path(self.find()).read_bytes(), b"module")

    def test_never_the_module_of_another_source(self):
        self.source.write_text("int b;")
        with self.assertRaisesRegex(RuntimeError, "built without the module cuda_utils"):
            self.find()


if __name__ == "__main__":
    unittest.main()
