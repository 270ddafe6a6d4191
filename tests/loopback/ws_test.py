"""HTTP and WebSockets end to end: the usual websocket.cfg over WS and WSS, calls to a UDP phone, hostile frames, JSON-RPC over HTTP."""

import json
import struct
import tempfile
import time
import unittest
from pathlib import Path

from agent import Agent
from certificates import Authority
from proxy import Proxy, build, free_port
from settings import STROWGER
from web_socket import BINARY, CLOSE, PING, PONG, TEXT, Stream, WebSocket, frame, upgrade

SCRIPT = """#!KAMAILIO
enable_tls=yes
debug=2
listen=udp:127.0.0.1:UDPPORT
listen=tcp:127.0.0.1:UDPPORT
listen=tls:127.0.0.1:TLSPORT
tcp_accept_no_cl=yes
tcp_connection_lifetime=3604
alias="ws.example"
loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "nathelper.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "kex.so"
loadmodule "tls.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
loadmodule "jsonrpcs.so"
modparam("tls", "certificate", "FOLDER/a.pem")
modparam("tls", "private_key", "FOLDER/a.key")
modparam("jsonrpcs", "transport", 1)
modparam("registrar", "received_avp", "$avp(RECEIVED)")
modparam("nathelper", "received_avp", "$avp(RECEIVED)")
modparam("websocket", "keepalive_timeout", 3)
modparam("websocket", "rm_delay_interval", 1)
modparam("websocket", "cors_mode", 2)

event_route[core:pre-routing] {
  if ($hu == "/dropped") { drop; }
  if ($hu == "/wait?held") { jsonrpc_exec('{"jsonrpc": "2.0", "method": "core.echo", "params": ["x"], "id": 1}'); $avp(first) = "seen"; }
}
event_route[xhttp:request] {
  set_reply_no_connect();
  if ($hu =~ "^/RPC") { jsonrpc_dispatch(); exit; }
  if ($hu =~ "^/wait") { jsonrpc_exec('{"jsonrpc": "2.0", "method": "core.echo", "params": ["x"], "id": 1}'); }
  if ($hu =~ "^/(wait|show)") {
    if ($avp(first) == $null) { $avp(first) = ""; }
    append_to_reply("X-Show: $rm $(hu{url.path}) $(hu{url.querystring}) $proto $hdr(Via)\\r\\n");
    xhttp_reply("200", "OK", "text/plain", "got: $rb$avp(first)");
    xhttp_reply("500", "Twice", "text/plain", "never");
    exit;
  }
  if ($hdr(Upgrade) =~ "websocket" && $hdr(Connection) =~ "Upgrade" && $rm =~ "GET") {
    if ($hdr(Host) == $null || !is_myself("sip:" + $hdr(Host))) { xhttp_reply("403", "Forbidden", "", ""); exit; }
    if (ws_handle_handshake()) { exit; }
  }
  xhttp_reply("404", "Not Found", "", "");
}
event_route[websocket:closed] { xlog("L_INFO", "closed $si:$sp $ws_conid\\n"); }

request_route {
  if (nat_uac_test(64)) {
    force_rport();
    if (is_method("REGISTER")) { fix_nated_register(); } else { add_contact_alias(); }
  }
  if (is_method("CANCEL")) { if (t_check_trans()) { t_relay(); } exit; }
  if (has_totag()) {
    if (loose_route()) {
      if (!isdsturiset()) { handle_ruri_alias(); }
      t_relay();
      exit;
    }
    if (is_method("ACK")) { if (t_check_trans()) { t_relay(); } exit; }
    sl_send_reply("404", "Not Here");
    exit;
  }
  if (is_method("REGISTER")) { save("location"); exit; }
  if (is_method("OPTIONS")) {
    if ($rU == "leave") { ws_close(4001, "as wished"); exit; }
    sl_send_reply("200", "$proto $ws_conid");
    exit;
  }
  record_route();
  if (!lookup("location")) { sl_send_reply("404", "Not Found"); exit; }
  t_on_reply("R");
  if (!t_relay()) { sl_reply_error(); }
}
onreply_route[R] { if (nat_uac_test(64)) { add_contact_alias(); } }
"""


