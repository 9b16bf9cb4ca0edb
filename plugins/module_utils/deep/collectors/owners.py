# SPDX-License-Identifier: GPL-3.0-or-later
"""Which uids own files, for those that no account has any more; which accounts there are is known when it is read."""

from __future__ import annotations

from typing import Any

from ..walk import Entry

MOST = 10000
#: Paths kept of each uid, enough to go and look.
SAMPLES = 2


class Owners:
    """Collects [{uid, files: how many, samples: [{path, inode}]}]."""

    name = "owners"

    def __init__(self) -> None:
        self._found: dict[int, tuple[list[int], list[dict[str, Any]]]] = {}
        self.dropped = 0

    def look(self, entry: Entry) -> None:
        """Count an entry for its owner."""
        status = entry.status
        known = self._found.get(status.st_uid)
        if known is None:
            if len(self._found) == MOST:
                self.dropped += 1
                return
            known = self._found[status.st_uid] = ([0], [])
        known[0][0] += 1
        if len(known[1]) < SAMPLES:
            known[1].append({"path": entry.path, "inode": status.st_ino})

    def result(self) -> list[dict[str, Any]]:
        """Return what was found, by uid."""
        return [
            {"uid": uid, "files": count[0], "samples": samples} for uid, (count, samples) in sorted(self._found.items())
        ]
