"""Every script under examples/ is linted, compiled and driven over loopback."""

import subprocess
import tempfile
import unittest
from pathlib import Path

from agent import Agent
from proxy import ROOT, Proxy, build, free_port
from settings import STROWGER
from sipp import Sipp

EXAMPLES = ROOT / "examples"


class Example(unittest.TestCase):
    """Compiles the class's `cfg` once; each test gets a running proxy."""

    cfg = None
    targets = ()          # names of agents whose URI is given to the script as -D NAME="sip:..."

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="example-")
        self.port = free_port()
        self.peers = {name: Agent(name.lower(), self.port) for name in self.targets}
        defines = [f"PORT={self.port}"] + self.defines()
        executable = Path(self.folder.name) / "proxy"
        build(STROWGER, EXAMPLES / self.cfg, executable, defines)
        self.proxy = Proxy(executable)
        self.agents = list(self.peers.values())

    def defines(self):
        return [f'{name}="{agent.uri}"' for name, agent in self.peers.items()]

    def tearDown(self):
        for agent in self.agents:
            agent.close()
        self.assertEqual(self.proxy.stop(), 0, "\n".join(self.proxy.lines))
        self.folder.cleanup()

    def agent(self, name):
        agent = Agent(name, self.port)
        self.agents.append(agent)
        return agent

    def home(self, user=None):
        return f"sip:{user}@127.0.0.1:{self.port}" if user else f"sip:127.0.0.1:{self.port}"

    def call(self, caller, callee, uri, expect_branch_header=False):
        """A whole call: INVITE, 180, 200, ACK, BYE. Returns the INVITE that arrived."""
        invite = caller.request("INVITE", uri, body="v=0\r\n", headers=["Content-Type: application/sdp"])
        call_id = invite.split("Call-ID: ")[1].split("\r\n")[0]
        cseq = int(invite.split("CSeq: ")[1].split(" ")[0])
        caller.send(invite)
        arrived = callee.expect("INVITE")
        callee.reply(arrived, 180, "Ringing", tag="tt")
        caller.expect(180)
        callee.reply(arrived, 200, "OK", tag="tt")
        answer = caller.expect(200)
        caller.send(caller.within_dialog("ACK", answer, cseq, call_id))
        callee.expect("ACK")
        caller.send(caller.within_dialog("BYE", answer, cseq + 1, call_id))
        bye = callee.expect("BYE")
        callee.reply(bye, 200, "OK")
        caller.expect(200)
        return arrived, answer


class AllExamples(unittest.TestCase):
    def test_lint_finds_no_error_in_any_example(self):
        for cfg in sorted(EXAMPLES.rglob("*.cfg")):
            done = subprocess.run([STROWGER, "lint", str(cfg)], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, f"{cfg}:\n{done.stdout}{done.stderr}")

    def test_every_example_is_driven_by_a_test(self):
        driven = {c.cfg for c in Example.__subclasses__()}
        there = {str(p.relative_to(EXAMPLES)) for p in EXAMPLES.rglob("*.cfg")}
        self.assertEqual(driven, there)


class Pbx(Example):
    cfg = "pbx.cfg"

    def test_two_phones_call_each_other(self):
        alice, bob = self.agent("alice"), self.agent("bob")
        alice.register()
        bob.register()
        arrived, answer = self.call(alice, bob, self.home("bob"))
        self.assertEqual(arrived.uri, bob.uri)
        self.assertEqual(arrived.get("Max-Forwards"), "69")
        self.assertIn(";lr", arrived.get("Record-Route"))
        self.assertEqual(arrived.body, "v=0\r\n")
        self.assertEqual(len(arrived.all("Via")), 2)
        self.assertEqual(len(answer.all("Via")), 1)

    def test_sipp_places_a_call(self):
        alice_port, bob_port = free_port(), free_port()
        for user, contact_port in (("alice", alice_port), ("bob", bob_port)):
            Sipp("register", self.port, free_port(), service=user, contact=f"{user}@127.0.0.1:{contact_port}").wait()
        called, caller = Sipp("called", self.port, bob_port, calls=20), Sipp("caller", self.port, alice_port, calls=20, rate=20)
        caller.wait()
        called.wait()

    def test_an_unknown_user_gets_404(self):
        alice = self.agent("alice")
        alice.send(alice.request("INVITE", self.home("nobody")))
        self.assertEqual(alice.expect(404).first, "SIP/2.0 404 Not Found")

    def test_a_foreign_domain_gets_403(self):
        alice = self.agent("alice")
        alice.send(alice.request("INVITE", "sip:x@example.org"))
        alice.expect(403)

    def test_cancel_reaches_the_ringing_phone(self):
        alice, bob = self.agent("alice"), self.agent("bob")
        bob.register()
        invite = alice.request("INVITE", self.home("bob"), call_id="c1", cseq=7, branch="z9hG4bKcancelme")
        alice.send(invite)
        arrived = bob.expect("INVITE")
        bob.reply(arrived, 180, "Ringing", tag="tt")
        alice.expect(180)
        alice.send(alice.request("CANCEL", self.home("bob"), call_id="c1", cseq=7, branch="z9hG4bKcancelme"))
        alice.expect(200)
        cancel = bob.expect("CANCEL")
        self.assertEqual(cancel.get("Via"), arrived.get("Via"))
        bob.reply(cancel, 200, "OK", tag="tt")
        bob.reply(arrived, 487, "Request Terminated", tag="tt")
        alice.expect(487)
        bob.expect("ACK")

    def test_a_retransmitted_invite_reaches_the_phone_once(self):
        alice, bob = self.agent("alice"), self.agent("bob")
        bob.register()
        invite = alice.request("INVITE", self.home("bob"))
        alice.send(invite)
        arrived = bob.expect("INVITE")
        bob.reply(arrived, 486, "Busy Here", tag="tt")
        alice.expect(486)
        bob.expect("ACK")
        alice.send(invite)
        alice.expect(486)
        bob.expect_nothing(0.3)

    def test_no_hops_left_gets_483(self):
        alice = self.agent("alice")
        alice.send(alice.request("OPTIONS", self.home()).replace("Max-Forwards: 70", "Max-Forwards: 0"))
        alice.expect(483)

    def test_options_to_the_proxy_itself(self):
        alice = self.agent("alice")
        alice.send(alice.request("OPTIONS", self.home()))
        alice.expect(200)


