"""Connections by their ids, their names and their ends: tcpops, force_tcp_alias(), udp_mtu, and sockets forced by $fs."""

import socket
import struct
import tempfile
import time
import unittest
from pathlib import Path

from proxy import Proxy, build, free_port
from settings import STROWGER

SCRIPT = """#!KAMAILIO
debug=2
udp_mtu=700
udp_mtu_try_proto=TCP
listen=udp:127.0.0.1:PORT
listen=tcp:127.0.0.1:PORT
listen=udp:127.0.0.1:SECOND
listen=tcp:127.0.0.1:SECOND
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "tm.so"
loadmodule "xlog.so"
loadmodule "tcpops.so"
modparam("tcpops", "closed_event", 2)
event_route[tcp:closed] { xlog("L_INFO", "closed $proto $si:$sp $Rp\\n"); }
event_route[tcp:timeout] { xlog("L_INFO", "timeout $si:$sp\\n"); }
event_route[tcp:reset] { xlog("L_INFO", "reset $si:$sp\\n"); }
request_route {
  force_rport();
  $var(id) = 0;
  switch ($rU) {
    case "close": tcp_close_connection(); exit;
    case "bye": tcp_enable_closed_event(); sl_send_reply("200", "Bye"); tcp_close_connection(); exit;
    case "event": tcp_enable_closed_event(); sl_send_reply("200", "$rc"); exit;
    case "life": tcp_enable_closed_event(); tcp_set_connection_lifetime("1"); sl_send_reply("200", "$rc"); exit;
    case "keep": tcp_keepalive_enable("60", "5", "7"); sl_send_reply("200", "$rc"); exit;
    case "nokeep": tcp_keepalive_disable("$conid"); sl_send_reply("200", "$rc"); exit;
    case "past": tcp_set_connection_lifetime("-1"); sl_send_reply("200", "$rc"); exit;
    case "none": tcp_keepalive_disable("999999"); sl_send_reply("200", "$rc"); exit;
    case "state": tcp_conid_alive("$conid"); $var(a) = $rc; tcp_conid_state("999999"); sl_send_reply("200", "$var(a) $rc"); exit;
    case "get": tcp_get_conid("$si:$sp", "$var(id)"); $var(a) = $rc; if ($var(id) == $conid) $var(b) = "own"; else $var(b) = "other";
      tcp_get_conid("127.0.0.1:9", "$var(id)"); sl_send_reply("200", "$var(a) $var(b) $rc $var(id)"); exit;
    case "var": if ($tcp(conid) == $conid) $var(a) = "same"; else $var(a) = "other"; sl_send_reply("200", "$var(a) [$tcp(c_si)] $tcp(c_sp)"); exit;
    case "id": sl_send_reply("200", "$conid"); exit;
    case "alias": force_tcp_alias(); sl_send_reply("200", "1"); exit;
    case "alias9": force_tcp_alias(5099); sl_send_reply("200", "1"); exit;
  }
  if ($rU =~ "^to-") { $du = "sip:127.0.0.1:" + $(rU{s.substr,3,0}) + ";transport=tcp"; set_forward_no_connect(); forward(); exit; }
  if ($rU =~ "^by-") { tcp_set_otcpid("$(rU{s.substr,3,0})"); tcp_set_otcpid_flag("1"); $du = "sip:127.0.0.1:9;transport=tcp"; t_relay(); exit; }
  if ($rU =~ "^no-") { tcp_set_otcpid("$(rU{s.substr,3,0})"); $du = "sip:127.0.0.1:9;transport=tcp"; set_forward_no_connect(); t_relay(); exit; }
  if ($rU == "nowhere") {
    set_forward_no_connect(); $du = "sip:127.0.0.1:9;transport=tcp";
    if (!t_relay()) xlog("L_INFO", "nowhere: $rc\n");
    exit;
  }
  if ($rU == "final") { set_reply_close(); t_newtran(); t_reply("180", "Ringing"); t_reply("200", "OK"); exit; }
  if ($rU =~ "second") $fs = "tcp:127.0.0.1:SECOND";
  if ($rU =~ "udp") udp_mtu_try_proto(UDP);
  $du = "sip:127.0.0.1:SINK";
  if ($rU =~ "relay") { t_relay(); exit; }
  forward();
}
"""


