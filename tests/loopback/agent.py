"""A small SIP agent for the loopback tests: sends text, receives messages, answers."""

import re
import socket
import time


class Message:
    """A received SIP message, read with the least that tests need."""

    def __init__(self, data, source):
        self.source = source
        self.text = data.decode(errors="replace")
        head, _, self.body = self.text.partition("\r\n\r\n")
        self.first, *self.lines = head.split("\r\n")

    def all(self, name):
        """Values of every header line of a name."""
        return [line.split(":", 1)[1].strip() for line in self.lines if line.split(":", 1)[0].strip().lower() == name.lower()]

    def get(self, name):
        values = self.all(name)
        return values[0] if values else None

    @property
    def status(self):
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else None

    @property
    def method(self):
        return None if self.status else self.first.split()[0]

    @property
    def uri(self):
        return None if self.status else self.first.split()[1]

    def __repr__(self):
        return self.first


def reply_to(request, status, reason, tag, contact, headers, body):
    """The text of a user agent's reply to a request."""
    lines = [f"SIP/2.0 {status} {reason}"]
    for line in request.lines:
        name = line.split(":", 1)[0].strip().lower()
        if name in ("via", "from", "call-id", "cseq", "record-route"):
            lines.append(line)
        elif name == "to":
            lines.append(line if ";tag=" in line or not tag else f"{line};tag={tag}")
    lines += [f"Contact: <{contact}>", *headers, f"Content-Length: {len(body)}", "", body]
    return "\r\n".join(lines)


class Agent:
    def __init__(self, name, proxy_port, ip="127.0.0.1"):
        self.name = name
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ip, 0))
        self.ip, self.port = self.socket.getsockname()
        self.proxy = ("127.0.0.1", proxy_port)
        self.number = 0
        self.ladder = []

    @property
    def uri(self):
        return f"sip:{self.name}@{self.ip}:{self.port}"

    def request(self, method, uri, call_id=None, cseq=None, to_tag="", branch=None, headers=(), body="", from_tag="ft"):
        self.number += 1
        call_id = call_id or f"{self.name}-{self.port}-{self.number}"
        cseq = cseq or self.number
        branch = branch or f"z9hG4bK{self.name}{self.port}x{self.number}"
        lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/UDP {self.ip}:{self.port};branch={branch}",
                 f"From: <sip:{self.name}@127.0.0.1:{self.proxy[1]}>;tag={from_tag}",
                 f"To: <{uri}>" + (f";tag={to_tag}" if to_tag else ""), f"Call-ID: {call_id}", f"CSeq: {cseq} {method}",
                 "Max-Forwards: 70", f"Contact: <{self.uri}>", *headers, f"Content-Length: {len(body)}", "", body]
        return "\r\n".join(lines)

    def send(self, text):
        self.ladder.append(f"-> {text.splitlines()[0]}")
        self.socket.sendto(text.encode() if isinstance(text, str) else text, self.proxy)

    def receive(self, within=3.0):
        """The next message, or None."""
        self.socket.settimeout(within)
        try:
            data, source = self.socket.recvfrom(65536)
        except (TimeoutError, socket.timeout):
            return None
        message = Message(data, source)
        self.ladder.append(f"<- {message.first}")
        return message

    def expect(self, what, within=3.0):
        """The next message must be this request method or status; other provisional replies are passed over."""
        deadline = time.monotonic() + within
        while True:
            message = self.receive(max(0.01, deadline - time.monotonic()))
            if message is None:
                raise AssertionError(f"{self.name} waited in vain for {what}; so far:\n  " + "\n  ".join(self.ladder))
            if what in (message.status, message.method):
                return message
            if message.status is not None and message.status < 200:
                continue
            raise AssertionError(f"{self.name} expected {what}, got {message.first}; so far:\n  " + "\n  ".join(self.ladder))

    def expect_nothing(self, for_seconds):
        message = self.receive(for_seconds)
        if message is not None:
            raise AssertionError(f"{self.name} expected nothing, got:\n{message.text}")

    def reply(self, request, status, reason, tag="", headers=(), body=""):
        self.send_to(request.source, reply_to(request, status, reason, tag, self.uri, headers, body))

    def send_to(self, address, text):
        self.ladder.append(f"-> {text.splitlines()[0]}")
        self.socket.sendto(text.encode(), address)

    def register(self, expires=300):
        self.send(self.request("REGISTER", f"sip:{self.name}@127.0.0.1:{self.proxy[1]}", headers=[f"Expires: {expires}"]))
        return self.expect(200)

    def within_dialog(self, method, reply, cseq, invite_call_id, branch=None):
        """ACK or BYE of the caller's dialog, by the Contact and Record-Route of the 200."""
        target = re.search(r"<([^>]+)>", reply.get("Contact")).group(1)
        routes = [f"Route: {value}" for value in reversed(reply.all("Record-Route"))]
        text = self.request(method, target, call_id=invite_call_id, cseq=cseq, headers=routes, branch=branch)
        lines = text.split("\r\n")
        lines = [f"To: {reply.get('To')}" if line.startswith("To: ") else line for line in lines]
        lines = [f"From: {reply.get('From')}" if line.startswith("From: ") else line for line in lines]
        return "\r\n".join(lines)

    def close(self):
        self.socket.close()
