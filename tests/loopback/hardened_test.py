"""What an attacker would find: the executable's hardening, and --seccomp on a proxy that works."""

import re
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from proxy import Proxy, build, free_port
from settings import SANITIZED, STROWGER

SCRIPT = """loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "corex.so"
request_route {
  if ($rU == "write") { file_write("FOLDER/calls.txt", "$ci\\n"); }
  sl_send_reply("200", "OK");
}
"""
ONLY_ANSWERS = """loadmodule "sl.so"
request_route { sl_send_reply("200", "OK"); }
"""


def request(user, transport="UDP"):
    return (f"OPTIONS sip:{user}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} 127.0.0.1:9;branch=z9hG4bK-{user};rport\r\nMax-Forwards: 70\r\n"
            f"From: <sip:a@b>;tag=1\r\nTo: <sip:x@b>\r\nCall-ID: id-{user}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n").encode()


class Hardened(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def compiled(self, text, *options):
        cfg, proxy = self.folder / "h.cfg", self.folder / "proxy"
        cfg.write_text(text.replace("FOLDER", str(self.folder)))
        if options:
            subprocess.run([STROWGER, "build", "-q", *options, cfg, "-o", proxy], check=True)
        else:
            build(STROWGER, cfg, proxy)
        return proxy

    def read_elf(self, proxy, *options):
        return subprocess.run(["llvm-readelf-19", *options, proxy], check=True, capture_output=True, text=True).stdout

    def check_elf(self, proxy):
        self.assertRegex(self.read_elf(proxy, "-h"), r"Type:\s+DYN")
        segments = self.read_elf(proxy, "-l")
        self.assertRegex(segments, r"GNU_RELRO\s")
        self.assertRegex(segments, r"GNU_STACK\s+(?:0x\w+\s+){5}RW\s")
        self.assertNotRegex(segments, r"\s(?:RWE|WE)\s")
        dynamic = self.read_elf(proxy, "-d")
        self.assertRegex(dynamic, r"FLAGS\b.*BIND_NOW")
        self.assertRegex(dynamic, r"FLAGS_1\b.*NOW.*PIE")
        for word in ("TEXTREL", "RPATH", "RUNPATH"):
            self.assertNotIn(word, dynamic)

    def test_the_executable_is_pie_with_full_relro_canaries_and_checked_calls(self):
        proxy = self.compiled(SCRIPT)
        self.check_elf(proxy)
        imported = set(re.findall(r"UND (\w+)", self.read_elf(proxy, "--dyn-syms")))
        self.assertIn("__stack_chk_fail", imported)
        self.assertTrue([s for s in imported if s.endswith("_chk")], imported)
        symbols = subprocess.run(["llvm-nm-19", "-C", proxy], check=True, capture_output=True, text=True).stdout
        self.assertIn("std::__glibcxx_assert_fail", symbols)

    @unittest.skipIf(SANITIZED, "a sanitizer's run time cannot be linked statically")
    def test_a_static_executable_is_pie_too(self):
        self.check_elf(self.compiled(ONLY_ANSWERS, "--static"))

    def ask(self, port, user):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(5)
            s.sendto(request(user), ("127.0.0.1", port))
            return s.recv(4096)

    @unittest.skipIf(SANITIZED, "the sanitizer makes system calls of its own")
    def test_every_thread_is_filtered_and_the_script_keeps_what_it_needs(self):
        port = free_port()
        proxy = self.compiled(SCRIPT)
        with Proxy(proxy, "--listen", f"udp:127.0.0.1:{port}", "--listen", f"tcp:127.0.0.1:{port}", "--workers", "2", "--drain", "0",
                   "--seccomp", "kill") as running:
            tasks = list(Path(f"/proc/{running.process.pid}/task").iterdir())
            self.assertGreaterEqual(len(tasks), 4)           # main, log, workers
            for task in tasks:
                status = (task / "status").read_text()
                self.assertRegex(status, r"Seccomp:\s+2\n")
                self.assertRegex(status, r"NoNewPrivs:\s+1\n")
            self.assertTrue(self.ask(port, "write").startswith(b"SIP/2.0 200"))
            self.assertEqual((self.folder / "calls.txt").read_text(), "id-write\n")
            with socket.create_connection(("127.0.0.1", port), 5) as s:
                s.sendall(request("tcp", "TCP"))
                self.assertTrue(s.recv(4096).startswith(b"SIP/2.0 200"))
            self.assertEqual(running.stop(), 0)

    def test_off_is_the_default_and_other_words_are_a_mistake(self):
        proxy = self.compiled(ONLY_ANSWERS)
        said = subprocess.run([proxy, "--print-config"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(said, r"seccomp\s+= off")
        self.assertEqual(subprocess.run([proxy, "--seccomp", "maybe"], capture_output=True).returncode, 64)


if __name__ == "__main__":
    unittest.main()
