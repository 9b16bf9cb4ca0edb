# SPDX-License-Identifier: GPL-3.0-or-later
"""The part for assessors on a page: the levels as the model has them, and every row."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import html

from tests.unit.formats import sample
from tests.unit.outcomes.estates import CATALOGUE, Said, told


def section(folder: Path, said: Said) -> str:
    """Return the part of acme's page, where acme is an estate of one host."""
    model = sample.model()
    acme = dataclasses.replace(model.customers[0], outcomes=told([said]))
    html.write(dataclasses.replace(model, customers=(acme, *model.customers[1:])), CATALOGUE, folder)
    page = (folder / "customers" / "acme.html").read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", page[page.index('<section id="outcomes"') : page.index('<section id="waivers"')])


def levels(text: str) -> dict[str, str]:
    return dict(re.findall(r'data-label="Strategy">([^<]+)</th><td data-label="Level shown">(\w+)<', text))


def test_the_levels_stand_there_and_an_accepted_risk_adds_none(tmp_path: Path) -> None:
    good, accepted = tmp_path / "good", tmp_path / "accepted"
    good.mkdir()
    accepted.mkdir()
    text = section(good, {})
    assert levels(text) == {
        "Application control": "none",
        "Patch applications": "none",
        "Office macros": "none",
        "User application hardening": "none",
        "Restrict administrative privileges": "none",
        "Patch operating systems": "none",
        "Multi-factor authentication": "none",
        "Regular backups": "2",
    }
    # A contract alone says that others' services ask for a second factor, which may not fit.
    third_party = text[text.index(">mfa-third-party<") :]
    assert "not assessed" in third_party[: third_party.index("May not fit: ")]
    assert levels(section(accepted, {"lin-bk-immutable": "risk_accepted"}))["Regular backups"] == "none"


def test_every_row_stands_there(tmp_path: Path) -> None:
    text = section(tmp_path, {})
    rows = re.findall(r'<th scope="row" data-label="Asked for">([\w-]+)<', text)
    known = CATALOGUE.frameworks
    assert rows == [
        *(each.id for each in known.requirements), *CATALOGUE.recommendations, *(each.id for each in known.statements)
    ]  # fmt: skip
    assert text.count("<tr>") == len(rows) + 8 + 4
