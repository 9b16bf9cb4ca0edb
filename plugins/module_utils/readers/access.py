# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `access`: from where and when PAM lets accounts in, as the files of pam_access and pam_time say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading
from . import pam

ACCESS_FILE = "/etc/security/access.conf"
#: Read beside the usual file alone, never beside one that a line names (pam_access(8)).
ACCESS_FOLDER = "/etc/security/access.d"
TIME_FILE = "/etc/security/time.conf"
FIELD_SEPARATORS = ":"
LIST_SEPARATORS = ", \t"
TIME_FIELDS = 4
CONFFILE = "conffile="

Rule = dict[str, Any]


def read(host: Reading, area: Area) -> None:
    """Learn `access` and `time`.

    access: what each line of pam_access reads: [{file, fieldsep, listsep, rules: [{allow, users: [tokens], origins:
    [tokens], file, line}], or unread: reason}], file "" for the usual one with its folder; rules is None where a file
    that a line names isn't there.
    time: what each line of pam_time reads: [{file, rules: [{services, ttys, users, times, file, line}], or unread}],
    the fields as written.
    """
    area.learn("access", access, host)
    area.learn("time", time, host)


def access(host: Reading) -> list[dict[str, Any]]:
    """Return what each kind of line of pam_access reads, each once."""
    kinds = dict.fromkeys(access_options(arguments) for arguments in _arguments(host, "pam_access"))
    return [_access(host.door, *kind) for kind in kinds]


def access_options(arguments: Iterable[str]) -> tuple[str, str, str]:
    """Return (accessfile or "", fieldsep, listsep) of the arguments of a line of pam_access."""
    chosen = {"accessfile": "", "fieldsep": FIELD_SEPARATORS, "listsep": LIST_SEPARATORS}
    for argument in arguments:
        name, _equals, value = argument.partition("=")
        if name in chosen:
            chosen[name] = value
    return chosen["accessfile"], chosen["fieldsep"], chosen["listsep"]


def _access(door: Door, file: str, fieldsep: str, listsep: str) -> dict[str, Any]:
    kind = {"file": file, "fieldsep": fieldsep, "listsep": listsep}
    rules: list[Rule] = []
    for path in [file] if file else [ACCESS_FILE, *_drop_ins(door)]:
        try:
            rules += parse_access(door.read(path), path, fieldsep, listsep)
        except Missing:
            if file:
                return {**kind, "rules": None}
        except Unreadable as problem:
            return {**kind, "unread": str(problem)}
    return {**kind, "rules": rules}


def _drop_ins(door: Door) -> list[str]:
    try:
        return ["%s/%s" % (ACCESS_FOLDER, name) for name in door.list(ACCESS_FOLDER) if name.endswith(".conf")]
    except Missing:
        return []


def parse_access(text: str, path: str, fieldsep: str = FIELD_SEPARATORS, listsep: str = LIST_SEPARATORS) -> list[Rule]:
    """Return the rules of access.conf(5), lines that pam_access passes over left out.

    Those begin with a blank or "#", have fewer than three fields, or are the last one without a line feed.
    """
    rules = []
    for number, line in enumerate(text.split("\n")[:-1], 1):
        fields = _fields(line.rstrip(), fieldsep)
        if line[:1] in ("+", "-") and len(fields) == 3:
            users, origins = (_tokens(field, listsep) for field in fields[1:])
            rules.append({"allow": line[0] == "+", "users": users, "origins": origins, "file": path, "line": number})
    return rules


def _fields(line: str, separators: str) -> list[str]:
    """Return the first two fields, empty ones passed over, and all that is left."""
    one = "[%s]" % re.escape(separators) if separators else r"(?!)"
    return [field for field in re.split("%s+" % one, line.lstrip(separators), maxsplit=2) if field]


def _tokens(field: str, separators: str) -> list[str]:
    one = "[%s]" % re.escape(separators) if separators else r"(?!)"
    return [token for token in re.split(one, field) if token]


def time(host: Reading) -> list[dict[str, Any]]:
    """Return what each kind of line of pam_time reads, each once."""
    files = dict.fromkeys(time_file(arguments) for arguments in _arguments(host, "pam_time"))
    return [_time(host.door, file) for file in files]


def time_file(arguments: Iterable[str]) -> str:
    """Return the file that a line of pam_time reads."""
    named = [argument[len(CONFFILE) :] for argument in arguments if argument.startswith(CONFFILE)]
    return named[-1] if named else TIME_FILE


def _time(door: Door, file: str) -> dict[str, Any]:
    try:
        return {"file": file, "rules": parse_time(door.read(file), file)}
    except Missing:
        return {"file": file, "rules": []}
    except Unreadable as problem:
        return {"file": file, "unread": str(problem)}


def parse_time(text: str, path: str) -> list[Rule]:
    """Return the rules of time.conf(5); a line without four fields is none."""
    rules = []
    for number, line in _joined(text):
        fields = [" ".join(field.split()) for field in line.partition("#")[0].split(";")]
        if len(fields) == TIME_FIELDS and fields[0]:
            services, ttys, users, times = fields
            rule = {"services": services, "ttys": ttys, "users": users, "times": times}
            rules.append({**rule, "file": path, "line": number})
    return rules


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Yield (number, line), lines that end in a backslash joined with the next."""
    begun, joined = 0, ""
    for number, line in enumerate(text.split("\n"), 1):
        begun = begun or number
        if line.endswith("\\") and "#" not in line:
            joined += line[:-1]
            continue
        yield begun, joined + line
        begun, joined = 0, ""
    if joined:
        yield begun, joined


def _arguments(host: Reading, module: str) -> Iterator[list[str]]:
    for stacks in host.fact("pam", "services").values():
        for entry in pam.modules(entry for entries in stacks.values() for entry in entries):
            if entry["module"] == module:
                yield entry["args"]
