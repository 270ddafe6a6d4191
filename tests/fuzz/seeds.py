"""First inputs of a fuzz target of the front end: the scripts, code pages, probes and .module files of this tree; and its words.
Those of the target `script`: one step each, as script_fuzz.cpp reads them, with the torture messages and what its routes look for.
Those of `connection`: what a peer may send first, over TCP and TLS.

usage: seeds.py TARGET OUTDIR DICTIONARY [FOLDER...]    FOLDERs: more scripts (*.cfg), which stay out of the tree
"""

import hashlib
import re
import ssl
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIVIDER = b"\n%%%%\n"


def scripts(folders):
    for top in [ROOT / "examples", ROOT / "tests", *map(Path, folders)]:
        for path in sorted(top.rglob("*.cfg")):
            yield path.read_bytes()
    for page in sorted((ROOT / "compiler/diagnostics/codes").glob("*.md")):
        for block in re.findall(r"^```\w*\n(.*?)^```", page.read_text(), re.M | re.S):
            yield block.encode()
    for line in (ROOT / "compiler/lint/probes.tsv").read_text().splitlines():
        if not line.startswith("#"):
            yield line.split("\t")[3].replace("\\n", "\n").encode()


def steps():
    """Bytes that script_fuzz.cpp takes for a step: datagrams, a request made of parts for each route, HTTP, RPC, an answer."""
    end = b"\xff"
    torture = [p.read_bytes() for p in sorted((ROOT / "tests/data/torture").glob("*.dat"))]
    yield from (b"\0\0" + text.replace(end, b"\xfe") + end for text in torture)
    body = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\nm=audio 9 RTP/AVP 0 8\r\n--b--\r\n"
    values = [b"<sip:a@10.0.0.1:5070;transport=tcp;ob>;q=0.5;expires=60;+sip.instance=\"<urn:uuid:0>\";reg-id=1", b"<sip:192.0.2.1;lr;ftag=a;nat=yes>, <sip:192.0.2.20;lr>",
              b'Digest username="a", realm="b", nonce="c", uri="sip:b", response="d"', b"sip:a:b@h;c=d?e=f", b"<tel:+1;phone-context=x>;privacy=full", b"%41%00a,b;c=d"]
    for port in range(12):
        for at, value in enumerate(values):
            header = (0, 1, 4, 10, 12, 5)[at]
            yield bytes([1, port, at % 3, at % 6, 0, 0, 0, 1, header]) + value + end + (body if at % 2 else b"v=0\r\nc=IN IP4 10.0.0.1\r\nm=audio 9 RTP/AVP 0 8\r\n") + end
    yield b"\5\1\1Host: x\r\n" + end + b'{"jsonrpc":"2.0","method":"core.echo","params":[1,"a",2.5],"id":7}' + end
    yield b"\5\0\0ws" + end + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n" + end
    for command in range(0, 120):
        yield bytes([6, 1, command]) + b'["a", 1, "b"]' + end
        yield bytes([7, 1, command]) + b"\x21a\0\x10\x01" + end + b"\x20"
    yield bytes([1, 2, 0, 0, 0, 0, 0, 0]) + end + bytes([8, 0, 4]) + b"Contact: <sip:n@192.0.2.21>" + end + end


def client_hello():
    context = ssl.create_default_context()
    come, go = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        context.wrap_bio(come, go, server_hostname="a.example").do_handshake()
    except ssl.SSLWantReadError:
        return go.read()


def connections():
    """Bytes that connection_fuzz.cpp takes: how the server is set, two for the cuts, and what a peer sends."""
    def frame(payload, head=0x81):
        return bytes([head, 128 | len(payload)]) + bytes(4) + payload

    message = b"MESSAGE sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h:5099;alias;branch=z9hG4bK1\r\nContent-Length: 5\r\n\r\nhello"
    answered, last, held = (message.replace(b"MESSAGE", word) for word in (b"OPTIONS", b"BYE", b"HOLD"))
    upgrade = b"GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n"
    frames = frame(answered) + frame(b"x", 0x89) + frame(message[:20], 1) + frame(message[20:], 0x80) + frame(b"\x03\xe8bye", 0x88)
    binary, text = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\0\0\1\x7f\0\0\1\x13\xc4\x13\xc5", b"PROXY TCP4 10.0.0.1 127.0.0.1 5070 5060\r\n"
    for mode, said in ((0, message + answered + b"\r\n\r\n" + held + message + last + message), (1, binary + message + answered), (1, text + message), (1, message),
                       (4, message + answered), (8, message.replace(b"Content-Length: 5\r\n", b"") + message), (0, upgrade + frames),
                       (1, binary + upgrade + frames), (2, client_hello()), (3, binary + client_hello()),
                       (0, message + held + upgrade + frame(held) + frame(last) + frame(message))):
        yield bytes([mode, 3, mode]) + said


def words(target, seeds):
    if target == "connection":
        return {"Content-Length: ", "l: ", ";alias", "PROXY TCP4 ", "PROXY UNKNOWN", "GET ", "HOLD ", "BYE ", "OPTIONS ", "SIP/2.0", "HTTP/1.1", "QUIT"}
    if target == "script":
        return {w.decode() for s in seeds for w in re.findall(rb"[\w.+-]{3,24}[:=]?", s)} | {"--b", "sip:", "tel:", ";lr", "<sip:", "*"}
    if target == "interfaces":
        return {w.decode() for s in seeds for w in re.findall(rb"^ *([a-z]+) |[ :(]([a-z_]{3,20})(?=[ ,?)\n])", s, re.M) for w in w if w}
    grammar = (ROOT / "grammar/CfgLexer.g4").read_text()
    found = set(re.findall(r"'((?:[^'\\\n])+)'", grammar[grammar.index("WHITESPACE:") :]))
    found |= {"#!" + w for w in ("define", "ifdef", "ifndef", "else", "endif", "ifexp", "defexp", "defexps", "subst", "substdef",
                                 "substdefs", "trydef", "redef", "defenv", "trydefenv", "undef", "KAMAILIO", "MAXCOMPAT")}
    found |= {"$" + w for w in ("var(x)", "avp(x)", "rU", "ru", "du", "si", "null", "(ru{uri.user})", "hdr(To)", "sht(a=>b)", "xavp(a=>b)")}
    return found | {w.decode() for s in seeds for w in re.findall(rb"\{(\w+\.\w+)", s)}


def main():
    target, out, dictionary, folders = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:]
    if target == "interfaces":
        seeds = [p.read_bytes() for p in sorted((ROOT / "stdlib").rglob("*.module"))]
    elif target in ("script", "connection"):
        seeds = list(steps() if target == "script" else connections())
    else:
        seeds = list(scripts(folders))
    if target == "preprocessor":
        include = b'include_file "a.cfg"\n'
        seeds += [include + s + DIVIDER + b'import_file "b.cfg"\n' + DIVIDER + include for s in seeds[:20]]
    if target == "parser":
        variables = set()
        for s in seeds:
            variables |= set(re.findall(rb"\$[\w.]*(?:\([^\n;\"]*?\))?", s))
        seeds += [b"\1" + v for v in sorted(variables)] + [b"\2a " + v + b" $$" for v in sorted(variables)]
    dictionary.write_text("".join('"%s"\n' % w.replace("\\", "\\\\").replace('"', '\\"') for w in sorted(words(target, seeds))))
    limit = 4000
    for seed in seeds:
        # A long script gives its pieces.
        for at in range(0, max(1, len(seed)), limit):
            piece = seed[at : at + limit]
            (out / hashlib.sha1(piece).hexdigest()).write_bytes(piece)


main()
