# SPDX-License-Identifier: GPL-3.0-or-later
"""What an audit of the lab says of the customers' records: Acme keeps them all but for three faults, Globex none.

It is held against two audits: of the lab itself, and one without its containers, which goes by the same inventory and
records and a made-up state of each host (`-k recorded`).
"""

from __future__ import annotations

import html
import json
import re
import shutil
from typing import Any

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS

from tests.checkout import ROOT
from tests.integration.fleet import Played, play
from tests.lab import evidence, lab
from tests.lab.engine import Lab
from tests.unit.enforce.login_host import state
from tests.unit.formats.jargon import jargon

EXPECTED: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
    (lab.HERE / "expected_records.yml").read_text(encoding="utf-8")
)
PLANTED = {kind: wanted["rule"] for kind, wanted in EXPECTED["acme"].items() if "rule" in wanted}
CONTRACT = "ev-contract"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """An audit of both customers without their hosts: nothing listens where the inventory says."""
    folder = tmp_path_factory.mktemp("recorded")
    (folder / "tests").symlink_to(ROOT / "tests")  # beside which the inventory looks for its sources
    inventory, states = folder / "inventories" / "lab", folder / "states"
    shutil.copytree(lab.INVENTORY, inventory, ignore=shutil.ignore_patterns("generated.json", ".generated"))
    made = lab.generated(Lab("none", inventory / ".generated"), lab.fleet())
    (inventory / "generated.json").write_text(made, encoding="utf-8")
    evidence.keep(inventory)
    states.mkdir()
    read = {
        "schema": "bulwark/host-state/1", "collected_at": "2026-11-22T02:00:00Z", "seconds": 0.1, "areas": state(),
        "errors": [],
    }  # fmt: skip
    for host in lab.FLEET:
        (states / f"{host}.json").write_text(json.dumps(read), encoding="utf-8")
    asked = ("--limit", "acme,globex", "-e", f"bulwark_state_dir={states}")
    return play("audit", inventory, folder / "reports", *asked)


@pytest.fixture(params=["recorded", "audited"])
def told(request: pytest.FixtureRequest) -> Played:
    """The audit without hosts, and that of the lab."""
    played: Played = request.getfixturevalue(request.param)
    assert played.rc == 0, played.output
    return played


def findings(played: Played, customer: str) -> dict[str, dict[str, Any]]:
    """Return a customer's findings on records by kind."""
    own = played.document(f"customers/{customer}.json")["findings"]
    return {each["control"]: each for each in own if each["control"] in KINDS}


def page(played: Played, name: str) -> str:
    return (played.reports / "latest" / "customers" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("customer", EXPECTED)
def test_each_record_is_judged_as_expected(told: Played, customer: str) -> None:
    found = findings(told, customer)
    assert list(EXPECTED[customer]) == list(KINDS) == list(found)
    wrong = [
        f"{kind}: expected {EXPECTED[customer][kind]['status']}, found {each['status']}: {each['reason']} "
        + "; ".join(each["actual"])
        for kind, each in found.items()
        if each["status"] != EXPECTED[customer][kind]["status"]
    ]
    assert not wrong, "\n".join(wrong)


def test_what_was_planted_breaks_its_rule_and_no_other(told: Played) -> None:
    broken = {
        kind: {line.partition(":")[0] for line in each["actual"]} for kind, each in findings(told, "acme").items()
    }
    assert {kind: rules for kind, rules in broken.items() if rules} == {kind: {rule} for kind, rule in PLANTED.items()}
    assert len(PLANTED) == 3


def test_the_contract_is_held_against_the_hosts(audited: Played) -> None:
    """What the lab's hosts show against it, and nothing else."""
    lines = findings(audited, "acme")[CONTRACT]["actual"]
    assert [re.sub(r" on .*", "", line) for line in lines] == [
        "kept: the contract promises no_credential_reuse (clause 4.3), and lin-ns-key-reuse fails",
        "kept: the contract promises updates (clause 4.4), and lin-up-kev fails",
    ]
    assert lines[1].endswith(" on acme-db")


def test_the_page_names_each_record(told: Played) -> None:
    text = re.sub(r"\s+", " ", html.unescape(re.sub("<[^>]+>", " ", page(told, "acme.html"))))
    for kind in PLANTED:
        for line in findings(told, "acme")[kind]["actual"]:
            assert line.partition(": ")[2] in text
    for customer in EXPECTED:
        whole = page(told, f"{customer}.html")
        assert [kind for kind in KINDS if kind not in whole] == []


def test_the_questions_name_what_was_planted_and_no_other_record(told: Played) -> None:
    asked = page(told, "acme/questions.md")
    titles = {kind: KINDS[kind].title for kind in KINDS}
    assert {kind for kind, title in titles.items() if title in asked} == set(PLANTED)
    (old,) = re.findall("This was last shown too long ago: \u201c(.*)\u201d. When", asked)
    assert old == titles["ev-supplier-register"]


def test_globex_is_told_to_ask_for_everything(told: Played) -> None:
    asked = page(told, "globex/questions.md")
    assert sum(map(int, re.findall(r"Nothing written shows these (\d+):", asked))) == len(KINDS)
    assert "Which of these do you have in writing, and when do we get the others?" in asked


def test_the_schedule_tells_the_measures_in_force(told: Played) -> None:
    for customer in EXPECTED:
        text = page(told, f"{customer}/contract-schedule.md")
        # A clause that a record names is told where there is one.
        assert ("4\\.3" in text) == (customer == "acme")
        block = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
        values = {each["threshold"]: each["value"] for each in block["schedule"]}
        assert len(values) > 50
        host = next(iter(told.document("run.json")["policies"].values()))
        assert values["bulwark_log_retention_days"] == host["bulwark_log_retention_days"]["value"]
    kept = yaml.safe_load((evidence.TEMPLATES / "acme" / f"{CONTRACT}.yml").read_text(encoding="utf-8"))["schedule"]
    own = yaml.safe_load(page(told, "acme/contract-schedule.md").split("```yaml\n")[1].split("```")[0])["schedule"]
    assert [each for each in kept if each not in own] == []


@pytest.mark.parametrize("customer", EXPECTED)
def test_an_owner_meets_no_jargon(told: Played, customer: str) -> None:
    (part,) = re.findall(r'<section id="owner".*?</section>', page(told, f"{customer}.html"), re.DOTALL)
    text = html.unescape(re.sub("<[^>]+>", " ", part))
    assert "Five things to ask your provider" in text
    assert jargon(text) == []
    assert jargon(page(told, f"{customer}/questions.md")) == []


def test_globex_says_to_its_owner_that_nothing_is_written(told: Played) -> None:
    (part,) = re.findall(r'<section id="owner".*?</section>', page(told, "globex.html"), re.DOTALL)
    assert "There is no record that shows this" in html.unescape(part)
