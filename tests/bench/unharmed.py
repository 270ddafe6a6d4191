"""Do calls notice what goes wrong beside them? Requests over a good link, alone and beside a lossy link, a DNS server that answers late,
wrongly or never, and a slow-loris of half-open TCP and TLS connections.

usage: unharmed.py STROWGER [SECONDS_A_PHASE [CONNECTIONS]]
"""

import multiprocessing
import random
import resource
import select
import socket
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "loopback"))
from certificates import Authority  # noqa: E402
from dns_server import Server  # noqa: E402
from proxy import Proxy, build, free_port  # noqa: E402

SCRIPT = """
debug=-1
enable_tls=yes
tcp_max_connections=20000
tls_max_connections=20000
tcp_accept_iplimit=0
dns_retr_time=2
dns_retr_no=2
dns_use_search_list=no
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "tls.so"
modparam("tls", "certificate", "FOLDER/a.pem")
modparam("tls", "private_key", "FOLDER/a.key")
request_route {
  switch ($rU) {
    case "good": $du = "sip:127.0.0.1:GOOD"; break;
    case "lossy": $du = "sip:127.0.0.1:LOSSY"; break;
    default: $du = "sip:" + $rU + ".test:GOOD";
  }
  t_relay();
}
"""
NAMES = 50
RATE = 200                # requests a second over the good link, and as many that have trouble


def request(user, number, port):
    return (f"MESSAGE sip:{user}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK-{user}-{number};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:a@b>;tag={number}\r\nTo: <sip:{user}@b>\r\nCall-ID: {user}-{number}-{port}\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n").encode()


def callee(sock, loss):
    """Answers every request; of what comes and of what goes so many percent are lost."""
    while True:
        data, peer = sock.recvfrom(65535)
        if random.random() * 100 < loss.value:
            continue
        lines = data.decode().split("\r\n")
        head = [line for line in lines[1:] if line.startswith(("Via:", "From:", "Call-ID:", "CSeq:"))]
        to = next(line for line in lines if line.startswith("To:"))
        if random.random() * 100 >= loss.value:
            sock.sendto("\r\n".join(["SIP/2.0 200 OK", *head, to + ";tag=u", "Content-Length: 0", "", ""]).encode(), peer)


def caller(port, kind, rate, seconds, result, known):
    """Sends `rate` requests a second, repeats those without an answer, and tells how many ended in 200 and how soon."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        s.bind(("127.0.0.1", 0))
        s.connect(("127.0.0.1", port))
        own = s.getsockname()[1]
        poller = select.poll()                  # select() takes no descriptor above 1023
        poller.register(s, select.POLLIN)
        open_, times, other, number, begin = {}, [], 0, 0, time.monotonic()
        last = begin + seconds
        while time.monotonic() < last + 5:
            now = time.monotonic()
            while now < last and number < (now - begin) * rate:
                user = kind if known else f"n{number % NAMES}.{kind}"
                data = request(user, number, own)
                open_[f"{user}-{number}-{own}"] = [now, now + 0.5, 0.5, data]
                s.send(data)
                number += 1
            if now >= last and not open_:
                break
            for one in list(open_.values()):
                if now >= one[1]:
                    s.send(one[3])
                    one[2] = min(one[2] * 2, 4)
                    one[1] = now + one[2]
            end = time.monotonic() + 0.005
            while (wait := end - time.monotonic()) > 0 and poller.poll(wait * 1000):
                reply = s.recv(65535).decode()
                one = open_.pop(reply.split("\r\nCall-ID: ")[1].split("\r\n")[0], None) if not reply.startswith("SIP/2.0 1") else None
                if one and reply.startswith("SIP/2.0 200"):
                    times.append(time.monotonic() - one[0])
                elif one:
                    other += 1
        times.sort()
        result.put((kind, number, len(times), other, len(open_), times[len(times) // 2] if times else 0, times[int(len(times) * 0.99)] if times else 0))


def tell(label, row):
    kind, sent, good, other, left, median, p99 = row
    print(f"{label:34} {kind:6} sent {sent:6}  200 {good:6}  other {other:5}  open {left:5}  median {median * 1e3:8.2f} ms  p99 {p99 * 1e3:8.2f} ms", flush=True)


def half_open(port, tls_port, count):
    """Connections that have begun a message or a handshake and do not go on."""
    held = []
    for i in range(count):
        s = socket.socket()
        s.bind((f"127.0.{1 + i // 1000}.{1 + i % 4}", 0))
        s.connect(("127.0.0.1", tls_port if i % 2 else port))
        s.send(b"\x16\x03\x01" if i % 2 else b"OPTIONS sip:x SIP/2.0\r\nVia: ")
        held.append(s)
    return held


def main():
    strowger, seconds = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 10
    connections = int(sys.argv[3]) if len(sys.argv) > 3 else 5000
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    folder = tempfile.TemporaryDirectory(prefix="unharmed-")
    path, port, tls_port = Path(folder.name), free_port(), free_port()
    Authority(folder.name).issue("a", "DNS:a.example")
    socks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
    for sock in socks:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        sock.bind(("127.0.0.1", 0))
    losses = [multiprocessing.Value("d", 0.0) for _ in socks]
    callees = [multiprocessing.Process(target=callee, args=pair, daemon=True) for pair in zip(socks, losses)]
    zone = "".join(f"n{i}.late.test A 1 127.0.0.1\nn{i}.late.test late 2000\nn{i}.wrong.test wrong\nn{i}.never.test never\n" for i in range(NAMES))
    for process in callees:
        process.start()
    server = Server("127.0.0.1", 0, zone).start()
    (path / "u.cfg").write_text(SCRIPT.replace("FOLDER", folder.name).replace("GOOD", str(socks[0].getsockname()[1])).replace("LOSSY", str(socks[1].getsockname()[1])))
    build(strowger, path / "u.cfg", path / "proxy")
    harmed = 0
    with Proxy(path / "proxy", f"--listen=udp:127.0.0.1:{port}", f"--listen=tcp:127.0.0.1:{port}", f"--listen=tls:127.0.0.1:{tls_port}", "--workers=1",
               "--drain=0", f"--dns-server=127.0.0.1:{server.port}") as running:

        def phase(label, kind=None, known=True):
            nonlocal harmed
            results = multiprocessing.Queue()
            kinds = [("good", True)] + ([(kind, known)] if kind else [])
            workers = [multiprocessing.Process(target=caller, args=(port, k, RATE, seconds, results, is_known)) for k, is_known in kinds]
            for worker in workers:
                worker.start()
            rows = sorted((results.get(timeout=seconds + 60) for _ in workers), key=lambda row: row[0] != "good")
            for worker in workers:
                worker.join()
            for row in rows:
                tell(label, row)
            harmed += rows[0][1] - rows[0][2]

        phase("alone")
        for percent in (1, 10, 30):
            losses[1].value = percent
            phase(f"beside a link that loses {percent} %", "lossy")
        for mood in ("late", "wrong", "never"):
            phase(f"beside DNS, {mood}", mood, False)
        held = half_open(port, tls_port, min(connections, most - 300))
        phase(f"beside {len(held)} half-open connections")
        open_now = sum(1 for s in held if not closed(s))
        print(f"{len(held) - open_now} of {len(held)} half-open connections were cut off by then")
        code = running.stop()
    server.stop()
    for process in callees:
        process.terminate()
    print(f"{harmed} good requests without a 200; the proxy ended with {code}")
    return 1 if harmed else 0


def closed(sock):
    sock.setblocking(False)
    try:
        return sock.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


if __name__ == "__main__":
    sys.exit(main())
