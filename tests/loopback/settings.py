"""Where the tests find the compiler under test: ctest sets STROWGER."""

import os
from pathlib import Path

STROWGER = os.environ.get("STROWGER", str(Path(__file__).resolve().parents[2] / "build" / "bin" / "strowger"))
