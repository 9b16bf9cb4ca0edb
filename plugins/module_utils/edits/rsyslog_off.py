# SPDX-License-Identifier: GPL-3.0-or-later
"""Comments out where rsyslog sends logs to: one action(), or one rule of the older form with what is set for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .refused import Refused

#: A rule of its own: for all messages, or by a selector such as "*.*;mail.none".
ACTION = re.compile(r"\s*(?:[^\s(){}]+\s+)?action\s*\(", re.IGNORECASE)
LEGACY = re.compile(r"[^\s#$(){}]+\s+@")
#: What is set before a rule of the older form holds for that one alone; anything else stays, for it holds further on.
ITS_OWN = re.compile(r"\$Action(?:Name|Queue|Resume|SendStreamDriver|SendTCP|SendResend)", re.IGNORECASE)
BETWEEN = re.compile(r"\s*(?:#.*|\$.*)?")
#: What may hold brackets that mean nothing: texts, and remarks up to the end of their line.
MEANINGLESS = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|#[^\n]*", re.DOTALL)


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text without its ways to these places.

    ways: [[number of the line on which it begins, the address that it names]]. Raises Refused where something else is
    there, or where it is a part of a statement.
    """
    lines = (text or "").split("\n")
    for number, address in arguments["ways"]:
        for at in _lines(lines, number - 1, address):
            lines[at] = "#" + lines[at]
    return "\n".join(lines)


def _lines(lines: list[str], first: int, address: str) -> list[int]:
    """Return the indexes of the lines of one way."""
    begin = lines[first] if first < len(lines) else ""
    if LEGACY.match(begin) and address in begin:
        return [*_set_for(lines, first), first]
    if ACTION.match(begin):
        for last in range(first, len(lines)):
            whole = "\n".join(lines[first : last + 1])
            said = MEANINGLESS.sub("", whole).rstrip()
            if said.count("(") == said.count(")"):
                if said.endswith(")") and address in whole:
                    return list(range(first, last + 1))
                break
    raise Refused("line %d is no rule of its own that sends to %s: take it out by hand" % (first + 1, address))


def _set_for(lines: list[str], rule: int) -> list[int]:
    found = []
    at = rule - 1
    while at >= 0 and BETWEEN.fullmatch(lines[at]):
        if ITS_OWN.match(lines[at]):
            found.append(at)
        at -= 1
    return found
