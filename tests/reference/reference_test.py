# Runs the rows of the reference tables through Strowger (or, with --oracle, through Kamailio) and compares.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import argparse
import json
import os
import re
import select
import socket
import sys
import tempfile
import time
from pathlib import Path

import rows as tables
from subjects import Kamailio, Strowger

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PER_SCRIPT = 130
FILES = ("semantics", "messages", "preprocessor", "refused", "transformations", "ours")


def listed():
    """Ids of the rows that differences.md names."""
    text = (ROOT / "docs" / "language" / "differences.md").read_text()
    section = text.partition("## Rows of the reference tables")[2]
    return set(re.findall(r"\b([str]\d+[a-z]?|ours-[\w-]+)\b", section))


def groups(rows):
    together = [row for row in rows if not row.alone]
    count = max(1, -(-len(together) // PER_SCRIPT))
    size = -(-len(together) // count)
    yield from (together[i:i + size] for i in range(0, len(together), size or 1))
    yield from ([row] for row in rows if row.alone)


class Wire:
    """The sender of the requests, and the user agent that they may go to."""

    def __init__(self, port):
        self.target = ("127.0.0.1", port)
        self.sender, self.uas = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for s in (self.sender, self.uas):
            s.bind(("127.0.0.1", 0))
        self.answers, self.replies, self.relayed = {}, {}, {}     # by Call-ID: codes, whole messages

    def send(self, data, host=None):
        if host is None or ":" not in host:
            self.sender.sendto(data, (host or self.target[0], self.target[1]))
            return
        with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as s:
            s.sendto(data, (host, self.target[1]))

    def close(self):
        self.sender.close()
        self.uas.close()

    def serve(self, running, until, within):
        deadline = time.monotonic() + within
        while not until() and time.monotonic() < deadline and running.process.poll() is None:
            ready, _, _ = select.select([self.sender, self.uas, running.process.stderr], [], [], 0.05)
            if running.process.stderr in ready:
                running.read(0)
            if self.sender in ready:
                self.take_reply(self.sender.recv(65536).decode(errors="replace"))
            if self.uas in ready:
                self.answer(*self.uas.recvfrom(65536))

    def take_reply(self, text):
        call = re.search(r"^Call-ID: *(\S+)-\d+\s*$", text, re.M | re.I)
        if not call:
            return
        self.replies.setdefault(call.group(1), []).append(text)
        code = text.split()[1]
        seen = self.answers.setdefault(call.group(1), [])
        if code not in seen[-1:]:
            seen.append(code)
        if int(code) >= 300 and "INVITE" in re.search(r"^CSeq:.*$", text, re.M | re.I).group(0):
            keep = [line for line in text.split("\r\n") if re.match(r"(?i)(via|from|to|call-id):", line)][:4]
            number = re.search(r"(?im)^CSeq: *(\d+)", text).group(1)
            self.sender.sendto("\r\n".join(["ACK sip:alice@example.com SIP/2.0", *keep, f"CSeq: {number} ACK", "X-Row: ACK", "Content-Length: 0", "", ""]).encode(),
                               self.target)

    def answer(self, data, source):
        text = data.decode(errors="replace")
        if text.startswith(("ACK", "SIP/2.0")):
            return
        call = re.search(r"^Call-ID: *(\S+)-\d+\s*$", text, re.M | re.I)
        if call:
            self.relayed.setdefault(call.group(1), []).append(text)
        codes = re.search(r"(?im)^X-Answers: *(.*?)\s*$", text)
        copied = [line for line in text.split("\r\n") if re.match(r"(?i)(via|from|call-id|cseq|x-row|record-route):", line)]
        to = re.search(r"(?im)^To:.*?(?=\r\n)", text).group(0)
        reasons = {"180": "Ringing", "183": "Progress", "200": "OK", "486": "Busy Here", "503": "Service Unavailable", "603": "Decline"}
        for code in (codes.group(1).split() if codes else ["200"]):
            lines = [f"SIP/2.0 {code} {reasons.get(code, 'X')}", *copied, f"{to};tag=ut", f"Contact: <sip:uas@127.0.0.1:{self.uas.getsockname()[1]}>",
                     "Server: uas/1.0", "Content-Length: 0", "", ""]
            self.uas.sendto("\r\n".join(lines).encode(), source)

    def sync(self, running, mark):
        text = ("OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKs%s\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x@y>\r\n"
                "Call-ID: sync\r\nCSeq: 1 OPTIONS\r\nX-Row: SYNC\r\nX-Sync: %s\r\nContent-Length: 0\r\n\r\n" % (mark, mark))
        self.sender.sendto(text.encode(), self.target)
        self.serve(running, lambda: f"@sync {mark}" in running.lines, 10)


def bindable(s, port):
    try:
        s.bind(("127.0.0.1", port))
        return True
    except OSError:
        return False


def free_ports(base):
    port = base
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            free = bindable(s, port)
        if free:
            yield port
        port += 1
        if port >= 8099:
            port = base


class PortTaken(RuntimeError):
    """Another program got the port between our look and the start."""


def observe_where_free(rows, subject, folder, ports):
    for _ in range(4):
        try:
            return observe(rows, subject, folder, next(ports))
        except PortTaken:
            pass
    return observe(rows, subject, folder, next(ports))


def observe(rows, subject, folder, port):
    """check name -> what was seen; raises when the script does not build or start."""
    prelude = (HERE / "prelude.cfg").read_text()
    cfg = folder / f"{rows[0].name}.cfg"
    cfg.write_text(tables.script(rows, prelude, port), errors="surrogateescape")
    (folder / "included.cfg").write_text('xlog("L_INFO", "@s324 mark included\\n");\n')
    if not rows[0].runs:
        check = rows[0].checks[0]
        words = subject.refuses(cfg, check.kind == "start")
        if words is not None and subject.name == "strowger" and not re.search(r":\d+:\d+: error.*\[?E\d{4}", words):
            return {check.name: "refused without code and line: " + words[-400:]}
        return {check.name: "ok" if words is None else "refused"}
    words = subject.build(cfg, dict(rows[0].stimulus).get("options", "").split())
    if words is not None:
        raise RuntimeError(words)
    running = subject.run(cfg, port)
    wire = Wire(port)
    try:
        if running.process.poll() is not None:
            words = "did not start:\n" + "\n".join(running.other[-20:])
            raise PortTaken(words) if "address is in use" in words else RuntimeError(words)
        wire.sync(running, "start")
        late = False
        for index, row in enumerate(rows):
            for number in range(int(dict(row.stimulus).get("repeat", 1))):
                wire.send(tables.request(row, port, wire.sender.getsockname()[1], wire.uas.getsockname()[1], number), dict(row.stimulus).get("at"))
            late = late or any(c.kind in ("answers", "replies") for c in row.checks) or {"uas", "at"} & dict(row.stimulus).keys()
            if index % 25 == 24:
                wire.sync(running, str(index))
        wire.sync(running, "end")
        if late:
            wire.serve(running, lambda: False, 1.0)
        if running.process.poll() is not None:
            raise RuntimeError(f"ended with {running.process.returncode}:\n" + "\n".join(running.other[-20:]))
    finally:
        running.stop()
        wire.close()
    return seen(rows, running, wire)


def values(messages, name):
    found = (re.search(rf"(?im)^{re.escape(name)}: *(.*?) *\r$", text) for text in dict.fromkeys(messages))     # repetitions count once
    return " | ".join(one.group(1) if one else "-" for one in found)


def seen(rows, running, wire):
    shown, marks = {}, {}
    for line in running.lines:
        found = re.match(r"@(\S+) mark ?(.*)$", line)
        if found:
            marks.setdefault(found.group(1), []).append(found.group(2))
            continue
        found = re.match(r"@(\S+) ?(.*)$", line)
        if found:
            shown[found.group(1)] = found.group(2)
    out = {}
    for row in rows:
        for check in row.checks:
            text = shown.get(check.name)
            if check.kind == "marks":
                out[check.name] = " | ".join(marks.get(row.id, []))
            elif check.kind == "answers":
                out[check.name] = " ".join(wire.answers.get(row.name, []))
            elif check.kind == "lines":
                out[check.name] = " | ".join(line for line in running.raw if re.search(rf"@{row.id}\b", line))
            elif check.kind in ("replies", "relayed"):
                out[check.name] = values(getattr(wire, check.kind).get(row.name, []), check.text)
            elif text is None:
                out[check.name] = "never"
            elif check.kind == "show":
                out[check.name] = tables.value(*(text.split(" ") + ["", ""])[:3])
            elif check.kind == "print":
                out[check.name] = json.dumps(text, ensure_ascii=False)
            else:
                out[check.name] = text
    return out


def record(path, found, as_ours):
    """Writes what was seen as the expectation of every check of a file, or behind it as what Strowger gives instead."""
    rows = {check.line: check for row in tables.read(path) for check in row.checks}
    out = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        check = rows.get(number)
        if as_ours:
            if check is not None and check.name in found and found[check.name] != check.expected and not check.ours:
                out.append(line)
                line = f"ours {found[check.name]}"
        elif check is not None and check.name in found:
            indent = line[:len(line) - len(line.lstrip())]
            line = f"{indent}{check.kind}{' ' + check.text if check.text else ''} -> {found[check.name]}".rstrip()
        out.append(line)
    path.write_text("\n".join(out) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--oracle", action="store_true", help="run Kamailio and compare with its own rows")
    parser.add_argument("--record", action="store_true", help="write what was seen into the files: with --oracle as expectations, otherwise as ours")
    parser.add_argument("--only", help="rows whose id matches this regular expression")
    parser.add_argument("--keep", help="folder for the scripts")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("files", nargs="*", type=Path)
    options = parser.parse_args()
    files = options.files or [HERE / f"{name}.rows" for name in FILES if (HERE / f"{name}.rows").exists()]
    subject = Kamailio() if options.oracle else Strowger(os.environ.get("STROWGER", str(ROOT / "build" / "bin" / "strowger")))
    rows = [row for path in files for row in tables.read(path) if not options.only or re.search(options.only, row.id)]
    ports = free_ports(options.port)
    found, broken = {}, {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(options.keep or temporary)
        folder.mkdir(exist_ok=True)
        for group in groups(rows):
            try:
                found.update(observe_where_free(group, subject, folder, ports))
            except RuntimeError as error:
                words = str(error)
                broken.update({row.id: "not run" for row in group})
                print(f"rows {group[0].id} to {group[-1].id}: {words[:3000]}", file=sys.stderr)
    if options.record:
        for path in files:
            record(path, found, not options.oracle)
        return 0
    return report(rows, found, broken, options.oracle)


def report(rows, found, broken, oracle):
    known = listed()
    counts = {}
    failures, unrun = [], 0
    for row in rows:
        tally = counts.setdefault(row.file, {"rows": 0, "hold": 0, "differ": 0, "listed": 0})
        tally["rows"] += 1
        wrong, differs = [], False
        for check in row.checks:
            got = found.get(check.name, broken.get(row.id, "nothing"))
            want = check.expected if oracle or check.ours is None else check.ours
            differs |= check.ours is not None
            if want not in (got, "any"):
                wrong.append(f"  {check.name} {check.kind} {check.text}\n    expected {want}\n    got      {got}")
        if not oracle and differs != (row.id in known):
            wrong.append("  " + ("is not named in differences.md" if differs else "is named in differences.md, but holds"))
        if row.id in broken:
            tally["differ"] += 1
            unrun += 1
        elif wrong:
            tally["differ"] += 1
            failures.append("\n".join([f"[{row.id}] {row.title}", *wrong]))
        else:
            tally["listed" if differs and not oracle else "hold"] += 1
    print("\n".join(failures))
    print(f"{'table':24}{'rows':>6}{'hold':>6}{'differences.md':>16}{'wrong':>7}")
    for name, tally in counts.items():
        print(f"{name:24}{tally['rows']:>6}{tally['hold']:>6}{tally['listed']:>16}{tally['differ']:>7}")
    return 1 if failures or unrun else 0


if __name__ == "__main__":
    sys.exit(main())
