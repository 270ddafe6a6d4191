# The two programs that run a routing script of rows: Strowger, and Kamailio as the oracle.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import re
import select
import socket
import subprocess
import time


class Running:
    """A proxy on loopback. Its script's log lines are collected."""

    def __init__(self, command, ready, port):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.port, self.rest, self.lines, self.other, self.raw = port, b"", [], [], []
        deadline = time.monotonic() + 20
        while not ready(self) and time.monotonic() < deadline:
            if not self.read(0.02) and self.process.poll() is not None:
                self.read(0)
                break

    def read(self, wait):
        if not select.select([self.process.stderr], [], [], wait)[0]:
            return False
        data = os.read(self.process.stderr.fileno(), 1 << 16)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            text = line.decode("utf-8", "surrogateescape")
            self.raw.append(re.sub(r" *\d+\(\d+\) ", "", text))
            found = re.match(r"^(?: *\d+\(\d+\) )?(?:\w+: )?(?:\{[^}]*\} )?<script>: (.*)$", text)
            (self.lines if found else self.other).append(found.group(1) if found else text)
        return bool(data)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            deadline = time.monotonic() + 10
            while self.process.poll() is None and time.monotonic() < deadline:
                self.read(0.02)
            if self.process.poll() is None:
                self.process.kill()
        self.process.wait()
        self.process.stderr.close()


class Strowger:
    name = "strowger"

    def __init__(self, tool):
        self.tool = tool

    def build(self, cfg, options):
        """None, or what the compiler says."""
        done = subprocess.run([self.tool, "build", "-q", *options, str(cfg), "-o", str(cfg.with_suffix(""))], capture_output=True, text=True)
        return None if done.returncode == 0 else done.stderr + done.stdout

    def refuses(self, cfg, at_start):
        """None, or the findings that refuse it."""
        done = subprocess.run([self.tool, "build", "-q", "-O0", "--emit", "llvm-ir", str(cfg), "-o", str(cfg.with_suffix(".ll"))], capture_output=True, text=True)
        return None if done.returncode == 0 else done.stderr + done.stdout

    def run(self, cfg, port):
        return Running([str(cfg.with_suffix(""))], lambda r: "ready" in [x.strip() for x in r.lines + r.other], port)


class Kamailio:
    name = "kamailio"
    arguments = ["-DD", "-E", "-m", "64", "-M", "64"]

    def build(self, cfg, options):
        self.options = options
        return None

    def refuses(self, cfg, at_start):
        if not at_start:
            done = subprocess.run(["kamailio", "-c", "-f", str(cfg)], capture_output=True, text=True, errors="replace")
            return None if done.returncode == 0 else done.stderr
        begin = time.monotonic()     # it refuses within a fraction of a second, or runs
        running = Running(["kamailio", "-f", str(cfg), *self.arguments], lambda r: time.monotonic() - begin > 1.5, 0)
        ended = running.process.poll()
        running.stop()
        return None if ended is None else "\n".join(running.other)

    def run(self, cfg, port):
        tries = [time.monotonic()]

        def answers(running):
            """Kamailio says no word when it is ready: a request that the script knows tells."""
            if time.monotonic() - tries[-1] > 0.1:
                tries.append(time.monotonic())
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                    s.sendto(b"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKr\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\n"
                             b"Call-ID: r\r\nCSeq: 1 OPTIONS\r\nX-Row: SYNC\r\nX-Sync: ready\r\nContent-Length: 0\r\n\r\n", ("127.0.0.1", running.port))
            return "@sync ready" in running.lines
        return Running(["kamailio", "-f", str(cfg), *self.options, *self.arguments], answers, port)
