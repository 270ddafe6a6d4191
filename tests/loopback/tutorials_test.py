"""SIPp calls through the tutorials on transactions: state, reply routes, failure routes, parallel and serial forking."""

import shutil
import tempfile
import unittest
from pathlib import Path

from proxy import ROOT, Proxy, build, free_port
from settings import STROWGER
from sipp import Sipp

CALLS = 10


@unittest.skipUnless(shutil.which("sipp"), "sipp is not installed")
class Tutorials(unittest.TestCase):
    def calls(self, cfg, **peers):
        """`peers`: the script's names for destinations, and the scenarios that play them. Every call is answered."""
        with tempfile.TemporaryDirectory(prefix="tutorial-") as folder:
            port = free_port()
            ports = {name: free_port() for name in peers}
            defines = [f"PORT={port}"] + [f'{name}="sip:{name.lower()}@127.0.0.1:{p}"' for name, p in ports.items()]
            executable = Path(folder) / "proxy"
            build(STROWGER, ROOT / "examples" / "tutorial" / cfg, executable, defines)
            proxy = Proxy(executable)
            phones = [Sipp(scenario, port, ports[name], calls=CALLS) for name, scenario in peers.items()]
            try:
                Sipp("caller", port, free_port(), calls=CALLS).wait()
                for phone in phones:
                    phone.wait()
                return proxy.script_log()
            finally:
                for phone in phones:
                    phone.stop()
                self.assertEqual(proxy.stop(), 0, "\n".join(proxy.lines))

    def test_transaction_state_and_reply_routes(self):
        log = self.calls("transaction-state.cfg", TARGET_URI="called")
        self.assertGreaterEqual(log.count("INFO: for reply 200 the memory is remembered"), CALLS)
        self.assertEqual(log.count("INFO: for BYE the memory is <null>"), CALLS)

    def test_failure_routes(self):
        log = self.calls("failure-route.cfg", FIRST="busy", SECOND="called")
        self.assertEqual(log.count("INFO: first destination failed with 486"), CALLS)

    def test_parallel_forking(self):
        self.calls("parallel-forking.cfg", FIRST="ringing", SECOND="called", THIRD="ringing")

    def test_serial_forking(self):
        log = self.calls("serial-forking.cfg", FIRST="busy", SECOND="busy", THIRD="called")
        self.assertEqual(log.count("INFO: destination failed with 486, trying the next"), 2 * CALLS)


if __name__ == "__main__":
    unittest.main()
