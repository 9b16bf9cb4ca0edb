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
#: A further action of the rule before.
CHAINED = re.compile(r"\s*&")
#: What may hold brackets that mean nothing: texts, and remarks up to the end of their line.
MEANINGLESS = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|#[^\n]*", re.DOTALL)


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text without its ways to these places.

    ways: [[number of the line on which it begins, the address that it names]]. Raises Refused where something else is
    there, where it is a part of a statement, or where an action that hangs on it would hang on the rule before it.
    """
    lines = (text or "").split("\n")
    # The last one first, so that what hangs on another of them is out already.
    for number, address in sorted(arguments["ways"], reverse=True):
        way = _lines(lines, number - 1, address)
        if not CHAINED.match(lines[number - 1]) and CHAINED.match(_next(lines, way[-1])):
            raise Refused("what follows line %d with & is a part of its rule: take both out by hand" % number)
        for at in way:
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


def _next(lines: list[str], last: int) -> str:
    """Return the line behind a way that is more than a remark or a setting."""
    return next((line for line in lines[last + 1 :] if not BETWEEN.fullmatch(line)), "")


def _set_for(lines: list[str], rule: int) -> list[int]:
    found = []
    at = rule - 1
    while at >= 0 and BETWEEN.fullmatch(lines[at]):
        if ITS_OWN.match(lines[at]):
            found.append(at)
        at -= 1
    return found
