# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `recording`: whose sessions tlog records, and where to."""

from __future__ import annotations

import json
import re
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

PROGRAM = "tlog-rec-session"
CONFIGURATION = "/etc/tlog/tlog-rec-session.conf"
#: Comments outside of texts, and commas before a closing bracket: json-c takes both.
SPARED = re.compile(r'("(?:[^"\\]|\\.)*")|//[^\n]*|/\*.*?\*/', re.DOTALL)
LAST_COMMA = re.compile(r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])')


def read(host: Reading, area: Area) -> None:
    """Learn `program`, `settings` and `shells`; nothing but the first where tlog is not installed.

    program: the path of tlog-rec-session, None without it. settings: {writer: journal|syslog|file, facility: of the
    syslog writer, path: of the file writer, output: what is shown is recorded, drops: what comes too fast is not}.
    shells: {account: the program its sessions start with, as NSS answers}, of the accounts that the controller asks
    about: SSSD answers with tlog's for those whose sessions it has recorded.
    """
    door = host.door
    area.facts["program"] = door.which(PROGRAM)
    if area.facts["program"] is None:
        area.facts.update(settings=None, shells={})
        return
    area.learn("settings", settings, door)
    area.learn("shells", shells, door, [subject["user"] for subject in host.subjects])


def settings(door: Door) -> dict[str, Any]:
    """Return what the configuration says, with tlog's defaults."""
    try:
        found = parse(door.read(CONFIGURATION))
    except Missing:
        found = {}
    parts = {name: part for name, part in found.items() if isinstance(part, dict)}
    return {
        "writer": str(found.get("writer", "journal")),
        "facility": str(parts.get("syslog", {}).get("facility", "authpriv")),
        "path": str(parts.get("file", {}).get("path", "")),
        "output": parts.get("log", {}).get("output", True) is not False,
        "drops": parts.get("limit", {}).get("action", "pass") == "drop",
    }


def parse(text: str) -> dict[str, Any]:
    """Return the object in a text of JSON with comments. Raises Unreadable."""
    plain = LAST_COMMA.sub(lambda found: found[1] or "", SPARED.sub(lambda found: found[1] or " ", text))
    try:
        found = json.loads(plain)
    except (ValueError, RecursionError):
        raise Unreadable("%s is no JSON" % CONFIGURATION) from None
    if not isinstance(found, dict):
        raise Unreadable("%s holds no object" % CONFIGURATION)
    return found


def shells(door: Door, names: list[str]) -> dict[str, str]:
    """Return {account: shell} of the accounts that are there."""
    asked = [name for name in names if name and not name.startswith("-")]
    if not asked:
        return {}
    # It exits with 2 where one of them isn't there, and prints the others.
    lines = door.run(["getent", "passwd", *asked]).out.split("\n")
    fields = (line.split(":") for line in lines)
    return {parts[0]: parts[6] for parts in fields if len(parts) == 7}
