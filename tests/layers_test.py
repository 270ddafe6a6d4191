"""Includes point one way: docs/internals/layers.txt says which. A stdlib module may include another only if its .module requires it."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def allowed():
    layers = {}
    for line in (ROOT / "docs/internals/layers.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            folder, may = line.split(":")
            layers[folder.strip()] = may.split()
    return layers


def layer_of(path, layers):
    fitting = [folder for folder in layers if path == folder or path.startswith(folder + "/")]
    return max(fitting, key=len) if fitting else None


def requirements(module):
    text = (ROOT / "stdlib" / module / f"{module}.module").read_text()
    words = set()
    for line in re.findall(r"^(?:requires|uses)\s+(.*)$", text, re.M):
        words |= set(line.split("#")[0].split())
    return words | {module, "core"}


def main():
    layers = allowed()
    faults = []
    files = [p for top in ("compiler", "runtime", "stdlib") for p in (ROOT / top).rglob("*") if p.suffix in (".h", ".cpp")]
    if len(files) < 50:
        faults.append(f"only {len(files)} files found: the test looks in the wrong place")
    for path in files:
        here = str(path.relative_to(ROOT))
        layer = layer_of(here, layers)
        if layer is None:
            faults.append(f"{here}: its folder is not in layers.txt")
            continue
        test = path.name.endswith("_test.cpp") or "/tests/" in here
        for target in re.findall(r'^\s*#\s*include\s+"((?:compiler|runtime|stdlib)/[^"]+)"', path.read_text(), re.M):
            if target.startswith(layer + "/") and layer != "stdlib":
                continue
            if layer == "stdlib" and target.startswith("stdlib/"):
                own, other = here.split("/")[1], target.split("/")[1]
                if own != other and other not in requirements(own) and not test:
                    faults.append(f"{here}: includes {target}, but {own}.module does not require {other}")
                continue
            # Tests may start from further left: text for a lint check, a worker for a module.
            left = ("compiler/", "runtime/") if layer.startswith("compiler/") else ("runtime/sim/", "runtime/script/", "runtime/sip/", "runtime/abi/")
            if test and target.startswith(left):
                continue
            if not any(target == may or target.startswith(may.rstrip("/") + "/") for may in layers[layer]):
                faults.append(f"{here}: includes {target}; {layer} may include: {' '.join(layers[layer]) or 'nothing'}")
    print("\n".join(faults) or f"{len(files)} files keep the layers")
    return 1 if faults else 0


sys.exit(main())
