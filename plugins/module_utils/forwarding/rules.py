# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a host's messages passes a condition of rsyslog's: always, never, or as the message happens to be.

Messages are told apart by a `Cell` and by severity. Sets of severities are masks: bit 0 is emerg, bit 7 debug.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

FACILITIES = (
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
    "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
)  # fmt: skip
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
ALIASES = {"panic": "emerg", "error": "err", "warn": "warning", "security": "auth"}
ALL = 0xFF
#: Programs that tell of logins and jobs: what one of them logs must not get lost on the way. Of others none is named.
LOGINS = ("sshd", "sudo", "su", "login", "systemd-logind")
PROGRAMS = {"auth": LOGINS, "authpriv": LOGINS, "cron": ("CRON", "crond")}
OTHERS = ("-",)
TOKEN = re.compile(r"\s*(?:(\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*')|(\$[$!./]*[\w.!-]+)|([\w.-]+)|(==|!=|<>|<=|>=|.))")
COMPARISONS = {
    "==": "==", "isequal": "==", "!=": "!=", "<>": "!=", "<": "<", ">": ">", "<=": "<=", ">=": ">=",
    "contains": "contains", "contains_i": "contains", "startswith": "startswith", "startswith_i": "startswith",
    "endswith": "endswith",
}  # fmt: skip
DEPTH = 40


class Cell(NamedTuple):
    """Messages of one input (a module's name, or a file's path), facility and program; "" stands for any program."""

    source: str
    facility: str
    program: str


class Split(NamedTuple):
    """Of a cell's severities: what surely passes, and what surely doesn't; the rest is as it happens."""

    passes: int
    fails: int


UNCLEAR = Split(0, 0)
Test = Callable[[Cell], Split]


class NotUnderstood(Exception):
    """A condition of which only the message tells how it ends."""


def test(kind: str, condition: str) -> Test:
    """Return how a condition splits the messages of a cell. kind: selector, property or expression."""
    try:
        if kind == "selector":
            return _selector(condition)
        if kind == "property":
            return _property(condition)
        return _Expression(condition).test()
    except NotUnderstood:
        return lambda _cell: UNCLEAR


def mask_up_to(severity: int) -> int:
    """Return the mask of a severity and all that are worse."""
    return (1 << (severity + 1)) - 1


def level(mask: int) -> int:
    """Return the least severity that is in a mask with all that are worse; -1 where not even emerg is."""
    return next(number for number in range(8) if not mask >> number & 1) - 1 if mask != ALL else 7


def severity(word: str) -> int:
    """Return the number of a severity; raises NotUnderstood."""
    return _number(word, SEVERITIES)


def facility(word: str) -> str:
    """Return the name of a facility that is given by name or number; raises NotUnderstood."""
    return FACILITIES[_number(word, FACILITIES)]


def _number(word: str, names: tuple[str, ...]) -> int:
    word = ALIASES.get(word.lower(), word.lower())
    if word in names:
        return names.index(word)
    if word.isdigit() and int(word) < len(names):
        return int(word)
    raise NotUnderstood(word)


def selected(condition: str) -> dict[str, int]:
    """Return the mask of each facility that a selector such as `*.info;auth,authpriv.none` passes."""
    masks = dict.fromkeys(FACILITIES, 0)
    for part in filter(None, (piece.strip() for piece in condition.split(";"))):
        names, dot, word = part.rpartition(".")
        if not dot:
            raise NotUnderstood(part)
        ignored, word = word.startswith("!"), word.lstrip("!")
        single, word = word.startswith("="), word.lstrip("=")
        if word == "none":
            ignored, mask = True, ALL
        else:
            number = 7 if word == "*" else severity(word)
            mask = 1 << number if single and word != "*" else mask_up_to(number)
        for name in names.split(","):
            for one in FACILITIES if name.strip() == "*" else (facility(name.strip()),):
                masks[one] = masks[one] & ~mask if ignored else masks[one] | mask
    return masks


def _selector(condition: str) -> Test:
    masks = selected(condition)
    return lambda cell: Split(masks[cell.facility], ALL & ~masks[cell.facility])


def _property(condition: str) -> Test:
    name, no, operation, value = condition.split("\0", 3)
    tested = _compared("$" + name, COMPARISONS.get(operation, ""), [value], operation.endswith("_i"))
    return negated(tested) if no else tested


def negated(tested: Test) -> Test:
    """Return the test that passes what another one doesn't."""
    return lambda cell: Split(*reversed(tested(cell)))


def any_of(tests: Sequence[Test]) -> Test:
    """Return the test that passes what one of several does."""

    def tested(cell: Cell) -> Split:
        splits = [one(cell) for one in tests]
        return Split(reduce(or_, (one.passes for one in splits)), reduce(and_, (one.fails for one in splits)))

    return tested


def all_of(tests: Sequence[Test]) -> Test:
    """Return the test that passes what all of several do."""
    return negated(any_of([negated(one) for one in tests]))


def whole(passes: bool) -> Split:
    """Return the split of a cell that passes as a whole, or not at all."""
    return Split(ALL, 0) if passes else Split(0, ALL)


