"""TLS end to end: what openssl s_client sees, names, client certificates, both directions, reload, and faulty files."""

import json
import re
import socket
import ssl
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from certificates import Authority
from proxy import Proxy, build, free_port
from settings import STROWGER

SCRIPT = """#!KAMAILIO
enable_tls=yes
debug=2
listen=tls:127.0.0.1:TLSPORT
listen=udp:127.0.0.1:UDPPORT
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "textops.so"
loadmodule "jsonrpcs.so"
loadmodule "tls.so"
modparam("jsonrpcs", "transport", 4)
modparam("jsonrpcs", "dgram_socket", "FOLDER/rpc.sock")
modparam("tls", "config", "FOLDER/tls.cfg")
modparam("tls", "xavp_cfg", "tls")
modparam("tls", "verify_client", "on")
request_route {
  if ($proto == "udp") {
    if ($tls_peer_verified != $null || $tls_version != $null) { sl_send_reply("500", "No TLS"); exit; }
    if ($hdr(X-Id) != $null) { tls_set_connect_server_id("$hdr(X-Id)"); }
    if ($hdr(X-Name) != $null) { $xavp(tls=>server_name) = $hdr(X-Name); }
    $du = "sip:127.0.0.1:" + $hdr(X-Port) + ";transport=tls";
    if (!t_relay()) { sl_send_reply("478", "No"); }
    exit;
  }
  $var(verified) = 0;
  if (is_peer_verified()) { $var(verified) = 1; }
  $var(bits) = $tls_cipher_bits + $tls_peer_verified + 1;
  append_to_reply("X-Tls: $tls_version|$tls_peer_server_name|$tls_peer_subject_cn|$tls_my_subject_cn|$var(verified)|$tls_peer_verified|$proto|$tls(m_issuer_line)|$tls_peer_san_uri|$var(bits)\\r\\n");
  sl_send_reply("200", "OK");
}
"""

CONFIG = """[server:default]
certificate = FOLDER/a.pem
private_key = FOLDER/a.key
ca_list = FOLDER/ca.pem
verify_client = optional

[server:any]
server_name = b.example
server_name_mode = 1
method = TLSv1.2
certificate = FOLDER/b.pem
private_key = FOLDER/b.key

[client:default]
verify_certificate = yes
ca_list = FOLDER/ca.pem

[client:any]
server_name = demanded_of_nobody.example
server_id = with_certificate
verify_certificate = yes
ca_list = FOLDER/ca.pem
certificate = FOLDER/client.pem
private_key = FOLDER/client.key
"""


