# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives accounts in /etc/passwd another program that their sessions start with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .refused import Refused


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text with `shell` as the shell of the accounts in `users`.

    Raises Refused where one of them is not in the file.
    """
    if text is None:
        raise Refused("there is no such file")
    missing = set(arguments["users"])
    lines = []
    for line in text.split("\n"):
        fields = line.split(":")
        if len(fields) == 7 and fields[0] in arguments["users"]:
            missing.discard(fields[0])
            line = ":".join([*fields[:6], arguments["shell"]])
        lines.append(line)
    if missing:
        raise Refused("%s is no local account" % ", ".join(sorted(missing)))
    return "\n".join(lines)
