# SPDX-License-Identifier: GPL-3.0-or-later
"""rsyslog's configuration as a tree: RainerScript and the older forms beside it, with the files that it includes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Any, NamedTuple, Optional, Union

from ..door import Unreadable

Params = dict[str, Union[str, list[str]]]
#: Returns the files that an include names: [(path, text)].
Include = Callable[[str], list[tuple[str, str]]]

DEPTH = 40
INCLUDES = 10
STATEMENTS = 20000
OBJECT = re.compile(r"([A-Za-z_]+)\s*\(")
OBJECTS = frozenset(
    ("action", "dyn_stats", "global", "include", "input", "lookup_table", "main_queue", "module", "parser",
     "percentile_stats", "ratelimit", "ruleset", "template", "timezone")
)  # fmt: skip
WORD = re.compile(r"[A-Za-z_][\w.-]*")
SELECTOR = re.compile(r"(?:[^\s{;,]+[;,]\s*)*[^\s{;,]+")
BARE = re.compile(r"[^\s,)\]]+")
PARAM = re.compile(r"([A-Za-z_][\w.-]*)\s*=\s*")
PROPERTY = re.compile(r":\s*([\w!$.-]+)\s*,\s*(?:(!)\s*)?(\w+)\s*(?:,\s*)?")
ASSIGNMENT = re.compile(r"(?:set|unset|reset|call_indirect|reload_lookup_table)\b")
LEGACY_FORWARD = re.compile(r"(@@?)(?:\(([^)]*)\))?(\[[^\]]+\]|[^:;\s]+)?(?::(\d+))?")
LEGACY_RELP = re.compile(r":omrelp:(\[[^\]]+\]|[^:;\s]+)(?::(\w+))?")


class Place(NamedTuple):
    """A line of a file."""

    path: str
    line: int

    def __str__(self) -> str:
        return "%s:%d" % self


class Thing(NamedTuple):
    """An object such as module(...) or input(...), an action among them. body: a ruleset's statements."""

    name: str
    params: Params
    place: Place
    body: Optional[list[Any]] = None


class Directive(NamedTuple):
    """A line of the form $Name value; the name in lower case."""

    name: str
    value: str
    place: Place


class If(NamedTuple):
    """Statements behind a condition: kind is expression, selector or property."""

    kind: str
    condition: str
    then: list[Any]
    other: list[Any]
    place: Place


class Call(NamedTuple):
    """What is done by another ruleset, or by one that only the message tells (name "")."""

    name: str
    place: Place


class Stop(NamedTuple):
    """The end of a message's way."""

    place: Place


class Strange(NamedTuple):
    """A block of which only the message tells whom it is for, as BSD's !program and +host are."""

    place: Place


def parse(path: str, text: str, include: Include) -> list[Any]:
    """Return the statements of a configuration; raises Unreadable where it isn't one."""
    return _Parser(path, text, include, INCLUDES).statements(top=True)


