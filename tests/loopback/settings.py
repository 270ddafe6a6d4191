"""Where the tests find the compiler under test: ctest sets STROWGER."""

import os
from pathlib import Path

STROWGER = os.environ.get("STROWGER", str(Path(__file__).resolve().parents[2] / "build" / "bin" / "strowger"))
# The kit of a sanitizer preset: its executables need more libraries and make system calls of their own.
SANITIZED = (Path(STROWGER).parents[1] / "lib" / "strowger" / "link.rsp").exists()
