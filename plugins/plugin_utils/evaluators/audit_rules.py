# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules of the kernel's audit in one normal form, as files hold them and as `auditctl -l` prints them (auditctl(8))."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

#: What a login uid is before anybody logged in; also written as -1 and unset.
UNSET = 4294967295
ALL_PERMS = frozenset("rwxa")
ARCHES = frozenset({"b64", "b32"})
#: Names of architectures that stand for a machine's 32-bit calls; any other name stands for its 64-bit ones.
NARROW = re.compile(r"b32|i[3-6]86|armv?[0-9a-z]*|ppc|s390", re.ASCII)
FIELD = re.compile(r"(\w+)(!=|>=|<=|&=|=|<|>|&)(.+)", re.ASCII | re.DOTALL)
NUMBER = re.compile(r"-?(0x[0-9a-fA-F]{1,16}|\d{1,19})", re.ASCII)
#: Options that are no rules: limits of the kernel, and how auditctl takes the lines of a file.
CONTROLS = re.compile(r"-[bcDdefirstW]|--[a-z_-]+", re.ASCII)


class Unparsed(ValueError):
    """A line is no rule as auditctl(8) has them."""


class Condition(NamedTuple):
    """A -F: a field, how it is compared, and with what; numbers as such, everything else as text."""

    field: str
    op: str
    value: int | str


@dataclass(frozen=True)
class Rule:
    """A rule. `kind` is the list it stands in: exit, task, user, exclude, filesystem, io_uring.

    arches: of b64 and b32. syscalls: None for all. compares: of -C, (field, op, field) in the order of their names.
    path: the file or folder that it is limited to, with `tree` all that lies below it too. perms: of r, w, x, a.
    """

    text: str
    action: str
    kind: str
    arches: frozenset[str] = ARCHES
    syscalls: frozenset[str] | None = None
    conditions: frozenset[Condition] = frozenset()
    compares: frozenset[tuple[str, str, str]] = frozenset()
    path: str | None = None
    tree: bool = False
    perms: frozenset[str] = ALL_PERMS
    keys: tuple[str, ...] = ()

    def same(self, other: Rule) -> bool:
        """Say whether two rules do the same under the same keys, however they are written.

        Where perms say which calls are meant, auditctl of audit 4 puts the calls beside them; -w and path= are one for
        a file, -w and dir= for a folder.
        """
        return self._form() == other._form()

    def _form(self) -> tuple[object, ...]:
        named = self.perms != ALL_PERMS
        return (
            self.action, self.kind, self.arches, None if named else self.syscalls, self.conditions, self.compares,
            self.path, self.perms, frozenset(self.keys),
        )  # fmt: skip


def parse(line: str, native: str = "b64") -> Rule | None:
    """Return the rule of a line, None for one that is a setting, a comment or empty. Raises Unparsed.

    native: the calls that a rule means which names calls and no architecture.
    """
    words = line.split()
    if not words or words[0].startswith("#") or CONTROLS.fullmatch(words[0]):
        return None
    return _Reading(line.strip(), native).rule(words)


def parse_all(lines: Iterable[str], native: str = "b64") -> list[Rule | str]:
    """Return the rules of lines in their order; the text of a line that can't be understood stands for itself."""
    found: list[Rule | str] = []
    for line in lines:
        try:
            rule = parse(line, native)
        except Unparsed:
            found.append(line)
            continue
        if rule:
            found.append(rule)
    return found


class _Reading:
    """One line while it is read."""

    def __init__(self, text: str, native: str) -> None:
        self.text = text
        self.native = native
        self.action = self.kind = ""
        self.arches: frozenset[str] | None = None
        self.calls: list[str] = []
        self.conditions: list[Condition] = []
        self.compares: list[tuple[str, str, str]] = []
        self.path: str | None = None
        self.tree = False
        self.perms = ALL_PERMS
        self.keys: list[str] = []

    def rule(self, words: list[str]) -> Rule:
        """Return the rule that the words make."""
        rest = iter(words)
        for option in rest:
            value = next(rest, None)
            if value is None or option not in _OPTIONS:
                raise Unparsed(self.text)
            _OPTIONS[option](self, value)
        if not self.action:
            raise Unparsed(self.text)
        calls = None if not self.calls or "all" in self.calls else frozenset(self.calls)
        return Rule(
            self.text, self.action, self.kind,
            self.arches or (ARCHES if calls is None else frozenset({self.native})), calls,
            frozenset(self.conditions), frozenset(self.compares), self.path, self.tree, self.perms, tuple(self.keys),
        )  # fmt: skip

    def lists(self, value: str) -> None:
        """Take -a or -A: action and list in either order."""
        words = set(value.split(","))
        action, kind = words & {"always", "never", "possible"}, words - {"always", "never", "possible"}
        if len(words) != 2 or len(action) != 1:
            raise Unparsed(self.text)
        self.action, self.kind = action.pop(), kind.pop()

    def watch(self, value: str) -> None:
        """Take -w. The kernel makes a folder's rule of one on a folder; which it is isn't said by the line."""
        self.action, self.kind, self.path, self.tree = "always", "exit", _plain(value), True

    def perm(self, value: str) -> None:
        """Take -p, or -F perm=."""
        if not value or set(value.lower()) - ALL_PERMS:
            raise Unparsed(self.text)
        self.perms = frozenset(value.lower())

    def call(self, value: str) -> None:
        """Take -S."""
        self.calls += [name for name in value.split(",") if name]

    def key(self, value: str) -> None:
        """Take -k, or -F key=."""
        self.keys.append(value)

    def compare(self, value: str) -> None:
        """Take -C."""
        found = re.fullmatch(r"(\w+)(!?=)(\w+)", value, re.ASCII)
        if not found:
            raise Unparsed(self.text)
        one, other = sorted((found[1], found[3]))
        self.compares.append((one, found[2], other))

    def field(self, value: str) -> None:
        """Take -F."""
        found = FIELD.fullmatch(value)
        if not found:
            raise Unparsed(self.text)
        name, op, text = found.groups()
        if name == "arch" and op in ("=", "!="):
            named = frozenset({"b32" if NARROW.fullmatch(text) else "b64"})
            self.arches = named if op == "=" else ARCHES - named
        elif name == "key" and op == "=":
            self.key(text)
        elif name == "perm" and op == "=":
            self.perm(text)
        elif name in ("path", "dir") and op == "=":
            self.path, self.tree = _plain(text), name == "dir"
        else:
            self.conditions.append(Condition(name, op, _value(name, text)))


_OPTIONS = {
    "-a": _Reading.lists, "-A": _Reading.lists, "-w": _Reading.watch, "-p": _Reading.perm, "-S": _Reading.call,
    "-k": _Reading.key, "-C": _Reading.compare, "-F": _Reading.field,
}  # fmt: skip


def _plain(path: str) -> str:
    return path.rstrip("/") or "/"


def _value(field: str, text: str) -> int | str:
    if text == "unset":
        return UNSET
    if not NUMBER.fullmatch(text):
        return text
    number = int(text, 0) if "0x" in text else int(text)
    return UNSET if number == -1 and field != "exit" else number