class Answer(Example):
    cfg = "tutorial/01-answer.cfg"

    def test_everything_gets_501(self):
        alice = self.agent("alice")
        for method in ("REGISTER", "INVITE", "MESSAGE"):
            alice.send(alice.request(method, self.home("x")))
            self.assertEqual(alice.expect(501).first, "SIP/2.0 501 Not Implemented")
        self.assertIn("INFO: a MESSAGE came from 127.0.0.1", self.proxy.script_log())


class Routes(Example):
    cfg = "tutorial/02-routes.cfg"

    def test_invite_and_others_differ_and_exit_ends(self):
        alice = self.agent("alice")
        alice.send(alice.request("INVITE", self.home("x")))
        alice.expect(480)
        alice.send(alice.request("REGISTER", self.home("x")))
        alice.expect(501)
        self.assertEqual(self.proxy.script_log(), ["INFO: in request_route", "INFO: in request_route", "INFO: in route REFUSE"])


class Registrar(Example):
    cfg = "tutorial/03-registrar.cfg"

    def test_register_lists_the_contact(self):
        alice = self.agent("alice")
        answer = alice.register(expires=120)
        self.assertEqual(answer.get("Contact"), f"<{alice.uri}>;expires=120")


class FirstCall(Example):
    cfg = "tutorial/04-first-call.cfg"

    def test_a_call_between_registered_phones(self):
        alice, bob = self.agent("106"), self.agent("108")
        alice.register()
        bob.register()
        self.call(alice, bob, self.home("108"))

    def test_not_registered(self):
        alice = self.agent("106")
        alice.send(alice.request("INVITE", self.home("109")))
        self.assertEqual(alice.expect(404).first, "SIP/2.0 404 User Not Registered")


class Reuse(Example):
    cfg = "tutorial/05-reuse.cfg"

    def test_a_call_stays_on_the_recorded_route(self):
        alice, bob = self.agent("106"), self.agent("108")
        bob.register()
        arrived, _ = self.call(alice, bob, self.home("108"))
        self.assertIn(f"127.0.0.1:{self.port}", arrived.get("Record-Route"))

    def test_a_bye_out_of_nowhere_gets_404(self):
        alice = self.agent("106")
        alice.send(alice.request("BYE", self.home("108"), to_tag="gone"))
        alice.expect(404)


class Stateless(Example):
    cfg = "tutorial/stateless-proxy.cfg"

    def defines(self):
        self.bob = Agent("bob", self.port)
        return ["TARGET=127.0.0.1", f"TARGET_PORT={self.bob.port}"]

    def test_headers_are_added_both_ways_and_nothing_is_remembered(self):
        alice = self.agent("alice")
        self.agents.append(self.bob)
        alice.send(alice.request("INVITE", "sip:bob@example.org"))
        arrived = self.bob.expect("INVITE")
        self.assertEqual(arrived.get("X-Proxied"), "request")
        self.bob.reply(arrived, 200, "OK", tag="tt")
        self.assertEqual(alice.expect(200).get("X-Proxied"), "reply")
        log = self.proxy.script_log()
        self.assertIn("INFO: for INVITE the memory is remembered", log)
        self.assertIn("INFO: for reply 200 the memory is <null>", log)


