# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `pam`: which modules each PAM service asks, with every include resolved.

Follows libpam's own parser (pam.conf(5); libpam/pam_handlers.c and pam_line.c of Linux-PAM 1.4 to 1.7) and Debian's
`@include`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

SERVICES = ("sshd", "login", "su", "su-l", "sudo", "sudo-i", "cockpit", "passwd", "other")
FACILITIES = ("auth", "account", "password", "session")
FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d")
SINGLE_FILE = "/etc/pam.conf"
LIBRARIES = ("/usr/lib64", "/usr/lib", "/lib64", "/lib")
#: PAM_SUBSTACK_MAX_LEVEL; libpam follows includes no deeper either.
MAX_DEPTH = 16
MAX_ENTRIES = 2000

SECRET_NAME = re.compile(r"pass|pwd|pw$|secret|token|cred|key|psk", re.IGNORECASE)
#: Options whose names look secret but whose values are paths that judges need.
PATH_OPTIONS = {("pam_google_authenticator", "secret")}

Entry = dict[str, Any]


class Line(NamedTuple):
    """A configuration line: the number of its first physical line, and its tokens (brackets kept on a control)."""

    number: int
    tokens: list[str]


def read(host: Reading, area: Area) -> None:
    """Learn `services` and, for each service that can't be resolved, the error `services.<name>`.

    services: {name: {facility: [entry]}} for the services that are configured; a facility without lines is absent
    (libpam then uses that of `other`). An entry is {control, module, args, file, line} with module a basename without
    ".so"; control as written (a keyword in lower case). Optional keys: nested ([entry]; control is then "include" or
    "substack" and module ""), silent (True: a leading "-", dropped by libpam when the module isn't there), present
    (False: the module isn't there). module "" without nested is a line libpam can't use: it fails. Values of arguments
    whose names look like secrets are replaced by "***".
    """
    resolver = _Resolver(host.door)
    services: dict[str, dict[str, list[Entry]]] = {}
    for name in SERVICES:
        try:
            services[name] = resolver.service(name)
        except Missing:
            continue
        except Unreadable as problem:
            area.unread("services." + name, str(problem))
    area.facts["services"] = services


def parse(text: str) -> list[Line]:
    """Return the lines of a PAM file: comments cut, continued lines joined, blank ones left out."""
    lines: list[Line] = []
    joined, first = "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        first = first or number
        code, comment, _rest = raw.partition("#")
        code = code.rstrip(" \t\r")
        # A comment ends the line, whatever stands before it (pam_line.c, _pam_str_prepare).
        if code.endswith("\\") and not comment:
            joined += code[:-1] + " "
            continue
        tokens = tokenize(joined + code)
        if tokens:
            lines.append(Line(first, tokens))
        joined, first = "", 0
    tokens = tokenize(joined)
    return [*lines, Line(first, tokens)] if tokens else lines


def tokenize(text: str) -> list[str]:
    """Split as _pam_tokenize does: at blanks, "[...]" being one token (it keeps its brackets; "\\]" stands for "]")."""
    tokens: list[str] = []
    position = 0
    while True:
        while position < len(text) and text[position] in " \t\n\r":
            position += 1
        if position >= len(text):
            return tokens
        if text[position] == "[":
            inner, position = _bracketed(text, position + 1)
            tokens.append("[%s]" % inner)
        else:
            start = position
            while position < len(text) and text[position] not in " \t\n\r":
                position += 1
            tokens.append(text[start:position])


def _bracketed(text: str, position: int) -> tuple[str, int]:
    inner = []
    while position < len(text) and text[position] != "]":
        if text.startswith("\\]", position):
            position += 1
        inner.append(text[position])
        position += 1
    return "".join(inner), position + 1


