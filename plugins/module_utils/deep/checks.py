# SPDX-License-Identifier: GPL-3.0-or-later
"""What the last checks of backup repositories found, as it lies on the host beside the deep reading."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..door import Door, Missing, Unreadable
from . import keeping

NAME = "backups.json"
PATH = "%s/%s" % (keeping.FOLDER, NAME)
SCHEMA = "bulwark/backup-checks/1"
#: Backups of one host whose checks are kept.
MOST = 100


def stored(door: Door) -> dict[str, Any]:
    """Return {name: check} of the host, empty where none was made; raises Unreadable where root did not write it so."""
    try:
        status = door.stat(PATH)
        text = door.read(PATH)
    except Missing:
        return {}
    if status.uid != 0 or status.mode & 0o077:
        raise Unreadable("%s is not root's alone, so that anybody may have written it" % PATH)
    try:
        kept = json.loads(text)
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or kept.get("schema") != SCHEMA or not isinstance(kept.get("checks"), dict):
        raise Unreadable("%s holds no checks of this version" % PATH)
    return dict(kept["checks"])


def merged(door: Door, made: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document with these checks, and those of other backups as they were."""
    try:
        before = stored(door)
    except Unreadable:
        before = {}
    known = {**before, **made}
    return {"schema": SCHEMA, "checks": dict(list(known.items())[-MOST:])}
