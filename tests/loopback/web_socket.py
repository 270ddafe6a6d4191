"""A WebSocket client (RFC 6455) for the loopback tests: handshake, frames as wanted, faulty ones too; SIP over it (RFC 7118)."""

import base64
import hashlib
import os
import socket
import ssl
import struct

from agent import Message, reply_to

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def frame(opcode, payload=b"", fin=True, mask=True, reserved=0):
    """One frame as bytes."""
    payload = payload.encode() if isinstance(payload, str) else payload
    head = bytes([(0x80 if fin else 0) | reserved << 4 | opcode])
    bit = 0x80 if mask else 0
    if len(payload) < 126:
        head += bytes([bit | len(payload)])
    elif len(payload) < 1 << 16:
        head += bytes([bit | 126]) + struct.pack(">H", len(payload))
    else:
        head += bytes([bit | 127]) + struct.pack(">Q", len(payload))
    if not mask:
        return head + payload
    key = os.urandom(4)
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


def upgrade(path="/ws", method="GET", version="1.1", **changes):
    """The text of a handshake; keyword arguments change headers (underscores for hyphens), None drops one, a list repeats it."""
    headers = {"Host": "127.0.0.1", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": KEY,
               "Sec-WebSocket-Protocol": "sip", "Sec-WebSocket-Version": "13"}
    headers.update({name.replace("_", "-"): value for name, value in changes.items()})
    lines = [f"{method} {path} HTTP/{version}"]
    for name, value in headers.items():
        lines += [f"{name}: {v}" for v in (value if isinstance(value, list) else [value]) if v is not None]
    return "\r\n".join(lines) + "\r\n\r\n"


class Stream:
    """A TCP or TLS connection that reads heads, bodies and frames."""

    def __init__(self, port, tls=None, ip="127.0.0.1", within=5.0):
        self.socket = socket.create_connection((ip, port), timeout=within)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self.socket = context.wrap_socket(self.socket)
        self.rest = b""
        self.ip, self.port = self.socket.getsockname()

    def send(self, data, piece=None):
        data = data.encode() if isinstance(data, str) else data
        for at in range(0, len(data), piece or len(data) or 1):
            self.socket.sendall(data[at:at + (piece or len(data))])

    def more(self):
        """Reads on; False at the end of the stream."""
        try:
            data = self.socket.recv(65536)
        except (ConnectionError, ssl.SSLError):
            return False
        self.rest += data
        return bool(data)

    def take(self, count):
        while len(self.rest) < count:
            if not self.more():
                raise EOFError("the connection ended")
        data, self.rest = self.rest[:count], self.rest[count:]
        return data

    def http(self):
        """The next HTTP reply: (status, headers as a list of (name, value), body)."""
        while b"\r\n\r\n" not in self.rest:
            if not self.more():
                raise EOFError(f"the connection ended behind {self.rest!r}")
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
        return first, headers, self.take(length).decode()

    def ended(self):
        """Reads to the end; False when it does not come in time."""
        try:
            while self.more():
                pass
        except TimeoutError:
            return False
        return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class WebSocket(Stream):
    """Opened by a handshake; speaks SIP."""

    def __init__(self, port, tls=None, path="/ws", within=5.0, **headers):
        super().__init__(port, tls, within=within)
        self.number, self.transport = 0, "WSS" if tls else "WS"
        self.send(upgrade(path, **headers))
        self.first, self.headers, _ = self.http()
        if not self.first.startswith("HTTP/1.1 101"):
            raise ConnectionError(self.first)
        accept = base64.b64encode(hashlib.sha1((KEY + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        assert ("Sec-WebSocket-Accept", accept) in self.headers, self.headers

    def frame(self):
        """The next frame: (fin, opcode, payload)."""
        first, second = self.take(2)
        assert not second & 0x80, "a server does not mask"
        length = second & 0x7f
        if length == 126:
            (length,) = struct.unpack(">H", self.take(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.take(8))
        return bool(first & 0x80), first & 0x0f, self.take(length)

    def data(self):
        """The next frame that is neither a ping, which is answered, nor a pong: (opcode, payload)."""
        while True:
            _, opcode, payload = self.frame()
            if opcode == PING:
                self.send(frame(PONG, payload))
            elif opcode != PONG:
                return opcode, payload

    def closed_with(self):
        """The code of the close frame, frames before it passed over; 0 for one without a code, None when the stream just ends."""
        try:
            while True:
                _, opcode, payload = self.frame()
                if opcode == CLOSE:
                    return struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 0
        except EOFError:
            return None

    def say(self, text, opcode=TEXT, piece=None):
        self.send(frame(opcode, text), piece)

    def receive(self):
        """The next SIP message."""
        opcode, payload = self.data()
        if opcode not in (TEXT, BINARY):
            raise EOFError(f"frame {opcode} with {payload!r}")
        return Message(payload, (self.ip, self.port))

    def expect(self, what):
        """The next message must be this method or status; provisional replies are passed over."""
        while True:
            message = self.receive()
            if what in (message.status, message.method):
                return message
            assert message.status is not None and message.status < 200, f"expected {what}, got {message.first}"

    def request(self, method, uri, user="alice", call_id=None, cseq=None, to_tag="", headers=(), body="", contact=None, to=None):
        self.number += 1
        contact = contact or f"sip:{user}@df7jal23ls0d.invalid;transport=ws"
        lines = [f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/{self.transport} df7jal23ls0d.invalid;branch=z9hG4bK{user}{self.port}x{self.number}",
                 f"From: <sip:{user}@127.0.0.1>;tag=f{self.port}", f"To: <{to or uri}>" + (f";tag={to_tag}" if to_tag else ""),
                 f"Call-ID: {call_id or f'{user}-{self.port}-{self.number}'}", f"CSeq: {cseq or self.number} {method}", "Max-Forwards: 70",
                 f"Contact: <{contact}>", *headers, f"Content-Length: {len(body)}", "", body]
        return "\r\n".join(lines)

    def reply(self, request, status, reason, tag="", headers=(), body="", contact="sip:bob@df7jal23ls0d.invalid;transport=ws"):
        self.say(reply_to(request, status, reason, tag, contact, headers, body))
