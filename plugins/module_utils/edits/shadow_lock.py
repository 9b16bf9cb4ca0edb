# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks passwords in shadow(5) as `passwd -l` does, so that they can be unlocked again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .refused import Refused

LOCK = "!"


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text with "!" before the password of each of the `accounts` that has one."""
    lines = [line.split(":") for line in (text or "").split("\n")]
    for name in arguments["accounts"]:
        own = [fields for fields in lines if fields[0] == name and len(fields) > 1]
        if not own:
            raise Refused("%s has no entry in the shadow file, so that its password can't be locked there" % name)
        for fields in own:
            if fields[1][:1] not in ("!", "*"):
                fields[1] = LOCK + fields[1]
    return "\n".join(":".join(fields) for fields in lines)
