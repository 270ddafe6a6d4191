# Makes transformations.rows of the tables in the reference (transformations.md, chapter 3): generate.py TRANSFORMATIONS.md
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import json
import re
import sys
from pathlib import Path

NAMED = {}      # U, P, N, L: inputs that the text before a table names


def cells(line):
    return [c.strip().replace("\\|", "|") for c in re.split(r"(?<!\\)\|", line.strip().strip("|").replace("\\|", "\0"))] if "\0" in line else \
        [c.strip().replace("\0", "|") for c in line.strip()[1:-1].replace("\\|", "\0").split("|")]


def code(cell):
    return re.match(r"^`(.*?)`", cell).group(1) if cell.startswith("`") else ""


def expected(result, kind):
    """What `show` gives, what `print` gives."""
    if "undefined" in result:
        return "null", '""'
    text = re.sub(r"\(\+NUL.*\)$", "\0", code(result))
    for escape, character in (("\\r", "\r"), ("\\n", "\n"), ("\\t", "\t")):
        text = text.replace(escape, character)
    if "bbob" in text:      # a stray byte: what the buffer held before
        return "any", ""
    if kind == "int":
        form = re.search(r"string form (?:`(.*?)`|empty)", result)
        return f"int {text}", json.dumps((form.group(1) or "") if form else text)
    return f"str {json.dumps(text, ensure_ascii=False)}", json.dumps(text, ensure_ascii=False)


def main():
    source = Path(sys.argv[1]).read_text().splitlines()
    out = ["# Transformations of 5.6.3: made by generate.py from the reference's tables.",
           "# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception"]
    target = Path(__file__).with_name("transformations.rows")
    old = re.findall(r"^(\[\w+\].*\n(?:(?!\[).*\n)*?)(ours .*\n)", target.read_text(), re.M) if target.exists() else []
    number = 0
    for line in source:
        named = re.match(r"^([UPNL]) = `(.*)`$", line)
        if named:
            text = named.group(2) if named.group(1) == "L" else named.group(2).replace('"', '\\"')
            NAMED[named.group(1)] = '"' + text + '"'
        if not re.match(r"^\| `.*`\{?.*\}?` \| ", line):
            continue
        parts = cells(line)
        if len(parts) != 4 or not parts[1].startswith("`{"):
            continue
        source_text, operation = code(parts[0]), code(parts[1])
        number += 1
        shown, printed = expected(parts[2], parts[3])
        if "corehash" in operation:     # the number holds for one build of Kamailio only; whether there is one, does not
            out += [f"[t{number}] {source_text} {operation}", "build -> ok", f"run $vn(h)=$(rU{operation});"]
            continue
        given = NAMED.get(source_text, "$null" if source_text == "null" else source_text)
        out += [f"[t{number}] {source_text} {operation}", f"run $vn(i)=2; $vn(x)=\"d\"; $vn(e)=\"\"; $vn(in)={given};",
                f"show $(vn(in){operation}) -> {shown}"]
        if shown.startswith("int"):
            out.append(f"print $(vn(in){operation.replace(chr(92), chr(92) * 2)}) -> {printed}")
    text = "\n".join(out) + "\n"
    for check, ours in old:
        text = text.replace(check, check + ours)
    target.write_text(text)
    print(number, "rows")


main()
