# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes members out of groups in group(5) or gshadow(5), which both list them in the last of four fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

FIELDS = 4


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str | None:
    """Return the text without the members that `remove` names: {group: [names]}; every other line as it is."""
    if text is None:
        return None
    return "\n".join(_without(line, arguments["remove"]) for line in text.split("\n"))


def _without(line: str, remove: Mapping[str, Any]) -> str:
    fields = line.split(":")
    out = remove.get(fields[0], ())
    if len(fields) != FIELDS or not out:
        return line
    members = fields[-1].split(",")
    if not any(name.strip() in out for name in members):
        return line
    return ":".join([*fields[:-1], ",".join(name for name in members if name.strip() not in out)])
