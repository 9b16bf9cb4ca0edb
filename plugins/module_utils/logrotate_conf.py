# SPDX-License-Identifier: GPL-3.0-or-later
"""logrotate's configuration as logrotate merges it (logrotate.conf(5), and as versions 3.21 and 3.22 were seen to act).

Settings outside a stanza hold for every stanza read after them, in later files too. A file that is named twice belongs
to the first stanza. A stanza with a bad value is dropped whole; a file that others may write to is not read.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any

from .door import Door, Missing, Unreadable
from .ssh.config import expand

MAIN = "/etc/logrotate.conf"
MOST_NESTED = 16
#: What is there before anything is read: a file is rotated when it is larger than 1 MiB, and nothing of it is kept.
DEFAULTS: dict[str, Any] = {
    "rotate": 0, "trigger": "size", "period": None, "size": 1024 * 1024, "minsize": 0, "maxsize": 0, "maxage": 0,
    "create": None, "olddir": None, "ignoreduplicates": False,
}  # fmt: skip
PERIODS = ("hourly", "daily", "weekly", "monthly", "yearly")
SIZES = ("size", "minsize", "maxsize")
GENERAL = ("include", "tabooext", "taboopat")
SCRIPTS = ("prerotate", "postrotate", "firstaction", "lastaction", "preremove")
UNITS = {"": 1, "k": 1024, "M": 1024**2, "G": 1024**3}
NUMBERS = {"rotate": re.compile(r"-1|\d{1,9}"), "maxage": re.compile(r"\d{1,9}")}
SIZE = re.compile(r"(\d{1,15})([kMG]?)")
OWNED = re.compile(r"(?:(0?[0-7]{3,4})(?:\s+[^\s#]+){0,2}|[^\s#]+\s+[^\s#]+|)")
DIRECTIVE = re.compile(r"([A-Za-z]+)[ \t=]*(.*)", re.DOTALL)
LOGS = "/var/log"
REMOVES = re.compile(r"\b(?:rm|unlink|shred|truncate)\b|-delete\b")
REMOVED = re.compile(LOGS + r"|\$[1@*]")
DELETE = re.compile(r"-delete\b")
TABOO = (
    "*,v", "*.bak", "*.cfsaved", "*.disabled", "*.dpkg-bak", "*.dpkg-del", "*.dpkg-dist", "*.dpkg-new", "*.dpkg-old",
    "*.dpkg-tmp", "*.rhn-cfg-tmp-*", "*.rpmnew", "*.rpmorig", "*.rpmsave", "*.swp", "*.ucf-dist", "*.ucf-new",
    "*.ucf-old", "*~",
)  # fmt: skip

Stanza = dict[str, Any]


class Bad(Exception):
    """A value that logrotate doesn't take; the text says which."""


def load(door: Door, path: str = MAIN) -> Configuration:
    """Return the configuration that begins with a file; one that isn't there is empty. Raises Unreadable."""
    found = Configuration(door)
    with suppress(Missing):
        found.file(path)
    return found


class Configuration:
    """What is read so far.

    stanzas: [{place: file:line, patterns, rotate (-1: all are kept), trigger: size|period, period: hourly ... or None,
    size, minsize, maxsize: bytes, maxage: days, create: None (no), "" (as the file was) or the mode, olddir, removes: a
    script of it removes logs}]. logs: {file: index of its stanza}. problems: [what logrotate doesn't take, and where].
    """

    def __init__(self, door: Door) -> None:
        self.stanzas: list[Stanza] = []
        self.logs: dict[str, int] = {}
        self.problems: list[str] = []
        self._door = door
        self._settings = dict(DEFAULTS)
        self._taboo = list(TABOO)
        self._nested = 0

    def file(self, path: str) -> None:
        """Read a file, and what it includes."""
        status = self._door.stat(path)
        if status.uid != 0 or status.mode & 0o022:
            self.problems.append("%s is not read: others than root may write to it" % path)
            return
        before, told = dict(self._settings), len(self.problems)
        try:
            self._text(path, self._door.read(path))
        except Bad as reason:
            self.problems.append("%s: %s" % (path, reason))
        if len(self.problems) > told:
            # What a file says in general ends with it where anything in it is wrong; its good stanzas stay.
            self._settings = before

    def include(self, path: str) -> None:
        """Read a file, or the files of a folder in the order of their names."""
        if self._nested >= MOST_NESTED:
            raise Unreadable("%s: included too deep" % path)
        self._nested += 1
        try:
            if self._door.stat(path).kind != "dir":
                self.file(path)
                return
            for name in self._door.list(path):
                one = "%s/%s" % (path.rstrip("/"), name)
                if not any(fnmatchcase(name, pattern) for pattern in self._taboo) and _regular(self._door, one):
                    self.file(one)
        except Missing:
            self.problems.append("%s is included and not there" % path)
        finally:
            self._nested -= 1

    def _text(self, path: str, text: str) -> None:
        for number, names, body in parts(text):
            if names is None:
                self._general(body[0])
            else:
                self._stanza("%s:%d" % (path, number), names, body)

    def _general(self, line: str) -> None:
        name, value = directive(line)
        if name == "include":
            self.include(value.strip("\"'"))
        elif name in ("tabooext", "taboopat"):
            if not value.startswith("+"):
                self._taboo = []
            words = re.split(r"[\s,]+", value.lstrip("+ \t"))
            self._taboo += [("*" + word if name == "tabooext" else word) for word in words if word]
        else:
            apply(self._settings, name, value)

    def _stanza(self, place: str, names: str, body: list[str]) -> None:
        settings = dict(self._settings)
        try:
            patterns = shlex.split(names)
            for name, value in directives(body):
                if name in GENERAL:
                    raise Bad("%s is general" % name)
                apply(settings, name, value)
        except (Bad, ValueError) as reason:
            self.problems.append("%s is dropped: %s" % (place, reason))
            return
        claimed = self._claimed(place, patterns)
        old = settings["olddir"]
        if claimed and old and old.startswith("/") and not self._door.exists(old):
            raise Bad("the rest from %s on is not read: olddir %s is not there" % (place, old))
        self.logs.update(dict.fromkeys(claimed, len(self.stanzas)))
        removes = any(removes_logs(line) for line in scripts(body))
        self.stanzas.append({"place": place, "patterns": patterns, **settings, "removes": removes})

    def _claimed(self, place: str, patterns: list[str]) -> list[str]:
        """Return the files that a stanza gets; of a pattern none from the first on that is taken already."""
        claimed: list[str] = []
        for pattern in patterns:
            for log in _files(self._door, pattern):
                if log not in self.logs and log not in claimed:
                    claimed.append(log)
                elif not self._settings["ignoreduplicates"]:
                    by = self.stanzas[self.logs[log]]["place"] if log in self.logs else place
                    self.problems.append("%s: %s is named before, in %s" % (place, log, by))
                    break
        return claimed


