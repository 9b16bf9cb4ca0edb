# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory declares of a host's backups: what is saved where, how often, and who holds what opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .checking import Problem, shown
from .moments import PERIOD_TEXT, as_date, as_hours

#: It becomes part of names of units and files.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
#: user:password@ in an address: what is left of the colon may be seen by anybody, what is right of it may not.
PASSWORD = re.compile(r"//[^/@\s]*:[^/@\s]+@")
COMMAND = "command"
#: Database dumps by kind, and which key says what is dumped.
DUMPED = {"postgresql": "database", "mysql": "database", "sqlite": "path"}
PATHS = ("key_file", "environment", "command")
PATH_LISTS = ("scope", "sample")


@dataclass(frozen=True)
class Dump:
    """A database that is dumped before each backup. kind: a key of DUMPED; target: its database or file."""

    name: str
    kind: str
    target: str


@dataclass(frozen=True)
class Backup:
    """An entry of bulwark_backups. rpo, rto: hours. repository: never with a password.

    key_file: root's file with the passphrase; environment: root's file with what the tool needs beside it.
    unit: the service whose timer runs it. server, pruner: hosts by their inventory names. offsite, offline: when such a
    copy was last made; escrow: when somebody last saw to it that the key is kept offline. service: what the host serves
    together with others. sample: what a restore test restores. monitor: the unit or program that tells of a failure.
    """

    name: str
    tool: str
    repository: str
    scope: tuple[str, ...]
    rpo: float
    unit: str
    excludes: tuple[str, ...] = ()
    rto: float | None = None
    key_file: str | None = None
    environment: str | None = None
    user: str = "root"
    command: str | None = None
    dumps: tuple[Dump, ...] = ()
    server: str | None = None
    pruner: str | None = None
    offsite: date | None = None
    offline: date | None = None
    escrow: date | None = None
    service: str | None = None
    sample: tuple[str, ...] = ()
    monitor: str | None = None


def backup(entry: Mapping[str, Any]) -> Backup:
    """Return the Backup of a valid entry."""
    return Backup(
        name=entry["name"],
        tool=entry["tool"],
        repository=entry["repository"],
        scope=tuple(entry["scope"]),
        rpo=as_hours(entry["rpo"]),
        unit=entry.get("unit") or "bulwark-backup-%s.service" % entry["name"],
        excludes=tuple(entry.get("excludes") or ()),
        rto=as_hours(entry["rto"]) if entry.get("rto") else None,
        key_file=entry.get("key_file"),
        environment=entry.get("environment"),
        user=entry.get("user") or "root",
        command=entry.get("command"),
        dumps=tuple(Dump(one["name"], one["kind"], one[DUMPED[one["kind"]]]) for one in entry.get("dumps") or ()),
        server=entry.get("server"),
        pruner=entry.get("pruner"),
        offsite=as_date(entry.get("offsite")),
        offline=as_date(entry.get("offline")),
        escrow=as_date(entry.get("escrow")),
        service=entry.get("service"),
        sample=tuple(entry.get("sample") or ()),
        monitor=entry.get("monitor"),
    )


def problems(place: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with an entry whose keys are of the right types, its dates left out."""
    yield from _name(place, entry)
    if PASSWORD.search(entry["repository"]):
        text = "holds a password; leave it out here and put it into a file of root's, named by environment"
        yield Problem(place + ".repository", text)
    for key in ("rpo", "rto"):
        try:
            as_hours(entry.get(key) or "1h")
        except ValueError:
            yield Problem("%s.%s" % (place, key), "%s is no length of time; %s" % (shown(entry[key]), PERIOD_TEXT))
    if not entry["scope"]:
        yield Problem(place + ".scope", "must name one path at least, such as /etc")
    if entry["tool"] == COMMAND and not entry.get("command"):
        yield Problem(place + ".command", "is missing; tool command needs the program that lists the snapshots")
    if entry["tool"] != COMMAND and entry.get("command"):
        yield Problem(place + ".command", "%s is read by itself; leave it out, or write tool: command" % entry["tool"])
    if entry["tool"] == "restic" and not entry.get("key_file") and not entry.get("environment"):
        yield Problem(place + ".key_file", "is missing; restic opens no repository without a passphrase")
    yield from _paths(place, entry)
    for index, dump in enumerate(entry.get("dumps") or ()):
        yield from _dump("%s.dumps[%d]" % (place, index), dump)


def _name(place: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    if not NAME.fullmatch(entry["name"]):
        yield Problem(place + ".name", "%s must be of a-z, 0-9, dot, dash and underscore" % shown(entry["name"]))


def _paths(place: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    named = {key: entry[key] for key in PATHS if entry.get(key)}
    for key in PATH_LISTS:
        named.update({"%s[%d]" % (key, index): path for index, path in enumerate(entry.get(key) or ())})
    for key, path in named.items():
        yield from _absolute("%s.%s" % (place, key), path)


def _absolute(place: str, path: str) -> Iterator[Problem]:
    if not path.startswith("/") or ".." in path.split("/"):
        yield Problem(place, "%s is no absolute path" % shown(path))


def _dump(place: str, dump: Mapping[str, Any]) -> Iterator[Problem]:
    yield from _name(place, dump)
    wanted = DUMPED[dump["kind"]]
    if not dump.get(wanted):
        yield Problem("%s.%s" % (place, wanted), "is missing; say which %s %s dumps" % (wanted, dump["kind"]))
    if dump.get("path"):
        yield from _absolute(place + ".path", dump["path"])
