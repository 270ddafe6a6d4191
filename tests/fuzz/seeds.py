"""First inputs of a front end fuzz target: the scripts, code pages, probes and .module files of this tree; and its words.

usage: seeds.py TARGET OUTDIR DICTIONARY [FOLDER...]    FOLDERs: more scripts (*.cfg), which stay out of the tree
"""

import hashlib
import re
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


def words(target, seeds):
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
