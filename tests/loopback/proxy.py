"""Builds a routing script, runs the proxy on loopback and stops it: what the loopback tests and the demo share."""

import os
import random
import re
import select
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def free_port():
    """A port that nobody has right now, for UDP and TCP; below those that the system gives to clients meanwhile."""
    for _ in range(1000):
        port = random.randrange(10000, 32000)
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
                udp.bind(("127.0.0.1", port))
                tcp.bind(("127.0.0.1", port))
                return port
        except OSError:
            continue
    raise RuntimeError("no port is free")


def build(strowger, cfg, output, defines=()):
    """Compiles `cfg`; raises with the compiler's words when it is refused."""
    command = [strowger, "build", str(cfg), "-o", str(output)]
    for define in defines:
        command += ["-D", define]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} exited {done.returncode}\n{done.stdout}{done.stderr}")


class Proxy:
    """A compiled script, running. Its log is collected; stop() sends SIGTERM and returns the exit code."""

    def __init__(self, executable, *arguments, ready_within=20):
        self.log_file = tempfile.NamedTemporaryFile(prefix="proxy-", suffix=".log", delete=False)
        begin = time.monotonic()
        if os.environ.get("STROWGER_SECCOMP") and "--seccomp" not in arguments:
            arguments = (*arguments, "--seccomp", os.environ["STROWGER_SECCOMP"])
        self.process = subprocess.Popen([str(executable), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE)
        self.lines = []
        self.rest = b""
        while not any(line.strip() == "ready" for line in self.lines):
            if not self.read(0.05) and self.process.poll() is not None:
                self.read(0)
                raise RuntimeError(f"{executable} ended with {self.process.returncode} before it was ready:\n" + "\n".join(self.lines))
            if time.monotonic() - begin > ready_within:
                self.process.kill()
                raise RuntimeError(f"{executable} was not ready within {ready_within} s:\n" + "\n".join(self.lines))
        self.seconds_to_ready = time.monotonic() - begin

    def read(self, wait):
        """Collects log lines that are there within `wait` seconds; False when there were none."""
        ready, _, _ = select.select([self.process.stderr], [], [], wait)
        if not ready:
            return False
        data = os.read(self.process.stderr.fileno(), 65536)
        if not data:
            return False
        *lines, self.rest = (self.rest + data).split(b"\n")
        self.lines += [line.decode(errors="replace") for line in lines]
        return True

    def script_log(self, settle=0.2):
        """The script's own log lines so far, as "LEVEL: text"."""
        while self.read(settle):
            pass
        return [re.sub(r"^ *\d+\(\d+\) ", "", line).replace("<script>: ", "", 1) for line in self.lines if "<script>: " in line]

    def rss_kb(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
        raise RuntimeError("no VmRSS")

    def alive(self):
        return self.process.poll() is None

    def stop(self, with_signal=signal.SIGTERM, within=15):
        if self.alive():
            self.process.send_signal(with_signal)
        deadline = time.monotonic() + within
        while self.process.poll() is None and time.monotonic() < deadline:
            self.read(0.05)
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"the proxy did not end within {within} s of signal {with_signal}")
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.alive():
            self.stop()