class RewriteCaller(Example):
    cfg = "tutorial/rewrite-caller.cfg"

    def defines(self):
        self.bob = Agent("bob", self.port)
        return ["TARGET=127.0.0.1", f"TARGET_PORT={self.bob.port}"]

    def test_from_user_changes_on_the_way(self):
        alice = self.agent("alice")
        self.agents.append(self.bob)
        alice.send(alice.request("INVITE", "sip:bob@example.org"))
        self.assertEqual(self.bob.expect("INVITE").get("From"), f"<sip:reception@127.0.0.1:{self.port}>;tag=ft")


class TransactionState(Example):
    cfg = "tutorial/transaction-state.cfg"
    targets = ("TARGET_URI",)

    def test_replies_of_the_transaction_remember(self):
        alice, bob = self.agent("alice"), self.peers["TARGET_URI"]
        alice.send(alice.request("INVITE", "sip:bob@example.org"))
        arrived = bob.expect("INVITE")
        bob.reply(arrived, 180, "Ringing", tag="tt")
        self.assertEqual(alice.expect(180).get("X-Proxied"), "reply")
        bob.reply(arrived, 200, "OK", tag="tt")
        alice.expect(200)
        log = self.proxy.script_log()
        self.assertIn("INFO: for reply 180 the memory is remembered", log)
        self.assertIn("INFO: for reply 200 the memory is remembered", log)


class FailureRoute(Example):
    cfg = "tutorial/failure-route.cfg"
    targets = ("FIRST", "SECOND", "THIRD")

    def test_the_second_destination_takes_a_refused_call(self):
        alice = self.agent("alice")
        alice.send(alice.request("INVITE", self.home("x")))
        first = self.peers["FIRST"].expect("INVITE")
        self.peers["FIRST"].reply(first, 503, "Down", tag="t1")
        self.peers["FIRST"].expect("ACK")
        second = self.peers["SECOND"].expect("INVITE")
        self.peers["SECOND"].reply(second, 200, "OK", tag="t2")
        self.assertEqual(alice.expect(200).get("X-Proxied"), "reply")

    def test_silence_is_a_failure_too(self):
        alice = self.agent("alice")
        alice.send(alice.request("INVITE", self.home("x")))
        second = self.peers["SECOND"].expect("INVITE", within=6)
        self.peers["SECOND"].reply(second, 486, "Busy", tag="t2")
        self.assertEqual(alice.expect(500).first, "SIP/2.0 500 Nobody Answered")


class ParallelForking(Example):
    cfg = "tutorial/parallel-forking.cfg"
    targets = ("FIRST", "SECOND", "THIRD")

    def test_the_first_answer_wins_and_the_others_are_cancelled(self):
        alice = self.agent("alice")
        alice.send(alice.request("INVITE", self.home("x")))
        invites = {name: peer.expect("INVITE") for name, peer in self.peers.items()}
        self.assertEqual(sorted(i.get("X-Branch") for i in invites.values()), ["0", "1", "2"])
        for name, peer in self.peers.items():
            peer.reply(invites[name], 180, "Ringing", tag=name)
        self.peers["SECOND"].reply(invites["SECOND"], 200, "OK", tag="SECOND")
        alice.expect(200)
        for name in ("FIRST", "THIRD"):
            cancel = self.peers[name].expect("CANCEL")
            self.peers[name].reply(cancel, 200, "OK", tag=name)
            self.peers[name].reply(invites[name], 487, "Request Terminated", tag=name)
            self.peers[name].expect("ACK")

    def test_when_all_fail_the_script_answers(self):
        alice = self.agent("alice")
        alice.send(alice.request("INVITE", self.home("x")))
        for name, peer in self.peers.items():
            peer.reply(peer.expect("INVITE"), 404, "Not Found", tag=name)
        self.assertEqual(alice.expect(500).first, "SIP/2.0 500 All Destinations Failed")


class SerialForking(Example):
    cfg = "tutorial/serial-forking.cfg"
    targets = ("FIRST", "SECOND", "THIRD")

    def test_destinations_are_tried_by_q(self):
        alice = self.agent("alice")
        alice.send(alice.request("INVITE", self.home("x")))
        order = []
        for name in ("FIRST", "SECOND", "THIRD"):
            invite = self.peers[name].expect("INVITE", within=4)
            order.append(name)
            if name == "THIRD":
                self.peers[name].reply(invite, 200, "OK", tag="tt")
            else:
                self.peers[name].reply(invite, 480, "Away", tag=name)
                self.peers[name].expect("ACK")
        alice.expect(200)
        self.assertEqual(order, ["FIRST", "SECOND", "THIRD"])


if __name__ == "__main__":
    unittest.main()
