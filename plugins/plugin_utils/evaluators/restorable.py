# SPDX-License-Identifier: GPL-3.0-or-later
"""Which snapshot of a backup a restore test takes: the newest that is no abnormal one, or the one asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..declared.backups import Backup
from .facts import Unread
from .verdict import Case

NEWEST = "newest"


def chosen(case: Case, backup: Backup, wanted: str, abnormal: Sequence[str] = ()) -> Mapping[str, Any]:
    """Return the snapshot {id, time, ...} to be tested; raises Unread where there is none.

    wanted: "newest", or the beginning of a snapshot's id. abnormal: ids of snapshots that are not to be trusted.
    """
    found = snapshots(case, backup)
    if wanted != NEWEST:
        named = [one for one in found if str(one["id"]).startswith(wanted)]
        if len(named) != 1:
            raise Unread(
                "%s: %d of the last %d snapshots begin with %s" % (backup.name, len(named), len(found), wanted)
            )
        return named[0]
    good = [one for one in found if one["id"] not in abnormal]
    if not good:
        raise Unread("%s has no snapshot that could be restored" % backup.name)
    return good[-1]


def snapshots(case: Case, backup: Backup) -> Sequence[Mapping[str, Any]]:
    """Return the snapshots of a declared backup, the newest last; raises Unread."""
    sets = case.facts["backups"]["sets"]
    if backup.name not in sets or "snapshots" not in sets[backup.name]:
        raise Unread(case.facts["backups"].reason("%s.snapshots" % backup.name) or "%s was not read" % backup.name)
    found: Sequence[Mapping[str, Any]] = sets[backup.name]["snapshots"]
    return found
