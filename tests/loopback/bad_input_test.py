"""Bad input gets a clear answer: from the compiler with the place, from the proxy without falling over."""

import os
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from agent import Agent
from proxy import ROOT, Proxy, build, free_port
from settings import STROWGER

PREAMBLE = """loadmodule "sl.so"
loadmodule "tm.so"
loadmodule "pv.so"
loadmodule "xlog.so"
"""


class Compiler(unittest.TestCase):
    def refuse(self, text, code, line, words, command="build"):
        """`text` must be refused with exactly one error `code` at `line` whose message holds `words`."""
        with tempfile.TemporaryDirectory() as folder:
            cfg = Path(folder) / "bad.cfg"
            cfg.write_text(text)
            output = ["-o", str(Path(folder) / "out")] if command == "build" else []
            done = subprocess.run([STROWGER, command, str(cfg), *output], capture_output=True, text=True)
            said = done.stdout + done.stderr
            self.assertEqual(done.returncode, 1, said)
            errors = [row for row in said.splitlines() if ": error[" in row]
            self.assertEqual(len(errors), 1, said)
            self.assertIn(f"bad.cfg:{line}:", errors[0])
            self.assertIn(f"error[{code}]", errors[0])
            self.assertIn(words, said)
            self.assertIn("^", said)
            self.assertFalse((Path(folder) / "out").exists())

    def test_missing_semicolon(self):
        self.refuse('loadmodule "sl.so"\nrequest_route {\n    sl_send_reply("200", "OK")\n    exit;\n}\n', "E0010", 3, ";")

    def test_unknown_function_with_a_suggestion(self):
        self.refuse(PREAMBLE + "request_route {\n    t_relayy();\n}\n", "E0101", 6, "t_relay")

    def test_function_of_a_module_that_is_not_loaded(self):
        self.refuse(PREAMBLE + "request_route {\n    record_route();\n}\n", "E0102", 6, "rr")

    def test_wrong_number_of_arguments(self):
        self.refuse(PREAMBLE + 'request_route {\n    sl_send_reply("200");\n}\n', "E0103", 6, "sl_send_reply")

    def test_function_in_the_wrong_route(self):
        self.refuse(PREAMBLE + "request_route { exit; }\nonsend_route {\n    t_relay();\n}\n", "E0104", 7, "onsend_route")

    def test_unknown_parameter_with_a_suggestion(self):
        self.refuse(PREAMBLE + 'modparam("tm", "fr_timr", 5)\nrequest_route { exit; }\n', "E0111", 5, "fr_timer")

    def test_parameter_of_the_wrong_type(self):
        self.refuse(PREAMBLE + 'modparam("tm", "fr_timer", "soon")\nrequest_route { exit; }\n', "E0112", 5, "fr_timer")

    def test_unknown_variable(self):
        self.refuse("#!KAMAILIO\n" + PREAMBLE + "request_route {\n    if ($nosuch == 1) exit;\n}\n", "E0210", 7, "nosuch")

    def test_a_function_without_code_is_refused_by_build(self):
        self.refuse(PREAMBLE + 'loadmodule "siptrace.so"\nrequest_route {\n    sip_trace();\n}\n', "E0901", 7, "sip_trace")

    def test_three_faults_give_three_findings(self):
        with tempfile.TemporaryDirectory() as folder:
            cfg = Path(folder) / "bad.cfg"
            cfg.write_text(PREAMBLE + 'request_route {\n    t_realy();\n    sl_send_reply("200");\n    route(NOWHERE);\n}\n')
            done = subprocess.run([STROWGER, "lint", str(cfg)], capture_output=True, text=True)
            errors = [row for row in (done.stdout + done.stderr).splitlines() if ": error[" in row]
            self.assertEqual([row.split(":")[1] for row in errors], ["6", "7", "8"], done.stdout + done.stderr)

    def test_a_file_that_is_not_there(self):
        for command in (["build", "/nonexistent/x.cfg"], ["lint", "/nonexistent/x.cfg"]):
            done = subprocess.run([STROWGER, *command], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn("/nonexistent/x.cfg", done.stdout + done.stderr)

    def test_usage_errors_exit_with_2(self):
        for command in ([], ["frobnicate"], ["build"], ["build", "--no-such-option", "x.cfg"]):
            done = subprocess.run([STROWGER, *command], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, command)


class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.port = free_port()
        cls.executable = Path(cls.folder.name) / "pbx"
        build(STROWGER, ROOT / "examples" / "pbx.cfg", cls.executable, [f"PORT={cls.port}"])

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_an_address_in_use_exits_69_and_names_it(self):
        with Proxy(self.executable):
            other = subprocess.run([str(self.executable)], capture_output=True, text=True, timeout=20)
            self.assertEqual(other.returncode, 69, other.stderr)
            self.assertIn(f"127.0.0.1:{self.port}", other.stderr)

    def test_a_bad_option_exits_64(self):
        done = subprocess.run([str(self.executable), "--no-such-option"], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 64, done.stderr)

    def test_check_and_version_bind_nothing(self):
        with Proxy(self.executable):
            for option in ("--check", "--version", "--print-config"):
                done = subprocess.run([str(self.executable), option], capture_output=True, text=True, timeout=20)
                self.assertEqual(done.returncode, 0, f"{option}: {done.stdout}{done.stderr}")

    def test_it_listens_where_the_command_line_says(self):
        port = free_port()
        with Proxy(self.executable, "--listen", f"udp:127.0.0.1:{port}"):
            alice = Agent("alice", port)
            alice.send(alice.request("OPTIONS", f"sip:127.0.0.1:{port}"))
            alice.expect(200)
            alice.close()

    def test_malformed_messages_do_no_harm(self):
        nasty = [b"", b"\x00" * 600, b"\r\n\r\n", b"INVITE", b"INVITE sip:a@b SIP/2.0\r\n", os.urandom(1400), b"SIP/2.0 200 OK\r\n\r\n",
                 b"OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKx\r\n" + b"X: y\r\n" * 2000 + b"\r\n",
                 b"A" * 65000, b"INVITE sip:" + b"a" * 60000 + b"@b SIP/2.0\r\n\r\n",
                 b"OPTIONS sip:a SIP/2.0\r\nVia:\r\nFrom:\r\nTo:\r\nCall-ID:\r\nCSeq:\r\n\r\n"]
        with Proxy(self.executable) as proxy:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                for data in nasty * 3:
                    s.sendto(data, ("127.0.0.1", self.port))
            time.sleep(0.2)
            alice = Agent("alice", self.port)
            alice.send(alice.request("OPTIONS", f"sip:127.0.0.1:{self.port}"))
            alice.expect(200)
            # A request that can be answered gets 400.
            bad = alice.request("OPTIONS", f"sip:127.0.0.1:{self.port}").replace("CSeq: 2 OPTIONS", "CSeq: 2 INVITE")
            alice.send(bad)
            alice.expect(400)
            alice.close()
            self.assertTrue(proxy.alive())

    def test_several_workers_share_the_load_and_drain_on_sigterm(self):
        with Proxy(self.executable, "--workers", "3") as proxy:
            agents = [Agent(f"u{i}", self.port) for i in range(12)]
            for agent in agents:
                agent.register()
            for caller, callee in zip(agents, agents[1:]):
                invite = caller.request("INVITE", f"sip:{callee.name}@127.0.0.1:{self.port}")
                caller.send(invite)
                arrived = callee.expect("INVITE")
                callee.reply(arrived, 486, "Busy Here", tag="tt")
                caller.expect(486)
                callee.expect("ACK")
            for agent in agents:
                agent.close()
            self.assertEqual(proxy.stop(), 0, "\n".join(proxy.lines))


if __name__ == "__main__":
    unittest.main()
