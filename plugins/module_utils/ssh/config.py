# SPDX-License-Identifier: GPL-3.0-or-later
"""Parses sshd_config as far as `sshd -T` can't tell: which files, Match lines and options it has, and where.

The syntax is that of sshd_config(5): first keyword of a line without regard to case, "=" or blanks after it, quotes,
`#` comments, Include with glob patterns relative to /etc/ssh, files taken in lexical order.
"""

from __future__ import annotations

import fnmatch
import re
from typing import NamedTuple

from ..door import Door, Missing, Unreadable

FOLDER = "/etc/ssh"
#: sshd itself stops at this depth (servconf.c, SERVCONF_MAX_DEPTH).
DEPTH = 16
FILES_LIMIT = 500
KEYWORD = re.compile(r"\s*\"?([A-Za-z0-9]+)\"?(?:\s*=\s*|\s+)(.*)")
WORD = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'((?:\\.|[^'\\])*)'|((?:\\.|[^\s\"'\\])+)|(\S)")
FLAGS = ("all", "invalid-user")
#: Older names of options -> those that `sshd -T` prints since OpenSSH 8.7.
ALIASES = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "hostbasedacceptedkeytypes": "hostbasedacceptedalgorithms",
}


class Match(NamedTuple):
    """One Match line: [(criterion in lower case, its patterns as written; "" for all)] and where it stands."""

    criteria: tuple[tuple[str, str], ...]
    file: str
    line: int

    def text(self) -> str:
        """Return the criteria in one line: "user alice address 10.0.0.0/8"."""
        return " ".join(("%s %s" % pair).strip() for pair in self.criteria)


class Setting(NamedTuple):
    """One line that sets an option (in lower case), where it stands, and the Match block around it."""

    option: str
    file: str
    line: int
    match: Match | None


class Config(NamedTuple):
    """The files sshd reads, in order, and the Match lines and options in them."""

    files: tuple[str, ...]
    matches: tuple[Match, ...]
    settings: tuple[Setting, ...]


def load(door: Door, path: str) -> Config:
    """Return the Config that starts at `path`; raises Unreadable where a file can't be read or Include never ends."""
    config = _Loading([], [], [])
    _load(door, path, config, 0, None)
    return Config(tuple(config.files), tuple(config.matches), tuple(config.settings))


class _Loading(NamedTuple):
    files: list[str]
    matches: list[Match]
    settings: list[Setting]


def _load(door: Door, path: str, config: _Loading, depth: int, match: Match | None) -> None:
    """Add what `path` holds; `match` is the block around its Include. A Match in a file ends with the file."""
    if depth > DEPTH or len(config.files) >= FILES_LIMIT:
        raise Unreadable("%s: Include goes deeper than %d or names more than %d files" % (path, DEPTH, FILES_LIMIT))
    text = door.read(path)
    config.files.append(path)
    for number, line in enumerate(text.split("\n"), 1):
        keyword, words = split(line)
        if keyword == "match":
            match = Match(criteria(words), path, number)
            config.matches.append(match)
        elif keyword == "include":
            for pattern in words:
                for included in expand(door, pattern):
                    _load(door, included, config, depth + 1, match)
        elif keyword:
            config.settings.append(Setting(ALIASES.get(keyword, keyword), path, number, match))


def split(line: str) -> tuple[str, list[str]]:
    """Return (keyword in lower case, arguments) of a line; ("", []) for a blank line or a comment."""
    found = KEYWORD.match(line)
    if not found or line.lstrip().startswith("#"):
        return "", []
    words: list[str] = []
    end = -1
    for word in WORD.finditer(found.group(2)):
        text = re.sub(r"\\([\"'\\ ])", r"\1", word.group(1) or word.group(2) or word.group(3) or word.group(4) or "")
        if word.start() == end:
            words[-1] += text
        elif text.startswith("#") and word.group(3):
            break
        else:
            words.append(text)
        end = word.end()
    return found.group(1).lower(), words


def criteria(words: list[str]) -> tuple[tuple[str, str], ...]:
    """Return the criteria of a Match line's arguments, written as `User alice` or `User=alice`."""
    found: list[tuple[str, str]] = []
    rest = iter(words)
    for word in rest:
        name, separator, value = word.partition("=")
        if separator:
            found.append((name.lower(), value))
        else:
            found.append((name.lower(), "" if name.lower() in FLAGS else next(rest, "")))
    return tuple(found)


def expand(door: Door, pattern: str) -> list[str]:
    """Return the existing files that an Include pattern names, in lexical order; none is fine, as for sshd."""
    path = pattern if pattern.startswith("/") else "%s/%s" % (FOLDER, pattern)
    found = [""]
    parts = [part for part in path.split("/") if part]
    for part in parts:
        found = [step for base in found for step in _step(door, base, part)]
    return sorted(path for path in found if door.exists(path))


def _step(door: Door, base: str, part: str) -> list[str]:
    if not any(sign in part for sign in "*?["):
        return ["%s/%s" % (base, part)]
    try:
        names = door.list(base or "/")
    except Missing:
        return []
    visible = [name for name in names if part.startswith(".") or not name.startswith(".")]
    return ["%s/%s" % (base, name) for name in visible if fnmatch.fnmatchcase(name, part)]
