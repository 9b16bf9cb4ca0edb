# SPDX-License-Identifier: GPL-3.0-or-later
"""Where syslog-ng sends what, by its configuration."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ..door import Unreadable
from . import rules
from .rules import ALL, Cell

Include = Callable[[str], list[tuple[str, str]]]
INCLUDES = 10
DEPTH = 40
TOKEN = re.compile(
    r"\s+|#[^\n]*|(?P<at>@[^\n]*)|(?P<string>\"(?:\\.|[^\"\\])*\"|'[^']*')|(?P<word>[^\s\"'#@(){};,]+)|(?P<mark>[@(){};,])"
)
SCL = "scl.conf"
#: Sources of the host's own log; others are files, or the network.
SYSTEM = ("system", "systemd-journal", "systemd-syslog", "unix-dgram", "unix-stream", "sun-streams")
NETWORK = ("network", "syslog", "tcp", "tcp6", "udp", "udp6")
PORTS = {"tls": 6514, "syslog": 601}
#: Facility and severity (notice, as a mask) of what is read of a file, where nothing else is said.
OF_FILES, OF_FILES_SEVERITY = "kern", 1 << 5


class Token(NamedTuple):
    """A part of the text. kind: string, word or mark."""

    kind: str
    text: str
    place: str


class Call(NamedTuple):
    """A name with what stands in its brackets, or in its braces: name(...) or name other {...}."""

    name: str
    parts: list[Any]
    place: str


def destinations(path: str, text: str, include: Include) -> list[dict[str, Any]]:
    """Return the destinations that anything comes to, as rsyslog's are told; raises Unreadable."""
    blocks = list(_blocks(list(_tokens(path, text, include, INCLUDES))))
    named = {(one.name, _name(one)): one for one in blocks if one.parts and isinstance(one.parts[0], str)}
    walk = _Walk(named)
    for one in blocks:
        if one.name == "log":
            walk.log(one)
    return walk.found()


def _tokens(path: str, text: str, include: Include, depth: int) -> Iterator[Token]:
    if depth <= 0:
        raise Unreadable("%s: files include each other" % path)
    at, line = 0, 1
    while at < len(text):
        found = TOKEN.match(text, at)
        if not found:
            raise Unreadable("%s:%d: this is not understood" % (path, line))
        kind, place = found.lastgroup, "%s:%d" % (path, line)
        at, line = found.end(), line + found[0].count("\n")
        if kind == "at":
            word, _blank, rest = found[0][1:].partition(" ")
            if word == "include" and not rest.strip().strip("\"'").endswith(SCL):
                for other, more in include(rest.strip().strip("\"'")):
                    yield from _tokens(other, more, include, depth - 1)
        elif kind == "string":
            yield Token("string", re.sub(r"\\(.)", r"\1", found[0][1:-1]), place)
        elif kind:
            yield Token(kind, found[0], place)


def _blocks(tokens: list[Token]) -> Iterator[Call]:
    """Yield what stands on its own: `kind name {...};`."""
    tokens = tokens[::-1]
    while tokens:
        one = tokens.pop()
        if one.kind != "word":
            continue
        name = ""
        while tokens and tokens[-1].kind != "mark":
            name = tokens.pop().text
        if tokens and tokens[-1].text == "(":  # a block of one's own: block destination name(...) {...}
            tokens.pop()
            _inside(tokens, ")", 1)
        if tokens and tokens[-1].text == "{":
            tokens.pop()
            yield Call(_plain(one.text), [name, *_inside(tokens, "}", 1)], one.place)


def _inside(tokens: list[Token], end: str, depth: int) -> list[Any]:
    """Return what stands up to a closing mark: words as texts, name(...) and name {...} as calls."""
    if depth > DEPTH:
        raise Unreadable("%s: nested deeper than %d" % (tokens[-1].place if tokens else "syslog-ng", DEPTH))
    found: list[Any] = []
    while tokens:
        one = tokens.pop()
        if one.text == end and one.kind == "mark":
            return found
        if one.kind == "mark" and one.text in "({":
            # Brackets of an expression, or braces that nothing names.
            found.append(Call(one.text, _inside(tokens, ")" if one.text == "(" else "}", depth + 1), one.place))
        elif one.kind == "word" and tokens and tokens[-1].kind == "mark" and tokens[-1].text in "({":
            close = ")" if tokens.pop().text == "(" else "}"
            found.append(Call(_plain(one.text), _inside(tokens, close, depth + 1), one.place))
        elif one.kind != "mark":
            found.append(one.text)
    raise Unreadable("syslog-ng's configuration ends within a block")


