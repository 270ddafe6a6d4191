"""SIPp callers and callees around one proxy: calls answered, refused, cancelled, forked in parallel and in turn, and never
answered, all with lost datagrams. Prints what SIPp did not expect, and how the proxy's memory grows.

usage: mix.py STROWGER MINUTES [--rate CALLS_A_SECOND] [--loss PERCENT] [--proxy 'COMMAND with {port}']
"""

import argparse
import csv
import json
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
               "-recv_timeout", "64000", "-nd", "-deadcall_wait", "0"]
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


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("strowger")
    options.add_argument("minutes", type=float)
    options.add_argument("--rate", type=float, default=100)
    options.add_argument("--loss", type=float, default=1)
    options.add_argument("--keep", help="folder for SIPp's files")
    given = options.parse_args()
    folder = Path(given.keep or tempfile.mkdtemp(prefix="mix-"))
    folder.mkdir(parents=True, exist_ok=True)
    folder = folder.resolve()
    ports = {name: free_port() for name in CALLEES}
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent.bind(("127.0.0.1", 0))
    text = (HERE / "mix" / "mix.cfg").read_text().replace("FOLDER", str(folder)).replace("SILENT", str(silent.getsockname()[1]))
    for name, port in ports.items():
        text = text.replace(name, str(port))
    cfg = folder / "mix.cfg"
    cfg.write_text(text)
    build(given.strowger, cfg, folder / "proxy")
    port = free_port()
    proxy = Proxy(folder / "proxy", "--listen", f"udp:127.0.0.1:{port}", "--workers", "1")
    callees = {name: sipp(folder, scenario, scenario, ports[name], {"loss": given.loss}) for name, scenario in CALLEES.items()}
    time.sleep(1)
    callers = {}
    for scenario, user, code, share in CALLERS:
        rate = max(1, round(given.rate * share))
        calls = int(rate * 60 * given.minutes)
        callers[user] = sipp(folder, user, scenario, free_port(), {"loss": given.loss, "code": code or "", "-s": user, "-r": rate, "-m": calls,
                                                                   "-l": 10000, f"127.0.0.1:{port}": ""})
    begin, samples = time.monotonic(), []
    while any(process.poll() is None for process in callers.values()):
        time.sleep(5)
        now = time.monotonic() - begin
        silent.setblocking(False)
        try:
            while True:
                silent.recv(65536)
        except BlockingIOError:
            pass
        if 60 < now < given.minutes * 60 or (now > 20 and given.minutes < 2):
            samples.append((now, rss_kb(proxy.process.pid)))
        if now > given.minutes * 60 + 200:
            break
    begin_to_end, cpu = time.monotonic() - begin, cpu_seconds(proxy.process.pid)
    for process in [*callers.values(), *callees.values()]:
        if process.poll() is None:
            process.terminate()
        process.wait()
    for _ in range(80):                       # transactions end some 5 s, those without a final reply 32 s after the last message
        left, made = transactions(folder)
        if left == 0:
            break
        time.sleep(1)
    bad = 0
    for name in [*callers, *CALLEES.values()]:
        row = last_row(folder / f"{name}.csv")
        unexpected, failed = int(row.get("FailedUnexpectedMessage(C)", 0)), int(row.get("FailedCall(C)", 0))
        bad += unexpected
        print(f"{name:12} calls {row.get('TotalCallCreated', '?'):>8}  ok {row.get('SuccessfulCall(C)', '?'):>8}  failed {failed:>5}  "
              f"unexpected messages {unexpected}  retransmissions {row.get('Retransmissions(C)', '?')}")
    samples = samples or [(0, rss_kb(proxy.process.pid))]
    print("memory over time, KB: " + " ".join(str(kb) for _, kb in samples[:: max(1, len(samples) // 20)]))
    half = [sample for sample in samples if sample[0] > samples[-1][0] / 2] or samples
    print(f"memory: {samples[0][1]} KB at first, {samples[-1][1]} KB at last, slope {slope(samples):+.1f} KB a minute, "
          f"in the second half {slope(half):+.1f}")
    print(f"tm made {made} transactions; {left} are left when all is over; the proxy took {cpu / begin_to_end * 100:.1f} % of a core")
    print(f"proxy ended with {proxy.stop()}; {bad} unexpected messages; SIPp's files in {folder}")
    return 1 if bad or left else 0


if __name__ == "__main__":
    sys.exit(main())
