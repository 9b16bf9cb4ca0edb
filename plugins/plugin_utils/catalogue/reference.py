# SPDX-License-Identifier: GPL-3.0-or-later
"""References to ids of other lists: a plain id, or `{id: ..., unsure: true}` where it may not fit."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from .strict_yaml import Entry


@dataclass(frozen=True)
class Reference:
    """An item of another list that something maps to; `unsure` where it may not fit."""

    id: str
    unsure: bool = False


def references(entry: Entry, key: str, known: Container[str] | None = None) -> tuple[Reference, ...]:
    """Return the references of a list, empty or not; raises CatalogueError.

    known: the ids that there are, None where they are another framework's, of which we have no list.
    """
    value = entry.value(key)
    if value is not None and not isinstance(value, list):
        raise entry.wrong(key, value, "it must be a list")
    made = tuple(_reference(entry, key, each) for each in value or ())
    for each in made:
        if known is not None and each.id not in known:
            raise entry.wrong(key, each.id, "the catalogue has no such id")
    return made


def _reference(entry: Entry, key: str, value: Any) -> Reference:
    if isinstance(value, str) and value:
        return Reference(value)
    if isinstance(value, dict) and set(value) == {"id", "unsure"} and value["unsure"] is True:
        return Reference(str(value["id"]), unsure=True)
    raise entry.wrong(key, value, "an item must be a text, or {id: ..., unsure: true}")
