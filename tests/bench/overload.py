"""What a proxy does when it is offered three times what it can bear, and how soon it is well again. Calls come from a generator with
retransmissions (sipload, bench/ of the shared folder); the script works hard on each INVITE, as one that asks a database would.

usage: overload.py STROWGER SIPLOAD [--times 3] [--work MICROSECONDS] [--seconds 10] [--share PERCENT]

With a light script the generator, one thread, is overloaded before the proxy is: it takes a whole core, its own sockets lose
what the proxy sends, and the proxy idles. The second and third line printed tell. Run as root with --share 25, then.
"""

import argparse
import json
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "loopback"))
from proxy import Proxy, build  # noqa: E402

SCRIPT = """
debug=1
max_while_loops=100000
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "siputils.so"
request_route {
  if ($rm == "OPTIONS") { sl_send_reply("200", "OK"); exit; }
  if (has_totag()) { loose_route(); t_relay(); exit; }
  if ($rm == "CANCEL") { t_relay(); exit; }
  t_check_trans();
  $var(i) = 0;
  $var(x) = $ci;
  while ($var(i) < WORK) { $var(x) = $(var(x){s.md5}); $var(i) = $var(i) + 1; }
  record_route();
  t_relay();
}
"""
PORT = 7680
WELL = 0.25            # seconds: an answer that comes so soon came from a proxy that keeps up


class Prober(threading.Thread):
    """Asks every 20 ms with OPTIONS of its own, and notes how long each answer took."""

    def __init__(self):
        super().__init__(daemon=True)
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.connect(("127.0.0.1", PORT))
        self.sock.setblocking(False)
        self.asked, self.times, self.on = {}, [], True

    def run(self):
        number = 0
        while self.on:
            number += 1
            self.asked[number] = time.monotonic()
            self.sock.send((f"OPTIONS sip:p@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-p{number};rport\r\nMax-Forwards: 70\r\n"
                            f"From: <sip:p@b>;tag=1\r\nTo: <sip:p@b>\r\nCall-ID: p{number}\r\nCSeq: {number} OPTIONS\r\nContent-Length: 0\r\n\r\n").encode())
            time.sleep(0.02)
            try:
                while True:
                    reply = self.sock.recv(4096).decode()
                    n = int(reply.split("\r\nCSeq: ")[1].split()[0])
                    if n in self.asked:
                        self.times.append((self.asked[n], time.monotonic() - self.asked.pop(n)))
            except BlockingIOError:
                pass

    def slowest(self, begin, end):
        """Of those asked then; one without an answer counts as endless."""
        lost = sum(begin <= t < end for t in self.asked.values())
        took = sorted(d for t, d in self.times if begin <= t < end)
        return lost, took


def cpu_seconds(pid):
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def lost_by_the_proxy():
    """Datagrams that its socket's queue had no room for."""
    rows = [line.split() for line in Path("/proc/net/udp").read_text().splitlines()[1:]]
    return sum(int(row[-1]) for row in rows if int(row[1].split(":")[1], 16) == PORT)


def load(sipload, running, seconds, warmup, *arguments):
    """sipload's figures, and what the proxy did meanwhile: its share of a core, and the datagrams that it lost."""
    command = [sipload, "call", "--proxy", f"127.0.0.1:{PORT}", "--json", "--settle", "0", "--timeout", "10", "--duration", str(seconds),
               "--warmup", str(warmup), *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        time.sleep(warmup)
        begin, cpu, lost = time.monotonic(), cpu_seconds(running.process.pid), lost_by_the_proxy()
        time.sleep(seconds)
        share, lost = (cpu_seconds(running.process.pid) - cpu) / (time.monotonic() - begin), lost_by_the_proxy() - lost
        return {**json.loads(process.communicate()[0]), "share": share, "lost": lost}


def throttle(pid, percent):
    """So much of a core for the worker and no more, in slices of 2 ms: a generator on the same machine can overload it then."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().startswith("worker"):
            subprocess.run(["chrt", "-d", "--sched-runtime", str(20000 * percent), "--sched-deadline", "2000000", "--sched-period", "2000000",
                            "-p", "0", task.name], check=True)


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("strowger")
    options.add_argument("sipload")
    options.add_argument("--times", type=float, default=3)
    options.add_argument("--work", type=int, default=1000, help="microseconds of CPU that the script spends on an INVITE, about")
    options.add_argument("--seconds", type=float, default=10)
    options.add_argument("--share", type=int, help="percent of a core that the proxy gets (root): a light script leaves a generator beside it too little else")
    options.add_argument("--rounds", type=int, default=1)
    given = options.parse_args()
    folder = tempfile.TemporaryDirectory(prefix="overload-")
    cfg, proxy = Path(folder.name) / "overload.cfg", Path(folder.name) / "proxy"
    cfg.write_text(SCRIPT.replace("WORK", str(given.work * 2)))
    build(given.strowger, cfg, proxy)
    good = True
    for _ in range(given.rounds):
        with Proxy(proxy, "--listen", f"udp:127.0.0.1:{PORT}", "--workers", "1", "--drain", "0") as running:
            if given.share:
                throttle(running.process.pid, given.share)
            before = load(given.sipload, running, given.seconds, 1, "--window", 32)
            capacity = before["per_second"]
            prober = Prober()
            prober.start()
            time.sleep(1)
            begin = time.monotonic()
            over = load(given.sipload, running, given.seconds, 2, "--rate", capacity * given.times, "--window", 1000000)
            end = time.monotonic()
            time.sleep(3)
            prober.on = False
            prober.join()
            after = load(given.sipload, running, given.seconds / 2, 0, "--window", 32)
            for name, r in (("capacity", before), ("overload", over)):
                print(f"  {name}: {r['per_second']:.0f} calls/s, proxy {100 * r['share']:.0f} % of a core, {r['per_second'] / r['share']:.0f} calls a CPU second; "
                      f"generator {100 * r['generator_core_share']:.0f} %; datagrams lost at the proxy {r['lost']}, elsewhere {r['kernel_drops'] - r['lost']}")
            print(f"capacity {capacity:.0f} calls/s; offered {given.times:.0f} times as many: {over['per_second']:.0f} calls/s, "
                  f"{100 * over['per_second'] / capacity:.0f} % of it; afterwards {after['per_second']:.0f}")
            for name, a, b in (("before", begin - 1, begin), ("during", begin, end), ("after", end + 1, end + 3)):
                lost, took = prober.slowest(a, b)
                print(f"  other requests {name}: {len(took)} answered, {lost} lost, median {1000 * took[len(took) // 2] if took else 0:.1f} ms, "
                      f"longest {1000 * took[-1] if took else 0:.1f} ms")
            running.stop()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