def parts(text: str) -> Iterator[tuple[int, str | None, list[str]]]:
    """Yield (line number, names, body lines) of each stanza, and (line number, None, [line]) of what stands outside.

    Raises Bad at the end of a text that breaks off before a brace.
    """
    names, begun, script = "", 0, False
    body: list[str] | None = None
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if script and body is not None:
            body.append(line)
            script = line.split()[:1] != ["endscript"]
            continue
        if not line or line.startswith("#"):
            continue
        if body is None and not names and line[0] not in "/\"'~{":
            yield number, None, [line]
            continue
        if body is None:
            before, brace, line = line.partition("{")
            begun = begun or number
            names = "%s %s" % (names, before)
            if not brace:
                continue
            body, line = [], line.strip()
        inside, closed = _closed(line)
        if inside:
            body.append(inside)
            script = inside in SCRIPTS
        if closed:
            yield begun, names.strip(), body
            names, begun, body = "", 0, None
    if names or body is not None:
        # The end of the file ends a stanza, too.
        if body is None:
            raise Bad("a name without a stanza in line %d" % begun)
        yield begun, names.strip(), body


def _closed(line: str) -> tuple[str, bool]:
    """Return a line of a stanza without the brace that ends it, and whether there is one."""
    inside, brace, _rest = line.partition("}") if re.search(r"(^|\s)\}", line) else (line, "", "")
    return inside.strip(), bool(brace)


def directives(body: list[str]) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of a stanza's lines, scripts left out."""
    script = False
    for line in body:
        if script:
            script = line.split()[:1] != ["endscript"]
        elif line in SCRIPTS:
            script = True
        else:
            yield directive(line)


def scripts(body: list[str]) -> Iterator[str]:
    """Yield the lines of a stanza's scripts."""
    script = False
    for line in body:
        if script and line.split()[:1] != ["endscript"]:
            yield line
        else:
            script = not script and line in SCRIPTS


def removes_logs(line: str) -> bool:
    """Say whether a line of a script removes logs; it is gone through once for each word, however long it is."""
    program, place = REMOVES.search(line), line.find(LOGS)
    behind = program and REMOVED.search(line, program.end())
    return bool(behind or (place >= 0 and DELETE.search(line, place)))


def directive(line: str) -> tuple[str, str]:
    """Return (name, value) of a line; what is no word is ignored, as logrotate does."""
    found = DIRECTIVE.fullmatch(line)
    return (found[1], found[2].strip()) if found else ("", "")


def apply(settings: dict[str, Any], name: str, value: str) -> None:
    """Change settings by one directive; of period and size the last one counts. Raises Bad."""
    if name in PERIODS:
        # Only weekly takes a day; what else follows is taken for the next directive.
        if value and name != "weekly" and not value[0].isalpha():
            raise Bad("bad %s" % name)
        settings.update(trigger="period", period=name)
    elif name in SIZES:
        settings[name] = _size(_taken(SIZE, name, value))
        if name == "size":
            settings["trigger"] = "size"
    elif name in ("rotate", "maxage"):
        settings[name] = int(_taken(NUMBERS[name], name, value)[0])
    elif name == "create":
        owned = _taken(OWNED, name, value)
        settings[name] = "%04o" % int(owned[1], 8) if owned[1] else ""
    elif name == "nocreate":
        settings["create"] = None
    elif name == "olddir":
        settings["olddir"] = value.strip("\"'")
    elif name == "noolddir":
        settings["olddir"] = None
    elif name in ("ignoreduplicates", "noignoreduplicates"):
        settings["ignoreduplicates"] = name == "ignoreduplicates"


def _taken(form: re.Pattern[str], name: str, value: str) -> re.Match[str]:
    found = form.fullmatch(value)
    if found is None:
        raise Bad("bad %s" % name)
    return found


def _size(found: re.Match[str]) -> int:
    return int(found[1]) * UNITS[found[2]]


def _files(door: Door, pattern: str) -> list[str]:
    """Return the files that a pattern of a stanza names; one without wildcards names itself."""
    if not pattern.startswith("/"):
        return []
    return expand(door, pattern) if re.search(r"[*?\[]", pattern) else [pattern]


def _regular(door: Door, path: str) -> bool:
    try:
        return door.stat(path).kind == "file"
    except Missing:
        return False
