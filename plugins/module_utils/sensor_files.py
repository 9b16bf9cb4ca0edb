# SPDX-License-Identifier: GPL-3.0-or-later
"""Files by which a sensor shows that it works: contact with its server, age of what it goes by, packets it lost.

Moments are seconds since 1970; a file that everybody may change proves nothing.
"""

from __future__ import annotations

import calendar
import fnmatch
import json
import re
import time
from collections.abc import Callable
from typing import Any

from .door import Door, Missing, Unreadable

EVERYBODY_WRITES = 0o002
TAIL = 256 * 1024
FILES_LIMIT = 2000
ACKNOWLEDGED = re.compile(r"^last_ack='(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)'", re.MULTILINE)
#: The head of a signature file: name, build time, version, ...
CLAMAV_HEAD = re.compile(r"ClamAV-VDB:(\d{1,2} [A-Z][a-z]{2} \d{4} \d\d-\d\d) ([+-])(\d\d)(\d\d):")
#: Only of the signatures that change by the day; the others are new once in months.
UP_TO_DATE = re.compile(r"^(\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}) -> daily(?:\.c[lv]d)? (?:database is up-to-date|"
                        r"updated|database available for update)", re.MULTILINE)  # fmt: skip
#: A table of the counters, repeated every few seconds; its first words, and "name | thread | value".
SURICATA_BEGIN = "Date: "
SURICATA_COUNTER = re.compile(r"^(capture\.kernel_(?:packets|drops))\s*\|[^|]*\|\s*(\d+)\s*$", re.MULTILINE)


def look(door: Door, form: str, paths: list[str]) -> Any:
    """Return what files show in one of FORMS; None where none of them is there, Unreadable where they say nothing."""
    found = [path for pattern in paths for path in _expanded(door, pattern)]
    for path in found:
        if door.stat(path).mode & EVERYBODY_WRITES:
            raise Unreadable("%s may be changed by everybody" % path)
    return FORMS[form](door, found) if found else None


def modified(door: Door, paths: list[str]) -> int:
    """Return when the newest of the files was last written."""
    return max(door.modified(path) for path in paths)


def wazuh_state(door: Door, paths: list[str]) -> int | None:
    """Return when the manager last answered, which the agent writes down in local time; None where it never did."""
    found = ACKNOWLEDGED.search(door.read(paths[0]))
    return _local(found[1], "%Y-%m-%d %H:%M:%S", paths[0]) if found else None


def clamav(door: Door, paths: list[str]) -> int | None:
    """Return of when the daily signatures are: when they were built, or when freshclam last said there are none newer.

    A day's signatures are a day old before the next ones are built: only freshclam knows that there are none yet.
    """
    moments = [moment for path in paths for moment in ([_said(door, path)] if path.endswith(".log") else
               [_built(door, path)]) if moment is not None]  # fmt: skip
    return max(moments, default=None) if any(not path.endswith(".log") for path in paths) else None


def _built(door: Door, path: str) -> int:
    head = door.pieces(path, [(0, 512)])[0].decode("ascii", "replace")
    found = CLAMAV_HEAD.match(head)
    if not found:
        raise Unreadable("%s is no signature file of ClamAV" % path)
    offset = (int(found[3]) * 60 + int(found[4])) * 60
    try:
        local = calendar.timegm(time.strptime(found[1], "%d %b %Y %H-%M"))
    except ValueError:
        raise Unreadable("%s is no signature file of ClamAV" % path) from None
    return local - offset if found[2] == "+" else local + offset


def _said(door: Door, path: str) -> int | None:
    said = UP_TO_DATE.findall(door.tail(path, TAIL).decode("utf-8", "replace"))
    return _local(said[-1], "%a %b %d %H:%M:%S %Y", path) if said else None


def _local(text: str, form: str, path: str) -> int:
    """Return a moment that a file has in the host's time."""
    try:
        return int(time.mktime(time.strptime(text, form)))
    except (ValueError, OverflowError):
        raise Unreadable("%s: a time that is none" % path) from None


def suricata_stats(door: Door, paths: list[str]) -> dict[str, Any]:
    """Return {packets, drops, at} of the counters that Suricata wrote last, summed over its threads."""
    text = door.tail(paths[0], TAIL).decode("utf-8", "replace")
    last = text.rpartition(SURICATA_BEGIN)[2]
    counters = dict.fromkeys(("packets", "drops"), 0)
    seen = False
    for name, value in SURICATA_COUNTER.findall(last):
        counters[name.rpartition("_")[2]] += int(value)
        seen = True
    if not seen:
        raise Unreadable("%s counts no packets" % paths[0])
    return {**counters, "at": door.modified(paths[0])}


def zeek_loss(door: Door, paths: list[str]) -> dict[str, Any]:
    """Return {packets, drops, at}: acknowledgements that Zeek saw in the last interval, and gaps before them."""
    fields: list[str] = []
    rows = []
    for line in door.tail(paths[0], TAIL).decode("utf-8", "replace").split("\n"):
        if line.startswith("#fields\t"):
            fields = line.split("\t")[1:]
        elif line and not line.startswith("#"):
            rows.append(line)
    try:
        parsed = [json.loads(row) if row.startswith("{") else dict(map(_pair, fields, row.split("\t"))) for row in rows]
        last = float(parsed[-1]["ts"])
        now = [row for row in parsed if float(row["ts"]) == last]
        return {
            "packets": sum(int(row["acks"]) for row in now),
            "drops": sum(int(row["gaps"]) for row in now),
            "at": int(last),
        }
    except (ValueError, KeyError, IndexError, TypeError, OverflowError):
        raise Unreadable("%s tells no loss" % paths[0]) from None


def _pair(name: str, value: str) -> tuple[str, str]:
    return name, value


def mdatp_managed(door: Door, paths: list[str]) -> bool:
    """Say whether Defender's managed settings keep it from being switched off."""
    try:
        return bool(json.loads(door.read(paths[0]))["tamperProtection"]["enforcementLevel"] == "block")
    except (ValueError, TypeError, KeyError, RecursionError):
        return False


FORMS: dict[str, Callable[[Door, list[str]], Any]] = {
    "modified": modified,
    "wazuh_state": wazuh_state,
    "clamav": clamav,
    "suricata_stats": suricata_stats,
    "zeek_loss": zeek_loss,
    "mdatp_managed": mdatp_managed,
}


def _expanded(door: Door, pattern: str) -> list[str]:
    """Return the files that match a path with wildcards in any of its parts."""
    found = [""]
    for part in pattern.strip("/").split("/"):
        if not any(sign in part for sign in "*?["):
            found = ["%s/%s" % (folder, part) for folder in found]
            continue
        found = ["%s/%s" % (folder, name) for folder in found for name in _names(door, folder, part)]
        if len(found) > FILES_LIMIT:
            raise Unreadable("%s matches more than %d files" % (pattern, FILES_LIMIT))
    return [path for path in found if _is_file(door, path)]


def _names(door: Door, folder: str, part: str) -> list[str]:
    try:
        return fnmatch.filter(door.list(folder or "/"), part)
    except Missing:
        return []


def _is_file(door: Door, path: str) -> bool:
    try:
        return door.stat(path).kind == "file"
    except Missing:
        return False