class Ws(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = Path(cls.temporary.name)
        Authority(cls.folder).issue("a", "DNS:ws.example,IP:127.0.0.1")
        cls.port, cls.tls = free_port(), free_port()
        cfg = cls.folder / "websocket.cfg"
        cfg.write_text(SCRIPT.replace("UDPPORT", str(cls.port)).replace("TLSPORT", str(cls.tls)).replace("FOLDER", str(cls.folder)))
        build(STROWGER, cfg, cls.folder / "proxy")
        cls.proxy = Proxy(cls.folder / "proxy", "-n", "2")

    @classmethod
    def tearDownClass(cls):
        code = cls.proxy.stop()
        cls.temporary.cleanup()
        assert code == 0, code

    def open(self, secure=False, **headers):
        headers.setdefault("Host", f"127.0.0.1:{self.tls if secure else self.port}")
        return WebSocket(self.tls if secure else self.port, secure, **headers)

    def ask(self, text, port=None):
        with Stream(port or self.port) as s:
            s.send(text)
            return s.http()

    def rpc(self, method, *params):
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        return json.loads(self.ask(f"POST /RPC HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n{body}")[2])

    # ---- HTTP ----------------------------------------------------------------------------------------------------------

    def test_requests_are_answered_in_order_however_they_are_cut(self):
        posts = "".join(f"POST /{what}?n={i} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{i:02}"
                        for i, what in enumerate(["show", "wait", "show", "wait", "wait", "show"]))
        for tls, piece in ((False, None), (False, 1), (True, None), (True, 7)):
            with Stream(self.tls if tls else self.port, tls) as s:
                s.send(posts, piece)
                for i in range(6):
                    first, headers, body = s.http()
                    self.assertEqual((first, body), ("HTTP/1.1 200 OK", f"got: {i:02}"))
                    shown = dict(headers)["X-Show"].split()
                    self.assertEqual(shown[2:4], [f"n={i}", "tls" if tls else "tcp"])
                    self.assertEqual(shown[-1], f"{s.ip}:{s.port}")
                    self.assertEqual([name for name, _ in headers], ["Sia", "X-Show", "Content-Type", "Server", "Content-Length"])

    def test_head_has_no_body_and_close_closes(self):
        with Stream(self.port) as s:
            s.send("HEAD /show HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            self.assertTrue(s.ended())
            self.assertTrue(s.rest.endswith(b"Content-Length: 5\r\n\r\n"), s.rest)

    def test_pre_routing_sees_requests_and_may_drop_them(self):
        with Stream(self.port) as s:
            s.send("GET /dropped HTTP/1.1\r\nHost: x\r\n\r\nGET /wait?held HTTP/1.1\r\nHost: x\r\n\r\nGET /show HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertEqual([s.http()[2], s.http()[2]], ["got: seen", "got: "])

    def test_what_is_no_http_ends_the_connection(self):
        for text in ("POST /show HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", "GET /show HTTP/1.1\r\nbla bla\r\n\r\n",
                     "GET /show HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"):
            with Stream(self.port) as s:
                s.send(text)
                self.assertTrue(s.ended(), text)
                self.assertEqual(s.rest, b"")

    def test_sip_over_the_same_connection_is_sip(self):
        with Stream(self.port) as s:
            s.send("GET /show HTTP/1.1\r\nHost: x\r\n\r\nOPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKa;rport\r\n"
                   "From: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\nContent-Length: 0\r\n\r\n")
            self.assertEqual(s.http()[0], "HTTP/1.1 200 OK")
            self.assertIn("SIP/2.0 200 tcp", s.http()[0])

    def test_json_rpc(self):
        self.assertEqual(self.rpc("core.echo", "one", 2)["result"], ["one", "2"])
        first, headers, body = self.ask('POST /RPC HTTP/1.1\r\nContent-Length: 43\r\n\r\n{"jsonrpc":"2.0","method":"no.such","id":1}')
        self.assertEqual(first, "HTTP/1.1 500 Method Not Found")
        self.assertEqual(dict(headers)["Content-Type"], "application/json")

    # ---- handshakes ----------------------------------------------------------------------------------------------------

    def test_handshakes(self):
        host = f"127.0.0.1:{self.port}"
        for code, changes in ((400, {"Sec_WebSocket_Key": None}), (400, {"Sec_WebSocket_Key": "short"}), (400, {"Sec_WebSocket_Protocol": "msrp"}),
                              (400, {"Sec_WebSocket_Key": ["dGhlIHNhbXBsZSBub25jZQ=="] * 2}), (426, {"Sec_WebSocket_Version": "8"}),
                              (400, {"Sec_WebSocket_Version": None}), (404, {"Upgrade": "h2c"}), (403, {"Host": "other.example"}),
                              (101, {"Upgrade": "foo, websocket"}), (101, {"Connection": "keep-alive, Upgrade"}),
                              (101, {"Sec_WebSocket_Protocol": ["msrp", "x, SIP"]}), (101, {"Host": "ws.example"})):
            first, headers, _ = self.ask(upgrade(**{"Host": host, **changes}))
            self.assertIn(f"HTTP/1.1 {code} ", first, changes)
            if code == 426:
                self.assertEqual(dict(headers)["Sec-WebSocket-Version"], "13")
        self.assertIn(("Access-Control-Allow-Origin", "http://a.example"), self.open(Origin="http://a.example").headers)
        self.assertEqual(self.rpc("ws.disable")["result"], {})
        self.assertIn("503", self.ask(upgrade(Host=host))[0])
        self.rpc("ws.enable")
        with Stream(self.port) as s:           # cut at every byte
            s.send(upgrade(Host=host), 1)
            self.assertIn("101", s.http()[0])

    # ---- SIP -----------------------------------------------------------------------------------------------------------

    def test_messages_in_frames_of_any_shape(self):
        for secure in (False, True):
            with self.open(secure) as w:
                text = w.request("OPTIONS", "sip:x@127.0.0.1")
                for data, piece in ((frame(TEXT, text), None), (frame(BINARY, text), None), (frame(TEXT, text), 1),
                                    (frame(TEXT, text[:9], fin=False) + frame(PING, "in") + frame(0, "", fin=False) + frame(0, text[9:]), 5)):
                    w.send(data, piece)
                    self.assertIn(f"200 {'wss' if secure else 'ws'} ", w.receive().first)
                w.send(frame(TEXT, text) * 3 + frame(PONG, "x"))
                for _ in range(3):
                    self.assertEqual(w.receive().status, 200)
                w.say("\r\n\r\n")
                self.assertEqual(w.data(), (TEXT, b"\r\n"))
                big = text.replace("Max-F", "X-Big: " + "x" * 60000 + "\r\nMax-F")
                w.say(big)
                self.assertEqual(w.receive().status, 200)

    def test_hostile_frames_are_told_why(self):
        text = self.open().request("OPTIONS", "sip:x@127.0.0.1")
        for code, data in ((1002, frame(TEXT, text, mask=False)), (1002, frame(TEXT, text, reserved=4)), (1008, frame(3, text)),
                           (1008, frame(11)), (1002, frame(PING, "x" * 126)), (1002, frame(PING, "x", fin=False)), (1002, frame(0, text)),
                           (1002, frame(TEXT, "a", fin=False) + frame(TEXT, "b")), (1002, b"\x81\xfe\x00\x05abcd"),
                           (1009, b"\x81\xff" + struct.pack(">Q", 1 << 62) + b"abcd"), (1009, b"\x81\xff\x00\x00\x00\x00\x00\x01\x00\x00abcd"),
                           (1000, frame(CLOSE, struct.pack(">H", 1001))), (1000, frame(CLOSE)), (1000, frame(CLOSE, "x"))):
            for piece in (None, 1):
                with self.open() as w:
                    try:
                        w.send(data, piece)
                    except ConnectionError:              # it was told before all was sent
                        pass
                    self.assertIn(w.closed_with(), (code, None) if piece else (code,), data[:20])
        self.assertTrue(self.proxy.alive())

    def call(self, secure):
        name = "wss" if secure else "ws"
        with self.open(secure) as w:
            w.say(w.request("REGISTER", "sip:127.0.0.1", to="sip:alice@127.0.0.1", headers=["Expires: 300"]))
            self.assertIn(f'received="sip:127.0.0.1:{w.port};transport=ws"', w.expect(200).get("Contact"))
            bob = Agent("bob", self.port)
            bob.register()
            # The phone calls the browser.
            bob.send(bob.request("INVITE", f"sip:alice@127.0.0.1:{self.port}"))
            invite = w.expect("INVITE")
            self.assertIn(f"SIP/2.0/{name.upper()} 127.0.0.1:{self.tls if secure else self.port};", invite.get("Via"))
            self.assertIn(";transport=ws;", invite.get("Record-Route"))
            w.reply(invite, 200, "OK", tag="wt", contact="sip:alice@df7jal23ls0d.invalid;transport=ws")
            ok = bob.expect(200)
            self.assertIn(f";alias=127.0.0.1~{w.port}~{6 if secure else 5};transport=ws", ok.get("Contact"))
            call_id = invite.get("Call-ID")
            bob.send(bob.within_dialog("ACK", ok, 1, call_id))
            ack = w.expect("ACK")
            self.assertEqual(ack.uri, "sip:alice@df7jal23ls0d.invalid;transport=ws")
            w.say(w.request("BYE", bob.uri, call_id=call_id, cseq=7, to_tag="x", headers=[f"Route: {r}" for r in invite.all("Record-Route")]))
            bob.reply(bob.expect("BYE"), 200, "OK")
            w.expect(200)
            # The browser calls the phone.
            w.say(w.request("INVITE", "sip:bob@127.0.0.1"))
            invite = bob.expect("INVITE")
            self.assertIn(f"alias=127.0.0.1~{w.port}~", invite.get("Contact"))
            bob.reply(invite, 200, "OK", tag="bt")
            ok = w.expect(200)
            # A name that is no UTF-8 comes in a binary frame: in a text frame a browser would end the connection.
            bob.send(bob.request("MESSAGE", f"sip:alice@127.0.0.1:{self.port}", headers=["Subject: \xff"]).encode("latin1"))
            while True:
                opcode, payload = w.data()
                if payload.startswith(b"MESSAGE"):
                    break
            self.assertEqual(opcode, BINARY)
            w.send(frame(CLOSE))
            self.assertTrue(w.ended())   # the proxy knows of it
        # Who is gone cannot be called.
        bob.send(bob.request("INVITE", f"sip:alice@127.0.0.1:{self.port}"))
        self.assertGreaterEqual(bob.expect(477).status, 400)
        bob.close()

    def test_calls_over_ws(self):
        self.call(False)

    def test_calls_over_wss(self):
        self.call(True)

    # ---- life and end --------------------------------------------------------------------------------------------------

    def test_silent_ones_are_pinged_and_closed_when_they_stay_silent(self):
        with self.open(within=20) as w:
            self.assertEqual(w.frame()[1], PING)
            w.send(frame(PONG, "x"))
            self.assertEqual(w.frame()[1], PING)
            self.assertEqual(w.closed_with(), 1000)

    def test_scripts_and_commands_close(self):
        with self.open() as w, self.open() as other:
            w.say(w.request("OPTIONS", "sip:x@127.0.0.1"))
            number = int(w.receive().first.split()[-1])
            self.assertGreaterEqual(self.rpc("ws.dump", 1)["result"]["info"]["wscounter"], 1)   # a number names no order
            lines = self.rpc("ws.dump", "used_asc")["result"]["connections"]
            self.assertTrue(any(line.startswith(f"{number}: ws:127.0.0.1:{w.port} -> ws:127.0.0.1:{self.port} (state: OPEN") for line in lines), lines)
            self.assertEqual(self.rpc("ws.ping", number)["result"], {})
            self.assertEqual(w.frame()[1], PING)
            w.send(frame(PONG))
            self.assertEqual(self.rpc("ws.ping", 999999)["error"]["message"], "Unknown connection ID")
            self.assertEqual(self.rpc("ws.close", number)["result"], {})
            self.assertEqual(w.closed_with(), 1000)          # and it ends although nobody answers the close frame
            other.say(other.request("OPTIONS", "sip:leave@127.0.0.1"))
            opcode, payload = other.data()
            self.assertEqual((opcode, payload), (CLOSE, struct.pack(">H", 4001) + b"as wished"))
            other.send(frame(CLOSE, payload))
            self.assertTrue(other.ended())
            line = f"INFO: closed 127.0.0.1:{w.port} {number}"
            deadline = time.monotonic() + 10
            while line not in self.proxy.script_log() and time.monotonic() < deadline:
                pass
            self.assertIn(line, self.proxy.script_log())
        numbers = dict(row.split(" = ") for row in self.rpc("stats.get_statistics", "websocket:")["result"])
        self.assertGreaterEqual(int(numbers["websocket:ws_local_closed_connections"]), 2)
        self.assertEqual(int(numbers["websocket:ws_msrp_received_frames"]), 0)


if __name__ == "__main__":
    unittest.main()
