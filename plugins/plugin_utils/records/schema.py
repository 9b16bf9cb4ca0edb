# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of each kind of record, made from its fields."""

from __future__ import annotations

from typing import Any

from .fields import Field, Fields
from .formats import DAY, FORMATS
from .kinds.all import KINDS
from .structure import FILLED

DIALECT = "https://json-schema.org/draft/2020-12/schema"
HOME = "https://bulwark-msp.github.io/schemas/records/%s.json"
#: The end of a text: a bare $ also stands before a last line feed in Python's expressions.
WHOLE = "^(?:%s)$(?!\\n)"


def schema(id_: str) -> dict[str, Any]:
    """Return the JSON Schema of a kind of record; raises KeyError where there is none."""
    kind = KINDS[id_]
    return {"$schema": DIALECT, "$id": HOME % id_, "title": kind.title, **_fields(kind.every_field(id_))}


def _fields(fields: Fields) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {name: _field(field) for name, field in fields.items()},
        "required": [name for name, field in fields.items() if field.get("required")],
        "additionalProperties": False,
    }


def _field(field: Field) -> dict[str, Any]:
    """Return the schema of a field; one that may be left out may stand there empty as well."""
    made = _value(field)
    told = {"description": field["description"]}
    return {**told, **made} if field.get("required") else {**told, "anyOf": [made, {"type": "null"}]}


def _value(field: Field) -> dict[str, Any]:
    kind = field["type"]
    if kind == "list":
        return {"type": "array", "items": _value({**field, "type": field["elements"]})}
    if kind == "dict":
        return _fields(field["options"])
    if kind == "int":
        return {"type": "integer", "minimum": 0}
    if kind == "bool":
        return {"type": "boolean"}
    if "choices" in field:
        return {"enum": field["choices"]}
    if "format" in field:
        form = FORMATS[field["format"]]
        return {"type": "string", "pattern": WHOLE % form.pattern, **({"format": "date"} if form is DAY else {})}
    return {"type": ["string", "integer"], "pattern": FILLED.pattern}