def _plain(name: str) -> str:
    return name.lower().replace("_", "-")


def _name(one: Call) -> str:
    return one.parts[0] if one.parts and isinstance(one.parts[0], str) else ""


class _Walk:
    """Goes through the log paths in their order and notes what comes to each destination."""

    def __init__(self, named: dict[tuple[str, str], Call]) -> None:
        self.named = named
        #: Messages that a final path kept from those behind it: for sure, and perhaps.
        self.ended: dict[Cell, int] = {}
        self.may_end: dict[Cell, int] = {}
        self.doubts: set[str] = set()
        self.came: dict[int, tuple[Call, dict[Cell, int], dict[Cell, int], set[str]]] = {}

    def log(self, path: Call) -> None:
        """Follow one log path."""
        cells = [cell for one in self._of(path, "source") for cell in _cells(one)]
        passes = {cell: OF_FILES_SEVERITY if cell.source.startswith("/") else ALL for cell in cells}
        may = dict(passes)
        doubts: set[str] = set()
        for part in path.parts:
            if not isinstance(part, Call):
                continue
            if part.name in ("filter", "if", "junction", "channel", "log", "parser"):
                test = self._filter(part) if part.name == "filter" else _unclear
                splits = {cell: test(cell) for cell in cells}
                if any(split.passes | split.fails != ALL for split in splits.values()) and part.name != "parser":
                    doubts.add(part.place)
                if part.name != "parser":
                    passes = {cell: passes[cell] & split.passes for cell, split in splits.items()}
                    may = {cell: may[cell] & ~split.fails for cell, split in splits.items()}
        flags = {word for one in path.parts if isinstance(one, Call) and one.name == "flags" for word in one.parts}
        if "fallback" in flags:
            passes, doubts = dict.fromkeys(passes, 0), {*doubts, path.place}
        for one in self._of(path, "destination"):
            self._note(one, passes, may, doubts)
        if "final" in flags:
            self.doubts |= doubts
            for cell in cells:
                self.ended[cell] = self.ended.get(cell, 0) | passes[cell]
                self.may_end[cell] = self.may_end.get(cell, 0) | may[cell]

    def _note(self, one: Call, passes: dict[Cell, int], may: dict[Cell, int], doubts: set[str]) -> None:
        _one, certain, possible, unclear = self.came.setdefault(id(one), (one, {}, {}, set()))
        for cell in passes:
            certain[cell] = certain.get(cell, 0) | passes[cell] & ~self.may_end.get(cell, 0)
            possible[cell] = possible.get(cell, 0) | may[cell] & ~self.ended.get(cell, 0)
        unclear |= doubts
        if any(passes[cell] & self.may_end.get(cell, 0) & ~self.ended.get(cell, 0) for cell in passes):
            unclear |= self.doubts

    def _of(self, path: Call, kind: str) -> Iterator[Call]:
        """Yield the drivers of a log path's sources or destinations, named or in place."""
        for part in path.parts:
            if isinstance(part, Call) and part.name == kind:
                named = self.named.get((kind, _name(part))) if len(part.parts) == 1 else None
                yield from (one for one in (named or part).parts if isinstance(one, Call))

    def _filter(self, part: Call) -> rules.Test:
        named = self.named.get(("filter", _name(part))) if len(part.parts) == 1 else None
        parts = named.parts[1:] if named else part.parts
        try:
            return _expression(list(parts), self.named, DEPTH)
        except rules.NotUnderstood:
            return _unclear

    def found(self) -> list[dict[str, Any]]:
        """Return what was noted of the destinations on the network."""
        found = []
        for one, certain, may, doubts in self.came.values():
            if one.name in NETWORK and any(may.values()):
                found.append({
                    "program": "syslog-ng", "place": one.place, **_target(one), "queue": _queue(one),
                    "takes": rules.levels(certain), "may": rules.levels(may), "unclear": sorted(doubts),
                    "collector": None,
                })  # fmt: skip
        return found


def _unclear(_cell: Cell) -> rules.Split:
    return rules.UNCLEAR


