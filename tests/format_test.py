"""strowger fmt over every script of the tree: the program stays the same, a second run changes nothing, examples are laid out already."""

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STROWGER = sys.argv.pop(1)
SCRIPTS = sorted(p for folder in ("examples", "tests") for p in (ROOT / folder).rglob("*.cfg"))


def run(*words):
    return subprocess.run([STROWGER, *words], capture_output=True)


class Format(unittest.TestCase):
    def test_changes_no_program(self):
        self.assertGreater(len(SCRIPTS), 5)
        for script in SCRIPTS:
            with self.subTest(script.name), tempfile.TemporaryDirectory() as folder:
                copy = Path(folder, script.name)
                copy.write_bytes(script.read_bytes())
                include = ["-I", str(script.parent)]
                before = run("build", "--emit", "ast", *include, copy).stdout
                self.assertEqual(run("fmt", copy).returncode, 0)
                self.assertEqual(run("build", "--emit", "ast", *include, copy).stdout, before)
                self.assertEqual(run("fmt", "--check", copy).returncode, 0)

    def test_examples_are_laid_out(self):
        done = run("fmt", "--check", "--diff", *sorted((ROOT / "examples").glob("*.cfg")))
        self.assertEqual(done.returncode, 0, done.stdout.decode())


unittest.main(verbosity=2)
