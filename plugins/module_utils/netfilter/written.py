# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file of nftables says beside what the kernel holds: to load it anew loses all that only the latter has.

Both are told as {name: number}: of the rules of a chain, of the elements of a set or map, 0 of a table. The number is
None where it can't be told, or is no matter of the file: the packets themselves fill a dynamic set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Optional

from ..door import Unreadable

Held = dict[str, Optional[int]]
#: A table that its own unit loads, also whenever nftables.service did.
OURS = "inet bulwark_ssh"
TABLE = re.compile(r"table\s+(?:(ip|ip6|inet|arp|bridge|netdev)\s+)?([\w.-]+)")
PART = re.compile(r"(chain|set|map)\s+([\w.-]+)")
#: Statements of a chain that are no rules.
ABOUT = re.compile(r"(?:type|policy|comment|devices?)\b")
ELEMENTS = re.compile(r"elements\s*=\s*\{([^{}$]*)\}")
FILLED = re.compile(r"flags\s.*\b(?:dynamic|timeout)\b|timeout\s")
STRING = re.compile(r'"[^"\n]*"')
COMMENT = re.compile(r"#[^\n]*")
TOKEN = re.compile(r"[{};\n]|[^{};\n]+")
KINDS = ("set", "map")


def in_file(text: str) -> Held:
    """Return what a file says, in tables, chains and sets that are written as `nft list ruleset` writes them."""
    found: Held = {}
    table = part = ""
    for depth, statement in _statements(text):
        opened = (TABLE if depth == 0 else PART).fullmatch(statement)
        if depth == 0:
            table, part = "%s %s" % (opened[1] or "ip", opened[2]) if opened else "", ""
            if opened:
                found.setdefault("table %s" % table, 0)
        elif depth == 1:
            part = "%s %s %s" % (opened[1], table, opened[2]) if opened and table else ""
            if part:
                found.setdefault(part, 0)
        elif part:
            _add(found, part, statement)
    return found


def _add(found: Held, part: str, statement: str) -> None:
    """Add what a statement inside of a chain, set or map makes it hold."""
    known = found[part]
    more: int | None = 0
    if part.startswith("chain "):
        more = 0 if ABOUT.match(statement) else 1
    elif FILLED.match(statement):
        more = None
    elif statement.startswith("elements"):
        listed = ELEMENTS.fullmatch(statement)
        more = sum(1 for one in listed[1].split(",") if one.strip()) if listed else None
    found[part] = None if known is None or more is None else known + more


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield (depth, statement): a line or what a semicolon ends, with all of the braces that it opens.

    What opens a table, chain or set is a statement itself, and what is inside of them has a depth more.
    """
    code = COMMENT.sub("", STRING.sub('""', text)).replace("\\\n", " ")
    depth, inside, said = 0, 0, ""
    for token in TOKEN.findall(code):
        if token == "{" and not inside and _opens(depth, said):
            yield depth, said.strip()
            depth, said = depth + 1, ""
        elif token == "{":
            inside, said = inside + 1, said + token
        elif token == "}" and inside:
            inside, said = inside - 1, said + token
        elif token in "};\n" and not inside:
            if said.strip():
                yield depth, said.strip()
            depth, said = depth - (token == "}"), ""
        else:
            said += token
    if said.strip():
        yield depth, said.strip()


def _opens(depth: int, said: str) -> bool:
    return bool(depth == 0 and TABLE.fullmatch(said.strip())) or (depth == 1 and " " in said.strip())


def in_kernel(listing: str) -> Held:
    """Return what the kernel holds, by `nft -j list ruleset`, without our own table. Raises Unreadable."""
    found: Held = {}
    try:
        for kind, one in (pair for entry in json.loads(listing)["nftables"] for pair in entry.items()):
            table = "%s %s" % (one.get("family"), one["name"] if kind == "table" else one.get("table"))
            if table == OURS:
                continue
            if kind == "table":
                found["table %s" % table] = 0
            elif kind == "chain":
                found.setdefault("chain %s %s" % (table, one["name"]), 0)
            elif kind == "rule":
                name = "chain %s %s" % (table, one["chain"])
                found[name] = (found.get(name) or 0) + 1
            elif kind in KINDS:
                fills = {"dynamic", "timeout"} & set(one.get("flags", ()))
                found["%s %s %s" % (kind, table, one["name"])] = None if fills else len(one.get("elem", ()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Unreadable("nft -j list ruleset: not understood (%s)" % type(error).__name__) from None
    return found


def lost(text: str, listing: str) -> str | None:
    """Return what loading a file anew would take from the kernel, None where it would change nothing.

    listing: of `nft -j list ruleset`. Raises Unreadable.
    """
    said, held = in_file(text), in_kernel(listing)
    for name in sorted({*said, *held}):
        if name not in said:
            return "%s is in the kernel and not in the file" % name
        if name not in held:
            return "%s is in the file and not in the kernel" % name
        there, here = said[name], held[name]
        if there is None or here is None:
            return "%s is filled by packets or by something else than the file" % name
        if there != here:
            what = "rules" if name.startswith("chain ") else "elements"
            return "%s has %d %s in the kernel and %d in the file" % (name, here, what, there)
    return None
