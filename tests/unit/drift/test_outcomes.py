# SPDX-License-Identifier: GPL-3.0-or-later
"""Outcomes of whole runs: every known host counts, each customer's alone, and pages and CSV hold them."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.shapes import View
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import writing
from ansible_collections.bulwark.msp.plugins.plugin_utils.outcomes.tables import RowOutcome

from tests.unit.drift.fleet import KNOWN, METHODS, ROOT_LOGIN, Fleet

LIST = {"source": "directory", "date": "2026-11-01", "hosts": ["acme-web", "acme-ghost"]}
HOSTS = {
    "acme-web": {METHODS: {"status": "fail"}, ROOT_LOGIN: "pass"},
    "acme-db": None,
    "globex-db": {METHODS: "pass", ROOT_LOGIN: "waived"},
}


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path / "reports", {"acme": {"bulwark_host_lists": [LIST]}})


def row_of(view: View, id_: str) -> RowOutcome:
    return next(row for row in view.outcomes.recommendations if row.id == id_)


def test_every_known_host_counts_and_none_of_another_customer(fleet: Fleet) -> None:
    report = fleet.model(fleet.run(0, HOSTS, left=("acme-mail",)))
    acme, globex = report.customers
    told = row_of(acme, "MF-07").technical
    assert told and told.counts == {"no visibility": 2, "not assessed": 1, "not implemented": 1}
    assert (told.answered, told.population, told.evidence) == (1, 4, "effective")
    told = row_of(globex, "MF-07").technical
    assert told and (told.outcome, told.counts) == ("effective", {"effective": 1})
    told = row_of(report.fleet, "MF-07").technical
    assert told and (told.outcome, told.population) == ("ineffective", 5)


def test_an_accepted_risk_is_no_pass(fleet: Fleet) -> None:
    report = fleet.model(fleet.run(0, HOSTS))
    assert row_of(report.customers[1], "IC-05").outcome == "not implemented"


def test_records_that_nobody_keeps_are_no_visibility(fleet: Fleet) -> None:
    acme, _globex = fleet.model(fleet.run(0, HOSTS)).customers
    row = row_of(acme, "GEN-01")
    assert (row.outcome, row.technical, row.not_yet) == ("no visibility", None, ())
    assert row.attested and row.attested.counts == {"no visibility": 1}


def test_pages_and_tables_are_written_for_each_customer_alone(fleet: Fleet) -> None:
    run = fleet.run(0, HOSTS)
    writing.write(run, fleet.model(run), KNOWN)
    for name in ("recommendations", "statements", "essential-eight"):
        for folder in (run.folder, run.folder / "customers" / "acme", run.folder / "customers" / "globex"):
            path = folder / ("outcomes-%s.csv" % name)
            assert path.stat().st_mode & 0o777 == 0o600
            rows = list(csv.DictReader(path.open(encoding="utf-8", newline="")))
            assert len(rows) == {"recommendations": 93, "statements": 48, "essential-eight": 24}[name]
        assert "globex" not in (run.folder / "customers/acme" / ("outcomes-%s.csv" % name)).read_text("utf-8")
    assert "| Regular backups | none |" in (run.folder / "report.md").read_text("utf-8")
    page = (run.folder / "customers" / "acme.html").read_text("utf-8")
    assert "The advisory&#39;s 93 recommendations" in page or "The advisory's 93 recommendations" in page
    # An owner's view stays free of assessors' words.
    owner = page[page.index('<section id="owner"') :]
    assert not [
        word for word in ("Essential Eight", "ISM-", "not assessed", "no visibility", "ineffective") if word in owner
    ]
