# SPDX-License-Identifier: GPL-3.0-or-later
"""Drafts of records: refused until they are filled in, and complete enough to be filled in from what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.drafting.record import draft
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.dumping import dumped
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.records import DraftError, gather, load
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.yaml_file import RecordError, read

STATUS = "status: draft\n"
RULES = ["approved: Somebody approved it.", "recent: It is not older than bulwark_record_yearly_days."]


def examples(text: str) -> dict[str, Any]:
    """Return what the comments of a draft show as examples."""
    shown, on = [], False
    for line in text.splitlines():
        on = line == "# Example:" or (on and line.startswith("#"))
        if on and line != "# Example:":
            shown.append(line.removeprefix("#   "))
    path = Path("example.yml")
    path.write_text("\n".join(shown) + "\n", "utf-8")
    return read(path) or {}


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_is_refused_until_it_is_filled_in(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.yml"
    path.write_text(draft(kind, "acme", RULES), "utf-8")
    with pytest.raises(DraftError, match=f'{kind}.yml is a draft; fill in .* delete the line "status: draft"'):
        load(tmp_path, kind, "acme")
    records = gather(tmp_path, "acme")
    assert (records.drafts, set(records.found), set(records.problems)) == (frozenset({kind}), set(), {kind})
    path.write_text(path.read_text("utf-8").replace(STATUS, ""), "utf-8")
    with pytest.raises(RecordError, match="owner: is missing; it says: who answers for the record"):
        load(tmp_path, kind, "acme")


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_filled_in_as_it_shows_is_the_example(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = draft(kind, "acme", RULES)
    shown = examples(text)
    assert {"id": kind, "customer_id": "acme", **shown} == example(kind)
    filled = draft(kind, "acme", RULES, shown).replace(STATUS, "")
    (tmp_path / f"{kind}.yml").write_text(filled, "utf-8")
    assert load(tmp_path, kind, "acme") == example(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_tells_every_field_and_rule(kind: str) -> None:
    text = draft(kind, "acme", RULES)
    assert all(f"\n{name}:" in text for name in KINDS[kind].every_field(kind))
    assert all(f"# - {rule}" in text for rule in RULES)
    assert all(len(line) <= 120 for line in text.splitlines())


@pytest.mark.parametrize("customer", ["a: b", "#x", "yes", "007", "\u202e", "{{ x }}", "a\nb"])
def test_a_customers_name_is_data(customer: str, tmp_path: Path) -> None:
    (tmp_path / "ev-raci.yml").write_text(draft("ev-raci", customer, RULES), "utf-8")
    record = read(tmp_path / "ev-raci.yml")
    assert record is not None
    assert str(record["customer_id"]) == (customer.lstrip("0") if customer.isdigit() else customer) or (
        record["customer_id"] == customer
    )


def test_a_record_that_only_kept_the_line_is_still_a_draft(tmp_path: Path) -> None:
    (tmp_path / "ev-raci.yml").write_text(STATUS + dumped(example("ev-raci")), "utf-8")
    with pytest.raises(DraftError):
        load(tmp_path, "ev-raci", "acme")
