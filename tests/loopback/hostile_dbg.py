"""Throws damaged messages at a proxy over UDP, TCP, TLS and WS for a while: torture messages and usual requests, cut, doubled,
spliced and split anyhow; broken frames, records, HTTP and PROXY headers; connections left half open. Meanwhile a peaceful client asks
over UDP, and has to get its answers. Fails where one is missing, where the proxy ends, or where a sanitizer writes into its log.
usage: hostile.py STROWGER SECONDS [SEED [CFG]]    CFG: what is included, the stock configuration of Debian unless it is given.
Messages name hosts that exist: run it where nothing is reachable, for example
  unshare -n sh -c 'ip link set lo up; exec python3 tests/loopback/hostile.py build-asan/bin/strowger 600'"""

import os
import random
import re
import socket
import ssl
import sys
import tempfile
import threading
import time
from pathlib import Path

from certificates import Authority
from proxy import Proxy, build, free_port
from web_socket import frame, upgrade

SCRIPT = """#!KAMAILIO
include_file "CFG"
log_stderror=yes
children=2
auto_aliases=no
alias="sip.test"
enable_tls=yes
listen=udp:127.0.0.1:PORT
listen=tcp:127.0.0.1:PORT
listen=tls:127.0.0.1:TLSPORT
tcp_msg_read_timeout=5
loadmodule "tls.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
modparam("tls", "certificate", "FOLDER/a.pem")
modparam("tls", "private_key", "FOLDER/a.key")
event_route[xhttp:request] { if ($hdr(Upgrade) != $null) { ws_handle_handshake(); exit; } xhttp_reply("200", "OK", "text/plain", "$hu"); }
"""
WORDS = [b"\r\n", b"\r\n\r\n", b"\n", b"\0", b" ", b"\t", b",", b";", b"\"", b"<", b">", b":", b"@", b"%", b"%00", b"\xff\xfe", b"z9hG4bK", b";lr", b";branch=",
         b";received=", b";rport", b";maddr=127.0.0.1", b";transport=tcp", b"sip:", b"sips:", b"tel:+1", b"[::1]", b"[", b"SIP/2.0", b"CSeq: 1 INVITE\r\n", b"Via: ",
         b"Contact: *\r\n", b"Route: <sip:127.0.0.1;lr>\r\n", b"Content-Length: 0\r\n", b"Content-Length: 4294967297\r\n", b"Content-Length: -1\r\n", b"Max-Forwards: 0\r\n",
         b"4294967296", b"99999999999999999999", b"-1", b"--b\r\n", b"m=audio 9 RTP/AVP 0\r\n", b"c=IN IP4 0.0.0.0\r\n", b"Expires: 0\r\n", b"A" * 300, b"(" * 200, b";x" * 150]


