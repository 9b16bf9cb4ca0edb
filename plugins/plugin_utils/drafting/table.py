# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of a record out of a CSV, as spreadsheets write it: each cell at fault named by its row and column.

The first row names the columns, which are the fields of an entry; the case of letters, spaces and hyphens don't matter.
Several values in one cell stand in lines of their own or are parted by semicolons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple

from ..declared.checking import near, shown
from ..records import plausible, structure
from ..records.fields import Field, Fields
from ..records.kinds.all import KINDS
from ..records.yaml_file import WHOLE
from ..text import LIMIT, clean
from . import raci
from .rows import TableError, rows

WORDS = {"true": True, "yes": True, "false": False, "no": False}
HIDDEN = "has a character that can't be seen, or a word of more than %d; type it anew" % LIMIT
#: A word in brackets of a place such as responsible[0].
INDEX = re.compile(r"\[\d+\]")


class Table(NamedTuple):
    """field: the list of the record that the rows are entries of."""

    field: str
    entries: list[dict[str, Any]]


def tables(kind: str) -> dict[str, Fields]:
    """Return the lists of a kind of record whose entries are rows: (fields of an entry by the name of the list)."""
    return {
        name: field["options"]
        for name, field in KINDS[kind].fields.items()
        if field["type"] == "list" and field["elements"] == "dict" and _flat(field["options"])
    }


def importable() -> tuple[str, ...]:
    """Return the kinds of record that a table can be imported to."""
    return tuple(kind for kind in KINDS if tables(kind))


def table(kind: str, text: str, today: date) -> Table:
    """Return what a CSV holds of a kind of record; raises TableError with every cell at fault."""
    if kind not in KINDS or not tables(kind):
        unknown = "there is no record %s%s" % (shown(kind), near(kind, KINDS))
        what = "%s has no table" % kind if kind in KINDS else unknown
        raise TableError(["%s; these have one: %s" % (what, ", ".join(importable()))])
    found = rows(text)
    if kind == raci.KIND and raci.is_matrix(found[0]):
        found = raci.unfolded(found)
    columns = [re.sub(r"[\s-]+", "_", name.strip().casefold()) for name in found[0]]
    name, fields = _meant(tables(kind), columns)
    problems = list(_wrong_columns(columns, fields))
    if problems:
        raise TableError(problems)
    entries = []
    for number, row in enumerate(found[1:], 2):
        if any(cell.strip() for cell in row):
            entry, wrong = _entry(row, columns, fields, today)
            problems += ["row %d%s" % (number, text) for text in wrong]
            entries.append(entry)
    if not problems and not entries:
        problems.append("there is no row below the names of the columns")
    if problems:
        raise TableError(problems)
    return Table(name, entries)


def _flat(fields: Fields) -> bool:
    return all("options" not in field for field in fields.values())


def _meant(known: dict[str, Fields], columns: Sequence[str]) -> tuple[str, Fields]:
    """Return the list that most of the columns belong to, the first of several."""
    name = max(known, key=lambda each: len(set(columns) & set(known[each])))
    return name, known[name]


def _wrong_columns(columns: Sequence[str], fields: Fields) -> Iterator[str]:
    for number, column in enumerate(columns, 1):
        if column not in fields:
            hint = near(column, fields) or "; there are %s" % ", ".join(fields)
            yield "row 1, column %d: there is no column %s%s" % (number, shown(column), hint)
        elif column in columns[: number - 1]:
            yield "row 1, column %d: %s stands there a second time" % (number, column)
    for name, field in fields.items():
        if field.get("required") and name not in columns:
            yield "row 1: the column %s is missing; it says: %s" % (name, field["description"])


def _entry(
    row: Sequence[str], columns: Sequence[str], fields: Fields, today: date
) -> tuple[dict[str, Any], list[str]]:  # fmt: skip
    """Return a row as an entry, and what is wrong with it."""
    if len(row) > len(columns):
        return {}, [" has %d cells, and there are %d columns" % (len(row), len(columns))]
    cells = {column: cell for column, cell in zip(columns, row, strict=False) if cell.strip()}
    hidden = [", column %s: %s" % (column, HIDDEN) for column, cell in cells.items() if _is_hidden(cell)]
    if hidden:
        return {}, hidden
    # A list that stands in the table is there, if only empty.
    entry: dict[str, Any] = {column: [] for column in columns if fields[column]["type"] == "list"}
    entry.update({column: _value(fields[column], cell) for column, cell in cells.items()})
    found = list(structure.problems_in(fields, entry)) or list(plausible.problems_in(fields, entry, today))
    wrong = [", column %s: %s" % (INDEX.sub("", each.variable), each.text) for each in found]
    return structure.plain(fields, {name: entry[name] for name in fields if name in entry}), wrong


def _is_hidden(cell: str) -> bool:
    return any(clean(word) != word for word in cell.split())


def _value(field: Field, cell: str) -> Any:
    """Return a cell as its field takes it; what doesn't fit stays a text, for the field to refuse."""
    if field["type"] == "list":
        parts = (" ".join(part.split()) for part in re.split(r"[;\r\n]", cell))
        return [_scalar(field["elements"], part) for part in parts if part]
    return _scalar(field["type"], " ".join(cell.split()))


def _scalar(kind: str, text: str) -> Any:
    if kind == "bool":
        return WORDS.get(text.casefold(), text)
    return int(text) if kind == "int" and WHOLE.fullmatch(text) else text
