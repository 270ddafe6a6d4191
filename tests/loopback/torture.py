"""The torture messages of RFC 4475 and RFC 5118 over every transport. Prints a table TRANSPORT x message of what the proxy does with
each: a reply's code, `sent on`, or `-` (neither); `closed` where it ends the connection; `!` where the
index says otherwise. Fails where one is not handled as the index says that was so before (KNOWN), and where it makes a difference how a
stream is cut.
usage: torture.py STROWGER FOLDER    (FOLDER holds index.tsv and the messages)"""

import csv
import re
import socket
import ssl
import sys
import tempfile
from pathlib import Path

from certificates import Authority
from proxy import Proxy, build, free_port
from web_socket import BINARY, PING as WS_PING, PONG, CLOSE, WebSocket, frame

SCRIPT = """#!KAMAILIO
enable_tls=yes
debug=-3
listen=udp:127.0.0.1:PORT
listen=tcp:127.0.0.1:PORT
listen=tls:127.0.0.1:TLSPORT
tcp_msg_read_timeout=2
tcp_accept_no_cl=no
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "sanity.so"
loadmodule "tls.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
modparam("tls", "certificate", "FOLDER/a.pem")
modparam("tls", "private_key", "FOLDER/a.key")
event_route[xhttp:request] { ws_handle_handshake(); }
request_route {
  force_rport();
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if (!sanity_check("18407", "7")) { exit; }
  $du = "sip:127.0.0.1:SINK";
  forward();
}
"""

# What may be seen of each: codes, F (sent on), - (dropped). Messages that are not here are good ones: F.
ALLOWED = {
    "unreason": "-", "noreason": "-", "scalarlg": "-", "bigcode": "-", "bcast": "-",   # responses to requests that we never sent
    "badinv01": "400 -", "clerr": "400 -", "ncl": "400 -", "scalar02": "400", "quotbal": "400", "ltgtruri": "400", "lwsruri": "400",
    "lwsstart": "400 F", "trws": "400 F", "escruri": "400 F", "baddate": "400 F", "regbadct": "400 F", "badaspec": "400 F", "baddn": "400 - F",
    "badvers": "505", "mismatch01": "400", "mismatch02": "400 501", "badbranch": "400 F", "insuf": "400 -", "unkscm": "400 416",
    "novelsc": "400 416 F", "unksm2": "400 F", "bext01": "420", "multi01": "400", "mcl01": "400 -", "zeromf": "483", "test": "400 -",
    "ipv6-bad": "400", "ipv6-bug-abnf-3-colons": "400 F", "dblreq": "F", "regescrt": "400 F",
}
TRANSPORTS = ("udp", "tcp", "tcp/1", "tls", "tls/1", "ws", "ws/1")
KNOWN = {}                  # transport: names that are not handled as the index says. It may only shrink.
PING = b"\r\n\r\n"


def as_sent(name, text):
    """RFC 5118's archive has bare LF, and texts without the empty line: made whole, Content-Length too."""
    if b"\r\n" in text:
        return text
    head, _, body = text.replace(b"\n", b"\r\n").partition(b"\r\n\r\n")
    if body:
        head = re.sub(rb"(?i)(content-length:\s*)\d+", lambda m: m.group(1) + str(len(body)).encode(), head)
    return head.rstrip(b"\r\n") + b"\r\n\r\n" + body


