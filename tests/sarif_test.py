"""What `strowger lint --format sarif` prints is valid by the schema of SARIF 2.1.0 (tests/data, from OASIS, unchanged)."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import jsonschema

ROOT = Path(__file__).resolve().parents[1]
STROWGER = sys.argv.pop(1)
SCHEMA = json.loads((ROOT / "tests/data/sarif-schema-2.1.0.json").read_text())

SCRIPTS = {
    "clean": b"request_route { exit; }\n",
    "errors and notes": b"#!define A 1\n#!define A 2\nrequest_route {\n    no_such();\n    $si = 1;\n}\nroute[A] { exit; }\nroute[A] { exit; }\n",
    "warnings and hints": b"loadmodule \"xlog.so\"\nrequest_route {\n    exit;\n    xlog(\"x\");\n}\nroute[DEAD] { exit; }\n",
    "bytes beyond ASCII": "request_route {\n    /* h\u00e9 */ no_such(\"\u00fc\");\n}\n".encode() + b"# \xff\xfe\n",
    "an empty file": b"",
}


class Sarif(unittest.TestCase):
    def test_follows_the_schema(self):
        validator = jsonschema.Draft7Validator(SCHEMA)
        for what, script in SCRIPTS.items():
            with self.subTest(what), tempfile.TemporaryDirectory() as folder:
                path = Path(folder, "a script.cfg")
                path.write_bytes(script)
                done = subprocess.run([STROWGER, "lint", "--format", "sarif", path], capture_output=True)
                log = json.loads(done.stdout)
                faults = [f"{list(e.absolute_path)}: {e.message[:200]}" for e in validator.iter_errors(log)]
                self.assertEqual(faults, [])
                self.assertEqual(bool(log["runs"][0]["results"]), what not in ("clean", "an empty file"))

    def test_the_schema_refuses(self):
        log = {"version": "2.1.0", "runs": [{"tool": {"driver": {}}, "results": []}]}
        self.assertTrue(list(jsonschema.Draft7Validator(SCHEMA).iter_errors(log)))


unittest.main(verbosity=2)
