"""PROXY headers in front of TCP and TLS streams: whom the script sees, in whatever pieces they come, and which are refused."""

import socket
import ssl
import struct
import tempfile
import unittest
from pathlib import Path

from certificates import Authority
from proxy import Proxy, build, free_port
from settings import STROWGER

SCRIPT = """#!KAMAILIO
enable_tls=yes
tcp_accept_haproxy=yes
listen=tcp:127.0.0.1:PORT
listen=tls:127.0.0.1:TLSPORT
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "tls.so"
modparam("tls", "certificate", "FOLDER/a.pem")
modparam("tls", "private_key", "FOLDER/a.key")
request_route {
  sl_send_reply("200", "$si $sp $Ri");
}
"""
SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
V4 = socket.inet_aton("192.0.2.7") + socket.inet_aton("127.0.0.1") + struct.pack(">HH", 4444, 5060)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::7") + socket.inet_pton(socket.AF_INET6, "::1") + struct.pack(">HH", 4446, 5060)
REQUEST = (b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK-1\r\nFrom: <sip:a@b>;tag=1\r\n"
           b"To: <sip:x@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")


def block(command, family, body):
    return SIGNATURE + bytes([command, family]) + struct.pack(">H", len(body)) + body


class ProxyProtocol(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        Authority(cls.folder.name).issue("a", "DNS:a.example")
        cls.port, cls.tls = free_port(), free_port()
        cfg = Path(cls.folder.name) / "proxy.cfg"
        cfg.write_text(SCRIPT.replace("TLSPORT", str(cls.tls)).replace("PORT", str(cls.port)).replace("FOLDER", cls.folder.name))
        executable = Path(cls.folder.name) / "proxy"
        build(STROWGER, cfg, executable)
        cls.proxy = Proxy(executable, "-n", "1")

    @classmethod
    def tearDownClass(cls):
        cls.proxy.stop()
        cls.folder.cleanup()

    def ask(self, header, piece=0, tls=False):
        """The reason phrase of the answer; "" where the connection is closed."""
        with socket.create_connection(("127.0.0.1", self.tls if tls else self.port), timeout=5) as s:
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            own = s.getsockname()[1]
            data = header if tls else header + REQUEST
            try:
                for at in range(0, len(data), piece or max(1, len(data))):
                    s.sendall(data[at:at + (piece or len(data))])
                if tls:
                    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
                    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                    s = context.wrap_socket(s)
                    s.sendall(REQUEST)
                got = s.recv(65536).decode()
            except (ConnectionError, ssl.SSLError):
                return ""
            return got.split("\r\n")[0].removeprefix("SIP/2.0 200 ").replace(f" {own} ", " OWN ")

    def test_the_script_sees_the_client(self):
        v4, v6, own = "192.0.2.7 4444 127.0.0.1", "2001:db8::7 4446 127.0.0.1", "127.0.0.1 OWN 127.0.0.1"
        for header, seen in ((b"", own), (b"PROXY TCP4 192.0.2.7 127.0.0.1 4444 5060\r\n", v4),
                             (b"PROXY TCP6 2001:db8::7 ::1 4446 5060\r\n", v6), (b"PROXY UNKNOWN\r\n", own),
                             (block(0x21, 0x11, V4), v4), (block(0x21, 0x21, V6), v6), (block(0x21, 0x11, V4 + b"\x04\x00\x03abc"), v4),
                             (block(0x20, 0x00, b""), own), (block(0x21, 0x00, b""), own)):
            for tls in (False, True):
                for piece in (0, 1, 7):
                    self.assertEqual(self.ask(header, piece, tls), seen, (header, piece, tls))

    def test_what_is_no_proper_header_ends_the_connection(self):
        for header in (b"PROXY TCP4 300.0.2.7 127.0.0.1 4444 5060\r\n", b"PROXY TCP4 192.0.2.7 127.0.0.1 0 5060\r\n",
                       b"PROXY TCP4 192.0.2.7 127.0.0.1 4444 5060\n" + b"x" * 100, block(0x21, 0x12, V4), block(0x21, 0x11, V4[:8]),
                       block(0x22, 0x11, V4), SIGNATURE + b"\x21\x11\xff\xff" + V4):
            self.assertEqual(self.ask(header), "", header)
        self.assertEqual(self.ask(b"PROXY UNKNOWN\r\n"), "127.0.0.1 OWN 127.0.0.1")


if __name__ == "__main__":
    unittest.main()
