# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets an OpenVPN client in no more, by the line `disable` in its own file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LINE = "disable"


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str | None:
    """Return the text with the line in front, once."""
    before = text or ""
    if any(line.split()[:1] == [LINE] for line in before.split("\n")):
        return before
    return LINE + "\n" + before