class Connections(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.port, cls.second, cls.number = free_port(), free_port(), 0
        cls.sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.sink.bind(("127.0.0.1", 0))
        cls.sink.settimeout(2)
        cls.sink_port = cls.sink.getsockname()[1]
        cls.listener = socket.create_server(("127.0.0.1", cls.sink_port))
        cls.listener.settimeout(2)
        cfg = Path(cls.folder.name) / "connections.cfg"
        cfg.write_text(SCRIPT.replace("PORT", str(cls.port)).replace("SECOND", str(cls.second)).replace("SINK", str(cls.sink_port)))
        executable = Path(cls.folder.name) / "proxy"
        build(STROWGER, cfg, executable)
        cls.proxy = Proxy(executable, "-n", "2")

    @classmethod
    def tearDownClass(cls):
        cls.proxy.stop()
        cls.sink.close()
        cls.listener.close()
        cls.folder.cleanup()

    def request(self, user, transport="TCP", padding=0, via_port=5071):
        type(self).number += 1
        n = self.number
        return (f"OPTIONS sip:{user}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:{via_port};branch=z9hG4bK-{n}\r\nMax-Forwards: 9\r\n"
                f"From: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: call-{n}@test\r\nCSeq: 1 OPTIONS\r\nX-Pad: {'x' * padding}\r\n"
                "Content-Length: 0\r\n\r\n").encode()

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port), timeout=3)
        self.addCleanup(s.close)
        return s

    def ask(self, s, user):
        s.sendall(self.request(user))
        return s.recv(65536).decode().split("\r\n")[0].removeprefix("SIP/2.0 200 ")

    def by_udp(self, user, **more):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(self.request(user, "UDP", **more), ("127.0.0.1", self.port))
            time.sleep(0.05)

    def logged(self, words):
        deadline = time.monotonic() + 4
        while time.monotonic() < deadline:
            self.proxy.read(0.05)
            if any(words in line for line in self.proxy.lines):
                return True
        return False

    def test_settings_of_the_own_connection(self):
        s = self.connect()
        for user, answer in (("keep", "1"), ("past", "-1"), ("nokeep", "1"), ("none", "-1"), ("state", "1 -1"), ("get", "1 own -1 0"), ("var", "same [] 0")):
            self.assertEqual(self.ask(s, user), answer, user)

    def test_the_script_hears_that_nothing_may_be_connected(self):
        s = self.connect()
        s.sendall(self.request("nowhere"))
        self.assertIn(b" 477 ", s.recv(65536))
        self.assertTrue(self.logged("nowhere: -1"))

    def test_a_connection_closes_behind_a_final_reply_of_a_transaction(self):
        s = self.connect()
        s.sendall(self.request("final"))
        got = b""
        while (piece := s.recv(65536)):
            got += piece
        self.assertIn(b"SIP/2.0 180 ", got)
        self.assertIn(b"SIP/2.0 200 ", got)

    def test_ends_and_their_events(self):
        quiet, loud, short = self.connect(), self.connect(), self.connect()
        port = {s: s.getsockname()[1] for s in (quiet, loud, short)}
        self.assertEqual(self.ask(loud, "event"), "1")
        self.assertEqual(self.ask(short, "life"), "1")
        self.assertEqual(self.ask(quiet, "keep"), "1")
        quiet.close()
        loud.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        loud.close()
        self.assertTrue(self.logged(f"reset 127.0.0.1:{port[loud]}"))
        self.assertEqual(short.recv(100), b"")                        # a second without a byte
        self.assertTrue(self.logged(f"closed tcp 127.0.0.1:{port[short]} {self.port}"))
        self.assertFalse(any(f":{port[quiet]}" in line for line in self.proxy.lines if "closed" in line))
        mine = self.connect()
        number = mine.getsockname()[1]
        self.assertEqual(self.ask(mine, "bye"), "Bye")                # what was sent before the end arrives
        self.assertEqual(mine.recv(100), b"")
        self.assertTrue(self.logged(f"closed tcp 127.0.0.1:{number} "))
        other = self.connect()
        other.sendall(self.request("close"))
        self.assertEqual(other.recv(100), b"")

    def test_aliases(self):
        for user, port in (("alias", 5071), ("alias9", 5099)):
            s = self.connect()
            self.assertEqual(self.ask(s, user), "1")
            self.by_udp(f"to-{port}")
            self.assertTrue(s.recv(65536).startswith(b"OPTIONS sip:to-"), user)
            s.close()

    def test_a_request_goes_out_over_the_wanted_connection(self):
        s, other = self.connect(), self.connect()
        number = self.ask(s, "id")
        other.sendall(self.request(f"by-{number}"))
        self.assertTrue(s.recv(65536).startswith(b"OPTIONS sip:by-"))
        other.sendall(self.request(f"no-{number}"))                   # without the flag it does not count
        self.assertIn(b" 477 ", other.recv(65536).split(b"\r\n")[0])

    def arrived(self):
        """Over what the next message reaches the sink, and what its top Via says."""
        deadline = time.monotonic() + 3
        self.sink.settimeout(0.02)
        self.listener.settimeout(0.02)
        while time.monotonic() < deadline:
            try:
                data = self.sink.recv(65536)
                return "udp", data.split(b"Via: ")[1].split(b";")[0].decode()
            except TimeoutError:
                pass
            try:
                peer, _ = self.listener.accept()
                peer.settimeout(2)
                type(self).peer = peer
            except TimeoutError:
                pass
            if getattr(self, "peer", None):
                self.peer.settimeout(0.02)
                try:
                    data = self.peer.recv(65536)
                    return "tcp", data.split(b"Via: ")[1].split(b";")[0].decode()
                except TimeoutError:
                    pass
        return None

    def test_long_requests_leave_over_tcp(self):
        self.by_udp("x")
        self.assertEqual(self.arrived(), ("udp", f"SIP/2.0/UDP 127.0.0.1:{self.port}"))
        for user in ("x", "relay", "second", "udp"):
            self.by_udp(user, padding=500)                            # from the last socket of the protocol, as Kamailio does
            self.assertEqual(self.arrived(), ("tcp", f"SIP/2.0/TCP 127.0.0.1:{self.second}"), user)

    def test_a_forced_socket_of_another_protocol_gives_address_and_port(self):
        s = self.connect()
        s.sendall(self.request("second"))
        self.assertEqual(self.arrived(), ("udp", f"SIP/2.0/UDP 127.0.0.1:{self.second}"))


