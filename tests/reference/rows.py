# Rows of the reference tables: their text format, and the routing scripts that are made of them.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""
A .rows file holds rows. A row begins with `[id] title`; its lines follow, one item each:

    run CODE               statements
    show EXPR -> VALUE     the value of an expression: null, int 5, str "a", never
    test COND -> T|F       whether an `if` takes its branch
    print FORMAT -> "..."  what xlog prints
    marks -> a | b         the MARK(text)s of the row that were passed, in order
    answers -> 100 486     status codes that the sender of the request gets
    lines -> a | b         the whole log lines that hold @ and the row's id, without the process's number
    replies NAME -> a | b  this header's values in the replies that the sender gets, "-" where there is none
    relayed NAME -> a | b  the same in the requests that go to the user agent
    build -> ok|refused    of the whole script; always in a script of its own
    start -> ok|refused    like build, where Kamailio checks only at its start: `-c` accepts

    ours VALUE             behind a check: what Strowger gives instead; the row stands in differences.md
    top TEXT               text outside of the request route (routes, usually)
    global TEXT            text before everything else; makes the row's script its own
    options -A X=3         of the command line; makes the row's script its own
    alone                  the row's script is its own
    ruri, method, body, header, without, repeat, uas    the request that is sent
    at HOST                the address of the proxy that it is sent to

`$var(x)` and `$vn(x)` are renamed so that rows do not meet, unless a row says `shared`; @@ stands for the row's id.
"""

import json
import re
from dataclasses import dataclass, field

CHECKS = ("show", "test", "print", "marks", "answers", "lines", "replies", "relayed", "build", "start")
STIMULUS = ("ruri", "method", "body", "header", "without", "repeat", "uas", "from", "to", "at", "options")


@dataclass
class Check:
    name: str
    kind: str
    text: str
    expected: str
    line: int
    ours: str | None = None


@dataclass
class Row:
    id: str
    title: str
    file: str
    items: list = field(default_factory=list)       # ("run" | "top" | ..., text) and Check, in their order
    stimulus: list = field(default_factory=list)
    flags: set = field(default_factory=set)

    @property
    def checks(self):
        return [item for item in self.items if isinstance(item, Check)]

    @property
    def name(self):
        return re.sub(r"\W", "_", self.id)

    @property
    def alone(self):
        return bool(self.flags & {"alone", "global"}) or "options" in dict(self.stimulus) or any(c.kind in ("build", "start") for c in self.checks)

    @property
    def runs(self):
        return not any(c.kind in ("build", "start") for c in self.checks)

    def texts(self, kind):
        return [text for what, text in (i for i in self.items if not isinstance(i, Check)) if what == kind]


def read(path):
    rows = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith("["):
            identity, _, title = line[1:].partition("]")
            rows.append(Row(identity, title.strip(), path.name))
            continue
        word, _, rest = line.partition(" ")
        row = rows[-1]
        if word in CHECKS:
            text, _, expected = (" " + rest + (" " if rest.endswith("->") else "")).rpartition(" -> ")
            row.items.append(Check(f"{row.id}.{len(row.checks) + 1}", word, text.strip(), expected.strip(), number))
        elif word == "ours":
            row.checks[-1].ours = rest.strip()
        elif word in STIMULUS:
            row.stimulus.append((word, rest))
        elif word in ("run", "top", "global"):
            row.items.append((word, rest))
            row.flags |= {"global"} if word == "global" else set()
        elif word in ("alone", "shared"):
            row.flags.add(word)
        else:
            raise ValueError(f"{path}:{number}: what is {word}?")
    return rows


def code(row, text):
    """The text with names that only this row uses, and its marks."""
    text = text.replace("@@", row.name)
    text = re.sub(r"MARK\(((?:[^()]|\([^()]*(?:\([^()]*\)[^()]*)*\))*)\)", rf'xlog("L_INFO", "@{row.id} mark \1\\n")', text)
    if "shared" not in row.flags:
        text = re.sub(r"\b(var|vn)\((\w+)\)", rf"\1({row.name}_\2)", text)
    return text


def statements(row):
    """The body of the row's route."""
    out = []
    for item in row.items:
        if not isinstance(item, Check):
            if item[0] == "run":
                out.append(code(row, item[1]))
            continue
        t, u, n = (f"$vn({row.name}_{v}_)" for v in "tun")
        say = f'xlog("L_INFO", "@{item.name}'
        text = code(row, item.text)
        if item.kind == "show":
            out.append(f'{t} = "unset"; {t} = {text};')
            out.append(f'{u} = {t} + 1; {n} = defined {t}; {say} {n} $({t[1:]}{{s.encode.hexa}}) $({u[1:]}{{s.encode.hexa}})\\n");')
        elif item.kind == "test":
            out.append(f'if ({text}) {{ {say} T\\n"); }} else {{ {say} F\\n"); }}')
        elif item.kind == "print":
            out.append(f'{say} {text}\\n");')
    return out


