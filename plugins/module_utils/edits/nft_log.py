# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets a chain of an nftables file log what it is about to deny, so many times in a minute and no more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .refused import Refused

TABLE = re.compile(r"\s*table\s+(?:(ip|ip6|inet|arp|bridge|netdev)\s+)?([\w.-]+)\s*\{\s*")
CHAIN = re.compile(r"\s*chain\s+([\w.-]+)\s*\{\s*")
#: A last rule that takes all that is left.
CLOSES = re.compile(r"\s*(?:counter\s+)?(?:drop|reject(?:\s+with\s.*)?)\s*")
FLUSHES = re.compile(r"^\s*flush\s+ruleset\s*;?\s*$", re.MULTILINE)
STRING = re.compile(r'"[^"]*"')


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text with the rule at the end of the chain, before a last rule that denies all.

    family, table, chain: where. rule: what is put there. Raises Refused where the chain can't be found, or is written
    otherwise than one rule a line.
    """
    if text is None:
        raise Refused("there is no such file")
    lines = text.split("\n")
    if not FLUSHES.search(text):
        raise Refused("it does not flush the rules before it sets them, so that to load it again would double them")
    first, last = _chain(lines, arguments["family"], arguments["table"], arguments["chain"])
    body = lines[first + 1 : last]
    if any(line.strip() == arguments["rule"] for line in body):
        return text
    said = [at for at in range(first + 1, last) if _code(lines[at]).strip()]
    at = said[-1] if said and CLOSES.fullmatch(_code(lines[said[-1]])) else (said[-1] + 1 if said else first + 1)
    like = re.match(r"\s*", lines[said[-1]])[0] if said else "\t\t"  # type: ignore[index]
    lines.insert(at, like + arguments["rule"])
    return "\n".join(lines)


def _chain(lines: list[str], family: str, table: str, chain: str) -> tuple[int, int]:
    """Return the lines with the braces of a chain."""
    inside, depth, begin = "", 0, -1
    for at, line in enumerate(lines):
        code = _code(line)
        opened = TABLE.fullmatch(code) if depth == 0 else CHAIN.fullmatch(code) if depth == 1 else None
        if opened and depth == 0:
            inside = "%s %s" % (opened[1] or "ip", opened[2])
        elif opened and inside == "%s %s" % (family, table) and opened[1] == chain:
            begin = at
        depth += code.count("{") - code.count("}")
        if begin >= 0 and depth == 1:
            if code.strip() != "}":
                break
            return begin, at
    raise Refused("chain %s of table %s %s is not written there, one rule a line" % (chain, family, table))


def _code(line: str) -> str:
    """Return a line without its comment and what it quotes."""
    return STRING.sub('""', line).partition("#")[0]
