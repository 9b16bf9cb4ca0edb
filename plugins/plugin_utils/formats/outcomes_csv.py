# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome tables as CSV, for spreadsheets: outcomes-<table>.csv, of the fleet and of each customer.

Every cell is quoted, cleaned and defused: a spreadsheet takes text that begins with = + - @ for a formula.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from ..drift.shapes import View
from ..outcomes.tables import RowOutcome, StrategyOutcome, Told
from ..outcomes.words import OUTCOMES
from ..text import clean

#: With their wide forms, which some spreadsheets take for the same.
FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
ROW = (
    "date", "customer", "id", "asks_for", "outcome", "on_hosts", "hosts_answered", "hosts", "hosts_by_outcome",
    "hosts_evidence", "by_records", "records_answered", "records", "records_evidence", "not_yet", "left_out", "unsure",
)  # fmt: skip
LEVEL = ("strategy", "level", "level_reached", "held_back_by")


def files(view: View, day: date) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield (name, pieces) of each file of a view."""
    told = view.outcomes
    yield "outcomes-recommendations.csv", _lines(ROW, (_row(row, view, day) for row in told.recommendations))
    yield "outcomes-statements.csv", _lines(ROW, (_row(row, view, day) for row in told.statements))
    yield (
        "outcomes-essential-eight.csv",
        _lines((*ROW, *LEVEL), (line for each in told.strategies for line in _levels(each, view, day))),
    )


def defused(value: object) -> str:
    """Return a cell's text on one line, which no spreadsheet takes for a formula."""
    text = clean(value)
    return "'" + text if text.lstrip().startswith(FORMULA) else text


def _levels(strategy: StrategyOutcome, view: View, day: date) -> Iterator[Sequence[object]]:
    for each in strategy.levels:
        held = "; ".join("%s: %s" % pair for pair in each.held_back)
        yield (*_row(each.row, view, day), strategy.name, each.level, strategy.reached, held)


def _row(row: RowOutcome, view: View, day: date) -> Sequence[object]:
    return (
        day.isoformat(), view.customer if view.customer is not None else "all customers", row.id, row.text, row.outcome,
        *_side(row.technical, by_outcome=True), *_side(row.attested, by_outcome=False),
        *(" ".join(ids) for ids in (row.not_yet, row.left_out, row.unsure)),
    )  # fmt: skip


def _side(told: Told | None, by_outcome: bool) -> Sequence[object]:
    if told is None:
        return ("", "", "", "", "") if by_outcome else ("", "", "", "")
    counts = (counted(told.counts),) if by_outcome else ()
    return (told.outcome, told.answered, told.population, *counts, told.evidence or "")


def counted(counts: Mapping[str, int]) -> str:
    """Return "effective 3, no visibility 1"."""
    return ", ".join("%s %d" % (outcome, counts[outcome]) for outcome in OUTCOMES if counts.get(outcome))


def _lines(header: Sequence[str], rows: Iterator[Sequence[object]]) -> Iterator[str]:
    for row in (header, *rows):
        line = io.StringIO()
        csv.writer(line, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow([defused(cell) for cell in row])
        yield line.getvalue()
