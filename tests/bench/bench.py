"""./dev bench: the shared bench against tuned Kamailio, one worker each. usage: bench.py STROWGER BENCH [SCENARIO...]"""

import subprocess
import sys
import tempfile
from pathlib import Path

SCENARIOS = {"options": "options", "stateless": "stateless", "call": "call", "register": "register", "script": "options", "pbx": "lookup"}
KAMAILIO = "kamailio -DD -f {cfg} -A PORT={port} -A CHILDREN={workers} -m 4096 -M 16 -b 4194304 -x fm -X fm"


def main():
    strowger, bench = sys.argv[1], Path(sys.argv[2])
    names = sys.argv[3:] or ["options", "stateless", "call", "register"]
    for name in names:
        if name not in SCENARIOS:
            print(f"no scenario '{name}'; there are: {' '.join(SCENARIOS)}", file=sys.stderr)
            return 2
    failed = 0
    with tempfile.TemporaryDirectory(prefix="strowger-bench-") as folder:
        sipload = Path(folder) / "sipload"
        subprocess.run(["clang++-19", "-std=c++20", "-O2", "-o", sipload, bench / "sipload.cpp"], check=True)
        for name in names:
            cfg = bench / "cfg" / f"{name}.cfg"
            proxy = Path(folder) / name
            subprocess.run([strowger, "build", "-q", cfg, "-o", proxy], check=True)
            subject = f"{proxy} --listen udp:127.0.0.1:{{port}} --workers {{workers}}"
            print(f"== {name}", flush=True)
            failed |= subprocess.run([bench / "compare", "--scenario", SCENARIOS[name], "--cfg", cfg, "--runs", "3", "--name-a", "kamailio",
                                      "--name-b", "strowger", "--sipload", sipload, "--a", KAMAILIO, "--b", subject]).returncode
            failed |= subprocess.run([bench / "instructions", "--scenario", SCENARIOS[name], "--cfg", cfg, "--sipload", sipload, "--top", "12",
                                      "--cmd", subject.replace("{workers}", "1")]).returncode
    return failed


sys.exit(main())
