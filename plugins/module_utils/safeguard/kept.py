# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps somebody out for good: a leaver, a party whose contract is over, an intruder's key. Restore leaves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..edits.all import EDITS
from ..edits.shadow import EXPIRES
from . import putback
from .putback import Home

#: {account, why, disables, edit, arguments}; without `edit` the file as a whole is ours or away.
Keep = dict[str, Any]
SHADOW = "/etc/shadow"


def of(step: Mapping[str, Any]) -> Keep:
    """Return what a step keeps out."""
    label = step["keeps_out"]
    known = {key: label[key] for key in ("account", "why", "for_good", "disables")}
    return {**known, "edit": step.get("edit"), "arguments": step.get("arguments", {})}


def note(home: Home, keeps: Mapping[str, list[Keep]]) -> None:
    """Remember what a confirmed run keeps out for good, however long its record is kept."""
    found: dict[str, list[Keep]] = putback.load(home.kept) or {}
    before = {path: list(known) for path, known in found.items()}
    for path, new in keeps.items():
        known = found.setdefault(path, [])
        known += [keep for keep in new if keep["for_good"] and keep not in known]
    found = {path: known for path, known in found.items() if known}
    if found != before:
        putback.save(home.kept, found)


def in_force(home: Home, shadow: str) -> dict[str, list[Keep]]:
    """Return {path: what is kept out there}; an account that somebody let in again since is nobody's to keep out."""
    expires = {fields[0]: fields[EXPIRES] for fields in _fields(shadow) if len(fields) > EXPIRES}
    found: dict[str, list[Keep]] = putback.load(home.kept) or {}
    held = {
        path: [keep for keep in known if not keep["disables"] or expires.get(keep["account"]) not in (None, "")]
        for path, known in found.items()
    }
    return {path: known for path, known in held.items() if known}


def without(text: str | None, keeps: Iterable[Keep]) -> str | None:
    """Return the text of a file that is put back, without what it must not give back."""
    for keep in keeps:
        text = EDITS[keep["edit"]](text, keep["arguments"], {})
    return text


def _fields(shadow: str) -> list[list[str]]:
    return [line.split(":") for line in shadow.split("\n")]
