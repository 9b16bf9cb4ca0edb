# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes users out of a file of "user:key:key" lines, as pam_u2f and pam_yubico have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str | None:
    """Return the text without the lines of the users `remove`."""
    if text is None:
        return None
    gone = set(arguments["remove"])
    return "\n".join(line for line in text.split("\n") if line.strip().partition(":")[0] not in gone or ":" not in line)
