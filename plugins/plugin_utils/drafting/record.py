# SPDX-License-Identifier: GPL-3.0-or-later
"""A record as a draft: every field with its meaning and an example, refused by the loader until somebody fills it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..records.dumping import dumped
from ..records.fields import Field, Fields
from ..records.formats import FORMATS
from ..records.kinds.all import KINDS
from ..records.records import DRAFT, DRAFT_KEY

WIDTH = 110
HEAD = (
    "This is a draft, and audits take it for no record. Fill in every field that may not be left out, then delete the "
    'line "%s: %s". `make explain CONTROL=%s` tells more.'
)
#: Of the envelope: what a draft knows already.
KNOWN = ("id", "customer_id")


def draft(kind: str, customer: str, rules: Iterable[str], filled: Mapping[str, Any] | None = None) -> str:
    """Return the draft of a kind of record for a customer, as YAML; raises KeyError where there is no such kind.

    rules: what the record is judged by, in words. filled: values of fields that are known already.
    """
    values = {"id": kind, "customer_id": customer, **(filled or {})}
    lines = ["---", *_comment("%s: %s." % (kind, KINDS[kind].title)), "#"]
    lines += _comment(HEAD % (DRAFT_KEY, DRAFT, kind))
    lines += ["#", *_comment("It is judged by these rules:")]
    lines += [line for rule in rules for line in _comment("- " + rule)]
    text = "\n".join(lines) + "\n%s: %s\n" % (DRAFT_KEY, DRAFT)
    return text + "".join(_field(name, field, values) for name, field in KINDS[kind].every_field(kind).items())


def _field(name: str, field: Field, values: Mapping[str, Any]) -> str:
    if name in KNOWN:
        return dumped({name: values[name]})
    told = "\n".join(_told(field["description"], field, 0))
    if name in values:
        return "\n%s\n%s" % (told, dumped({name: values[name]}))
    example = ""
    if field["example"] is not None:
        shown = dumped({name: field["example"]}).splitlines()
        example = "\n".join(["# Example:", *("#   " + line for line in shown)]) + "\n"
    return "\n%s\n%s%s:\n" % (told, example, name)


def _told(text: str, field: Field, depth: int) -> Iterator[str]:
    """Yield what a field and those below it hold, as comments."""
    yield from _comment(" ".join([text, *_forms(field)]), depth)
    options: Fields = field.get("options") or {}
    for name, inner in options.items():
        yield from _told("%s: %s" % (name, inner["description"]), inner, depth + 1)


def _forms(field: Field) -> Iterator[str]:
    """Yield what a value has to be, beyond its description."""
    if field["type"] == "list":
        yield "A list." if field["elements"] != "dict" else "A list of entries, each with:"
    if field["type"] == "bool":
        yield "It is true or false."
    if len(field.get("choices", ())) > 1:
        yield "One of: %s." % ", ".join(field["choices"])
    if "format" in field:
        yield "It is %s." % FORMATS[field["format"]].wanted
    if not field.get("required"):
        yield "It may be left out."


def _comment(text: str, depth: int = 0) -> list[str]:
    first = "# " + "  " * depth
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=first + "  ", break_long_words=False)