def usual(rng, number):
    method = rng.choice(["REGISTER", "INVITE", "OPTIONS", "BYE", "ACK", "CANCEL", "MESSAGE", "SUBSCRIBE", "PUBLISH", "NOTIFY"])
    body = rng.choice(["", "v=0\r\no=- 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0 8\r\n"])
    tag = ";tag=b" if rng.random() < 0.3 else ""
    user = rng.randrange(20)
    return (f"{method} sip:{user}@sip.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{rng.randrange(1, 65536)};branch=z9hG4bK{number}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:a@sip.test>;tag=a\r\nTo: <sip:{user}@sip.test>{tag}\r\nCall-ID: h{number % 50}\r\nCSeq: {number} {method}\r\n"
            f"Contact: <sip:{user}@127.0.0.1:{rng.randrange(1, 65536)}>;expires={rng.randrange(100)}\r\nRecord-Route: <sip:127.0.0.1;lr>\r\n"
            f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode()


def damaged(rng, texts, number):
    text = bytearray(usual(rng, number) if rng.random() < 0.5 else rng.choice(texts))
    for _ in range(rng.choice([0, 1, 1, 2, 3, 8])):
        at, length = rng.randrange(len(text) + 1), rng.choice([1, 1, 2, 10, 100])
        what = rng.randrange(7)
        if what == 0 and at < len(text):
            text[at] = rng.randrange(256)
        elif what == 1:
            del text[at:at + length]
        elif what == 2:
            text[at:at] = text[at:at + length] * rng.choice([1, 2, 50])
        elif what in (3, 4):
            text[at:at] = rng.choice(WORDS)
        elif what == 5:
            other = rng.choice(texts)
            text[at:] = other[rng.randrange(len(other)):]
        else:
            line = bytes(text).split(b"\r\n")
            line.insert(rng.randrange(len(line) + 1), rng.choice(line))
            text = bytearray(b"\r\n".join(line))
        del text[60000:]
    return bytes(text)


class Attack:
    def __init__(self, port, tls, texts, seed):
        self.port, self.tls, self.texts, self.seed = port, tls, texts, seed
        self.stop = threading.Event()
        self.counts = {}
        self.probes, self.missing, self.worst = 0, 0, 0.0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def question(self, port, number):
        return (f"OPTIONS sip:sip.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bKp{number}\r\nMax-Forwards: 70\r\nFrom: <sip:p@sip.test>;tag=p\r\n"
                f"To: <sip:sip.test>\r\nCall-ID: probe\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode()

    def udp(self, rng, number):
        """Goes on when the proxy has: it is to be hurt, not flooded."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(1)
            for n in range(20):
                s.sendto(damaged(rng, self.texts, number + n), ("127.0.0.1", self.port))
            s.sendto(self.question(s.getsockname()[1], f"u{number}"), ("127.0.0.1", self.port))
            while b"branch=z9hG4bKpu" not in s.recv(65536):
                pass
        return 20

    def pieces(self, rng, s, data):
        while data:
            count = rng.choice([1, 3, 50, 1000, len(data)])
            s.sendall(data[:count])
            data = data[count:]

    def stream(self, rng, number, wrapped, first=b""):
        with socket.create_connection(("127.0.0.1", self.tls if wrapped else self.port), timeout=2) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if wrapped and rng.random() < 0.2:           # no TLS at all, or a broken record
                s.sendall(rng.choice([damaged(rng, self.texts, number), b"\x16\x03\x01" + rng.randbytes(rng.randrange(400)), b"\x16\x03\x03\xff\xff"]))
                return 1
            if wrapped:
                s = self.context.wrap_socket(s)
            if first:
                s.sendall(first)
            sent = rng.randrange(1, 5)
            for n in range(sent):
                self.pieces(rng, s, damaged(rng, self.texts, number + n))
            if rng.random() < 0.5:
                s.settimeout(0.02)
                s.recv(65536)
            s.close()
            return sent

    def tcp(self, rng, number):
        proxied = rng.choice([b"", b"", b"", b"PROXY TCP4 1.2.3.4 127.0.0.1 5 5060\r\n", b"\r\n\r\n" * 5, b"GET /%s HTTP/1.1\r\nContent-Length: 0\r\n\r\n" % rng.randbytes(9),
                              b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n", b"\r\n\r\n\x0d\x0a\x00\x0d\x0a\x51\x55\x49\x54\x0a" + rng.randbytes(20)])
        return self.stream(rng, number, False, proxied)

    def over_tls(self, rng, number):
        return self.stream(rng, number, True)

    def ws(self, rng, number):
        with socket.create_connection(("127.0.0.1", self.port), timeout=2) as s:
            s.sendall(upgrade(Content_Length="0").encode() if rng.random() < 0.9 else damaged(rng, [upgrade().encode()], number))
            s.recv(4096)
            sent = rng.randrange(1, 6)
            for n in range(sent):
                data = frame(rng.choice([1, 2, 2, 2, 0, 8, 9, 10, rng.randrange(16)]), damaged(rng, self.texts, number + n), fin=rng.random() < 0.9,
                             mask=rng.random() < 0.95, reserved=rng.choice([0] * 9 + [4]))
                self.pieces(rng, s, data if rng.random() < 0.9 else damaged(rng, [data], number))
            return sent

    def run(self, name, play):
        rng = random.Random(f"{self.seed} {name}")
        number = count = lost = 0
        while not self.stop.is_set():
            number += 100
            try:
                count += play(rng, number)
            except (OSError, EOFError):
                lost += 1                                # closed on us, as it should be
            self.counts[name] = (count, lost)

    def probe(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", self.port))
            s.settimeout(0.5)
            while not self.stop.is_set():
                self.probes += 1
                text = self.question(s.getsockname()[1], self.probes)
                begin, answered = time.monotonic(), False
                while not answered and time.monotonic() < begin + 16:        # RFC 3261's retransmissions, evenly
                    try:
                        s.send(text)
                        while not re.search(rb"branch=z9hG4bKp%d\b" % self.probes, s.recv(65536)):
                            pass
                        answered = True
                    except (TimeoutError, ConnectionRefusedError):
                        time.sleep(0.01)
                        if time.monotonic() > begin + 1.4:
                            import subprocess, glob
                            pid = self.pid
                            out = f"--- slow probe {self.probes} {time.monotonic() - begin:.1f}\n"
                            for t in sorted(glob.glob(f"/proc/{pid}/task/*")):
                                st = open(t + "/stat").read().rsplit(")", 1)[1].split()
                                out += f"{open(t + '/comm').read().strip()} {st[0]} utime {st[11]} {st[12]} {open(t + '/wchan').read()}\n"
                            out += subprocess.run("cat /proc/%d/net/udp; cat /proc/loadavg" % pid, shell=True, capture_output=True, text=True).stdout
                            if time.monotonic() > begin + 2:
                                out += subprocess.run(["gdb", "-batch", "-p", str(pid), "-ex", "thread apply all bt 14"], capture_output=True, text=True).stdout[-6000:]
                            print(out, file=sys.stderr, flush=True)
                self.missing += not answered
                self.worst = max(self.worst, time.monotonic() - begin)
                self.stop.wait(0.2)


def main():
    strowger, seconds = str(Path(sys.argv[1]).resolve()), float(sys.argv[2])
    seed = sys.argv[3] if len(sys.argv) > 3 else "1"
    cfg = sys.argv[4] if len(sys.argv) > 4 else "/etc/kamailio/kamailio.cfg"
    texts = [p.read_bytes() for p in sorted((Path(__file__).resolve().parents[1] / "data/torture").glob("*.dat"))]
    with tempfile.TemporaryDirectory(prefix="strowger-hostile-") as folder:
        Authority(folder).issue("a", "DNS:a.example")
        port, tls = free_port(), free_port()
        script = Path(folder) / "hostile.cfg"
        script.write_text(SCRIPT.replace("CFG", cfg).replace("TLSPORT", str(tls)).replace("PORT", str(port)).replace("FOLDER", folder))
        build(strowger, script, Path(folder) / "proxy")
        attack = Attack(port, tls, texts, seed)
        with Proxy(Path(folder) / "proxy", "-n", "2", ready_within=60) as proxy:
            first = proxy.rss_kb()
            attack.pid = proxy.process.pid
            plays = {"udp": attack.udp, "tcp": attack.tcp, "tls": attack.over_tls, "ws": attack.ws}
            threads = [threading.Thread(target=attack.run, args=item) for item in plays.items()] + [threading.Thread(target=attack.probe)]
            for thread in threads:
                thread.start()
            end, middle = time.monotonic() + seconds, 0
            while time.monotonic() < end and proxy.alive():
                proxy.read(0.2)
                if len(proxy.lines) > 20000:
                    del proxy.lines[:10000]
                if not middle and time.monotonic() > end - seconds / 2:
                    middle = proxy.rss_kb()
            attack.stop.set()
            for thread in threads:
                thread.join()
            alive = proxy.alive()
            last = calm = proxy.rss_kb() if alive else 0
            end = time.monotonic() + 100                 # transactions of those who never answer end meanwhile
            while alive and seconds >= 60 and time.monotonic() < end:
                proxy.read(0.5)
                calm = proxy.rss_kb()
            code = proxy.stop(within=60)
            while proxy.read(0.2):
                pass
    reports = [line for line in proxy.lines if re.search(r"Sanitizer|runtime error:", line)]
    for name, (count, lost) in attack.counts.items():
        print(f"{name}: {count} messages, {lost} connections ended by the proxy")
    print(f"memory: {first} KB at first, {middle} KB in the middle, {last} KB at last, {calm} KB when all is over")
    print(f"{attack.probes} probes, {attack.missing} without an answer, the slowest {attack.worst * 1000:.0f} ms; exit code {code}; {len(reports)} reports")
    if reports or not alive or code != 0:
        print("\n".join(proxy.lines[-60:]))
    sys.exit(bool(reports) or not alive or code != 0 or attack.missing > 0)


main()
