# SPDX-License-Identifier: GPL-3.0-or-later
"""Which snapshot of a backup a restore test takes: the newest that is not unusual, or the one asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..declared.backups import Backup
from .backups import abnormal, seen
from .facts import Unread
from .verdict import Case

NEWEST = "newest"


def chosen(case: Case, backup: Backup, wanted: str) -> Mapping[str, Any]:
    """Return the snapshot {id, time, ...} to be tested; raises Unread where there is none.

    wanted: "newest", or the beginning of a snapshot's id.
    """
    found = next(one["snapshots"] for one in seen(case) if one.backup.name == backup.name)
    if wanted != NEWEST:
        named = [one for one in found if str(one["id"]).startswith(wanted)]
        if len(named) != 1:
            text = "%s: %d of its last %d snapshots begin with %s"
            raise Unread(text % (backup.name, len(named), len(found), wanted))
        return dict(named[0])
    unusual = abnormal(found, case.policy)
    good = [one for one in found if one["id"] not in unusual]
    if not good:
        raise Unread("%s has no snapshot that could be restored" % backup.name)
    return dict(good[-1])
