# SPDX-License-Identifier: GPL-3.0-or-later
"""Judging one control in parts: what can't be seen of one part doesn't hide what is wrong with another."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..declared.registers import Undeclared
from .facts import Unread
from .verdict import Case, Item

Check = Callable[[Case], Iterable[Item]]


def gather(case: Case, *checks: Check) -> tuple[list[Item], list[str]]:
    """Return (what the checks found wrong, why some could not look)."""
    wrong: list[Item] = []
    unread: list[str] = []
    for check in checks:
        try:
            wrong += check(case)
        except (Unread, Undeclared) as reason:
            unread.append(str(reason))
    return wrong, unread
