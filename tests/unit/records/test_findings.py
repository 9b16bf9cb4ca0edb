# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings on records in the documents of made-up runs: what each customer's says, and what hosts show against it."""

from __future__ import annotations

import json
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.selection import problems_with, selected
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift import finish, merge
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.promises import PROMISED
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.dumping import dumped
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.example import example
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.all import KINDS
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Run, Store

from tests.checkout import ROOT
from tests.unit.drift.fleet import KNOWN, OPTIONS, Fleet, Host, waiver

from .room import REGISTERS

#: Days after the fleet's first run, so that the examples are of the past.
DAY = 22
NOON = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
METHODS = "lin-mf-ssh-methods"
GOOD = {"status": "pass", "responsible": "both"}
#: Everything else that a contract promises and a host shows.
REST: dict[str, Any] = dict.fromkeys((PROMISED & {*JUDGES}) - {METHODS}, GOOD)
HOSTS: dict[str, Host] = {
    "acme-web": {METHODS: "pass", **REST}, "acme-db": {METHODS: "pass", **REST}, "globex-db": {METHODS: "fail"}
}  # fmt: skip
#: The same, with somebody named for what is judged on them.
NAMED: dict[str, Host] = {host: {METHODS: GOOD, **REST} for host in HOSTS}
#: Each host was compared with the others, and they share nothing.
APART: dict[str, Any] = {"key": "0" * 16, "entries": [], "unread": {}}


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    """Return a fleet of two customers of which acme keeps its contract."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "ev-contract.yml").write_text(dumped(example("ev-contract")), "utf-8")
    declared = {"bulwark_evidence_dir": str(folder), "bulwark_contracts": REGISTERS["bulwark_contracts"]}
    return Fleet(tmp_path / "reports", {"acme": declared}, links=APART)


def documents(run: Run) -> dict[str, Any]:
    """Return each customer's document, held against the schemas."""
    schemas = {name: json.loads((ROOT / "docs/schemas" / name).read_text("utf-8"))
               for name in ("customer.json", "host-result.json", "run.json")}  # fmt: skip
    jsonschema.validate(run.read(), schemas["run.json"])
    found = {}
    for customer in ("acme", "globex"):
        found[customer] = json.loads(run.customer_file(customer).read_text("utf-8"))
        jsonschema.validate(found[customer], schemas["customer.json"])
        defs = schemas["host-result.json"]["$defs"]
        for finding in found[customer]["findings"]:
            jsonschema.validate(finding, {"$defs": defs, "$ref": "#/$defs/finding"})
    return found


def records(run: Run, customer: str) -> dict[str, dict[str, Any]]:
    """Return a customer's findings on records by kind."""
    return {each["control"]: each for each in documents(run)[customer]["findings"] if each["control"] in KINDS}


def test_each_kind_has_one_finding_and_none_is_not_attested(fleet: Fleet) -> None:
    run = fleet.run(DAY, HOSTS)
    acme, globex = records(run, "acme"), records(run, "globex")
    assert list(acme) == list(globex) == list(KINDS)
    assert {each["status"] for each in globex.values()} == {"not_attested"}
    assert all("bulwark_evidence_dir is not set" in each["reason"] for each in globex.values())
    assert (acme["ev-contract"]["status"], acme["ev-contract"]["assurance"]) == ("pass", "attested")
    assert "bulwark_record_yearly_days 365 (DEF)" in acme["ev-contract"]["expected"]
    assert acme["ev-raci"]["status"] == "not_attested"
    assert "there is no record ev-raci.yml" in acme["ev-raci"]["reason"]
    assert acme["ev-contract"]["evidence"][0] == "ev-contract, version 3 of 2026-11-02, owner Kim Example"
    assert "was not compared" in acme["ev-contract"]["evidence"][1]
    assert fleet.late == []


def test_a_record_that_contradicts_a_host_fails_by_its_own_name(fleet: Fleet) -> None:
    run = fleet.run(DAY, {**HOSTS, "acme-db": {METHODS: "fail", **REST}})
    contract = records(run, "acme")["ev-contract"]
    assert contract["status"] == "fail"
    assert (
        "kept: the contract promises mfa_msp_accounts (clause 4.2), and lin-mf-ssh-methods fails on acme-db"
        in (contract["actual"])
    )
    assert "globex" not in json.dumps(documents(run)["acme"])


