# SPDX-License-Identifier: GPL-3.0-or-later
"""Any other tool: a program of root's that prints a small document.

{"snapshots": [{"id", "time", "paths", "host", "excludes", "files", "bytes", "added"}], "encryption": text}; id and time
are needed, what else isn't known is left out.
"""

from __future__ import annotations

from typing import Any

from ..door import Unreadable
from .entry import Entry, trusted
from .snapshots import document, rows, snapshot


def listed(entry: Entry) -> tuple[list[dict[str, Any]], str | None]:
    """Return (snapshots, what the program says of their encryption). It has to be root's alone to change."""
    program = entry.declared["command"]
    trusted(entry.door, program)
    answer = document(entry.ask([program], {}), program)
    if not isinstance(answer, dict):
        raise Unreadable("%s printed no object" % program)
    found = [
        snapshot(*(row.get(key) for key in ("id", "time", "paths", "host", "excludes", "files", "bytes", "added")))
        for row in rows(answer.get("snapshots"), program)
    ]
    encryption = answer.get("encryption")
    return found, encryption[:100] if isinstance(encryption, str) else None
