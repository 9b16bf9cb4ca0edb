# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and folders of the system that everybody may write to."""

from __future__ import annotations

import stat
from typing import Any

from ..walk import Entry

MOST = 1000
#: Where the system's own files are.
SYSTEM = ("/bin/", "/boot/", "/etc/", "/lib/", "/lib32/", "/lib64/", "/opt/", "/root/", "/sbin/", "/usr/", "/var/")


class Writable:
    """Collects [{path, inode, uid, kind: file|folder}]; in a folder with the sticky bit each keeps what is theirs."""

    name = "writable"

    def __init__(self) -> None:
        self._found: list[dict[str, Any]] = []
        self.dropped = 0

    def look(self, entry: Entry) -> None:
        """Keep what others than owner and group may change."""
        mode = entry.status.st_mode
        if not mode & stat.S_IWOTH or not (entry.path + "/").startswith(SYSTEM):
            return
        if not stat.S_ISREG(mode) and not (stat.S_ISDIR(mode) and not mode & stat.S_ISVTX):
            return
        if len(self._found) == MOST:
            self.dropped += 1
            return
        kind = "folder" if stat.S_ISDIR(mode) else "file"
        self._found.append({"path": entry.path, "inode": entry.status.st_ino, "uid": entry.status.st_uid, "kind": kind})

    def result(self) -> list[dict[str, Any]]:
        """Return what was found, by path."""
        return sorted(self._found, key=lambda found: str(found["path"]))