def route(row):
    body = statements(row) or [";"]
    return "\n".join([*(code(row, t) for t in row.texts("top")), f"route[{row.name}] {{", *("    " + line for line in body), "}"])


def script(rows, prelude, port):
    """One routing script that holds the routes of `rows`; the header X-Row of a request chooses."""
    whole = [t.replace("@@", rows[0].name).replace("PORT", str(port)) for row in rows for t in row.texts("global")]
    if len(rows) == 1 and not rows[0].runs:
        main = ["request_route {", *("    " + line for line in statements(rows[0])), "    exit;", "}"]
        return "\n".join(["#!KAMAILIO", *whole, prelude.replace("PORT", str(port)), *(code(rows[0], t) for t in rows[0].texts("top")), *main, ""])
    main = ["request_route {", "    $var(row_) = $hdr(X-Row);", "    route($var(row_));", "}"]
    return "\n".join(["#!KAMAILIO", *whole, prelude.replace("PORT", str(port)), *(route(row) for row in rows), *main, ""])


def request(row, port, agent_port, answer_port, number=0):
    """The default message of the tables, changed as the row says."""
    ruri, method, body = "sip:alice@example.com:5070;transport=udp", "INVITE", ""
    headers = {"From": '"Bob B" <sip:bob@biloxi.com;x=1>;tag=ft1', "To": "<sip:alice@example.com>",
               "Call-ID": f"{row.name}-{number}", "CSeq": None, "Max-Forwards": "70",
               "Contact": f"<sip:bob@127.0.0.1:{agent_port};ob>;expires=60;q=0.5", "User-Agent": "tester/1.0"}
    more = []
    for what, text in row.stimulus:
        text = text.replace("PORT", str(port)).replace("\\r\\n", "\r\n").replace("\\t", "\t")
        if what == "ruri":
            ruri = text
        elif what == "method":
            method = text
        elif what == "body":
            body = text
        elif what == "header":
            more.append(text)
        elif what == "without":
            headers.pop(text)
        elif what == "from":
            headers["From"] = text
        elif what == "to":
            headers["To"] = text
        elif what == "uas":
            ruri = f"sip:uas@127.0.0.1:{answer_port}"
            more.append(f"X-Answers: {text}")
    if "CSeq" in headers:
        headers["CSeq"] = f"101 {method}"
    length = [] if any(h.lower().startswith("content-length") for h in more) else [f"Content-Length: {len(body)}"]
    lines = [f"{method} {ruri} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{agent_port};branch=z9hG4bK{row.name}{number}",
             *(f"{k}: {v}" for k, v in headers.items()), f"X-Row: {row.name}", *more, *length, "", body]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape")


def value(present, shown, plus_one):
    """The value of a `show` line: whether it is defined, its text and its text after `+ 1`, in hexadecimal."""
    if present != "1":
        return "null"
    text = bytes.fromhex(shown).decode("utf-8", "backslashreplace")
    if bytes.fromhex(plus_one) == bytes.fromhex(shown) + b"1":
        return f"str {json.dumps(text, ensure_ascii=False)}"
    return f"int {text}"
