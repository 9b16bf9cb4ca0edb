# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of the lab's Acme: as they stand they are nobody's, and as of any day all can be used."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.records import plausible, structure
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.records import gather
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lab import evidence

ACME = evidence.TEMPLATES / evidence.CUSTOMER
#: A test audits the lab with a clock that is so far behind.
BEHIND = timedelta(2)


def test_each_kind_is_kept_once() -> None:
    assert {path.name for path in ACME.glob("*.yml")} == {f"{kind}.yml" for kind in KINDS}


def test_a_template_is_no_record() -> None:
    found = gather(ACME, evidence.CUSTOMER, today=date.today())
    assert found.found == {}
    assert "today-" in found.problems["ev-contract"]


@settings(max_examples=10)
@given(st.dates(date(2026, 1, 1), date(2200, 1, 1)))
def test_on_any_day_each_says_what_can_be(today: date) -> None:
    for kind in KINDS:
        record = yaml.safe_load(evidence.filled((ACME / f"{kind}.yml").read_text("utf-8"), today, {}))
        fields = KINDS[kind].every_field(kind)
        assert list(structure.problems_in(fields, record)) == []
        assert list(plausible.problems_in(fields, record, today - BEHIND)) == []


def test_as_of_today_all_are_valid(tmp_path: Path) -> None:
    evidence.write(tmp_path, {})
    for clock in (date.today(), date.today() - BEHIND):
        found = gather(tmp_path, evidence.CUSTOMER, today=clock)
        assert (found.problems, set(found.found)) == ({}, set(KINDS))
    assert found.documents["ev-contract"] == 'the document "agreement.txt" has the sha256 of the record'