class _Parser:
    def __init__(self, path: str, text: str, include: Include, depth: int) -> None:
        self.path = path
        # As long as before, so that lines keep their numbers.
        self.text = text.replace("\\\n", "  ")
        self.starts = [0, *(found.end() for found in re.finditer("\n", text))]
        self.include, self.includes = include, depth
        self.at, self.depth, self.count = 0, 0, 0

    def place(self) -> Place:
        return Place(self.path, bisect_right(self.starts, self.at))

    def wrong(self, what: str) -> Unreadable:
        return Unreadable("%s: %s" % (self.place(), what))

    def blank(self) -> None:
        """Go on to what is neither space nor comment."""
        while self.at < len(self.text):
            if self.text[self.at].isspace():
                self.at += 1
            elif self.text[self.at] == "#":
                self.rest()
            elif self.text.startswith("/*", self.at):
                end = self.text.find("*/", self.at)
                self.at = len(self.text) if end < 0 else end + 2
            else:
                return

    def rest(self) -> str:
        """Return the rest of the line and go on to the next."""
        end = self.text.find("\n", self.at)
        end = len(self.text) if end < 0 else end
        line, self.at = self.text[self.at : end], end
        return line.strip()

    def peek(self, text: str) -> bool:
        return self.text.startswith(text, self.at)

    def take(self, text: str) -> bool:
        self.blank()
        if not self.peek(text):
            return False
        self.at += len(text)
        return True

    def word(self) -> str:
        """Return the word that stands here, without going on."""
        found = WORD.match(self.text, self.at)
        return found[0] if found else ""

    def statements(self, top: bool = False) -> list[Any]:
        """Return the statements up to the end of the block or file."""
        found: list[Any] = []
        while True:
            self.blank()
            if self.at >= len(self.text):
                if not top:
                    raise self.wrong("a block is not closed")
                return found
            if self.peek("}"):
                if top:
                    raise self.wrong("a block is closed that was not opened")
                return found
            if self.peek("&"):
                self.chained(found)
                continue
            before = self.at
            found += self.statement()
            if self.at == before:
                raise self.wrong("this is not understood")

    def chained(self, found: list[Any]) -> None:
        """Add an action to those of the rule before."""
        self.at += 1
        action = self.body()
        if not found or not isinstance(found[-1], If):
            raise self.wrong("there is no rule before this &")
        found[-1].then.extend(action)

    def statement(self) -> list[Any]:
        """Return the statements that come of the one that starts here: an include is many."""
        self.count += 1
        self.depth += 1
        if self.depth > DEPTH or self.count > STATEMENTS:
            raise self.wrong(
                "there are more than %d statements, or they are nested deeper than %d" % (STATEMENTS, DEPTH)
            )
        try:
            return self._statement()
        finally:
            self.depth -= 1

    def _statement(self) -> list[Any]:
        place, word = self.place(), self.word()
        first = self.text[self.at]
        if first == "$":
            return self.directive(place)
        if first == ":":
            return [self.property(place)]
        if first in "!+-":
            self.rest()
            return [Strange(place)]
        if word == "if":
            return [self.branch(place)]
        called = OBJECT.match(self.text, self.at)
        if called and called[1].lower() in OBJECTS:
            self.at = called.end()
            return self.thing(called[1].lower(), place)
        simple = self.simple(word, place)
        if simple is not None:
            return simple
        condition = SELECTOR.match(self.text, self.at)
        if not condition or "." not in condition[0]:
            raise self.wrong("this is not understood")
        self.at = condition.end()
        return [If("selector", condition[0], self.body(), [], place)]

    def simple(self, word: str, place: Place) -> list[Any] | None:
        """Return a statement that is a word, perhaps with another; None where none stands here."""
        if word == "stop" or self.peek("~"):
            self.at += len(word) or 1
            return [Stop(place)]
        if word == "continue":
            self.at += len(word)
            return []
        if word == "call":
            self.at += len(word)
            return [Call(self.string(), place)]
        if word == "foreach":
            self.at += len(word)
            self.until("do")
            return [If("expression", "unknown", self.block(), [], place)]
        if ASSIGNMENT.match(word):
            self.until(";")
            return [Call("", place)] if word == "call_indirect" else []
        return None

    def directive(self, place: Place) -> list[Any]:
        parts = self.rest()[1:].split(None, 1)
        name, value = "".join(parts[:1]).lower(), _plain("".join(parts[1:]))
        return self.included(value) if name == "includeconfig" else [Directive(name, value, place)]

    def included(self, pattern: str) -> list[Any]:
        if self.includes <= 0:
            raise self.wrong("files include each other")
        found: list[Any] = []
        for path, text in self.include(pattern):
            found += _Parser(path, text, self.include, self.includes - 1).statements(top=True)
        return found

    def property(self, place: Place) -> If:
        found = PROPERTY.match(self.text, self.at)
        if not found:
            raise self.wrong("a filter is not understood")
        self.at = found.end()
        value = self.string() if self.peek('"') else ""
        condition = "\0".join((found[1].lower(), found[2] or "", found[3].lower(), value))
        return If("property", condition, self.body(), [], place)

    def branch(self, place: Place) -> If:
        self.at += len("if")
        condition = self.until("then")
        then, other = self.body(), []
        before = self.at
        self.blank()
        if self.word() == "else":
            self.at += len("else")
            other = self.body()
        else:
            self.at = before
        return If("expression", condition, then, other, place)

    def body(self) -> list[Any]:
        """Return what a condition guards: a block, one statement, or an action in the older form."""
        self.blank()
        if self.at >= len(self.text):
            raise self.wrong("an action is missing")
        if self.peek("{"):
            return self.block()
        word = self.word()
        called = OBJECT.match(self.text, self.at)
        known = called and called[1].lower() in OBJECTS
        if known or word in ("if", "stop", "call", "continue", "foreach") or ASSIGNMENT.match(word) or self.peek("~"):
            return self.statement()
        return self.legacy(self.place())

    def block(self) -> list[Any]:
        if not self.take("{"):
            raise self.wrong("a block is missing")
        self.depth += 1
        if self.depth > DEPTH:
            raise self.wrong("blocks are nested deeper than %d" % DEPTH)
        found = self.statements()
        self.depth -= 1
        self.at += 1
        return found

    def legacy(self, place: Place) -> list[Any]:
        """Return an action of the older form; what goes to files, people and programs is no action of ours."""
        line = self.rest()
        if line.endswith("}") and not line.startswith("{"):
            self.at -= 1
            line = line[:-1].rstrip()
        forward, relp = LEGACY_FORWARD.match(line), LEGACY_RELP.match(line)
        if forward and forward[3]:
            protocol = "tcp" if forward[1] == "@@" else "udp"
            params: Params = {"type": "omfwd", "target": forward[3].strip("[]"), "protocol": protocol}
            if forward[4]:
                params["port"] = forward[4]
            return [Thing("legacy", params, place)]
        if relp:
            return [Thing("legacy", {"type": "omrelp", "target": relp[1].strip("[]"), "port": relp[2] or "514"}, place)]
        return [Thing("legacy", {"type": "other"}, place)]

    def thing(self, name: str, place: Place) -> list[Any]:
        params = self.params()
        if name == "include":
            return self.included(_text(params.get("file"))) if "file" in params else []
        body = None
        before = self.at
        self.blank()
        if name == "ruleset" and self.peek("{"):
            body = self.block()
        elif name == "template" and self.peek("{"):
            self.skip_block()
        else:
            self.at = before
        return [Thing(name, params, place, body)]

    def params(self) -> Params:
        """Return the parameters of an object, their names in lower case."""
        found: Params = {}
        while True:
            self.blank()
            if self.take(")"):
                return found
            if self.take(","):
                continue
            name = PARAM.match(self.text, self.at)
            if not name:
                raise self.wrong("a parameter is not understood")
            self.at = name.end()
            found[name[1].lower()] = self.value()

    def value(self) -> str | list[str]:
        if self.peek("["):
            self.at += 1
            values: list[str] = []
            while not self.take("]"):
                if self.at >= len(self.text):
                    raise self.wrong("a list is not closed")
                values.append(self.string())
                self.take(",")
            return values
        return self.string()

    def string(self) -> str:
        """Return the text between quotes, or up to the next space where there are none."""
        self.blank()
        quote = self.text[self.at : self.at + 1]
        if quote not in ('"', "'", "`"):
            bare = BARE.match(self.text, self.at)
            if not bare:
                raise self.wrong("a value is missing")
            self.at = bare.end()
            return bare[0]
        found = []
        at = self.at + 1
        while at < len(self.text) and self.text[at] != quote:
            at += 1 if self.text[at] == "\\" else 0
            found.append(self.text[at : at + 1])
            at += 1
        if at >= len(self.text):
            raise self.wrong("a text is not closed")
        self.at = at + 1
        return "".join(found)

    def until(self, end: str) -> str:
        """Return the text before `end`, which must be no part of a text or of a word, and go on behind it."""
        start = self.at
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "\"'`":
                self.string()
            elif char == "#" or self.peek("/*"):
                self.blank()
            elif self.peek(end) and (not end.isalpha() or self.alone(end)):
                self.at += len(end)
                return self.text[start : self.at - len(end)].strip()
            else:
                self.at += 1
        raise self.wrong("'%s' is missing" % end)

    def alone(self, word: str) -> bool:
        before, after = self.text[self.at - 1 : self.at], self.text[self.at + len(word) : self.at + len(word) + 1]
        return not re.match(r"[\w.$-]", before) and not re.match(r"[\w-]", after)

    def skip_block(self) -> None:
        level = 0
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in "\"'`":
                self.string()
                continue
            if char == "#":
                self.rest()
                continue
            self.at += 1
            level += {"{": 1, "}": -1}.get(char, 0)
            if not level:
                return
        raise self.wrong("a block is not closed")


def _plain(value: str) -> str:
    """Return the value of a directive without its comment and quotes."""
    return value.split(" #")[0].strip().strip('"')


def _text(value: str | list[str] | None) -> str:
    return value if isinstance(value, str) else ""