def test_hosts_that_were_not_read_show_nothing(fleet: Fleet) -> None:
    contract = records(fleet.run(DAY, {"acme-web": None, "globex-db": None}), "acme")["ev-contract"]
    assert (contract["status"], contract["reason"]) == (
        "unknown", "kept: no host was judged that the clauses could be held against"
    )  # fmt: skip


def test_half_a_register_is_compared_with_nothing(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "evidence" / "ev-scan-declared.yml").write_text(dumped(example("ev-scan-declared")), "utf-8")
    fleet.variables["acme"]["bulwark_listeners"] = [{"proto": "tcp", "port": 443}]
    whole = records(fleet.run(DAY, HOSTS), "acme")
    assert whole["ev-scan-declared"]["actual"] == [
        "listeners: tcp 22 is in the record and not in bulwark_listeners"
    ]  # fmt: skip
    part = records(fleet.run(DAY, {key: HOSTS[key] for key in ("acme-web", "globex-db")}, ("acme-db",)), "acme")
    assert part["ev-scan-declared"]["status"] == "unknown"
    assert "this run left out hosts of the customer" in part["ev-scan-declared"]["reason"]
    # The contract itself is compared, and what holds and is in force where nobody looked is not known.
    assert part["ev-contract"]["status"] == "unknown"
    kept, schedule = part["ev-contract"]["reason"].split("; schedule: ", 1)
    assert kept.startswith("kept: it is not known whether these promises are kept: mfa_services")
    assert all(control + " on acme-db)" in kept for control in REST)
    assert schedule.startswith("this run left out hosts of the customer, for which the policy")


def test_each_broken_rule_is_told_and_what_could_not_be_compared(fleet: Fleet, tmp_path: Path) -> None:
    contract = {**example("ev-contract"), "next_review": "2026-11-10", "approved_by": None}
    (tmp_path / "evidence" / "ev-contract.yml").write_text(dumped(contract), "utf-8")
    del fleet.variables["acme"]["bulwark_contracts"]
    found = records(fleet.run(DAY, HOSTS), "acme")["ev-contract"]
    assert (found["status"], found["actual"]) == (
        "fail",
        [
            "approved: nobody approved it; set approved_by to name, party and on",
            "reviewed: its review was due on 2026-11-10",
        ],
    )
    assert found["reason"] == "registered: bulwark_contracts is not declared for any host of this run"


@pytest.mark.parametrize(
    ("kind", "status"), [("risk_accepted", "fail"), ("alternate_control", "pass"), ("false_positive", "pass")]
)
def test_a_failure_that_is_only_accepted_contradicts_the_contract(fleet: Fleet, kind: str, status: str) -> None:
    waived = {"status": "waived", "waiver": {**waiver(date(2026, 12, 31)), "kind": kind}}
    run = fleet.run(DAY, {**HOSTS, "acme-db": {METHODS: waived, **REST}})
    assert records(run, "acme")["ev-contract"]["status"] == status


@pytest.mark.parametrize("status", ["unknown", "stale", "not_attested"])
def test_what_one_host_leaves_open_keeps_no_promise(fleet: Fleet, status: str) -> None:
    found = records(fleet.run(DAY, {**HOSTS, "acme-db": {METHODS: status, **REST}}), "acme")["ev-contract"]
    assert (found["status"], found["reason"]) == (
        "unknown",
        "kept: it is not known whether these promises are kept: mfa_services (%s on acme-db), "
        "mfa_msp_accounts (%s on acme-db)" % (METHODS, METHODS),
    )
    whole = records(fleet.run(DAY, {**HOSTS, "acme-db": {METHODS: "not_applicable", **REST}}), "acme")
    assert whole["ev-contract"]["status"] == "pass"


def test_a_host_that_was_not_read_leaves_everything_open(fleet: Fleet) -> None:
    found = records(fleet.run(DAY, {**HOSTS, "acme-db": None}), "acme")["ev-contract"]
    assert found["status"] == "unknown"
    assert found["reason"].count("on acme-db)") == len(REST) + 2
    assert "no_credential_reuse (lin-ns-key-reuse on acme-db, acme-web)" in found["reason"]