KEEP_ALIVE = """#!KAMAILIO
listen=udp:127.0.0.1:PORT
loadmodule "sl.so"
loadmodule "kex.so"
loadmodule "pv.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "nathelper.so"
loadmodule "stun.so"
modparam("usrloc", "nat_bflag", 6)
modparam("nathelper", "natping_interval", 1)
modparam("nathelper", "ping_nated_only", 1)
modparam("nathelper", "sipping_bflag", 7)
modparam("nathelper", "sipping_from", "sip:pinger@test")
request_route {
  force_rport();
  if ($rU =~ "nat") setbflag(6);
  if ($rU =~ "sip") setbflag(7);
  save("location");
}
"""


class KeepAlive(unittest.TestCase):
    def test_pings_and_stun(self):
        with tempfile.TemporaryDirectory() as folder:
            port = free_port()
            cfg, executable = Path(folder) / "keep.cfg", Path(folder) / "proxy"
            cfg.write_text(KEEP_ALIVE.replace("PORT", str(port)))
            build(STROWGER, cfg, executable)
            with Proxy(executable, "-n", "2"):
                phones = {}
                for name in ("plain", "nat", "natsip"):
                    s = phones[name] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    self.addCleanup(s.close)
                    s.connect(("127.0.0.1", port))
                    s.settimeout(4)
                    s.send((f"REGISTER sip:{name}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK-{name}\r\nFrom: <sip:{name}@t>;tag=1\r\n"
                            f"To: <sip:{name}@t>\r\nCall-ID: {name}\r\nCSeq: 1 REGISTER\r\nExpires: 60\r\n"
                            f"Contact: <sip:{name}@127.0.0.1:{s.getsockname()[1]}>\r\nContent-Length: 0\r\n\r\n").encode())
                    self.assertIn(b" 200 ", s.recv(65536))
                self.assertEqual(phones["nat"].recv(65536), bytes(4))
                self.assertTrue(phones["natsip"].recv(65536).startswith(b"OPTIONS sip:natsip@127.0.0.1"))
                phones["plain"].settimeout(0.2)
                self.assertRaises(TimeoutError, phones["plain"].recv, 65536)
                phones["plain"].settimeout(3)
                phones["plain"].send(b"\x00\x01\x00\x00\x21\x12\xa4\x42abcdefghijkl")
                answer = phones["plain"].recv(65536)
                self.assertEqual(answer[:2] + answer[4:20], b"\x01\x01\x21\x12\xa4\x42abcdefghijkl")
                self.assertEqual(int.from_bytes(answer[26:28]) ^ 0x2112, phones["plain"].getsockname()[1])


if __name__ == "__main__":
    unittest.main()
