"""Two workers and one caller with one socket: both of them work, and no message of a call overtakes another."""

import select
import socket
import tempfile
import unittest
from pathlib import Path

from proxy import Proxy, build, free_port
from settings import STROWGER

SCRIPT = """
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
request_route {
  if (has_totag()) { loose_route(); t_relay(); exit; }
  record_route();
  $du = "sip:127.0.0.1:CALLEE";
  t_relay();
}
"""
CALLS, AT_ONCE, PROVISIONAL = 600, 40, ("180", "181", "183")


def value(message, name):
    return message.split(f"\r\n{name}: ")[1].split("\r\n")[0]


class Workers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.caller, self.callee = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one in (self.caller, self.callee):
            self.addCleanup(one.close)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
            one.bind(("127.0.0.1", 0))
            one.setblocking(False)
        cfg, self.port = Path(folder.name) / "w.cfg", free_port()
        cfg.write_text(SCRIPT.replace("CALLEE", str(self.callee.getsockname()[1])))
        build(STROWGER, cfg, Path(folder.name) / "proxy")
        self.proxy = Proxy(Path(folder.name) / "proxy", "--listen", f"udp:127.0.0.1:{self.port}", "--workers", "2", "--drain", "0")
        self.addCleanup(self.proxy.stop)

    def send_request(self, method, number, branch, to="", routes=()):
        lines = [f"{method} sip:x@127.0.0.1:{self.callee.getsockname()[1]} SIP/2.0",
                 f"Via: SIP/2.0/UDP 127.0.0.1:{self.caller.getsockname()[1]};branch=z9hG4bK-{branch}", "Max-Forwards: 70",
                 *[f"Route: {route}" for route in routes], f"From: <sip:a@b>;tag={number}", f"To: <sip:x@b>{to}", f"Call-ID: order-{number}",
                 f"CSeq: 1 {method}", f"Contact: <sip:a@127.0.0.1:{self.caller.getsockname()[1]}>", "Content-Length: 0", "", ""]
        self.caller.sendto("\r\n".join(lines).encode(), ("127.0.0.1", self.port))

    def answer(self, data, peer):
        """All provisional replies and the final one in one go."""
        message = data.decode()
        if not message.startswith("INVITE "):
            return
        head = [line for line in message.split("\r\n")[1:] if line.split(":")[0] in ("Via", "From", "Call-ID", "CSeq", "Record-Route")]
        contact = f"Contact: <sip:x@127.0.0.1:{self.callee.getsockname()[1]}>"
        for status in (*PROVISIONAL, "200"):
            self.callee.sendto("\r\n".join([f"SIP/2.0 {status} X", *head, f"To: {value(message, 'To')};tag=u", contact, "Content-Length: 0", "", ""]).encode(), peer)

    def test_order_within_calls_and_work_for_both(self):
        seen, begun, ended = {}, 0, set()
        for _ in range(20000):
            while begun < CALLS and begun - len(ended) < AT_ONCE:
                self.send_request("INVITE", begun, f"i{begun}")
                begun += 1
            if len(ended) == CALLS:
                break
            ready = select.select([self.caller, self.callee], [], [], 5)[0]
            self.assertTrue(ready, f"{len(ended)} of {begun} calls came to their 200")
            for sock in ready:
                while True:
                    try:
                        data, peer = sock.recvfrom(65535)
                    except BlockingIOError:
                        break
                    if sock is self.callee:
                        self.answer(data, peer)
                        continue
                    message = data.decode()
                    call, status = value(message, "Call-ID"), message.split(" ")[1]
                    if status == "100" or " INVITE" not in value(message, "CSeq"):
                        continue
                    seen.setdefault(call, []).append(status)
                    if status == "200" and call not in ended:
                        ended.add(call)
                        self.send_request("ACK", int(call.split("-")[1]), f"a{call}", ";tag=u", [value(message, "Record-Route")])
        self.assertEqual(len(seen), CALLS)
        for call, order in seen.items():
            self.assertEqual(tuple(order[:4]), (*PROVISIONAL, "200"), call)
        spent = {}
        for task in Path(f"/proc/{self.proxy.process.pid}/task").iterdir():
            name = (task / "comm").read_text().strip()
            if name.startswith("worker-"):
                spent[name] = int((task / "schedstat").read_text().split()[0])
        self.assertEqual(len(spent), 2)
        for name, nanoseconds in spent.items():
            self.assertGreater(nanoseconds, sum(spent.values()) / 10, f"{name}: {spent}")


if __name__ == "__main__":
    unittest.main()
