"""SIPp callers and callees around one proxy: calls answered, refused, cancelled, forked in parallel and in turn, and never
answered, all with lost datagrams. Prints what SIPp did not expect, and how the proxy's memory grows.

usage: mix.py STROWGER MINUTES [--rate CALLS_A_SECOND] [--loss PERCENT] [--nice -10]
       mix.py STROWGER 0.3 --capacity [--rate 4000]     the highest rate that proxy and SIPp carry together on this machine

Unexpected is what SIPp calls so: a message that a scenario does not allow at its place, and that is no repetition. They and
transactions that are left fail the run. A call may fail otherwise because too many of its datagrams were lost: one in a thousand may.
"""

import argparse
import csv
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "loopback"))
from proxy import Proxy, build, free_port  # noqa: E402

# caller's scenario, user, code that ends it, share of the calls
CALLERS = [("uac_answered", "answer", None, 0.3), ("uac_answered", "fork", None, 0.2), ("uac_answered", "serial", None, 0.15),
           ("uac_failed", "reject", 486, 0.15), ("uac_canceled", "cancel", None, 0.15), ("uac_failed", "silent", 408, 0.05)]
CALLEES = {"ANSWERS": "uas_answers", "REJECTS": "uas_rejects", "RINGS": "uas_rings"}


def sipp(folder, name, scenario, port, arguments):
    text = (HERE / "mix" / f"{scenario}.xml").read_text()
    path = folder / f"{name}.xml"
    path.write_text(text.replace("CODE", str(arguments.pop("code", ""))))
    command = ["sipp", "-sf", path, "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-trace_stat", "-stf", folder / f"{name}.csv", "-fd", "10",
               "-trace_err", "-error_file", folder / f"{name}.errors", "-lost", str(arguments.pop("loss")), "-max_socket", "100",
               "-recv_timeout", "64000", "-nd", "-deadcall_wait", "0", "-buff_size", "4194304"]
    for option, value in arguments.items():
        command += [option, str(value)] if value != "" else [option]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=(folder / f"{name}.out").open("w"), stderr=subprocess.STDOUT, cwd=folder)


def last_row(path):
    rows = list(csv.DictReader(path.open(), delimiter=";")) if path.exists() else []
    return rows[-1] if rows else {}


def cpu_seconds(pid):
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def rss_kb(pid):
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text()).group(1))


