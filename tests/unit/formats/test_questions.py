# SPDX-License-Identifier: GPL-3.0-or-later
"""The questions and the schedule: short enough to be read, one customer's alone, and text whatever it says."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.shapes import View
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import contract_schedule, questions, writing
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.dumping import dumped
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.transparency import TOPICS

from tests.unit.drift.fleet import KNOWN, METHODS, ROOT_LOGIN, Fleet, Host
from tests.unit.formats import hostile, sample
from tests.unit.formats.jargon import jargon


def text_of(view: View) -> str:
    return "".join(questions.render(view, sample.model().run))


def customer(name: str) -> View:
    return next(view for view in sample.model().customers if view.customer == name)


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return a fleet of which acme has a contract and nothing else in writing, and globex nothing."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "ev-contract.yml").write_text(dumped(example("ev-contract")), "utf-8")
    named = {"default": {"party": "msp:northwind", "contract_reference": "4.1"},
             "sections": {"mfa": {"party": "both"}}}  # fmt: skip
    return Fleet(
        tmp_path / "reports",
        {"acme": {"bulwark_evidence_dir": str(folder), "bulwark_responsibilities": named}, "globex": {}},
    )


HOSTS: dict[str, Host] = {
    "acme-web": {METHODS: {"status": "fail", "responsible": "both"}, ROOT_LOGIN: "pass"},
    "acme-db": {METHODS: {"status": "pass", "responsible": "both"}, ROOT_LOGIN: "pass"},
    "globex-db": {METHODS: "fail"},
}


def written(fleet: Fleet) -> dict[str, str]:
    """Return the pages of both customers by customer and name."""
    run = fleet.run(22, HOSTS)
    writing.write(run, fleet.model(run), KNOWN)
    return {f"{path.parent.name}/{path.name}": path.read_text("utf-8") for path in run.folder.glob("customers/*/*.md")}


def test_each_customer_gets_both_pages_and_nothing_of_another(fleet: Fleet) -> None:
    pages = written(fleet)
    assert set(pages) == {f"{name}/{page}.md" for name in ("acme", "globex")
                          for page in ("questions", "contract-schedule")}  # fmt: skip
    for path, text in pages.items():
        assert ("globex" if path.startswith("acme") else "acme") not in text


def test_what_is_missing_is_grouped(fleet: Fleet) -> None:
    pages = written(fleet)
    acme, globex = pages["acme/questions.md"], pages["globex/questions.md"]
    missing = [int(number) for number in re.findall(r"Nothing written shows these (\d+):", acme)]
    assert sum(missing) == len(KINDS) - 1
    assert sum(map(int, re.findall(r"Nothing written shows these (\d+):", globex))) == len(KINDS)
    assert len([line for line in globex.splitlines() if re.match(r"\d+\. ", line)]) <= 25
    title = KNOWN.control(METHODS).title
    assert re.search("1 point is not as it should be on 1 computer: .*%s.*Which part do you mend" % title[:20], acme)
    assert "Nobody was named to mend 1 point that is not" in globex


@pytest.mark.parametrize("name", ["acme", "globex", "msp"])
def test_an_owner_reads_no_jargon(name: str) -> None:
    text = text_of(customer(name))
    assert jargon(text) == []
    assert len(text.splitlines()) < 70


def test_the_whole_picture_names_what_was_not_seen() -> None:
    heading, first = questions.asked(customer("acme"))[0]
    assert heading == questions.WHOLE
    text = "\n".join(first)
    assert "2 computers were not looked at: acme-dc and acme-nas" in text
    assert "Nobody looked at Microsoft 365" in text
    assert "Nobody was named to mend" in text
    assert "1 exception from what we agreed on ends within 30 days, the first on 3 December 2026" in text


def test_where_nothing_is_open_nothing_is_asked() -> None:
    view = customer("acme")
    seen = dataclasses.replace(
        view.coverage, unread=(), missing=(), not_targeted=(), other_platforms=(), never_seen=()
    )  # fmt: skip
    quiet = dataclasses.replace(
        view, coverage=seen, actions=(), findings=(), policy=dataclasses.replace(view.policy, waivers=()),
        sections=tuple(dataclasses.replace(part, status={}, planned=0) for part in view.sections),
    )  # fmt: skip
    assert questions.asked(quiet) == []
    assert "Nothing is open today." in text_of(quiet)


def test_the_schedule_tells_measures_and_thresholds(fleet: Fleet) -> None:
    fleet.variables["acme"]["bulwark_log_retention_days"] = 90
    page = written(fleet)["acme/contract-schedule.md"]
    row = re.compile("^\\| .* \\| 2 hosts \\| .* \\| %s \\|$" % METHODS, re.M)
    measure = row.search(page)
    assert measure
    assert "the provider and the customer" in measure[0]
    assert "| the provider (northwind) | 4\\.1 | ev-soc |" in page
    block = yaml.safe_load(page.split("```yaml\n")[1].split("```")[0])
    values = {each["threshold"]: each["value"] for each in block["schedule"]}
    assert values["bulwark_log_retention_days"] == 90
    assert all(re.fullmatch("bulwark_[a-z0-9_]+", name) for name in values)
    assert len(values) > 50


def test_the_schedule_holds_where_it_is_entered_as_it_stands(fleet: Fleet, tmp_path: Path) -> None:
    block = yaml.safe_load(written(fleet)["acme/contract-schedule.md"].split("```yaml\n")[1].split("```")[0])
    path = tmp_path / "evidence" / "ev-contract.yml"
    path.write_text(dumped({**example("ev-contract"), **block}), "utf-8")

    def found() -> list[str]:
        own = next(view for view in fleet.model(fleet.run(22, HOSTS)).customers if view.customer == "acme").findings
        contract = next(each for each in own if each["control"] == "ev-contract")
        return [line for line in contract["actual"] if line.startswith("schedule")]

    assert found() == []
    fleet.variables["acme"]["bulwark_log_retention_days"] = 90
    assert found() == ["schedule: the schedule says bulwark_log_retention_days 180, and 90 is in force"]


def test_every_topic_of_a_contract_has_words() -> None:
    assert tuple(contract_schedule.TOPICS) == TOPICS


@pytest.mark.parametrize("attack", hostile.ATTACKS[:-1])
def test_what_it_is_told_stays_text(attack: str) -> None:
    view = customer("acme")
    finding = {**view.findings[0], "title": attack, "status": "not_attested"}
    action = dataclasses.replace(view.actions[0], title=attack, hosts=(("acme", attack),))
    seen = dataclasses.replace(view.coverage, missing=(attack,), never_seen=(attack,))
    made = dataclasses.replace(view, customer=attack, coverage=seen, findings=(finding,), actions=(action,))
    for text in (text_of(made), "".join(contract_schedule.render(made, sample.model().run))):
        assert "<" not in text
        assert not re.search(r"(?<!\\)[\[\]](?!\()", text)
        assert not re.search("[\u202e\u2028\u0000\u001b]", text)
