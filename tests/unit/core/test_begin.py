# SPDX-License-Identifier: GPL-3.0-or-later
"""A run begins when everything declared for every host is right, and not before."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.checking import Problem
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.declared import DeclarationError
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.all import FLEET_JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Store, encoded
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs import begin
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.begin import BeginError, Plan

from tests.checkout import ROOT

KNOWN = catalogue.load()
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=timezone.utc)
EVE = {"name": "eve", "kind": "person", "party": "customer"}


def plan(hosts: Mapping[str, Mapping[str, Any]], platform: str | None = None) -> Plan:
    def hosts_of(pattern: str) -> list[str]:
        return [host for host in hosts if host == pattern]

    return begin.check(hosts, lambda host: hosts[host], lambda _: platform, hosts_of, KNOWN, NOW.date())


def told(hosts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    with pytest.raises(BeginError) as error:
        plan(hosts)
    return str(error.value).split("\n")


def schema(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((ROOT / "docs/schemas" / f"{name}.json").read_text("utf-8")))


def test_every_problem_of_every_host_is_told_with_the_hosts_that_have_it() -> None:
    hosts: dict[str, dict[str, Any]] = {f"web{number}": {"bulwark_host_tier": 9} for number in range(5)}
    hosts["db"] = {"bulwark_sections": ["nope"]}
    hosts["fine"] = {}
    assert told(hosts) == [
        "web0, web1, web2 and 2 more: bulwark_host_tier: 9 is not possible; it is one of 0, 1, 2",
        'db: bulwark_sections[0]: there is no section "nope"',
    ]


def test_a_restore_test_needs_a_place_for_its_record() -> None:
    backup = {"name": "files", "tool": "restic", "repository": "/r", "key_file": "/k", "scope": ["/etc"], "rpo": "24h"}
    hosts: dict[str, dict[str, Any]] = {"web": {"bulwark_backups": [backup]}, "db": {"bulwark_backups": []}}

    def checked(playbook: str) -> Plan:
        return begin.check(hosts, lambda host: hosts[host], lambda _: None, lambda _: [], KNOWN, NOW.date(), playbook)

    assert len(checked("audit").targets) == 2
    with pytest.raises(BeginError, match=r"^web: bulwark_evidence_dir: is not set"):
        checked("restore_test")
    hosts["web"]["bulwark_evidence_dir"] = "/records/acme"
    assert len(checked("restore_test").targets) == 2


def test_earlier_runs_that_cannot_be_read_stop_the_run_before_it_has_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (reports := tmp_path / "reports").mkdir()
    made = plan({"web": {"bulwark_history_dir": str(tmp_path / "file")}})
    with pytest.raises(BeginError, match=r"^bulwark_history_dir: .*/file can't be read: not a directory; name"):
        begin.start(made, Store(reports), KNOWN, NOW, {}, [], "audit")
    assert not list(reports.iterdir())
    made = plan({"web": {"bulwark_history_dir": str(tmp_path / "none")}})
    assert begin.start(made, Store(reports), KNOWN, NOW, {}, [], "audit")[0].folder.parent == reports


def test_a_waiver_that_covers_no_host_is_a_problem() -> None:
    waiver = {
        "control": "lin-aa-session-timeout", "hosts": "web9", "kind": "risk_accepted", "owner": "A", "reason": "r",
        "approved_by": {"name": "B", "party": "customer", "on": "2026-11-01"}, "expires": "2026-12-01",
    }  # fmt: skip
    assert told({"web1": {"bulwark_waivers": [waiver]}}) == [
        "customer _none: bulwark_waivers: hosts: 'web9' of the waiver of lin-aa-session-timeout covers no host of the "
        "inventory",
    ]
    assert plan({"web9": {"bulwark_waivers": [waiver]}}).targets


def test_a_long_list_is_cut() -> None:
    lines = told({f"h{number}": {f"bulwark_x{number}": 1} for number in range(60)})
    assert len(lines) == begin.MAX_SHOWN + 1
    assert lines[-1] == f"and {60 - begin.MAX_SHOWN} more problems"


def test_a_variable_that_can_not_be_had_is_a_problem_like_any_other() -> None:
    def variables_of(host: str) -> Mapping[str, Any]:
        raise DeclarationError([Problem("bulwark_customer", "can't be templated: 'x' is undefined")])

    with pytest.raises(BeginError, match=r"web: bulwark_customer: can't be templated: 'x' is undefined"):
        begin.check(["web"], variables_of, lambda _: None, lambda _: (), KNOWN, NOW.date())


def test_what_holds_for_the_whole_run_may_not_differ_between_hosts() -> None:
    (only,) = told(
        {"a": {"bulwark_report_dir": "x"}, "b": {"bulwark_report_dir": "y"}, "c": {"bulwark_report_dir": "y"}}
    )
    assert only == 'a, b: bulwark_report_dir: must be the same for every host of a run, found "x" and "y"'


def test_names_that_make_no_file_are_refused() -> None:
    lines = told({"h" * 250: {}, "web": {"bulwark_customer": "c" * 250}})
    assert [line.split(": ")[0] for line in lines] == ["h" * 250, "web"]


def test_the_documents_of_a_run_that_begins_are_valid(tmp_path: Path) -> None:
    hosts: dict[str, dict[str, Any]] = {
        "web": {"bulwark_customer": "acme", "bulwark_accounts": [EVE]},
        "db": {"bulwark_customer": "acme", "bulwark_accounts": [EVE, {**EVE, "name": "bob"}]},
        "a/../../b": {"bulwark_customer": "../x"},
    }
    run, sequence = begin.start(plan(hosts), Store(tmp_path), KNOWN, NOW, {"bulwark.msp": "0"}, [], "audit")
    about = run.read()
    schema("run").validate(about)
    assert (about["state"], about["sequence"], sequence) == ("running", 1, 1)
    assert [target["host"] for target in about["targeted"]] == list(hosts)
    assert {target["policy"] for target in about["targeted"]} == set(about["policies"])
    acme = json.loads((run.folder / "customers/acme.json").read_text("utf-8"))
    schema("customer").validate(acme)
    assert sorted(account["name"] for account in acme["registers"]["bulwark_accounts"]) == ["bob", "eve"]
    assert sorted(path.name for path in (run.folder / "customers").iterdir()) == [
        f"{encoded('../x')}.json",
        "acme.json",
    ]
    assert not (tmp_path.parent / "x.json").exists()


def test_a_looser_threshold_is_shown_beside_its_default(tmp_path: Path) -> None:
    run, _ = begin.start(plan({"web": {"bulwark_ssh_max_auth_tries": 9}}), Store(tmp_path), KNOWN, NOW, {}, [], "audit")
    (policy,) = run.read()["policies"].values()
    assert policy["bulwark_ssh_max_auth_tries"]["value"] == 9
    assert policy["bulwark_ssh_max_auth_tries"]["default"] == 4
    assert policy["bulwark_ssh_max_auth_tries"]["origin"]


def test_a_selection_leaves_out_and_says_what(tmp_path: Path) -> None:
    run, _ = begin.start(plan({"web": {"bulwark_sections": ["mfa"]}}), Store(tmp_path), KNOWN, NOW, {}, [], "audit")
    controls = run.read()["controls"]
    assert controls["judged"]
    assert {KNOWN.section_of(control) for control in controls["judged"]} == {"mfa"}
    assert set(controls["judged"]) | set(controls["left_out"]) == {*JUDGES, *FLEET_JUDGES, *KNOWN.records}


def test_a_plan_keeps_a_few_words_a_host_whatever_is_declared_for_each() -> None:
    accounts = [{**EVE, "name": f"user{number}", "person": "x" * 100} for number in range(100)]

    def peak(number: int) -> int:
        tracemalloc.start()
        begin.check(
            (f"h{index}" for index in range(number)),
            lambda host: {"bulwark_accounts": json.loads(json.dumps(accounts)), "bulwark_msp_managed": [f"msp:{host}"]},
            lambda _: None,
            lambda _: (),
            KNOWN,
            NOW.date(),
        )
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    few = peak(4)
    assert peak(44) < few + 40 * 4_000
