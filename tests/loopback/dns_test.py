"""A proxy with a name server that answers, answers late, wrongly or never: who waits, and who does not."""

import socket
import tempfile
import unittest
from pathlib import Path

from dns_server import Server
from proxy import Proxy, build, free_port
from settings import STROWGER

SCRIPT = """
dns_retr_time=1
dns_retr_no=2
use_dns_failover=yes
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "ipops.so"
modparam("tm", "fr_timer", 1000)
request_route {
  if ($rU == "query") {
    dns_query("two.test", "q"); srv_query("_sip._udp.gw.test", "s"); naptr_query("nap.test", "n");
    sl_send_reply("200", "$dns(q=>count) $dns(q=>addr[1]) $srvquery(s=>count) $srvquery(s=>target[0]) $naptrquery(n=>services[0])");
    exit;
  }
  if ($rU == "stateless") { forward(); exit; }
  t_relay();
}
"""

ZONE = """
here.test A 300 127.0.0.1
two.test A 300 127.0.0.5
two.test AAAA 300 ::1
nap.test NAPTR 300 10 10 s SIP+D2U "" _sip._udp.gw.test
_sip._udp.gw.test SRV 300 10 50 {dead} here.test
_sip._udp.gw.test SRV 300 20 50 {agent} here.test
late.test A 300 127.0.0.1
late.test late 700
never.test never
wrong.test wrong
cut.test A 300 127.0.0.1
cut.test short
fail.test fail
"""


class Dns(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.agent, cls.client = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one in (cls.agent, cls.client):
            one.bind(("127.0.0.1", 0))
            one.settimeout(8)
        cls.agent_port = cls.agent.getsockname()[1]
        cls.server = Server("127.0.0.1", 0, ZONE.format(dead=free_port(), agent=cls.agent_port)).start()
        cfg, cls.port = Path(cls.folder.name) / "dns.cfg", free_port()
        cfg.write_text(SCRIPT)
        build(STROWGER, cfg, Path(cls.folder.name) / "proxy")
        cls.proxy = Proxy(Path(cls.folder.name) / "proxy", "--listen", f"udp:127.0.0.1:{cls.port}", "--workers", "1", "--drain", "0",
                          "--dns-server", f"127.0.0.1:{cls.server.port}")
        cls.number, cls.replies, cls.answered = 0, {}, set()

    @classmethod
    def tearDownClass(cls):
        cls.proxy.stop()
        cls.server.stop()
        cls.folder.cleanup()

    def ask(self, uri, user="x"):
        type(self).number += 1
        n = self.number
        uri = f"sip:{user}@{uri}"
        self.client.sendto((f"OPTIONS {uri} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{self.client.getsockname()[1]};branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\n"
                            f"From: <sip:a@x>;tag={n}\r\nTo: <{uri}>\r\nCall-ID: {n}\r\nCSeq: {n} OPTIONS\r\nContent-Length: 0\r\n\r\n").encode(),
                           ("127.0.0.1", self.port))
        return n

    def reply(self, n):
        while n not in self.replies:
            text = self.client.recv(65535).decode()
            self.replies[int(text.split("\r\nCSeq: ")[1].split()[0])] = text.split("\r\n")[0][8:]
        return self.replies[n]

    def arrived(self, n):
        """Answers what comes to the agent with 200 until request number `n` was among it: repeated and late ones may be in front."""
        while n not in self.answered:
            text, source = self.agent.recvfrom(65535)
            lines = [line for line in text.decode().split("\r\n") if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
            self.agent.sendto(("SIP/2.0 200 OK\r\n" + "\r\n".join(lines) + "\r\nContent-Length: 0\r\n\r\n").encode(), source)
            self.answered.add(int(next(line for line in lines if line.startswith("CSeq:")).split()[1]))

    def test_a_name(self):
        for user in ("x", "stateless"):
            n = self.ask(f"here.test:{self.agent_port}", user)
            self.arrived(n)
            self.assertEqual(self.reply(n), "200 OK")
        self.assertEqual(self.server.asked.count(("here.test", "A")), 1)

    def test_the_next_server(self):
        n = self.ask("gw.test")
        self.arrived(n)
        self.assertEqual(self.reply(n), "200 OK")

    def test_queries_of_scripts(self):
        self.assertEqual(self.reply(self.ask("a", "query")), "200 2 127.0.0.5 2 here.test SIP+D2U")

    def test_an_answer_over_tcp_is_not_there(self):
        self.assertEqual(self.reply(self.ask("cut.test:5060")), "478 Unresolvable destination (478/TM)")

    def test_late_wrong_and_never_harm_nobody_else(self):
        late = self.ask(f"late.test:{self.agent_port}")
        bad = [self.ask(f"{name}.test:5060") for name in ("never", "wrong", "fail", "nowhere")]
        for _ in range(50):
            n = self.ask(f"127.0.0.1:{self.agent_port}")
            self.arrived(n)
            self.assertEqual(self.reply(n), "200 OK")
        self.arrived(late)
        self.assertEqual(self.reply(late), "200 OK")
        for n in bad:
            self.assertEqual(self.reply(n), "478 Unresolvable destination (478/TM)")


if __name__ == "__main__":
    unittest.main()
