"""strowger test: the examples' scenarios pass, and what fails is shown with its line, the messages and the right exit code."""

import sqlite3
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STROWGER = sys.argv.pop(1)

SCRIPT = """script {
    loadmodule "sl.so"
    loadmodule "tm.so"
    loadmodule "pv.so"
    loadmodule "xlog.so"
    request_route {
        if ($rU == "crash") {
            xlog("L_INFO", "never\\n");
        }
        if (method == "OPTIONS") {
            sl_send_reply("200", "Here");
            exit;
        }
        t_relay("192.0.2.20", "5060");
    }
}
agent alice 192.0.2.10:5060
agent bob 192.0.2.20:5060
"""


class Scenarios(unittest.TestCase):
    def run_test(self, *arguments):
        return subprocess.run([STROWGER, "test", *map(str, arguments)], capture_output=True, text=True, timeout=120)

    def play(self, steps, *options, script=SCRIPT):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "case.scenario"
            path.write_text(script + steps)
            done = self.run_test(path, *options)
            return done.returncode, done.stdout.replace(str(path), "case"), done.stderr

    def test_the_examples_pass(self):
        done = self.run_test(ROOT / "examples")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(" 0 failed", done.stdout)

    def test_all_scenarios_of_the_repository_pass(self):
        done = self.run_test(ROOT / "tests/scenarios")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_accounting_stores_rows(self):
        columns = "(id integer primary key, method, from_tag, to_tag, callid, sip_code, sip_reason, time, who, none, leg)"
        script = """script {
    loadmodule "db_sqlite.so"
    loadmodule "tm.so"
    loadmodule "pv.so"
    loadmodule "acc.so"
    modparam("acc", "db_url", "sqlite://%s")
    modparam("acc", "db_flag", 1)
    modparam("acc", "db_missed_flag", 2)
    modparam("acc", "db_table_acc", "calls_$fd")
    modparam("acc", "db_extra", "who=$tU;none=$avp(none)")
    modparam("acc", "multi_leg_info", "leg=$avp(leg)")
    request_route {
        if (method == "ACK") { t_relay(); exit; }
        setflag(1);
        setflag(2);
        $avp(leg) = "first";
        $avp(leg) = 2;
        acc_db_request("100 now", "missed_calls");
        t_relay("192.0.2.20", "5060");
    }
}
agent alice 192.0.2.10:5060
agent bob 192.0.2.20:5060
alice sends INVITE sip:bob@example.org
    Call-ID: one
    From: <sip:alice@a.test>;tag=x
bob gets INVITE as invite
bob replies 200 OK to invite
alice gets 100
alice gets 200
alice sends INVITE sip:it's@example.org
    Call-ID: two
    From: <sip:alice@a.test>;tag=y
bob gets INVITE as invite
bob replies 486 to invite
alice gets 100
alice gets 486 as no
alice sends ACK for no
"""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "acc.db"
            with sqlite3.connect(path) as file:
                for table in ("'calls_a.test'", "missed_calls"):
                    file.execute(f"create table {table} {columns}")
            code, out, err = self.play("", script=script % path)
            self.assertEqual(code, 0, out + err)
            with sqlite3.connect(path) as file:
                wanted = "select method, from_tag, to_tag, callid, sip_code, sip_reason, typeof(time), who, none, leg from %s order by id"
                answered = file.execute(wanted % "'calls_a.test'").fetchall()
                missed = file.execute(wanted % "missed_calls").fetchall()
        ok = ("INVITE", "x", "bob-tag", "one", "200", "OK", "real", "bob", None)
        self.assertEqual(answered, [ok + ("2",), ok + ("first",)])
        busy = ("INVITE", "y", "bob-tag", "two", "486", "Busy Here", "real", "it's", None)
        self.assertEqual([row for row in missed if row[4] == "486"], [busy + ("2",), busy + ("first",)])
        now = ("INVITE", "x", None, "one", "100", "now", "real", "bob", None)
        self.assertEqual(missed[:2], [now + ("2",), now + ("first",)])

    def test_timers_of_virtual_time(self):
        code, out, _ = self.play("alice sends INVITE sip:bob@example.org\nbob gets INVITE as first\n    Max-Forwards: 69\nalice gets 100\n"
                                 "bob gets INVITE same as first after 400ms\nbob gets INVITE same as first after 900ms\n"
                                 "bob replies 200 to first\nalice gets 200\n    To: *;tag=*\nnothing more\n")
        # This script leaves Max-Forwards alone.
        self.assertEqual(code, 1)
        self.assertIn("case:21:5: error[E0921]: the scenario fails here: Max-Forwards is 70", out)

    def test_a_wrong_message_shows_the_ladder(self):
        code, out, _ = self.play("alice sends OPTIONS sip:192.0.2.1\nalice gets 404\n")
        self.assertEqual(code, 1)
        self.assertIn("case:20:1: error[E0921]: the scenario fails here: alice got SIP/2.0 200 Here", out)
        self.assertIn("alice -> proxy  OPTIONS sip:192.0.2.1", out)
        self.assertIn("1 scenario, 1 failed", out)

    def test_expectations_that_can_fail(self):
        start = "alice sends OPTIONS sip:192.0.2.1\nalice gets 200\n"
        for line, words in (("    To: <sip:*>", "To is <sip:"), ("    X-A: *", "there is no X-A"), ("    Via absent", "there is Via:"),
                            ("    | v=0", "the body has no such line"), ("    Reason-Phrase: OK", "Reason-Phrase is Here"),
                            ("alice gets 100", "alice did not get 100"), ("bob gets nothing", None), ("log has \"x\"", "the log has no line"),
                            ("alice gets 100 within 10ms", "within 10 ms")):
            code, out, _ = self.play(start + line + "\n")
            self.assertEqual(code, 1 if words else 0, line + "\n" + out)
            if words:
                self.assertIn(words, out)

    def test_faults_of_scenario_and_script_have_their_lines(self):
        code, out, _ = self.play("alice send\n")
        self.assertEqual(code, 1)
        self.assertIn("case:19:7: error[E0920]", out)
        code, out, _ = self.play("nothing more\n", script=SCRIPT.replace("t_relay(", "t_rely("))
        self.assertEqual(code, 1)
        self.assertIn("case:14:9: error[E0101]", out)

    def test_coverage_names_the_lines(self):
        code, out, _ = self.play("alice sends OPTIONS sip:192.0.2.1\nalice gets 200\n", "--coverage")
        self.assertEqual(code, 0, out)
        self.assertIn("1 of 1 routes ran, 4 of 6 lines", out)
        self.assertIn("case  request_route  4 of 6 lines; not 8, 14", out)

    def test_usage(self):
        self.assertEqual(self.run_test("/nonexistent.scenario").returncode, 2)
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.run_test(folder).returncode, 2)
        self.assertEqual(self.run_test().returncode, 2)

    def test_losses_come_from_the_seed(self):
        steps = ("network loss 50%\nalice sends INVITE sip:bob@example.org\nbob gets INVITE\n")
        first = [self.play(steps, "--seed", "7", "-v") for _ in range(2)]
        self.assertEqual(first[0], first[1])


if __name__ == "__main__":
    unittest.main()
