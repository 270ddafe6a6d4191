"""A small DNS server on loopback for tests: a zone as text, and servers that answer late, wrongly or never.

A zone's lines: "NAME TYPE TTL DATA..." with A, AAAA, CNAME, SRV (priority weight port target), NAPTR (order preference
flags services regexp replacement; "" for empty ones), PTR, TXT; "NAME never", "NAME late MS", "NAME fail" (SERVFAIL),
"NAME wrong" (bytes that are no answer) and "NAME short" (truncated: TC). "*" as a name is every other one.

usage: dns_server.py [--quiet] ADDRESS PORT ZONEFILE
"""
import heapq
import ipaddress
import select
import shlex
import socket
import struct
import sys
import threading
import time

TYPES = {"A": 1, "CNAME": 5, "SOA": 6, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33, "NAPTR": 35}
NAMES = {number: name for name, number in TYPES.items()}


def labels(name):
    name = name.rstrip(".")
    return b"".join(bytes([len(part)]) + part.encode() for part in name.split(".") if part) + b"\0"


def text(value):
    return bytes([len(value)]) + value.encode()


def data_of(kind, words):
    if kind == "A":
        return ipaddress.IPv4Address(words[0]).packed
    if kind == "AAAA":
        return ipaddress.IPv6Address(words[0]).packed
    if kind in ("CNAME", "PTR"):
        return labels(words[0])
    if kind == "SRV":
        return struct.pack("!HHH", *map(int, words[:3])) + labels(words[3])
    if kind == "NAPTR":
        return struct.pack("!HH", int(words[0]), int(words[1])) + b"".join(text(w) for w in words[2:5]) + labels(words[5])
    if kind == "TXT":
        return b"".join(text(w) for w in words)
    raise ValueError(kind)


class Zone:
    def __init__(self, zone):
        self.records, self.moods = {}, {}
        for line in zone.splitlines():
            words = shlex.split(line, comments=True)
            if len(words) < 2:
                continue
            name = words[0].lower().rstrip(".")
            if words[1] in ("never", "late", "fail", "wrong", "short"):
                self.moods[name] = words[1:]
            else:
                self.records.setdefault(name, []).append((words[1], int(words[2]), data_of(words[1], words[3:]), words[3:]))

    def mood(self, name):
        return self.moods.get(name) or (self.moods.get("*") if name not in self.records else None) or ["now"]

    def answers(self, name, kind):
        """Records for the question, CNAMEs followed; whether the name exists."""
        found, chain = [], 0
        while chain < 20:
            here = self.records.get(name) or self.records.get("*") or []
            matching = [(name, k, ttl, data) for k, ttl, data, _ in here if k == kind]
            alias = [(k, ttl, data, w) for k, ttl, data, w in here if k == "CNAME"]
            found += matching
            if matching or not alias:
                return found, bool(here) or bool(found)
            found.append((name, "CNAME", alias[0][1], alias[0][2]))
            name, chain = alias[0][3][0].lower().rstrip("."), chain + 1
        return found, True


class Server:
    def __init__(self, address, port, zone, log=None):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self.socket.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_RCVBUFFORCE", 33), 64 << 20)   # root's
        except PermissionError:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self.socket.bind((address, port))
        self.port = self.socket.getsockname()[1]
        self.zone, self.log = Zone(zone), log
        self.asked = []                          # (name, type) in order
        self.started, self.stopping = time.monotonic(), False
        self.late, self.number = [], 0

    def start(self):
        threading.Thread(target=self.run, daemon=True).start()
        return self

    def stop(self):
        self.stopping = True

    def run(self):
        while not self.stopping:
            now = time.monotonic()
            while self.late and self.late[0][0] <= now:
                _, _, to, packet = heapq.heappop(self.late)
                self.socket.sendto(packet, to)
            wait = min(0.2, self.late[0][0] - now) if self.late else 0.2
            if select.select([self.socket], [], [], max(0, wait))[0]:
                for _ in range(64):
                    try:
                        packet, source = self.socket.recvfrom(4096, socket.MSG_DONTWAIT)
                    except BlockingIOError:
                        break
                    self.answer(packet, source)
        self.socket.close()

    def answer(self, packet, source):
        number, _, questions = struct.unpack("!HHH", packet[:6])
        if questions < 1:
            return
        at, parts = 12, []
        while packet[at]:
            parts.append(packet[at + 1:at + 1 + packet[at]].decode("latin1"))
            at += 1 + packet[at]
        code, = struct.unpack("!H", packet[at + 1:at + 3])
        question = packet[12:at + 5]
        name, kind = ".".join(parts).lower(), NAMES.get(code, str(code))
        self.asked.append((name, kind))
        if self.log:
            print("%8.3f %s %s" % (time.monotonic() - self.started, name, kind), file=self.log, flush=True)
        mood = self.zone.mood(name)
        if mood[0] == "never":
            return
        if mood[0] == "wrong":
            self.socket.sendto(struct.pack("!HHHHHH", number, 0x8180, 1, 5, 0, 0) + question + b"\xc0\xff" * 7, source)
            return
        records, known = self.zone.answers(name, kind)
        code = 2 if mood[0] == "fail" else 0 if known else 3
        if code:
            records = []
        flags = 0x8580 | code | (0x0200 if mood[0] == "short" else 0)
        reply = struct.pack("!HHHHHH", number, flags, 1, len(records), 0, 0) + question
        for owner, k, ttl, data in records:
            reply += labels(owner) + struct.pack("!HHIH", TYPES[k], 1, ttl, len(data)) + data
        if mood[0] == "late":
            self.number += 1
            heapq.heappush(self.late, (time.monotonic() + float(mood[1]) / 1000, self.number, source, reply))
        else:
            self.socket.sendto(reply, source)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--quiet"]
    with open(arguments[2]) as zone:
        server = Server(arguments[0], int(arguments[1]), zone.read(), None if "--quiet" in sys.argv else sys.stdout)
    print("port", server.port, flush=True)
    server.run()


if __name__ == "__main__":
    main()