def test_a_run_that_judges_only_the_contract_keeps_no_promise(fleet: Fleet) -> None:
    for customer in ("acme", "globex"):
        fleet.variables.setdefault(customer, {})["bulwark_controls"] = ["ev-contract"]
    found = records(fleet.run(DAY, {host: {} for host in HOSTS}), "acme")["ev-contract"]
    assert (found["status"], found["reason"]) == (
        "unknown", "kept: no host was judged that the clauses could be held against"
    )  # fmt: skip


def test_a_comparison_that_nobody_asked_for_leaves_nothing_open(fleet: Fleet) -> None:
    hosts = records(fleet.run(DAY, HOSTS), "acme")
    assert hosts["ev-contract"]["status"] == "pass"
    for customer in ("acme", "globex"):
        fleet.variables.setdefault(customer, {})["bulwark_compare_hashes"] = True
    fleet.links = {**APART, "unread": {"password": "off"}}
    found = records(fleet.run(DAY, HOSTS), "acme")["ev-contract"]
    assert "no_credential_reuse (lin-ns-secret-reuse on acme-db, acme-web)" in found["reason"]


def test_a_file_that_cannot_be_used_is_unknown_and_the_others_are_judged(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "evidence" / "ev-raci.yml").write_text(
        dumped({**example("ev-raci"), "matrix": "<b>{{ x }}</b>"}), "utf-8"
    )
    (tmp_path / "evidence" / "ev-soc.yml").write_text(dumped({**example("ev-soc"), "customer_id": "globex"}), "utf-8")
    acme = records(fleet.run(DAY, HOSTS), "acme")
    assert acme["ev-raci"]["status"] == acme["ev-soc"]["status"] == "unknown"
    assert "ev-raci.yml: matrix: must be a list" in acme["ev-raci"]["reason"]
    assert "globex" not in acme["ev-soc"]["reason"]
    assert acme["ev-contract"]["status"] == "pass"


def test_a_folder_that_is_not_there_is_unknown(fleet: Fleet, tmp_path: Path) -> None:
    fleet.variables["acme"]["bulwark_evidence_dir"] = str(tmp_path / "none")
    acme = records(fleet.run(DAY, HOSTS), "acme")
    assert {each["status"] for each in acme.values()} == {"unknown"}
    assert all("is no directory; set bulwark_evidence_dir" in each["reason"] for each in acme.values())


def test_a_selection_holds_for_records(fleet: Fleet) -> None:
    fleet.variables["acme"]["bulwark_controls"] = ["ev-contract", METHODS]
    fleet.variables["globex"] = {"bulwark_controls": ["ev-contract", METHODS]}
    run = fleet.run(DAY, HOSTS)
    assert list(records(run, "acme")) == ["ev-contract"]
    assert run.read()["controls"]["judged"] == ["ev-contract", METHODS]
    assert "ev-raci" in run.read()["controls"]["left_out"]


def test_a_customer_has_one_folder(fleet: Fleet, tmp_path: Path) -> None:
    declared = dict(fleet.variables["acme"])
    other = {**declared, "bulwark_evidence_dir": str(tmp_path / "other")}
    fleet._declared = lambda host: {  # type: ignore[method-assign]
        "bulwark_customer": "acme", **(declared if host == "acme-web" else other)
    }  # fmt: skip
    run = fleet.run(DAY, {"acme-web": HOSTS["acme-web"], "acme-db": HOSTS["acme-db"]})
    findings = json.loads(run.customer_file("acme").read_text("utf-8"))["findings"]
    contract = next(each for each in findings if each["control"] == "ev-contract")
    assert (contract["status"], "names several folders" in contract["reason"]) == ("unknown", True)


def test_who_answers_is_named(fleet: Fleet) -> None:
    fleet.variables["acme"]["bulwark_responsibilities"] = {"sections": {"transparency": {"party": "customer"}}}
    acme = records(fleet.run(DAY, HOSTS), "acme")
    assert (acme["ev-contract"]["responsible"], acme["ev-soc"]["responsible"]) == ("customer", "nobody")


def test_the_clause_that_names_who_answers_is_told(fleet: Fleet) -> None:
    choice = {"party": "msp:northwind", "contract_reference": "4.2"}
    fleet.variables["acme"]["bulwark_responsibilities"] = {
        "default": {"party": "customer"}, "controls": {"ev-soc": choice, METHODS: choice}
    }  # fmt: skip
    acme = records(fleet.run(DAY, NAMED), "acme")
    assert (acme["ev-soc"]["responsible"], acme["ev-soc"]["contract_reference"]) == ("msp:northwind", "4.2")
    assert acme["ev-raci"]["responsible"] == "customer"
    assert "contract_reference" not in acme["ev-raci"]
    assert acme["ev-raci"]["actual"] == []


