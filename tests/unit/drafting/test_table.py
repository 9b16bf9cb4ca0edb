# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables become entries of records: what a cell may hold, and how one at fault is named."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drafting.record import draft
from ansible_collections.bulwark.msp.plugins.plugin_utils.drafting.rows import TableError
from ansible_collections.bulwark.msp.plugins.plugin_utils.drafting.table import importable, table
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.yaml_file import read
from hypothesis import given
from hypothesis import strategies as st

TODAY = date(2026, 11, 23)
RACI = """\
Task,Responsible,Accountable,Consulted,Informed
patching,msp:northwind,customer,,management
backup,msp:northwind; customer,customer,"security officer
data protection officer",
"""


def faults(kind: str, text: str) -> list[str]:
    with pytest.raises(TableError) as raised:
        table(kind, text, TODAY)
    return raised.value.problems


def test_a_matrix_of_responsibilities() -> None:
    assert table("ev-raci", RACI, TODAY) == ("matrix", [
        {"task": "patching", "responsible": ["msp:northwind"], "accountable": ["customer"], "consulted": [],
         "informed": ["management"]},
        {"task": "backup", "responsible": ["msp:northwind", "customer"], "accountable": ["customer"],
         "consulted": ["security officer", "data protection officer"], "informed": []},
    ])  # fmt: skip


@pytest.mark.parametrize("parting", [";", "\t"])
def test_other_partings_and_a_mark_at_the_beginning(parting: str) -> None:
    text = "\ufeff" + "task,responsible,accountable\r\n".replace(",", parting)
    text += parting.join(["backup", '"msp:northwind;customer"', "customer"]) + "\r\n"
    assert table("ev-raci", text, TODAY).entries[0]["responsible"] == ["msp:northwind", "customer"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (RACI.replace("customer,,", "the boss,,"), 'row 2, column accountable: must be customer, .* found "the boss"'),
        (RACI.replace("backup,", ",", 1), "row 3, column task: is missing; it says: the task"),
        (RACI.replace(",management", ",management,x"), "row 2 has 6 cells, and there are 5 columns"),
        (RACI.replace("Consulted", "Consulte"), "row 1, column 4: there is no column .*; did you mean consulted"),
        (RACI.replace("Informed", "Task"), "row 1, column 5: task stands there a second time"),
        ("task,responsible\nbackup,customer\n", "row 1: the column accountable is missing"),
        (RACI.splitlines()[0], "there is no row below"),
        ("", "the first row must name the columns"),
        (RACI + '"open', "it is no CSV: unexpected end of data"),
    ],
)
def test_what_is_wrong_is_named_by_row_and_column(text: str, fault: str) -> None:
    assert len(faults("ev-raci", text)) == 1
    with pytest.raises(TableError, match=fault):
        table("ev-raci", text, TODAY)


MATRIX = """\
Task,customer,msp:northwind,vendor:ledger
patching,A,R,
backup,"A, I",R/C,r

restore,RA,,I
"""


def test_a_matrix_as_it_is_drawn() -> None:
    made = table("ev-raci", MATRIX, TODAY).entries
    assert [each["task"] for each in made] == ["patching", "backup", "restore"]
    assert made[1] == {
        "task": "backup", "responsible": ["msp:northwind", "vendor:ledger"], "accountable": ["customer"],
        "consulted": ["msp:northwind"], "informed": ["customer"],
    }  # fmt: skip
    assert made[2]["responsible"] == made[2]["accountable"] == ["customer"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (MATRIX.replace("R/C", "X"), 'row 3, column msp:northwind: must be letters of R, A, C and I, found "X"'),
        (MATRIX.replace("restore,", ","), "row 5, column task: is missing"),
        (MATRIX.replace(",I\n", ",I,R\n"), "row 5 has 5 cells, and there are 4 columns"),
        (MATRIX.replace("msp:northwind", "North"), "row 1, column 2: there is no column"),
    ],
)
def test_a_cell_of_a_matrix_is_named(text: str, fault: str) -> None:
    with pytest.raises(TableError, match=fault):
        table("ev-raci", text, TODAY)


@given(st.lists(st.text(alphabet="RACIraci/,; x", max_size=6), min_size=2, max_size=2))
def test_letters_are_read_or_named(cells: list[str]) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([["task", "customer", "msp:north"], ["backup", *cells]])
    if any("x" in cell for cell in cells):
        assert "must be letters of" in faults("ev-raci", text.getvalue())[0]
    else:
        (entry,) = table("ev-raci", text.getvalue(), TODAY).entries
        assert ("customer" in entry["accountable"]) == ("a" in cells[0].lower())


def test_every_cell_at_fault_is_told() -> None:
    assert len(faults("ev-raci", RACI.replace("msp:northwind", "northwind"))) == 2


def test_a_kind_without_a_table_names_those_that_have_one() -> None:
    assert "ev-raci" in importable()
    unfit = next(kind for kind in KINDS if kind not in importable())
    assert faults(unfit, RACI)[0].startswith(f"{unfit} has no table; these have one: ")
    assert "there is no record" in faults("ev-racy", RACI)[0]
    assert "did you mean ev-raci" in faults("ev-racy", RACI)[0]


@given(st.sampled_from(["ev-raci", *importable()]), st.text(max_size=300))
def test_any_text_is_a_table_or_an_error(kind: str, text: str) -> None:
    try:
        table(kind, text, TODAY)
    except TableError as error:
        assert error.problems


@given(st.sampled_from(importable()), st.data())
def test_any_cells_are_entries_or_named(kind: str, data: st.DataObject) -> None:
    fields = next(field["options"] for field in KINDS[kind].fields.values() if "options" in field)
    cells = data.draw(st.lists(st.lists(st.text(max_size=12), min_size=len(fields), max_size=len(fields)), max_size=4))
    text = io.StringIO()
    csv.writer(text).writerows([list(fields), *cells])
    try:
        table(kind, text.getvalue(), TODAY)
    except TableError as error:
        assert all(
            problem.startswith(("row ", "there is no row", "it is no CSV", "and ")) for problem in error.problems
        )


@given(st.lists(st.text(min_size=1, max_size=20).filter(lambda text: text.strip()), min_size=1, max_size=3))
def test_what_was_imported_is_read_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["task", "responsible", "accountable"])
    writer.writerows([name, "customer", "customer"] for name in names)
    try:
        made = table("ev-raci", text.getvalue(), TODAY)
    except TableError as error:
        assert "can't be seen" in str(error) or "no CSV" in str(error)
        return
    path: Path = tmp_path_factory.mktemp("draft") / "ev-raci.yml"
    path.write_bytes(draft("ev-raci", "acme", [], {made.field: made.entries}).encode())
    record = read(path)
    assert record is not None
    assert record["matrix"] == made.entries
