"""What the compiler makes: line tables that gdb understands, inlined helpers, and nothing of modules that are not loaded."""

import os
import re
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from proxy import ROOT, Proxy, build, free_port
from settings import SANITIZED, STROWGER

ROUTE = """loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "textops.so"
listen=udp:127.0.0.1:5060
request_route {
    if (is_method("INVITE") && $rU == "100") {
        sl_send_reply("486", "Busy Here");
        exit;
    }
    sl_send_reply("404", "Not Found");
}
"""


class Made(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        (self.path / "route.cfg").write_text(ROUTE)

    def tearDown(self):
        self.folder.cleanup()

    def run_ok(self, *command):
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f"{command}\n{done.stdout}{done.stderr}")
        return done.stdout

    def test_the_condition_is_a_bit_test_and_a_word_compare_without_a_call(self):
        self.run_ok(STROWGER, "build", self.path / "route.cfg", "--emit", "asm", "-o", self.path / "route.s")
        text = (self.path / "route.s").read_text()
        body = re.search(r"^request_route:.*?^\s*\.size\s+request_route", text, re.S | re.M).group(0)
        calls = re.findall(r"^\s+(?:callq?|jmp)\s+\"?([A-Za-z_\\][\w.\\]*)", body, re.M)
        self.assertFalse([c for c in calls if "is_method" in c or "text_eq" in c or "memcmp" in c or "bcmp" in c or "strcmp" in c], calls)
        self.assertTrue(re.search(r"\btest[blw]?\b.*\$1\b|\btestb?\s+\$1", body) or re.search(r"\bbt[lq]?\b", body), body)
        # "100" is 0x3031 and 0x30 in two compares, or one of four bytes
        self.assertTrue(re.search(r"12337|\$0x3031|\$48\b|3158065", body), body)

    def test_symbols_of_modules_that_are_not_loaded_are_not_there(self):
        build(STROWGER, self.path / "route.cfg", self.path / "route")
        symbols = self.run_ok("llvm-nm-19", "--defined-only", self.path / "route")
        self.assertIn("stw.sl.sl_send_reply.2", symbols)
        for module in ("registrar", "usrloc", "tm", "rr"):
            self.assertNotIn(f"stw.{module}.", symbols)
        build(STROWGER, ROOT / "examples" / "pbx.cfg", self.path / "pbx")
        self.assertIn("stw.registrar.", self.run_ok("llvm-nm-19", "--defined-only", self.path / "pbx"))

    def test_gdb_stops_at_a_line_of_the_script(self):
        port = free_port()
        cfg = self.path / "route.cfg"
        cfg.write_text(ROUTE.replace("5060", str(port)))
        build(STROWGER, cfg, self.path / "route")
        listing = self.run_ok("gdb", "-batch", "-ex", "info line route.cfg:6", "-ex", "break route.cfg:10", "-ex", "info symbol request_route",
                              self.path / "route")
        self.assertRegex(listing, r'Line 6 of ".*route.cfg" starts at address')
        self.assertRegex(listing, r"Breakpoint 1 at 0x[0-9a-f]+: .*route\.cfg, line 10")
        # And it is really hit when a request comes.
        script = self.path / "commands"
        script.write_text("set breakpoint pending on\nset pagination off\nbreak route.cfg:10\nrun\nbacktrace 1\nkill\nquit\n")
        sender = subprocess.Popen(["python3", "-c", f"""
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(100):
    time.sleep(0.1)
    s.sendto(b"OPTIONS sip:x@127.0.0.1 SIP/2.0\\r\\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\\r\\nFrom: <sip:a@b>;tag=1\\r\\n"
             b"To: <sip:x@127.0.0.1>\\r\\nCall-ID: 1\\r\\nCSeq: 1 OPTIONS\\r\\nContent-Length: 0\\r\\n\\r\\n", ("127.0.0.1", {port}))
"""])
        try:
            done = subprocess.run(["gdb", "-batch", "-x", str(script), str(self.path / "route")], capture_output=True, text=True, timeout=60,
                                  stdin=subprocess.DEVNULL)
        finally:
            sender.kill()
            sender.wait()
        self.assertRegex(done.stdout, r"request_route \(.*\) at .*route\.cfg:10", done.stdout + done.stderr)

    def test_the_same_input_gives_the_same_executable(self):
        for name in ("one", "two"):
            build(STROWGER, ROOT / "examples" / "pbx.cfg", self.path / name)
        self.assertEqual((self.path / "one").read_bytes(), (self.path / "two").read_bytes())

    @unittest.skipIf(SANITIZED, "needs what the sanitizer needs")
    def test_the_executable_is_small_and_needs_only_the_c_library(self):
        build(STROWGER, ROOT / "examples" / "pbx.cfg", self.path / "pbx")
        self.run_ok("llvm-strip-19", self.path / "pbx")
        self.assertLess(os.path.getsize(self.path / "pbx"), 10_000_000)
        needed = re.findall(r"NEEDED.*\[(.*)\]", self.run_ok("llvm-readelf-19", "-d", self.path / "pbx"))
        self.assertTrue(needed)
        self.assertFalse([n for n in needed if not n.startswith(("libc.so", "libm.so", "ld-linux", "libgcc_s"))], needed)

    @unittest.skipIf(SANITIZED, "both count")
    def test_a_profile_of_a_run_is_written_and_used(self):
        port = free_port()
        cfg = self.path / "route.cfg"
        cfg.write_text(ROUTE.replace("5060", str(port)))
        self.run_ok(STROWGER, "build", cfg, "-o", self.path / "counts", "--pgo-generate")
        os.environ["LLVM_PROFILE_FILE"] = str(self.path / "route.profraw")
        proxy = Proxy(self.path / "counts", "--workers", "2")
        del os.environ["LLVM_PROFILE_FILE"]
        for _ in range(7):
            self.assertIn(b" 404 ", self.answer(port))
        self.assertEqual(proxy.stop(), 0)
        self.run_ok(STROWGER, "build", cfg, "-o", self.path / "route.ll", "--emit", "llvm-ir", "--pgo-use", self.path / "route.profraw")
        ir = (self.path / "route.ll").read_text()
        attached = re.search(r"define .*@request_route\(.*!prof !(\d+)", ir)
        self.assertIsNotNone(attached, "request_route has no count")
        self.assertIn(f'!{attached.group(1)} = !{{!"function_entry_count", i64 7}}', ir)
        self.run_ok(STROWGER, "build", cfg, "-o", self.path / "route", "--pgo-use", self.path / "route.profraw")
        proxy = Proxy(self.path / "route")
        self.assertIn(b" 404 ", self.answer(port))
        self.assertEqual(proxy.stop(), 0)
        merged = self.path / "route.profdata"
        self.run_ok("llvm-profdata-19", "merge", "-o", merged, self.path / "route.profraw", self.path / "route.profraw")
        self.run_ok(STROWGER, "build", cfg, "-o", self.path / "route.ll", "--emit", "llvm-ir", "--pgo-use", merged)
        self.assertIn('!"function_entry_count", i64 14}', (self.path / "route.ll").read_text())

    @staticmethod
    def answer(port):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.sendto(b"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;rport;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
                          b"To: <sip:x@127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", ("127.0.0.1", port))
            return client.recv(65536)


if __name__ == "__main__":
    unittest.main()
