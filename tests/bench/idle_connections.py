"""What an idle connection costs the proxy, TCP, TLS, WS and WSS, and whether others notice them.
usage: idle_connections.py STROWGER [TCP [TLS [WS [WSS]]]]     (20000 and 5000 of the others, or as many as `ulimit -Hn` lets a process have)"""

import resource
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "loopback"))
from certificates import Authority  # noqa: E402
from web_socket import TEXT, frame, upgrade  # noqa: E402

SCRIPT = """
enable_tls=yes
tcp_max_connections=100000
tls_max_connections=100000
tcp_accept_iplimit=0
tcp_connection_lifetime=3600
loadmodule "sl.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
loadmodule "tls.so"
modparam("tls", "certificate", "FOLDER/a.pem")
modparam("tls", "private_key", "FOLDER/a.key")
modparam("tls", "connection_timeout", 3600)
modparam("websocket", "keepalive_timeout", 3600)
event_route[xhttp:request] { ws_handle_handshake(); }
request_route { sl_send_reply("200", "OK"); }
"""
GOAL = {"tcp": 4096, "tls": 12288, "ws": 4096, "wss": 12288}
PORT = 7660


def request(transport, number=1):
    return (f"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:9;branch=z9hG4bK-{number};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: c{number}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode()


def resident(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_seconds(pid):
    return sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def throughput(pid, port, transport, count=10000):
    """CPU microseconds per message of one busy peer, with 32 requests under way."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM if transport == "UDP" else socket.SOCK_STREAM) as s:
        s.connect(("127.0.0.1", port))
        s.settimeout(10)
        begin, asked, answered = cpu_seconds(pid), 0, 0
        while answered < count:
            while asked < min(count, answered + 32):
                s.send(request(transport, asked))
                asked += 1
            answered += s.recv(65536).count(b"\r\n\r\n")
        return (cpu_seconds(pid) - begin) / count * 1e6


def compare(alone, holding, count, rounds=16):
    """What the same load costs in a proxy without connections and in this one, by turns, so that a busy machine troubles both."""
    for transport in ("UDP", "TCP"):
        costs = {alone: [], holding: []}
        for i in range(rounds):
            for proxy in (alone, holding) if i % 2 else (holding, alone):
                costs[proxy].append(throughput(*proxy, transport))
        without, with_ = (statistics.median(costs[proxy]) for proxy in (alone, holding))
        ratio = statistics.median(b / a for a, b in zip(costs[alone], costs[holding]))
        print(f"  a busy {transport} peer: {without:.2f} us CPU a message in a proxy without connections, {with_:.2f} beside {count}: ratio {ratio:.3f}")


def open_all(kind, count, context):
    """Each one has sent a request and got its answer: an idle phone's connection, not a fresh one."""
    opened = []
    for i in range(count):
        raw = socket.socket()
        raw.bind((f"127.0.{1 + i // 1000 % 250}.{1 + i % 4}", 0))
        raw.connect(("127.0.0.1", PORT + (1 if kind in ("tls", "wss") else 0)))
        if kind in ("tls", "wss"):
            raw = context.wrap_socket(raw)
        text = request(kind.upper(), i)
        if kind in ("ws", "wss"):
            raw.sendall(upgrade(Content_Length="0").encode())
            if not raw.recv(4096).startswith(b"HTTP/1.1 101"):
                raise RuntimeError(f"connection {i} is no WebSocket")
            text = frame(TEXT, text)
        raw.sendall(text)
        opened.append(raw)
        if b"SIP/2.0 200" not in raw.recv(4096)[:20]:
            raise RuntimeError(f"connection {i} got no answer")
    return opened


def start(proxy, port):
    listen = [f"--listen={p}:127.0.0.1:{port + (p == 'tls')}" for p in ("udp", "tcp", "tls")]
    process = subprocess.Popen([proxy, *listen, "--workers", "1", "--drain", "0"], stderr=subprocess.PIPE, text=True)
    while process.stderr.readline().strip() != "ready":
        if process.poll() is not None:
            raise RuntimeError("the proxy did not start")
    return process


def measure(proxy, kind, count, context):
    """Each kind has a proxy of its own. Gives whether the goal was kept."""
    process, alone = start(proxy, PORT), start(proxy, PORT + 10)
    try:
        held = open_all(kind, 50, context)         # what is there once for all is not counted
        throughput(process.pid, PORT, "UDP")
        empty, begin = resident(process.pid), time.monotonic()
        held += open_all(kind, count, context)
        seconds = time.monotonic() - begin
        time.sleep(1)
        each = (resident(process.pid) - empty) / count
        print(f"{count} idle {kind.upper()} connections: {each:.0f} bytes each (goal {GOAL[kind]}: {'kept' if each <= GOAL[kind] else 'MISSED'}), "
              f"opened in {seconds:.1f} s")
        compare((alone.pid, PORT + 10), (process.pid, PORT), len(held))
        idle = cpu_seconds(process.pid)
        time.sleep(5)
        print(f"  CPU of the idle proxy: {(cpu_seconds(process.pid) - idle) / 5 * 100:.2f} %", flush=True)
        for connection in held:
            connection.close()
        return each <= GOAL[kind]
    finally:
        for one in (process, alone):
            one.terminate()
            one.wait(20)


def main():
    strowger = sys.argv[1]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    usual = {"tcp": 20000, "tls": 5000, "ws": 5000, "wss": 5000}
    given = dict(zip(usual, map(int, sys.argv[2:])))
    counts = {kind: min(given.get(kind, count), most - 300) for kind, count in usual.items()}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with tempfile.TemporaryDirectory(prefix="strowger-idle-") as folder:
        Authority(folder).issue("a", "DNS:a.example")
        cfg, proxy = Path(folder) / "idle.cfg", Path(folder) / "proxy"
        cfg.write_text(SCRIPT.replace("FOLDER", folder))
        subprocess.run([strowger, "build", "-q", cfg, "-o", proxy], check=True)
        failed = [not measure(proxy, kind, count, context) for kind, count in counts.items()]
    sys.exit(1 if any(failed) else 0)


if __name__ == "__main__":
    main()
