"""How much memory a waiting script takes, and whether others notice. usage: parked.py STROWGER [SCRIPTS] [dns]

With "dns" they wait for the names of their next hops (NAMES of them) in forward(), from a server that takes its time.
"""

import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

SCRIPT = """
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "cfgutils.so"
request_route {
  if ($rm == "OPTIONS") { sl_send_reply("200", "OK"); exit; }
  $var(user) = $rU;
  sl_send_reply("183", "Waiting");
  sleep("%d");
  sl_send_reply("200", "Behind");
}
"""
DNS_SCRIPT = """
dns_retr_time=%d
dns_use_search_list=no
loadmodule "sl.so"
loadmodule "pv.so"
request_route {
  if ($rm == "OPTIONS") { sl_send_reply("200", "OK"); exit; }
  $var(user) = $rU;
  sl_send_reply("183", "Waiting");
  $du = "sip:" + $rU + ".slow.test:%d";
  forward();
}
"""
NAMES = 1000
LONGEST = 60
GOAL = 8192
LOOPBACK = Path(__file__).resolve().parents[1] / "loopback"


def request(method, port, number, user=0):
    return (f"{method} sip:user{user}@127.0.0.1:{port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port + 1};branch=z9hG4bK-{number}-{method};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: \"Alice\" <sip:alice@example.org>;tag=f{number}\r\nTo: <sip:user{number}@example.org>\r\n"
            f"Call-ID: call-{number}@client.example.org\r\nCSeq: 1 {method}\r\nContact: <sip:alice@127.0.0.1:{port + 1}>\r\n"
            "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, MESSAGE\r\nSupported: replaces, timer\r\nUser-Agent: parked.py\r\n"
            "Content-Type: text/plain\r\nContent-Length: 120\r\n\r\n" + "x" * 120).encode()


def resident(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


def take(sock, wanted, seconds):
    """How many replies that begin with `wanted` came in time."""
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            count += sock.recv(65535).startswith(wanted)
        except TimeoutError:
            break
    return count


def main():
    strowger, total = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    dns = sys.argv[3:4] == ["dns"]
    port = 7640
    with tempfile.TemporaryDirectory(prefix="strowger-parked-") as folder:
        cfg, proxy = Path(folder) / "parked.cfg", Path(folder) / "proxy"
        cfg.write_text(DNS_SCRIPT % (LONGEST, port + 1) if dns else SCRIPT % LONGEST)
        options = []
        if dns:
            server = subprocess.Popen([sys.executable, LOOPBACK / "dns_server.py", "--quiet", "127.0.0.1", "0", "/dev/stdin"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True)
            server.stdin.write(f"* A 300 127.0.0.1\n* late {LONGEST - 10}000\n")
            server.stdin.close()
            options = ["--dns-server", "127.0.0.1:" + server.stdout.readline().split()[1]]
        subprocess.run([strowger, "build", "-q", cfg, "-o", proxy], check=True)
        process = subprocess.Popen([proxy, "--listen", f"udp:127.0.0.1:{port}", "--workers", "1", "--drain", "0", *options], stderr=subprocess.PIPE, text=True)
        try:
            for line in process.stderr:
                if line.strip() == "ready":
                    break
            else:
                raise RuntimeError(f"the proxy did not start: {process.wait()}")
            # Its log has to be read on: who fills a pipe that nobody reads waits at its end.
            log = []
            threading.Thread(target=lambda: log.extend(process.stderr), daemon=True).start()
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                sock.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), 256 << 20)   # root's
            except PermissionError:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
            sock.bind(("127.0.0.1", port + 1))
            sock.connect(("127.0.0.1", port))
            sock.settimeout(0.5)
            alone = answer_times(sock, port)
            before, begin, waiting = resident(process.pid), time.monotonic(), 0
            for first in range(0, total, 500):
                for number in range(first, min(first + 500, total)):
                    sock.send(request("MESSAGE", port, number, number % NAMES if dns else number))
                waiting += take_exactly(sock, min(500, total - first))
            filled = time.monotonic() - begin
            after = resident(process.pid)
            times = answer_times(sock, port)
            each = (after - before) / max(waiting, 1)
            print(f"{waiting} scripts wait after {filled:.1f} s; {each:.0f} bytes each, message of {len(request('MESSAGE', port, total))} bytes included")
            for when, those in (("before", alone), ("meanwhile", times)):
                print(f"{len(those)} other requests {when}: median {those[len(those) // 2] * 1e6:.0f} us, p99 {those[len(those) * 99 // 100] * 1e6:.0f} us, "
                      f"longest {those[-1] * 1e6:.0f} us")
            went_on = b"MESSAGE" if dns else b"SIP/2.0 200 Behind"
            behind = 0
            end = time.monotonic() + LONGEST + 5 - filled
            sock.settimeout(1)
            while behind < waiting and time.monotonic() < end:
                behind += take(sock, went_on, 1)
            print(f"{behind} went on" + "".join(f"\n  log: {line.strip()}" for line in log[-5:] if behind < waiting))
            return 0 if waiting == total and each <= GOAL else 1
        finally:
            process.terminate()
            process.wait(30)
            if dns:
                server.terminate()
                server.wait(30)


def answer_times(sock, port):
    """How long answers took to OPTIONS, one after the other; a lost one is not counted."""
    times = []
    for number in range(5000):
        start = time.perf_counter()
        sock.send(request("OPTIONS", port, number))
        try:
            while not sock.recv(65535).startswith(b"SIP/2.0 200"):
                pass
            times.append(time.perf_counter() - start)
        except TimeoutError:
            pass
    return sorted(times)


def take_exactly(sock, count):
    """The 183s to `count` requests; fewer when they do not come."""
    got = 0
    while got < count:
        try:
            got += sock.recv(65535).startswith(b"SIP/2.0 183")
        except TimeoutError:
            break
    return got


if __name__ == "__main__":
    sys.exit(main())