def request(method="OPTIONS", number=1, transport="TLS", extra=""):
    return (f"{method} sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:9;branch=z9hG4bK-{method}{number};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: c{number}\r\nCSeq: {number} {method}\r\n{extra}"
            "Content-Length: 0\r\n\r\n")


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        cls.authority = Authority(cls.folder)
        cls.authority.issue("a", "DNS:a.example,IP:127.0.0.1")
        cls.authority.issue("b", "DNS:b.example")
        cls.authority.issue("client", "DNS:alice.example,URI:sip:alice@a.example")
        (cls.folder / "tls.cfg").write_text(CONFIG.replace("FOLDER", str(cls.folder)))
        cls.port, cls.udp = free_port(), free_port()
        cfg = cls.folder / "tls_test.cfg"
        cfg.write_text(SCRIPT.replace("TLSPORT", str(cls.port)).replace("UDPPORT", str(cls.udp)).replace("FOLDER", str(cls.folder)))
        cls.executable = cls.folder / "proxy"
        build(STROWGER, cfg, cls.executable)
        cls.proxy = Proxy(cls.executable, "-n", "2")

    @classmethod
    def tearDownClass(cls):
        code = cls.proxy.stop()
        cls.temporary.cleanup()
        assert code == 0, code

    def connect(self, name=None, certificate=None, version=None, authority=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(authority or self.authority.pem)
        context.check_hostname = False
        if certificate:
            context.load_cert_chain(self.folder / f"{certificate}.pem", self.folder / f"{certificate}.key")
        if version:
            context.maximum_version = version
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return context.wrap_socket(raw, server_hostname=name)

    def ask(self, connection, number=1):
        connection.sendall(request(number=number).encode())
        return self.answer(connection)

    def answer(self, connection):
        reply = ""
        while "\r\n\r\n" not in reply:
            piece = connection.recv(65536).decode()
            self.assertTrue(piece, "the connection ended")
            reply += piece
        self.assertTrue(reply.startswith("SIP/2.0 200 OK"), reply)
        return re.search(r"X-Tls: (.*)\r\n", reply).group(1).split("|")

    def rpc(self, method, *params):
        path = self.folder / f"client-{time.monotonic_ns()}.sock"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(str(path))
            s.settimeout(10)
            s.sendto(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode(), str(self.folder / "rpc.sock"))
            return json.loads(s.recv(1 << 20))

    def test_the_default_profile_and_what_variables_say(self):
        with self.connect() as c:
            self.assertEqual(self.ask(c), ["TLSv1.3", "<null>", "<null>", "a", "0", "0", "tls", "/C=DE/O=Acme/CN=Test CA", "<null>", "25601"])
        with self.connect("zzz.example", "client", ssl.TLSVersion.TLSv1_2) as c:
            self.assertEqual(self.ask(c), ["TLSv1.2", "zzz.example", "client", "a", "1", "1", "tls", "/C=DE/O=Acme/CN=Test CA", "sip:alice@a.example", "25611"])

    def test_the_name_chooses_the_profile(self):
        for name in ("b.example", "x.b.example"):
            with self.connect(name) as c:
                self.assertEqual(self.ask(c)[:4], ["TLSv1.2", name, "<null>", "b"])

    def test_sessions_are_resumed_within_their_profile_only(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context.maximum_version = version

            def connect(name, session):
                with context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=10), server_hostname=name, session=session) as c:
                    self.ask(c)
                    return c.session, c.session_reused

            session, reused = connect("a.example", None)
            self.assertFalse(reused)
            self.assertTrue(connect("a.example", session)[1], version)
            self.assertFalse(connect("b.example", session)[1], version)

    def test_s_client(self):
        for name, version in (("a.example", "TLSv1.3"), ("b.example", "TLSv1.2")):
            done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-servername", name, "-CAfile", self.authority.pem,
                                   "-verify_return_error", "-brief"], input=b"", capture_output=True, timeout=20)
            said = (done.stdout + done.stderr).decode()
            self.assertIn(f"Protocol version: {version}", said)
            self.assertIn("Verification: OK", said)
            self.assertIn(f"CN = {name[0]}", said)

    def test_a_client_with_a_certificate_of_others_is_refused(self):
        other = Authority(self.folder / "other", "Other CA")
        other.issue("stranger", "DNS:s.example")
        for suffix in ("pem", "key"):
            (other.folder / f"stranger.{suffix}").rename(self.folder / f"stranger.{suffix}")
        with self.assertRaises((ssl.SSLError, ConnectionError, AssertionError)):
            with self.connect(certificate="stranger") as c:
                self.ask(c)

    def test_records_split_at_every_byte(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context.wrap_bio(incoming, outgoing)
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as raw:
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

            def flush():
                for byte in outgoing.read():
                    raw.sendall(bytes([byte]))

            def until(action):
                while True:
                    try:
                        return action()
                    except ssl.SSLWantReadError:
                        flush()
                        incoming.write(raw.recv(65536))

            until(tls.do_handshake)
            for number in (1, 2):
                tls.write(request(number=number).encode())
                flush()
                reply = until(lambda: tls.read(65536)).decode()
                self.assertTrue(reply.startswith("SIP/2.0 200 OK"), reply)
            for byte in request(number=3).encode():   # a record for each byte
                tls.write(bytes([byte]))
            flush()
            self.assertTrue(until(lambda: tls.read(65536)).decode().startswith("SIP/2.0 200 OK"))

    def server(self, certificate, verify=False, until=None):
        """A TLS server that answers one request and stays a moment, or `until` an event; gives its port and, later, what it saw."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f"{certificate}.pem", self.folder / f"{certificate}.key")
        seen = {"names": []}
        context.sni_callback = lambda _, name, __: seen["names"].append(name)
        if verify:
            context.load_verify_locations(self.authority.pem)
            context.verify_mode = ssl.CERT_REQUIRED
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(10)

        def serve():
            try:
                raw, _ = listener.accept()
                raw.settimeout(10)
                with context.wrap_socket(raw, server_side=True) as c:
                    text = c.recv(65536).decode()
                    seen["via"] = re.search(r"Via: (\S+)", text).group(1)
                    seen["peer"] = c.getpeercert().get("subject") if verify else None
                    vias = "".join(line + "\r\n" for line in text.split("\r\n") if line.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:")))
                    c.sendall(("SIP/2.0 200 Fine\r\n" + vias + "Content-Length: 0\r\n\r\n").encode())
                    time.sleep(0.3) if until is None else until.wait(10)
            except (OSError, ssl.SSLError) as error:
                seen["error"] = str(error)
            listener.close()

        thread = threading.Thread(target=serve)
        thread.start()
        return listener.getsockname()[1], seen, thread

    def relay(self, number, port, extra=""):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(15)
            s.sendto(request("MESSAGE", number, "UDP", f"X-Port: {port}\r\n{extra}").encode(), ("127.0.0.1", self.udp))
            while True:
                reply = s.recv(65536).decode()
                if not reply.startswith("SIP/2.0 1"):
                    return reply.split("\r\n")[0]

    def test_relays_over_tls_and_verifies_the_server(self):
        port, seen, thread = self.server("a")
        self.assertEqual(self.relay(11, port, "X-Name: a.example\r\n"), "SIP/2.0 200 Fine", self.proxy.script_log())
        thread.join()
        self.assertEqual((seen["via"], seen["names"]), ("SIP/2.0/TLS", ["a.example"]))
        port, seen, thread = self.server("b")
        self.assertNotEqual(self.relay(12, port, "X-Name: a.example\r\n"), "SIP/2.0 200 Fine")   # a certificate for another name
        thread.join()
        self.assertIn("error", seen)

    def test_lists_name_the_peer_as_source_and_are_by_id(self):
        listed = threading.Event()
        port, _, thread = self.server("a", until=listed)
        with self.connect() as c:
            self.ask(c)
            self.relay(16, port)
            for command in ("tls.list", "core.tcp_list"):
                rows = self.rpc(command)["result"]
                self.assertEqual([row["id"] for row in rows], sorted(row["id"] for row in rows))
                ports = {row["src_port"]: row["dst_port"] for row in rows}
                self.assertEqual((ports[c.getsockname()[1]], ports[port]), (self.port, 0))
        listed.set()
        thread.join()

    def test_a_client_profile_by_its_id(self):
        port, seen, thread = self.server("a", verify=True)
        self.assertEqual(self.relay(13, port, "X-Id: with_certificate\r\n"), "SIP/2.0 200 Fine")
        thread.join()
        self.assertIn((("commonName", "client"),), seen["peer"])
        self.assertEqual(seen["names"], [None])                                          # a section's name is not asked for
        for number, extra, certificate in ((14, "X-Id: nobody\r\n", False), (15, "X-Id: WITH_certificate\r\nX-Name: a.example\r\n", True)):
            port, seen, thread = self.server("a", verify=certificate)
            self.assertEqual(self.relay(number, port, extra), "SIP/2.0 200 Fine")        # an id of no section: as without one
            thread.join()

    def test_rpc_lists_and_reloads(self):
        with self.connect() as c:
            self.ask(c)
            mine = [row for row in self.rpc("tls.list")["result"] if row["src_port"] == c.getsockname()[1]]
            self.assertEqual([(row["state"], row["dst_port"]) for row in mine], [("established", self.port)])
            self.assertIn("TLSv1.3", mine[0]["cipher"])
            self.assertIn(("TLS", "CONN_OK", c.getsockname()[1]), [(row["type"], row["state"], row["src_port"]) for row in self.rpc("core.tcp_list")["result"]])
            self.assertGreaterEqual(self.rpc("core.tcp_info")["result"]["opened_tls_connections"], 1)
            self.assertGreaterEqual(self.rpc("tls.info")["result"]["opened_connections"], 1)
            # A new certificate under the same name: new connections get it, this one goes on.
            certificate = (self.folder / "a.pem").read_bytes(), (self.folder / "a.key").read_bytes()
            self.authority.issue("fresh", "DNS:a.example")
            for suffix in ("pem", "key"):
                (self.folder / f"a.{suffix}").write_bytes((self.folder / f"fresh.{suffix}").read_bytes())
            self.assertIn("Ok", str(self.rpc("tls.reload")["result"]))
            with self.connect() as other:
                self.assertEqual(self.ask(other)[3], "fresh")
            self.assertEqual(self.ask(c, 2)[3], "a")
            # Faulty files leave what is there.
            (self.folder / "a.pem").write_text("no certificate")
            self.assertIn("cannot be loaded", self.rpc("tls.reload")["error"]["message"])
            with self.connect() as other:
                self.assertEqual(self.ask(other)[3], "fresh")
            (self.folder / "a.pem").write_bytes(certificate[0])
            (self.folder / "a.key").write_bytes(certificate[1])
            self.rpc("tls.reload")
            self.rpc("tls.kill", mine[0]["id"])
            self.assertEqual(c.recv(1), b"")

    def test_faulty_files_are_told_at_start(self):
        text = (self.folder / "tls.cfg").read_text()
        for change, words in ((("a.key", "nope.key"), "nope.key' cannot be loaded"), (("verify_client", "verify_klient"), "tls.cfg:5:1"),
                              (("TLSv1.2", "TLSv9"), "tls.cfg:10:10: there is no method 'TLSv9'"),
                              ((text, ""), "cert.pem' cannot be loaded")):
            (self.folder / "tls.cfg").write_text(text.replace(*change, 1))
            done = subprocess.run([str(self.executable), "--check"], capture_output=True, text=True, timeout=20)
            self.assertEqual(done.returncode, 78, done.stderr)
            self.assertIn(words, done.stderr)
        (self.folder / "tls.cfg").write_text(text)

    def test_a_handshake_that_never_ends_is_cut_off_and_no_tls_is_refused(self):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as raw:
            raw.sendall(b"OPTIONS sip:x SIP/2.0\r\n\r\n")
            while raw.recv(4096):
                pass


if __name__ == "__main__":
    unittest.main()
