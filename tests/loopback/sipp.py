"""Runs SIPp and reads what it traced."""

import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent


class Sipp:
    """One SIPp process with a scenario of sipp/. `port` is its own SIP port."""

    def __init__(self, scenario, proxy_port, port, service="bob", calls=1, contact=None, duration_ms=300, timeout=20, rate=10, trace=True):
        self.folder = tempfile.TemporaryDirectory(prefix="sipp-")
        command = ["sipp", f"127.0.0.1:{proxy_port}", "-sf", str(HERE / "sipp" / f"{scenario}.xml"), "-i", "127.0.0.1", "-mi", "127.0.0.1",
                   "-p", str(port), "-s", service, "-m", str(calls), "-r", str(rate), "-d", str(duration_ms), "-nostdin",
                   "-timeout", str(timeout), "-timeout_error"]
        if trace:
            command += ["-trace_shortmsg", "-trace_err"]
        if contact:
            command += ["-key", "contact", contact]
        self.scenario = scenario
        self.process = subprocess.Popen(command, cwd=self.folder.name, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def wait(self, within=30):
        """Raises unless every call went as the scenario says."""
        try:
            output, _ = self.process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, _ = self.process.communicate()
        if self.process.returncode != 0:
            errors = "".join(p.read_text() for p in Path(self.folder.name).glob("*errors*.log"))
            raise RuntimeError(f"sipp {self.scenario} exited {self.process.returncode}\n{errors or output[-2000:]}")

    def messages(self):
        """(time, 'S' or 'R', first line) of each message, in order."""
        found = []
        for path in Path(self.folder.name).glob("*shortmessages*.log"):
            for line in path.read_text().splitlines():
                fields = line.split("\t")
                if len(fields) >= 6:
                    found.append((float(fields[-5]) if fields[-5].replace(".", "").isdigit() else 0.0, fields[-4], fields[-1]))
        return found

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
