# SPDX-License-Identifier: GPL-3.0-or-later
"""A record against the fields of its kind: each fault at its own place, with what would be right.

schema.py says the same as a JSON Schema, and a test holds the two together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..declared.checking import Problem, near, shown
from .fields import Field, Fields
from .formats import FORMATS, is_formed

FILLED = re.compile(r"\S")


def problems_in(fields: Fields, value: Mapping[str, Any], place: str = "") -> Iterator[Problem]:
    """Yield what is wrong with a mapping of fields; place: where it stands, "" for the record itself."""
    for key in value:
        if key not in fields:
            hint = near(key, fields) or "; there are %s" % ", ".join(fields)
            yield Problem(_under(place, key), "there is no such field%s" % hint)
    for key, field in fields.items():
        if value.get(key) is not None:
            yield from _wrong(_under(place, key), field, value[key])
        elif field.get("required"):
            yield Problem(_under(place, key), "is missing; %s" % _wanted(field))


def plain(fields: Fields, value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mapping without faults as judges take it: what is empty left out, each text a text."""
    return {key: _plain(fields[key], inner) for key, inner in value.items() if inner is not None}


def _under(place: str, key: str) -> str:
    return "%s.%s" % (place, key) if place else key


def _wrong(place: str, field: Field, value: Any) -> Iterator[Problem]:
    kind = field["type"]
    if kind == "list":
        if not isinstance(value, list):
            yield Problem(place, "must be a list, found %s" % shown(value))
            return
        element = {**field, "type": field["elements"]}
        for index, entry in enumerate(value):
            yield from _wrong("%s[%d]" % (place, index), element, entry)
    elif kind == "dict":
        if not isinstance(value, dict):
            yield Problem(place, "must be fields (%s), found %s" % (", ".join(field["options"]), shown(value)))
            return
        yield from problems_in(field["options"], value, place)
    elif kind == "int":
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            text = "must be a whole number, without quotes and not negative, found %s"
            yield Problem(place, text % shown(value))
    elif kind == "bool":
        if not isinstance(value, bool):
            yield Problem(place, "must be true or false, without quotes, found %s" % shown(value))
    else:
        yield from _text(place, field, value)


def _text(place: str, field: Field, value: Any) -> Iterator[Problem]:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        hint = "; put it in quotes" if isinstance(value, bool) else ""
        yield Problem(place, "must be text, found %s%s" % (shown(value), hint))
    elif not FILLED.search(str(value)):
        yield Problem(place, "is empty; %s" % _wanted(field))
    elif "choices" in field and str(value) not in field["choices"]:
        yield Problem(place, _other(field["choices"], value))
    elif "format" in field and not is_formed(field["format"], value):
        yield Problem(place, "must be %s, found %s" % (FORMATS[field["format"]].wanted, shown(value)))


def _other(choices: list[str], value: Any) -> str:
    if len(choices) == 1:
        return "must be %s, found %s" % (choices[0], shown(value))
    return "%s is not possible; it is one of %s" % (shown(value), ", ".join(choices))


def _wanted(field: Field) -> str:
    if "choices" in field and field["type"] == "str":
        return "it is one of %s" % ", ".join(field["choices"])
    text = str(field["description"])
    return "it says: %s" % (text[0].lower() + text[1:].rstrip("."))


def _plain(field: Field, value: Any) -> Any:
    if field["type"] == "list":
        return [_plain({**field, "type": field["elements"]}, entry) for entry in value]
    if field["type"] == "dict":
        return plain(field["options"], value)
    return str(value) if field["type"] == "str" else value
