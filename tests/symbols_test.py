"""Everything that a .module file declares as working has code: each symbol is in the module's archive."""

import json
import re
import subprocess
import sys
from pathlib import Path

STROWGER, KIT = sys.argv[1], Path(sys.argv[2])

modules = json.loads(subprocess.run([STROWGER, "modules", "--json"], capture_output=True, text=True, check=True).stdout)
faults = []
checked = 0
for module in modules:
    if module.get("pending"):
        continue
    archive = KIT / f"libmod_{module['name']}.a"
    wanted = [f["symbol"] for f in module["functions"] if not f.get("pending")]
    for variable in module["variables"]:
        if not variable.get("pending"):
            name = re.sub(r"\W", "_", variable["name"])
            name += "_" if name in ("true", "false") else ""      # words that C++ keeps for itself
            wanted.append(f"stw.{module['name']}.get_{name}")
            if variable.get("writable"):
                wanted.append(f"stw.{module['name']}.set_{name}")
    for transformation in module["transformations"]:
        if not transformation.get("pending"):
            wanted.append(f"stw.{module['name']}.{transformation['class']}_{transformation['op'].replace('.', '_')}")
    wanted += [f"stw.{module['name']}.entry.{entry}" for entry in module["entries"]]
    if not wanted:
        continue
    if not archive.exists():
        faults.append(f"{module['name']}: declares {len(wanted)} things that work, but has no archive")
        continue
    there = set(subprocess.run(["llvm-nm-19", "--defined-only", "--format=just-symbols", archive], capture_output=True, text=True, check=True).stdout.split())
    checked += len(wanted)
    faults += [f"{module['name']}: no code for {symbol}" for symbol in wanted if symbol not in there]
if checked < 300:
    faults.append(f"only {checked} symbols checked")
print("\n".join(faults) or f"{checked} symbols are there")
sys.exit(1 if faults else 0)