def _cells(source: Call) -> list[Cell]:
    options = _options(source)
    if source.name in SYSTEM:
        return rules.cells("system", rules.FACILITIES)
    if source.name == "file":
        return rules.cells(_name(source), (OF_FILES,), "-")
    if source.name == "wildcard-file":
        folder, pattern = _first(options, "base-dir"), _first(options, "filename-pattern")
        return rules.cells("%s/%s" % (folder.rstrip("/"), pattern or "*"), (OF_FILES,), "-")
    return []


def _expression(parts: list[Any], named: dict[tuple[str, str], Call], depth: int) -> rules.Test:
    """Return the test of a filter; what is on both sides of an `or` is weaker than what an `and` joins."""
    if depth <= 0 or not parts:
        raise rules.NotUnderstood("a filter")
    for word, joined in (("or", rules.any_of), ("and", rules.all_of)):
        if word in parts:
            place = parts.index(word)
            tests = [_expression(side, named, depth - 1) for side in (parts[:place], parts[place + 1 :])]
            return joined(tests)
    if parts[0] == "not":
        return rules.negated(_expression(parts[1:], named, depth - 1))
    if len(parts) != 1 or not isinstance(parts[0], Call):
        raise rules.NotUnderstood("a filter")
    one = parts[0]
    if one.name == "(":
        return _expression(one.parts, named, depth - 1)
    if one.name == "filter":
        return _expression(named[("filter", _name(one))].parts[1:], named, depth - 1) if (
            "filter", _name(one)) in named else _unclear  # fmt: skip
    return _simple(one)


def _simple(one: Call) -> rules.Test:
    words = [word for word in one.parts if isinstance(word, str)]
    if one.name == "facility":
        names = {name for word in words for name in _range(word, rules.FACILITIES, rules.facility)}
        return lambda cell: rules.whole(cell.facility in names)
    if one.name in ("level", "severity", "priority"):
        levels = {name for word in words for name in _range(word, rules.SEVERITIES, _severity)}
        mask = sum(1 << rules.SEVERITIES.index(name) for name in levels)
        return lambda _cell: rules.Split(mask, ALL & ~mask)
    return _unclear


def _severity(word: str) -> str:
    return rules.SEVERITIES[rules.severity(word)]


def _range(word: str, names: tuple[str, ...], known: Callable[[str], str]) -> Iterable[str]:
    first, dots, last = word.partition("..")
    if not dots:
        return [known(word)]
    ends = sorted((names.index(known(first)), names.index(known(last))))
    return names[ends[0] : ends[1] + 1]


def _options(one: Call) -> dict[str, Call]:
    return {part.name: part for part in one.parts if isinstance(part, Call)}


def _first(options: dict[str, Call], *names: str) -> str:
    return next((_name(options[name]) for name in names if name in options), "")


def _target(one: Call) -> dict[str, Any]:
    options = _options(one)
    transport = _first(options, "transport").lower() or {"u": "udp"}.get(one.name[0], "tcp")
    tls = _options(options["tls"]) if "tls" in options else {}
    secure = transport == "tls" or (transport == "tcp" and bool(tls))
    check = _first(tls, "peer-verify").lower() or "required-trusted"
    address = _name(one)
    port = _first(options, "port", "destport")
    names = ("ca", ("ca-file", "ca-dir")), ("certificate", ("cert-file",)), ("key", ("key-file",))
    trusted = [word for word in tls["trusted-keys"].parts if isinstance(word, str)] if "trusted-keys" in tls else []
    by_name = secure and check in ("required-trusted", "yes")
    return {
        "protocol": "tls" if secure else transport, "address": address,
        "port": int(port) if port.isdigit() and len(port) < 6 else PORTS.get(transport, PORTS.get(one.name, 514)),
        "tls": secure,
        "peer_check": "fingerprint" if secure and trusted else "name" if by_name else "none",
        # It compares the certificate's name with the one that it connects to.
        "peers": [] if trusted or not by_name else [address],
        **{key: _first(tls, *words) or None for key, words in names},
    }  # fmt: skip


def _queue(one: Call) -> dict[str, Any]:
    """Return the queue as rsyslog's is told. syslog-ng tries for ever, and keeps on disk only by disk-buffer()."""
    buffer = _options(one).get("disk-buffer")
    options = _options(buffer) if buffer else {}
    space = _first(options, "disk-buf-size", "capacity-bytes")
    folder = (_first(options, "dir") or "syslog-ng's own") if buffer else None
    return {
        "type": "disk" if buffer else "direct", "filename": folder, "save": bool(buffer), "space": space or None,
        "retries": "-1",
    }  # fmt: skip
