"""Every finding that the compiler's sources report has a page that `strowger explain` shows."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STROWGER = sys.argv[1]

faults = []
used = set()
for path in (ROOT / "compiler").rglob("*.cpp"):
    if not path.name.endswith("_test.cpp"):
        used |= set(re.findall(r'"([EWIS]0\d{3})"', path.read_text()))
if len(used) < 20:
    faults.append(f"only {len(used)} codes found in the sources")
for code in sorted(used):
    done = subprocess.run([STROWGER, "explain", code], capture_output=True, text=True)
    if done.returncode != 0 or len(done.stdout) < 80:
        faults.append(f"{code}: strowger explain exits {done.returncode} with {len(done.stdout)} characters")
    # Pages of .module faults show module text, which is not compiled as a script: they say Wrong and Right.
    for part in ("Wrong:", "Right:") if code.startswith("E08") else ("Bad:", "Good:"):
        if part not in done.stdout:
            faults.append(f"{code}: its page has no '{part}' example")
if subprocess.run([STROWGER, "explain", "E9999"], capture_output=True).returncode != 2:
    faults.append("an unknown code must exit with 2")
print("\n".join(faults) or f"{len(used)} codes are explained")
sys.exit(1 if faults else 0)
