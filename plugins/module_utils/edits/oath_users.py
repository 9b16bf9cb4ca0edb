# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives out and takes back tokens in pam_oath's users file, to which pam_oath itself writes what was used last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..factor_files import OATH_TYPE
from .seeds import hexadecimal

#: A time-based token: a new code of six digits every 30 seconds.
TYPE = "HOTP/T30/6"


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str | None:
    """Return the text with one token of its own for each name of `enrol`, and none for those of `remove`.

    enrol: {name: what its base32 seed is called among the secrets}. A line that holds the seed already stays as it is,
    with the code that was used last: without it that code could be used again. Raises Refused where a seed is none.
    """
    wanted = {name: hexadecimal(secrets, called) for name, called in arguments.get("enrol", {}).items()}
    removed = set(arguments.get("remove", ()))
    lines = (text or "").split("\n")
    present: dict[str, str] = {}
    for line in lines:
        name = _holder(line)
        if name in wanted and _holds(line, wanted[name]):
            present[name] = max(present.get(name, line), line, key=_used)
    kept, met = [], set()
    for line in lines:
        name = _holder(line)
        if name in wanted and (line != present.get(name) or name in met):
            continue
        if name:
            met.add(name)
        if not name or name not in removed:
            kept.append(line)
    new = ["%s %s - %s" % (TYPE, name, seed) for name, seed in wanted.items() if name not in present]
    if new:
        while kept and not kept[-1].strip():
            kept.pop()
        kept += [*new, ""]
    return "\n".join(kept) if kept != [""] or text is not None else None


def _holder(line: str) -> str:
    """Return whose token a line is, empty for one that holds none."""
    words = line.split()
    return words[1] if len(words) > 3 and OATH_TYPE.fullmatch(words[0]) else ""


def _holds(line: str, seed: str) -> bool:
    words = line.split()
    return words[0].upper() == TYPE and words[3].lower() == seed


def _used(line: str) -> list[str]:
    """Return when a token was used last, as pam_oath notes it; empty for one that never was."""
    return line.split()[6:]