def transactions(folder):
    """What tm has in memory, and what it ever made."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(f"{folder}/asks-{time.monotonic_ns()}.sock")
        s.settimeout(10)
        s.sendto(b'{"jsonrpc": "2.0", "id": 1, "method": "tm.stats"}', f"{folder}/rpc.sock")
        stats = json.loads(s.recv(65536))["result"]
        return stats["current"], stats["created"]


def slope(samples):
    """KB a minute, least squares."""
    n = len(samples)
    mean_t, mean_v = sum(t for t, _ in samples) / n, sum(v for _, v in samples) / n
    spread = sum((t - mean_t) ** 2 for t, _ in samples)
    return 60 * sum((t - mean_t) * (v - mean_v) for t, v in samples) / spread if spread else 0.0


def run(strowger, minutes, rate, loss, folder):
    """One run: prints its figures. How many messages were unexpected, calls made and failed, repetitions, transactions left, and seconds too late."""
    folder.mkdir(parents=True, exist_ok=True)
    ports = {name: free_port() for name in CALLEES}
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    silent.setblocking(False)
    text = (HERE / "mix" / "mix.cfg").read_text().replace("FOLDER", str(folder)).replace("SILENT", str(silent.getsockname()[1]))
    for name, port in ports.items():
        text = text.replace(name, str(port))
    cfg = folder / "mix.cfg"
    cfg.write_text(text)
    build(strowger, cfg, folder / "proxy")
    port = free_port()
    proxy = Proxy(folder / "proxy", "--listen", f"udp:127.0.0.1:{port}", "--workers", "1")
    callees = {name: sipp(folder, scenario, scenario, ports[name], {"loss": loss}) for name, scenario in CALLEES.items()}
    time.sleep(1)
    callers = {}
    for scenario, user, code, share in CALLERS:
        own = max(1, round(rate * share))
        callers[user] = sipp(folder, user, scenario, free_port(), {"loss": loss, "code": code or "", "-s": user, "-r": own, "-m": int(own * 60 * minutes),
                                                                   "-l": 100000, f"127.0.0.1:{port}": ""})
    begin, samples = time.monotonic(), []
    while any(process.poll() is None for process in callers.values()):
        time.sleep(5 if minutes > 1 else 1)
        now = time.monotonic() - begin
        try:
            while True:
                silent.recv(65536)
        except BlockingIOError:
            pass
        if (60 if minutes > 2 else 10) < now < minutes * 60:
            samples.append((now, rss_kb(proxy.process.pid)))
        if now > minutes * 60 + 200:
            break
    took, cpu = time.monotonic() - begin, cpu_seconds(proxy.process.pid)
    for process in [*callers.values(), *callees.values()]:
        if process.poll() is None:
            process.terminate()
        process.wait()
    for _ in range(80):                       # transactions end some 5 s, those without a final reply 32 s after the last message
        left, made = transactions(folder)
        if left == 0:
            break
        time.sleep(1)
    sums = dict.fromkeys(("unexpected", "calls", "failed", "repeated"), 0)
    for name in [*callers, *CALLEES.values()]:
        row = last_row(folder / f"{name}.csv")
        found = {"unexpected": int(row.get("FailedUnexpectedMessage(C)", 0)), "calls": int(row.get("TotalCallCreated", 0)),
                 "failed": int(row.get("FailedCall(C)", 0)), "repeated": int(row.get("Retransmissions(C)", 0))}
        sums = {key: sums[key] + found[key] for key in sums}
        kinds = ", ".join(f"{key[6:-3]} {row[key]}" for key in row if re.fullmatch(r"Failed\w+\(C\)", key or "") and key != "FailedCall(C)" and row[key] != "0")
        print(f"{name:12} calls {found['calls']:>8}  ok {row.get('SuccessfulCall(C)', '?'):>8}  failed {found['failed']:>5}  "
              f"unexpected messages {found['unexpected']}  retransmissions {found['repeated']}{'  (' + kinds + ')' if kinds else ''}")
    samples = samples or [(0, rss_kb(proxy.process.pid))]
    print("memory over time, KB: " + " ".join(str(kb) for _, kb in samples[:: max(1, len(samples) // 20)]))
    half = [sample for sample in samples if sample[0] > samples[-1][0] / 2] or samples
    print(f"memory: {samples[0][1]} KB at first, {samples[-1][1]} KB at last, slope {slope(samples):+.1f} KB a minute, "
          f"in the second half {slope(half):+.1f}")
    print(f"tm made {made} transactions; {left} are left when all is over; the proxy took {cpu / took * 100:.1f} % of a core")
    print(f"proxy ended with {proxy.stop()}; {sums['failed']} of {sums['calls']} calls failed, {sums['unexpected']} unexpected messages; SIPp's files in {folder}", flush=True)
    return {**sums, "left": left, "late": took - minutes * 60}


def capacity(given, folder):
    """The highest rate at which no call fails or begins late and hardly anything is repeated, without loss; to a tenth."""
    carried, too_high, rate = 0, None, given.rate
    while too_high is None or too_high > 1.1 * max(carried, 20):
        print(f"-- {rate:.0f} calls a second", flush=True)
        found = run(given.strowger, given.minutes, rate, 0, folder / f"{rate:.0f}")
        if found["failed"] == 0 and found["repeated"] * 200 <= found["calls"] and found["late"] < 15:
            carried = rate
        else:
            too_high = rate
        rate = 2 * carried if too_high is None else (max(carried, 20) * too_high) ** 0.5
    print(f"capacity of proxy and SIPp together: {carried:.0f} calls a second; 60 % of it: --rate {carried * 0.6:.0f}")
    return 0 if carried else 1


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("strowger")
    options.add_argument("minutes", type=float)
    options.add_argument("--rate", type=float, default=100)
    options.add_argument("--loss", type=float, default=1)
    options.add_argument("--capacity", action="store_true", help="begins at --rate, in runs of so many minutes")
    options.add_argument("--nice", type=int, default=0, help="for the proxy and SIPp (below 0: root)")
    options.add_argument("--keep", help="folder for SIPp's files")
    given = options.parse_args()
    os.setpriority(os.PRIO_PROCESS, 0, given.nice)
    folder = Path(given.keep or tempfile.mkdtemp(prefix="mix-")).resolve()
    if given.capacity:
        return capacity(given, folder)
    found = run(given.strowger, given.minutes, given.rate, given.loss, folder)
    return 1 if found["unexpected"] or found["left"] or found["failed"] * 1000 > found["calls"] else 0


if __name__ == "__main__":
    sys.exit(main())
