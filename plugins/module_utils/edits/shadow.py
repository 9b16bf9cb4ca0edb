# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts an end to empty passwords in shadow(5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .refused import Refused

#: Unlike "!", sshd lets such an account in by its keys even where UsePAM is off.
NO_PASSWORD = "*"


def lock_empty(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text with "*" for the empty password of each of the `accounts`; another password stays as it is."""
    lines = [line.split(":") for line in (text or "").split("\n")]
    known = {fields[0] for fields in lines if len(fields) > 1}
    for name in arguments["accounts"]:
        if name not in known:
            raise Refused("%s has no entry in the shadow file, so that its password can't be locked there" % name)
    for fields in lines:
        if fields[0] in arguments["accounts"] and len(fields) > 1 and fields[1] == "":
            fields[1] = NO_PASSWORD
    return "\n".join(":".join(fields) for fields in lines)