class World:
    def __init__(self, strowger, folder):
        Authority(folder).issue("a", "DNS:a.example")
        self.port, self.tls = free_port(), free_port()
        self.sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sink.bind(("127.0.0.1", 0))
        self.sink.setblocking(False)
        cfg = Path(folder) / "torture.cfg"
        text = SCRIPT.replace("TLSPORT", str(self.tls)).replace("PORT", str(self.port)).replace("FOLDER", str(folder))
        cfg.write_text(text.replace("SINK", str(self.sink.getsockname()[1])))
        self.executable = Path(folder) / "proxy"
        build(strowger, cfg, self.executable)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def sent_on(self):
        count = 0
        while True:
            try:
                self.sink.recv(65536)
                count += 1
            except BlockingIOError:
                return count

    def fence(self, s):
        """Everything before it has been handled when its answer is here."""
        s.send(b"OPTIONS sip:fence@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-fence;rport\r\nMax-Forwards: 0\r\n"
               b"From: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: fence\r\nCSeq: 7 OPTIONS\r\nContent-Length: 0\r\n\r\n")

    def over_udp(self, text):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.connect(("127.0.0.1", self.port))
            s.settimeout(5)
            s.send(text)
            self.fence(s)
            codes = []
            while True:
                reply = s.recv(65536)
                if b"branch=z9hG4bK-fence" in reply and b"fence" in reply:
                    return codes, False
                codes.append(reply.split(b" ", 2)[1].decode())

    def over_stream(self, text, tls, piece):
        """Pieces of `piece` bytes, each its own record over TLS. Behind them comes a ping: when it is answered, what the message
        causes comes at once; when it is not, it became a part of the message, and the proxy may wait for more."""
        with socket.create_connection(("127.0.0.1", self.tls if tls else self.port), timeout=6) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if tls:
                s = self.context.wrap_socket(s)
            got, closed = b"", False
            s.settimeout(3.5)
            try:
                for at in range(0, len(text), piece):
                    s.sendall(text[at:at + piece])
                s.sendall(PING)
                while True:
                    data = s.recv(65536)
                    if not data:
                        closed = True
                        break
                    got += data
                    s.settimeout(0.1)
            except TimeoutError:
                pass
            except (ConnectionError, ssl.SSLError):
                closed = True
            finally:
                s.close()
            return re.findall(r"SIP/2\.0 (\d+)", got.decode(errors="replace")), closed

    def over_ws(self, text, piece):
        """One message is one frame. Behind it come two pings: with the second pong all that it causes is here."""
        codes, closed = [], False
        with WebSocket(self.port, Content_Length="0") as w:
            w.send(frame(BINARY, text), piece)
            try:
                for _ in range(2):
                    w.send(frame(WS_PING, "x"))
                    while True:
                        _, opcode, payload = w.frame()
                        if opcode == PONG:
                            break
                        if opcode == CLOSE:
                            raise EOFError
                        codes += re.findall(r"^SIP/2\.0 (\d+)", payload.decode(errors="replace"))
            except (EOFError, ConnectionError):
                closed = True
        return codes, closed

    def try_one(self, transport, text):
        self.sent_on()
        kind, _, piece = transport.partition("/")
        if kind == "udp":
            codes, closed = self.over_udp(text)
        elif kind == "ws":
            codes, closed = self.over_ws(text, int(piece or len(text) + 14))
        else:
            codes, closed = self.over_stream(text, kind == "tls", int(piece or len(text)))
        count = self.sent_on()
        return " ".join(codes + ["F"] * count + (["closed"] if closed else [])) or "-"


def verdict(name, transport, seen):
    allowed = set(ALLOWED.get(name, "F").split())
    what = set(seen.split()) - {"closed", "-"}
    stream = transport[:3] in ("tcp", "tls")                          # where lengths cut; a datagram and a WebSocket have messages
    if stream and name == "inv2543":
        return seen == "closed"                                       # without Content-Length a stream cannot be followed
    if stream and name == "dblreq":
        return what <= {"F"} and seen.split().count("F") == 2         # a stream holds two messages, and both are meant
    return what <= allowed and (what or "-" in allowed) and len(seen.replace(" closed", "").split()) <= 1


def main():
    strowger, folder = str(Path(sys.argv[1]).resolve()), Path(sys.argv[2])
    rows = list(csv.DictReader((folder / "index.tsv").open(), delimiter="\t"))
    bad, differ, worse = dict.fromkeys(TRANSPORTS, 0), [], []
    with tempfile.TemporaryDirectory(prefix="strowger-torture-") as temporary:
        world = World(strowger, temporary)
        with Proxy(world.executable, "-n", "1") as proxy:
            print(f"{'message':32}" + "".join(f"{transport:16}" for transport in TRANSPORTS))
            for row in rows:
                text = as_sent(row["name"], (folder / row["file"]).read_bytes())
                cells = []
                for transport in TRANSPORTS:
                    seen = world.try_one(transport, text)
                    good = verdict(row["name"], transport, seen)
                    bad[transport] += not good
                    if not good and row["name"] not in KNOWN.get(transport, ()):
                        worse.append(f"{row['name']} over {transport}")
                    if transport in ("udp", "tcp", "ws"):
                        whole = seen
                    elif seen != whole:
                        differ.append(f"{row['name']} over {transport}")
                    cells.append(seen.replace("F", "sent on") + ("" if good else " !"))
                print(f"{row['name']:32}" + "".join(f"{cell:16}" for cell in cells))
            alive = proxy.alive()
    print("as the index says: " + ", ".join(f"{transport} {len(rows) - bad[transport]} of {len(rows)}" for transport in TRANSPORTS))
    print("streams that are split, and TLS, do as whole ones" if not differ else "not as whole ones: " + ", ".join(differ))
    if worse:
        print("worse than before: " + ", ".join(worse))
    if not alive:
        print("the proxy did not survive")
    sys.exit(0 if alive and not differ and not worse else 1)


if __name__ == "__main__":
    main()
