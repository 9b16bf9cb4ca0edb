# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts an end to empty passwords, and to accounts, in shadow(5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .refused import Refused

#: Unlike "!", sshd lets such an account in by its keys even where UsePAM is off.
NO_PASSWORD = "*"
#: 1970-01-02. The day before means "never" to some programs (shadow(5)).
LONG_AGO = "1"
#: The field of the day from which an account is expired, in days since 1970.
EXPIRES = 7


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


def expire(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text in which each of the `accounts` has expired long ago."""
    lines = [line.split(":") for line in (text or "").split("\n")]
    for name in arguments["accounts"]:
        own = [fields for fields in lines if fields[0] == name and len(fields) > EXPIRES]
        if not own:
            raise Refused("%s has no entry in the shadow file, so that it can't expire there" % name)
        for fields in own:
            fields[EXPIRES] = LONG_AGO
    return "\n".join(":".join(fields) for fields in lines)
