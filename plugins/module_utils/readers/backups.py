# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `backups`: what the backup tools say of the declared backups, when these run, and whose their keys are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ..backups import borg, command, restic
from ..backups.entry import Entry
from ..backups.schedule import schedule
from ..backups.secrets import secrets
from ..backups.snapshots import told
from ..door import Door, Unreadable
from ..reading import Area, Reading

LISTED = {"restic": restic.listed, "borg": borg.listed, "command": command.listed}
HOLDS: dict[str, Callable[[Entry, Mapping[str, Any], str], bool]] = {"restic": restic.holds, "borg": borg.holds}
TOOLS = ("restic", "borg")
#: For all tools of a host: a server that doesn't answer must not cost the whole reading.
SECONDS = 25.0
#: What of a host's system is worth saving, where it is there: its settings, its jobs, and what is installed.
SYSTEM = ("/etc", "/var/spool/cron", "/var/lib/dpkg/status", "/var/lib/rpm", "/usr/lib/sysimage/rpm")


def read(host: Reading, area: Area) -> None:
    """Learn `tools`, `system` and `sets`.

    tools: {restic, borg: whether it is installed}. system: which of SYSTEM there are.
    sets: {name: {snapshots, total, others, ahead, encryption, keys, schedule}} of the declared backups, as
    module_utils/backups has them. What of a set is unread is missing, with an error entry for the fact "<name>.<part>".
    """
    door = host.door
    area.learn("tools", lambda: {name: door.which(name) is not None for name in TOOLS})
    if not host.backups:
        area.facts["sets"] = {}
        return
    area.learn("system", lambda: [path for path in SYSTEM if door.exists(path)])
    deadline = time.monotonic() + SECONDS
    now, name = host.fact("system", "now"), host.fact("system", "hostname")
    area.facts["sets"] = {one["name"]: _set(door, area, one, (now, name), deadline) for one in host.backups}


def _set(
    door: Door, area: Area, declared: Mapping[str, Any], here: tuple[float, str], deadline: float
) -> dict[str, Any]:
    """Return what can be read of one backup. here: the host's time and name."""
    parts: dict[str, Any] = {}

    def learn(part: str, produce: Callable[[], Any]) -> None:
        try:
            parts[part] = produce()
        except Unreadable as problem:
            area.unread("%s.%s" % (declared["name"], part), str(problem))

    learn("schedule", lambda: schedule(door, declared))
    try:
        entry = Entry(door, declared, deadline)
        found, encryption = LISTED[declared["tool"]](entry)
    except Unreadable as problem:
        area.unread("%s.snapshots" % declared["name"], str(problem))
        area.unread("%s.encryption" % declared["name"], str(problem))
        learn("keys", lambda: secrets(door, declared, {}, None, None))
        return parts
    parts.update(told(found, declared["scope"], here[1], here[0]), encryption=encryption)
    newest: dict[str, Any] | None = next(reversed(parts["snapshots"]), None)
    if declared["tool"] == restic.PROGRAM and len(parts["snapshots"]) > 1 and newest and newest["bytes"] is None:
        learn("snapshots", lambda: restic.measured(entry, parts["snapshots"]))
    holds = HOLDS.get(declared["tool"])
    ask = partial(holds, entry, newest) if holds and newest else None
    learn("keys", lambda: secrets(door, declared, entry.variables, newest, ask))
    return parts
