# SPDX-License-Identifier: GPL-3.0-or-later
"""Comments out records of a preferences file of apt."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from ..door import Unreadable
from ..pending.apt_pins import parse
from .refused import Refused


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str | None:
    """Return the text without the records of `records`: [{packages, pin, priority}], as area `updates` has them."""
    if text is None:
        return None
    lines: list[str] = []
    for blank, stanza in groupby(text.split("\n"), lambda line: not line.strip()):
        part = list(stanza)
        gone = not blank and _records("\n".join(part)) in [[record] for record in arguments["records"]]
        lines += [f"#{line}" if gone and not line.startswith("#") else line for line in part]
    return "\n".join(lines)


def _records(stanza: str) -> list[dict[str, Any]]:
    try:
        return [
            {"packages": list(pin.packages), "pin": f"{pin.kind} {pin.value}", "priority": pin.priority}
            for pin in parse(stanza, "the file")
        ]
    except Unreadable as reason:
        raise Refused(str(reason)) from None