def _compared(name: str, operation: str, values: list[str], ignore_case: bool) -> Test:
    """Return the test of a comparison of what `name` says of a message with one of several values."""
    if not operation:
        raise NotUnderstood(name)
    wanted = [value.lower() if ignore_case else value for value in values]

    def tested(cell: Cell) -> Split:
        passes = fails = 0
        for number in range(8):
            said = _said(name, cell, number)
            if said is None:
                return UNCLEAR
            said = [one.lower() for one in said] if ignore_case else said
            if _holds(said, operation, wanted):
                passes |= 1 << number
            else:
                fails |= 1 << number
        return Split(passes, fails)

    return tested


def _said(name: str, cell: Cell, number: int) -> list[str] | None:
    """Return what a property says of a message, in the ways that it may be written; None where it can't be told."""
    name = name.lower()
    if name == "$syslogfacility-text":
        return [cell.facility]
    if name == "$syslogfacility":
        return [str(FACILITIES.index(cell.facility))]
    if name in ("$syslogseverity-text", "$syslogpriority-text"):
        return [SEVERITIES[number], *(alias for alias, own in ALIASES.items() if own == SEVERITIES[number])]
    if name in ("$syslogseverity", "$syslogpriority"):
        return [str(number)]
    if name == "$inputname":
        return ["imfile" if cell.source.startswith("/") else cell.source]
    if name in ("$programname", "$app-name"):
        return [cell.program] if cell.program else None
    return None


def _holds(said: list[str], operation: str, wanted: list[str]) -> bool:
    if operation == "!=":
        return not any(one in wanted for one in said)
    if operation in ("<", ">", "<=", ">="):
        try:
            left, right = int(said[0]), int(wanted[0])
        except ValueError:
            raise NotUnderstood(operation) from None
        return {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operation]
    matches: Mapping[str, Callable[[str, str], bool]] = {
        "==": str.__eq__, "contains": str.__contains__, "startswith": str.startswith, "endswith": str.endswith,
    }  # fmt: skip
    return any(matches[operation](one, value) for one in said for value in wanted)


class _Expression:
    """A condition of RainerScript. What it doesn't know ends as NotUnderstood."""

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = [next(filter(None, found.groups())) for found in TOKEN.finditer(text.strip())]
        self.depth = 0

    def test(self) -> Test:
        found = self._or()
        if self.tokens:
            raise NotUnderstood(self.tokens[0])
        return found

    def _take(self, *wanted: str) -> str:
        if self.tokens and self.tokens[0].lower() in wanted:
            return self.tokens.pop(0).lower()
        return ""

    def _next(self) -> str:
        if not self.tokens:
            raise NotUnderstood("the end")
        return self.tokens.pop(0)

    def _or(self) -> Test:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return any_of(parts)

    def _and(self) -> Test:
        parts = [self._one()]
        while self._take("and"):
            parts.append(self._one())
        return all_of(parts)

    def _one(self) -> Test:
        self.depth += 1
        if self.depth > DEPTH:
            raise NotUnderstood("too deep")
        if self._take("not", "!"):
            return negated(self._one())
        if self._take("("):
            found = self._or()
            if not self._take(")"):
                raise NotUnderstood("a bracket")
            return found
        name = self._next()
        if name.lower() == "prifilt" and self._take("("):
            condition = _unquoted(self._next())
            if not self._take(")"):
                raise NotUnderstood("a bracket")
            return _selector(condition)
        word = self._next().lower()
        values = self._values()
        if self.tokens and self.tokens[0].lower() not in ("and", "or", ")"):
            # A sum, a text put together: what it comes to is not ours to compute.
            raise NotUnderstood(self.tokens[0])
        return self._unsure(_compared(name, COMPARISONS.get(word, ""), values, word.endswith("_i")))

    @staticmethod
    def _unsure(tested: Test) -> Test:
        def tried(cell: Cell) -> Split:
            try:
                return tested(cell)
            except NotUnderstood:
                return UNCLEAR

        return tried

    def _values(self) -> list[str]:
        if not self._take("["):
            return [_unquoted(self._next())]
        values = []
        while not self._take("]"):
            if not self._take(","):
                values.append(_unquoted(self._next()))
        return values


def _unquoted(token: str) -> str:
    if token[:1] in "\"'":
        return re.sub(r"\\(.)", r"\1", token[1:-1])
    if token.isdigit():
        return token
    raise NotUnderstood(token)


def cells(source: str, facilities: tuple[str, ...], program: str = "") -> list[Cell]:
    """Return the cells of an input."""
    own = (program,) if program else ()
    return [Cell(source, one, name) for one in facilities for name in own or PROGRAMS.get(one, OTHERS)]


def levels(masks: Mapping[Cell, int]) -> dict[str, dict[str, int]]:
    """Return {source: {facility: the least severity that goes along, whichever program logs it}}.

    The lines of a file have one severity, so that all of them go along (7), or none.
    """
    found: dict[str, dict[str, Any]] = {}
    together: dict[tuple[str, str], int] = {}
    for cell, mask in masks.items():
        key = (cell.source, cell.facility)
        together[key] = together.get(key, ALL) & mask
    for (source, name), mask in together.items():
        least = 7 if mask and source.startswith("/") else level(mask)
        if least >= 0:
            found.setdefault(source, {})[name] = least
    return found
