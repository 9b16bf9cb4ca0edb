# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `backup_checks`: what the last checks of the backups' repositories found, as it lies on the host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..deep import checks
from ..door import Unreadable
from ..reading import Area, Reading


def read(host: Reading, area: Area) -> None:
    """Learn `checks`: {backup's name: {at (ISO 8601, UTC), seconds, percent, whole: bool or None, reason}}."""
    area.learn("checks", lambda: {str(name): _check(one) for name, one in checks.stored(host.door).items()})


def _check(one: Any) -> dict[str, Any]:
    if not isinstance(one, Mapping) or not isinstance(one.get("at"), str):
        raise Unreadable("%s holds a check without a date" % checks.PATH)
    whole = one.get("whole")
    return {
        "at": one["at"],
        "seconds": one.get("seconds"),
        "percent": one["percent"] if isinstance(one.get("percent"), int) else 0,
        "whole": whole if isinstance(whole, bool) else None,
        "reason": str(one.get("reason") or ""),
    }
