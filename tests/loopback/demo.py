"""./dev demo: compiles examples/pbx.cfg, registers two users, places a call through the proxy with SIPp, shows the ladder.

Exits 0 only if every step was right.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from proxy import ROOT, Proxy, build, free_port
from sipp import Sipp


def ladder(caller, called):
    """The call as both ends saw it, one line a message, in the order of time."""
    rows = []
    for name, sipp in (("alice", caller), ("bob", called)):
        for order, (when, direction, line) in enumerate(sipp.messages()):
            rows.append((when, order, name, direction, line.replace("SIP/2.0 ", "")))
    print("\n      alice               pbx                bob")
    for _, _, name, direction, line in sorted(rows, key=lambda row: (row[0], row[1])):
        text = line if len(line) <= 40 else line[:37] + "..."
        arrow = {("alice", "S"): "|------------------>|                  |", ("alice", "R"): "|<------------------|                  |",
                 ("bob", "R"): "|                   |----------------->|", ("bob", "S"): "|                   |<-----------------|"}[name, direction]
        print(f"        {arrow}  {text}")
    print()


def main():
    strowger = sys.argv[1]
    with tempfile.TemporaryDirectory(prefix="strowger-demo-") as folder:
        executable = Path(folder) / "pbx"
        port = free_port()
        begin = time.monotonic()
        build(strowger, ROOT / "examples" / "pbx.cfg", executable, [f"PORT={port}"])
        seconds_to_build = time.monotonic() - begin
        print(f"compiled examples/pbx.cfg in {seconds_to_build:.2f} s")

        with Proxy(executable) as proxy:
            print(f"started it on udp:127.0.0.1:{port}")
            alice_port, bob_port = free_port(), free_port()
            for user, contact_port in (("alice", alice_port), ("bob", bob_port)):
                Sipp("register", port, free_port(), service=user, contact=f"{user}@127.0.0.1:{contact_port}").wait()
                print(f"registered {user} at 127.0.0.1:{contact_port}")
            called = Sipp("called", port, bob_port)
            caller = Sipp("caller", port, alice_port)
            caller.wait()
            called.wait()
            ladder(caller, called)
            caller_saw = [line for _, direction, line in caller.messages() if direction == "R"]
            for expected in ("180", "200"):
                if not any(line.startswith(f"SIP/2.0 {expected}") for line in caller_saw):
                    raise RuntimeError(f"the caller never saw a {expected}: {caller_saw}")

            rss = proxy.rss_kb()
            exit_code = proxy.stop()
            if exit_code != 0:
                raise RuntimeError(f"the proxy ended with {exit_code} on SIGTERM:\n" + "\n".join(proxy.lines))

        stripped = Path(folder) / "pbx.stripped"
        subprocess.run(["llvm-strip-19", "-o", stripped, executable], check=True)
        print(f"executable        {os.path.getsize(executable) / 1e6:.1f} MB, {os.path.getsize(stripped) / 1e6:.1f} MB stripped")
        print(f"time to ready     {proxy.seconds_to_ready * 1000:.0f} ms")
        print(f"memory            {rss / 1024:.1f} MB resident")
        print("the call went through")


if __name__ == "__main__":
    try:
        main()
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(f"demo failed: {error}", file=sys.stderr)
        sys.exit(1)
