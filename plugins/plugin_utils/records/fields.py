# SPDX-License-Identifier: GPL-3.0-or-later
"""What a field of a record is made of: type, description, example, and whether it may be left out.

A field is a mapping as an entry of an argument spec is: type, description, required, example; of a list elements, of a
dict or a list of dicts options (fields by name), of a choice choices. An example of None is shown nowhere. format names
an entry of formats.FORMATS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Field = dict[str, Any]
Fields = Mapping[str, Field]


def text(description: str, example: Any) -> Field:
    """Return a text; a whole number is one too, since YAML takes an unquoted 3 for a number."""
    return {"type": "str", "description": description, "required": True, "example": example}


def count(description: str, example: int) -> Field:
    """Return a whole number that is not negative."""
    return {"type": "int", "description": description, "required": True, "example": example}


def flag(description: str, example: bool) -> Field:
    """Return a true or false."""
    return {"type": "bool", "description": description, "required": True, "example": example}


def day(description: str, example: str) -> Field:
    """Return a day as YYYY-MM-DD that may be yet to come."""
    return {**text(description, example), "format": "day"}


def past(description: str, example: str | None) -> Field:
    """Return a day on which something happened, which can't be in the future."""
    return {**text(description, example), "format": "past"}


def period(description: str, example: str) -> Field:
    """Return a length of time such as 30m, 24h or 7d."""
    return {**text(description, example), "format": "period"}


def sha256(description: str, example: str) -> Field:
    """Return a SHA-256 in hexadecimal."""
    return {**text(description, example), "format": "sha256"}


def party(description: str, example: str) -> Field:
    """Return a party: customer, msp:<id> or vendor:<id>."""
    return {**text(description, example), "format": "party"}


def choice(description: str, choices: Sequence[str], example: str) -> Field:
    """Return one of some words."""
    return {**text(description, example), "choices": list(choices)}


def several(field: Field, example: Sequence[Any]) -> Field:
    """Return a list of such values, which may be empty."""
    element: Field = {key: field[key] for key in ("choices", "format") if key in field}
    made = {"type": "list", "elements": field["type"], "description": field["description"], "required": True}
    return {**made, "example": list(example), **element}


def texts(description: str, *example: str) -> Field:
    """Return a list of texts, which may be empty."""
    return several(text(description, ""), example)


def group(description: str, fields: Fields) -> Field:
    """Return fields that stand together under one name."""
    return {"type": "dict", "description": description, "required": True, "options": dict(fields),
            "example": example_of(fields)}  # fmt: skip


def entries(description: str, fields: Fields, example: Sequence[Mapping[str, Any]] | None = None) -> Field:
    """Return a list of entries with these fields. example: what differs in each from the fields' own examples."""
    made = [{**example_of(fields), **changed} for changed in (example if example is not None else [{}])]
    return {"type": "list", "elements": "dict", "description": description, "required": True, "options": dict(fields),
            "example": made}  # fmt: skip


def optional(field: Field) -> Field:
    """Return a field that may be left out."""
    return {key: value for key, value in field.items() if key != "required"}


def example_of(fields: Fields) -> dict[str, Any]:
    """Return an example of each field; one whose example is None is left out."""
    return {name: field["example"] for name, field in fields.items() if field["example"] is not None}