def test_what_nobody_is_named_for_is_a_finding_with_a_record_and_without(fleet: Fleet, tmp_path: Path) -> None:
    sections = {section.name: {"party": "customer"} for section in KNOWN.sections if section.name != "mfa"}
    fleet.variables["acme"]["bulwark_responsibilities"] = {"sections": sections}
    text = "named: nobody is named in bulwark_responsibilities for mfa: ev-mfa-advice, ev-mfa-reset, %s" % METHODS
    without = records(fleet.run(DAY, HOSTS), "acme")["ev-raci"]
    assert (without["status"], without["actual"]) == ("not_attested", [text])
    (tmp_path / "evidence" / "ev-raci.yml").write_text(dumped(example("ev-raci")), "utf-8")
    found = records(fleet.run(DAY, HOSTS), "acme")["ev-raci"]
    assert (found["status"], found["actual"]) == ("fail", [text])
    sections["mfa"] = {"party": "both"}
    assert records(fleet.run(DAY, NAMED), "acme")["ev-raci"]["status"] == "pass"


def test_a_draft_is_no_record(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "evidence" / "ev-soc.yml").write_text("status: draft\n" + dumped(example("ev-soc")), "utf-8")
    found = records(fleet.run(DAY, HOSTS), "acme")["ev-soc"]
    assert found["status"] == "not_attested"
    assert "ev-soc.yml is a draft; fill in every field" in found["reason"]


def test_what_is_compared_with_a_draft_is_unknown(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "evidence" / "ev-contract.yml").write_text("status: draft\n", "utf-8")
    statement = example("ev-services-statement")
    (tmp_path / "evidence" / "ev-services-statement.yml").write_text(dumped(statement), "utf-8")
    found = records(fleet.run(DAY, HOSTS), "acme")["ev-services-statement"]
    assert (found["status"], found["reason"]) == (
        "unknown", "contract-version: it is compared with ev-contract, of which there is only a draft"
    )  # fmt: skip


def test_records_are_told_apart_from_technical_results(fleet: Fleet) -> None:
    acme = fleet.model(fleet.run(DAY, HOSTS)).customers[0]
    part = next(each for each in acme.sections if each.id == "transparency")
    assert part.attested == {"not_attested": 4, "pass": 1}
    assert part.planned == 0
    assert not [each for each in acme.actions if each.control in KINDS]


def test_slices_are_judged_as_one_run(fleet: Fleet, tmp_path: Path) -> None:
    second = Fleet(tmp_path / "second", fleet.variables)
    web, rest = {"acme-web": HOSTS["acme-web"]}, {"acme-db": {METHODS: "fail"}, "globex-db": HOSTS["globex-db"]}
    second.links = fleet.links
    parts = [fleet.run(DAY, web, ("acme-db",)), second.run(DAY, rest, ("acme-web",))]
    run = merge.merge([part.folder for part in parts], Store(tmp_path / "merged"), NOON)
    finish.finish(run, OPTIONS, KNOWN, "2026-11-23T12:00:00Z")
    contract = records(run, "acme")["ev-contract"]
    assert [line.partition(":")[0] for line in contract["actual"]] == ["kept", "kept"]
    assert contract["reason"] == ""
    assert {each["status"] for each in records(run, "globex").values()} == {"not_attested"}


def test_a_record_is_chosen_like_a_control_and_staged_never() -> None:
    chosen = {"bulwark_controls": ["ev-contract"], "bulwark_staged": ["ev-contract"]}
    (problem,) = problems_with(chosen, KNOWN)
    assert str(problem).startswith('bulwark_staged[0]: there is no control "ev-contract"')
    assert selected(chosen, KNOWN, KNOWN.records) == ["ev-contract"]
    assert selected({"bulwark_sections": ["TR"]}, KNOWN, KNOWN.records) == [
        "ev-contract", "ev-raci", "ev-risk-dialogue", "ev-services-statement", "ev-register-approval"
    ]  # fmt: skip
    assert "ev-raci" not in selected({"bulwark_controls": ["!ev-raci"]}, KNOWN, KNOWN.records)
