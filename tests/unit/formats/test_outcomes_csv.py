# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome tables as CSV: every row answered, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.shapes import View
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import outcomes_csv
from ansible_collections.bulwark.msp.plugins.plugin_utils.outcomes.words import OUTCOMES
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.formats import hostile, sample


def tables(view: View) -> dict[str, list[dict[str, str]]]:
    """Return the rows of each file of a view."""
    files = outcomes_csv.files(view, sample.TODAY)
    return {name: list(csv.DictReader(io.StringIO("".join(pieces), newline=""))) for name, pieces in files}


def cells(found: dict[str, list[dict[str, str]]]) -> Iterator[str]:
    for rows in found.values():
        for row in rows:
            yield from row.values()


def test_each_table_has_all_its_rows_and_no_row_is_without_an_answer() -> None:
    for view in (sample.model().fleet, *sample.model().customers):
        found = tables(view)
        assert {name: len(rows) for name, rows in found.items()} == {
            "outcomes-recommendations.csv": 93,
            "outcomes-statements.csv": 48,
            "outcomes-essential-eight.csv": 24,
        }
        for rows in found.values():
            for row in rows:
                assert row["outcome"] in OUTCOMES, row["id"]
                assert row["on_hosts"] or row["by_records"] or row["not_yet"], row["id"]
                assert row["customer"] == (view.customer or "all customers")


@given(st.text(), st.sampled_from([*outcomes_csv.FORMULA, "\t=", "\r@", " +", "\ufeff-"]))
def test_no_cell_is_a_formula(text: str, start: str) -> None:
    for cell in (outcomes_csv.defused(text), outcomes_csv.defused(start + text)):
        assert not cell.lstrip().startswith(outcomes_csv.FORMULA)
        assert "\n" not in cell and "\r" not in cell


@pytest.mark.parametrize("start", outcomes_csv.FORMULA)
def test_a_formula_stays_readable(start: str) -> None:
    assert outcomes_csv.defused(start + "cmd|' /C calc'!A1") == "'" + start + "cmd|' /C calc'!A1"
    assert outcomes_csv.defused("a " + start) == "a " + start


def test_a_customer_named_like_a_formula_is_told_as_text() -> None:
    view = sample.model().customers[0]
    named = type(view)(**{**vars(view), "customer": "=HYPERLINK(1)"})
    assert {row["customer"] for rows in tables(named).values() for row in rows} == {"'=HYPERLINK(1)"}


def test_hostile_text_leaves_no_cell() -> None:
    model = hostile.model(customers=True)
    for view in (model.fleet, *model.customers):
        found = tables(view)
        assert len(found["outcomes-statements.csv"]) == 48
        assert all(set(row) == set(outcomes_csv.ROW) for row in found["outcomes-statements.csv"])
        for cell in cells(found):
            assert "\n" not in cell and len(cell) < 20_000
            assert not cell.lstrip().startswith(outcomes_csv.FORMULA)