def modules(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield the entries that name a module, in order, those inside includes and substacks too."""
    for entry in entries:
        if "nested" in entry:
            yield from modules(entry["nested"])
        else:
            yield entry


class _Resolver:
    """Follows includes through one host's PAM files, each read once."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._files: dict[str, list[Line]] = {}
        self._modules = installed_modules(door)
        self._folders = any(door.exists(folder) for folder in FOLDERS)
        self._entries = 0

    def service(self, name: str) -> dict[str, list[Entry]]:
        """Return {facility: [entry]} of a service; raises Missing where it isn't configured."""
        self._entries = 0
        path, lines = self._service_lines(name)
        stacks: dict[str, list[Entry]] = {}
        for facility in FACILITIES:
            entries = self._stack(path, lines, facility, facility == "auth", 0)
            if entries:
                stacks[facility] = entries
        return stacks

    def _service_lines(self, name: str) -> tuple[str, list[Line]]:
        if self._folders:
            return self._open(name)
        lines = self._read(SINGLE_FILE)
        own = [Line(number, tokens[1:] or [""]) for number, tokens in lines if tokens[0].lower() == name]
        if not own:
            raise Missing("%s has no line for %s" % (SINGLE_FILE, name))
        return SINGLE_FILE, own

    def _open(self, name: str) -> tuple[str, list[Line]]:
        if name.startswith("/"):
            return name, self._read(name)
        for folder in FOLDERS:
            path = "%s/%s" % (folder, name)
            try:
                return path, self._read(path)
            except Missing:
                continue
        raise Missing("no PAM service %s in %s" % (name, " or ".join(FOLDERS)))

    def _read(self, path: str) -> list[Line]:
        if path not in self._files:
            self._files[path] = parse(self._door.read(path))
        return self._files[path]

    def _stack(self, path: str, lines: list[Line], facility: str, stray: bool, depth: int) -> list[Entry]:
        """Return the entries of `facility`; `stray`: lines of no valid facility count too, as libpam adds them."""
        entries = []
        for line in lines:
            entry = self._entry(path, line, facility, stray, depth)
            if entry is not None:
                entries.append(entry)
                self._entries += 1
                if self._entries > MAX_ENTRIES:
                    raise Unreadable("%s: its includes make more than %d entries" % (path, MAX_ENTRIES))
        return entries

    def _entry(self, path: str, line: Line, facility: str, stray: bool, depth: int) -> Entry | None:
        first = line.tokens[0].lower()
        place = {"file": path, "line": line.number}
        if first == "@include":
            nested = self._include(path, line, 1, facility, stray, depth)
            return {"control": "include", "module": "", "args": [], "nested": nested, **place}
        kind = first[1:] if first.startswith("-") else first
        if kind not in FACILITIES:
            return {"control": "required", "module": "", "args": [], **place} if stray else None
        if kind != facility:
            return None
        control = line.tokens[1] if len(line.tokens) > 1 else ""
        control = control if control.startswith("[") else control.lower()
        if control in ("include", "substack"):
            # A file included for one facility adds its stray lines to that facility.
            nested = self._include(path, line, 2, facility, True, depth)
            return {"control": control, "module": "", "args": [], "nested": nested, **place}
        entry: Entry = {"control": control, **self._module(line.tokens[2:]), **place}
        if first != kind:
            entry["silent"] = True
        return entry

    def _include(self, path: str, line: Line, index: int, facility: str, stray: bool, depth: int) -> list[Entry]:
        where = "%s:%d" % (path, line.number)
        if len(line.tokens) <= index:
            raise Unreadable("%s: an include without a file" % where)
        if depth + 1 >= MAX_DEPTH:
            raise Unreadable("%s: includes nest deeper than %d" % (where, MAX_DEPTH))
        try:
            target, lines = self._open(line.tokens[index])
        except Unreadable as problem:
            # Not Missing: the service is there, and what it asks can't be known.
            raise Unreadable("%s: %s" % (where, problem)) from None
        return self._stack(target, lines, facility, stray, depth + 1)

    def _module(self, tokens: list[str]) -> Entry:
        if not tokens:
            return {"module": "", "args": []}
        name = tokens[0].rsplit("/", 1)[-1]
        name = name[:-3] if name.endswith(".so") else name
        entry: Entry = {"module": name, "args": masked(name, tokens[1:])}
        if not self._present(tokens[0], name):
            entry["present"] = False
        return entry

    def _present(self, path: str, name: str) -> bool:
        if path.startswith("/") and "$ISA" not in path:
            return self._door.exists(path)
        return not self._modules or name in self._modules


def installed_modules(door: Door) -> frozenset[str]:
    """Return the base names of the PAM modules on the host; empty where no folder of them is known."""
    folders = [library + "/security" for library in LIBRARIES]
    for library in LIBRARIES:
        folders += ["%s/%s/security" % (library, name) for name in _names(door, library) if "-linux-" in name]
    found = [name for folder in folders for name in _names(door, folder)]
    return frozenset(name[:-3] for name in found if name.endswith(".so"))


def _names(door: Door, folder: str) -> list[str]:
    try:
        return door.list(folder)
    except Missing:
        return []


def masked(module: str, arguments: list[str]) -> list[str]:
    """Return a module's arguments without secrets; of pam_exec nothing after the program it runs."""
    kept = []
    for argument in arguments:
        bare = argument[1:-1] if argument.startswith("[") else argument
        name, separator, value = bare.partition("=")
        if separator and value and SECRET_NAME.search(name) and (module, name) not in PATH_OPTIONS:
            kept.append(name + "=***")
            continue
        kept.append(bare)
        if module == "pam_exec" and bare.startswith("/"):
            break
    return kept
