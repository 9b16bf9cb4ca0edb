# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `pam`: which modules each PAM service asks, with every include resolved.

Follows libpam's own includes (pam.conf(5); libpam/pam_handlers.c of Linux-PAM 1.4 to 1.7) and Debian's `@include`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .. import pam_managed
from ..door import Door, Missing, Unreadable
from ..pam_file import FACILITIES, INCLUDE_ALL, INCLUDES, Line, control_of, facility_of, masked, module_of, parse
from ..reading import Area, Reading

SERVICES = ("sshd", "login", "su", "su-l", "sudo", "sudo-i", "cockpit", "passwd", "other")
FOLDERS = ("/etc/pam.d", "/usr/lib/pam.d")
SINGLE_FILE = "/etc/pam.conf"
LIBRARIES = ("/usr/lib64", "/usr/lib", "/lib64", "/lib")
#: PAM_SUBSTACK_MAX_LEVEL; libpam follows includes no deeper either.
MAX_DEPTH = 16
MAX_ENTRIES = 2000

Entry = dict[str, Any]


def read(host: Reading, area: Area) -> None:
    """Learn `services`, for each service that can't be resolved the error `services.<name>`, and `managed`.

    services: {name: {facility: [entry]}} for the services that are configured; a facility without lines is absent
    (libpam then uses that of `other`). An entry is {control, module, args, file, line} with module a basename without
    ".so"; control as written (a keyword in lower case). Optional keys: nested ([entry]; control is then "include" or
    "substack" and module ""), silent (True: a leading "-", dropped by libpam when the module isn't there), present
    (False: the module isn't there). module "" without nested is a line libpam can't use: it fails. Values of arguments
    whose names look like secrets are replaced by "***".
    managed: whether pam-auth-update(8) still writes the common files, None where it doesn't exist.
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
    area.learn("managed", pam_managed.by_pam_auth_update, host.door)


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
        own = [line._replace(tokens=line.tokens[1:] or [""]) for line in lines if line.tokens[0].lower() == name]
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
        kind, control = facility_of(line.tokens), control_of(line.tokens)
        place = {"file": path, "line": line.number}
        if first == INCLUDE_ALL:
            nested = self._include(path, line, 1, facility, stray, depth)
            return {"control": "include", "module": "", "args": [], "nested": nested, **place}
        if kind not in FACILITIES:
            return {"control": "required", "module": "", "args": [], **place} if stray else None
        if kind != facility:
            return None
        if control in INCLUDES:
            # A file included for one facility adds its stray lines to that facility.
            nested = self._include(path, line, 2, facility, True, depth)
            return {"control": control, "module": "", "args": [], "nested": nested, **place}
        entry: Entry = {"control": control, **self._module(line.tokens), **place}
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
        name = module_of(tokens)
        if len(tokens) < 3:
            return {"module": name, "args": []}
        entry: Entry = {"module": name, "args": masked(name, tokens[3:])}
        if not self._present(tokens[2], name):
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
        folders += ["%s/%s/security" % (library, name) for name in door.names(library) if "-linux-" in name]
    found = [name for folder in folders for name in door.names(folder)]
    return frozenset(name[:-3] for name in found if name.endswith(".so"))
