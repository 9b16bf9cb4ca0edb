# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets by which sshd forwards an agent: whoever may open one logs in elsewhere as the agent's owner."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from typing import Any

from ..walk import Entry

MOST = 200
#: Where sshd makes them: in a folder of /tmp, from OpenSSH 10.1 on in the home.
SOCKET = re.compile(r"/ssh-[A-Za-z0-9]{6,12}/agent\.[0-9]+\Z|/\.ssh/agent/s\.[^/]+\.sshd\.[^/]+\Z")


class Agents:
    """Collects [{path, inode, uid, answers}]. listening: the paths at which somebody listens (/proc/net/unix)."""

    name = "agents"

    def __init__(self, listening: Iterable[str] = ()) -> None:
        self._listening = frozenset(listening)
        self._found: list[dict[str, Any]] = []
        self.dropped = 0

    def look(self, entry: Entry) -> None:
        """Keep the socket of a forwarded agent."""
        if not stat.S_ISSOCK(entry.status.st_mode) or not SOCKET.search(entry.path):
            return
        if len(self._found) == MOST:
            self.dropped += 1
            return
        self._found.append(
            {
                "path": entry.path,
                "inode": entry.status.st_ino,
                "uid": entry.status.st_uid,
                "answers": entry.path in self._listening,
            }
        )

    def result(self) -> list[dict[str, Any]]:
        """Return what was found, by path."""
        return sorted(self._found, key=lambda found: str(found["path"]))
