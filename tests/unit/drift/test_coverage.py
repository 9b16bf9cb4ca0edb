# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen and what was not, lists of other sources, and the judge of lin-oa-inventory."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared import host_lists
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.host_lists import HostListError
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import morning
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs import begin

from tests.checkout import ROOT
from tests.unit.drift.fleet import METHODS, ROOT_LOGIN, Fleet

LIST = {"source": "directory", "date": "2026-11-01", "hosts": ["acme-web", "ACME-DB.acme.example", "acme-ghost"]}
HOSTS = {"acme-web": {METHODS: "pass"}, "acme-db": None, "globex-db": {METHODS: "pass"}}
INVENTORY = "lin-oa-inventory"


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path / "reports", {"acme": {"bulwark_host_lists": [LIST]}})


def test_the_first_line_says_what_was_not_seen(fleet: Fleet) -> None:
    acme, globex = fleet.model(fleet.run(0, HOSTS, left=("acme-mail",))).customers
    assert acme.coverage.line == (
        "1 of 4 known hosts seen (directory of 1 November 2026); 1 missing from the inventory: acme-ghost; "
        "1 not read: acme-db; 1 left out of this run: acme-mail; Microsoft 365 not seen"
    )
    assert globex.coverage.line == (
        "1 of 1 known host seen (no list of another source to compare the inventory with); Microsoft 365 not seen"
    )


def test_a_host_of_a_list_that_the_inventory_lacks_is_a_finding_of_its_customer(fleet: Fleet) -> None:
    run = fleet.run(0, HOSTS)
    (acme, globex) = (
        next(each for each in view.findings if each["control"] == INVENTORY) for view in fleet.model(run).customers
    )
    assert acme["status"] == "fail"
    assert acme["actual"] == ["acme-ghost is in the list of directory and not in the inventory"]
    assert (globex["status"], "bulwark_host_lists" in globex["reason"]) == ("unknown", True)
    (failing,) = [each for each in run.read("fleet.json")["findings"] if each["status"] == "fail"]
    assert (failing["hosts"], failing["customers"]) == (["acme-ghost"], ["acme"])
    assert "acme" not in json.dumps(json.loads(run.customer_file("globex").read_text("utf-8")))
    schema(run)


def schema(run: Any) -> None:
    """Hold the finding against the schema of a host's findings."""
    document = json.loads((ROOT / "docs/schemas/host-result.json").read_text("utf-8"))
    finding = {"$defs": document["$defs"], "$ref": "#/$defs/finding"}
    for own in json.loads(run.customer_file("acme").read_text("utf-8"))["findings"]:
        jsonschema.validate(own, finding)


def test_an_old_list_is_stale_and_a_waiver_holds(fleet: Fleet) -> None:
    known = {**LIST, "hosts": ["acme-web"]}
    fleet.variables = {"acme": {"bulwark_host_lists": [known]}}
    (finding, *_others) = fleet.model(fleet.run(20, HOSTS)).customers[0].findings
    assert (finding["status"], finding["reason"]) == ("stale", "the list of directory is 20 days old, more than 14")
    waiver = {
        "control": INVENTORY, "kind": "risk_accepted", "owner": "Eve", "reason": "gone soon", "expires": "2026-12-01",
        "approved_by": {"name": "Ann", "party": "customer", "on": "2026-11-01"},
    }  # fmt: skip
    fleet.variables = {"acme": {"bulwark_host_lists": [LIST], "bulwark_waivers": [waiver]}}
    (finding, *_others) = fleet.model(fleet.run(21, HOSTS)).customers[0].findings
    assert (finding["status"], finding["waiver"]["owner"]) == ("waived", "Eve")


def test_a_failing_fleet_judge_can_fail_the_run(fleet: Fleet) -> None:
    fleet.options = {"bulwark_fail_on": "medium", "bulwark_fail_on_unreachable": False}
    assert fleet.run(0, HOSTS).read()["reasons"] == ["acme: 1 failing at medium or above (bulwark_fail_on)"]


def test_a_list_belongs_to_one_customer(fleet: Fleet) -> None:
    fleet.variables["globex"] = fleet.variables["acme"]
    with pytest.raises(begin.BeginError, match="the list of directory is declared for acme too"):
        fleet.run(0, HOSTS)


def test_without_an_earlier_reading_a_host_is_unread_since_the_first_run(fleet: Fleet) -> None:
    fleet.run(0, HOSTS)
    (unread,) = fleet.model(fleet.run(2, HOSTS)).customers[0].coverage.unread
    assert (unread.host, unread.days, unread.reason) == ("acme-db", 2, "unreachable")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("web\ndb\n", ["web", "db"]),
        ("\ufeff# exported\n\nweb\r\n  db \r\n", ["web", "db"]),
        ("hostname\nweb\n", ["web"]),
        ("Name,Host,OS\n1,web,Debian\n2,,Debian\n3,db,Debian\n", ["web", "db"]),
        ('os;hostname\nDebian;"web"\n', ["web"]),
    ],
)
def test_lists_and_tables_are_read(tmp_path: Path, text: str, names: list[str]) -> None:
    path = tmp_path / "hosts.csv"
    path.write_text(text, "utf-8")
    assert host_lists.names_in(path) == names


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "no such file"),
        (b"", "holds no name"),
        (b"a,b\n1,2\n", "no column of its first line is one of host"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"x" * 300, "is no name of a host"),
        (b"web\x1b[2J", "is no name of a host"),
    ],
)
def test_a_file_that_can_not_be_used_is_named(fleet: Fleet, tmp_path: Path, content: bytes | None, reason: str) -> None:
    path = tmp_path / "hosts.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(HostListError, match=reason):
        host_lists.names_in(path)
    fleet.variables["acme"] = {"bulwark_host_lists": [{"source": "s", "date": "2026-11-01", "file": str(path)}]}
    with pytest.raises(begin.BeginError, match=f"customer acme: bulwark_host_lists: .*{reason}"):
        fleet.run(0, HOSTS)


def test_names_of_a_file_reach_the_register(fleet: Fleet, tmp_path: Path) -> None:
    path = tmp_path / "hosts.csv"
    path.write_text("acme-web\nacme-ghost\n", "utf-8")
    fleet.variables["acme"] = {"bulwark_host_lists": [{"source": "s", "date": "2026-11-01", "file": str(path)}]}
    run = fleet.run(0, HOSTS)
    path.unlink()
    assert fleet.model(run).customers[0].coverage.missing == ("acme-ghost",)


def test_a_list_needs_hosts_or_a_file() -> None:
    for entry in ({}, {"hosts": [], "file": "x"}):
        with pytest.raises(HostListError, match="either hosts or file"):
            host_lists.resolved(entry)


def test_names_are_the_same_whatever_their_case_and_domain() -> None:
    inventory = ["Web", "db.acme.example"]
    assert host_lists.missing(["web.acme.example", "DB", "db.other.example", "mail"], inventory) == [
        "db.other.example",
        "mail",
    ]


def test_two_sources_that_miss_one_host_miss_one(fleet: Fleet) -> None:
    other = {"source": "hypervisor", "date": "2026-11-01", "hosts": ["Acme-Ghost.acme.example", "ACME-WEB"]}
    fleet.variables["acme"]["bulwark_host_lists"].append(other)
    coverage = fleet.model(fleet.run(0, HOSTS)).customers[0].coverage
    assert (coverage.missing, coverage.known) == (("Acme-Ghost.acme.example",), 3)


def test_a_customers_view_holds_nothing_of_another(fleet: Fleet) -> None:
    fleet.variables["globex"] = {"bulwark_ssh_max_auth_tries": 9, "bulwark_host_lists": [{**LIST, "source": "globex"}]}
    fleet.run(0, {**HOSTS, "globex-old": {METHODS: "fail"}}, left=("globex-left",))
    run = fleet.run(1, HOSTS, left=("globex-left",))
    run.host_file("globex", "globex-db").write_text("", "utf-8")
    report = fleet.model(run)
    text = json.dumps([asdict(report.customers[0]), *(page.document for page in report.documents("acme"))], default=str)
    assert report.customers[0].customer == "acme"
    assert "globex" not in text


def test_the_morning_of_many_customers_fits_twenty_lines(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "reports")
    names = [f"c{number:02}-web" for number in range(40)]
    fleet.run(0, {name: {METHODS: "pass", ROOT_LOGIN: "pass"} for name in names})
    news = {name: {METHODS: "fail" if int(name[1:3]) < 30 else "pass", ROOT_LOGIN: "unknown"} for name in names[:35]}
    lines = morning.lines(fleet.model(fleet.run(1, {**dict.fromkeys(names), **news})))
    assert len(lines) == morning.MOST_LINES
    assert lines[2].startswith("35 of 40 known hosts seen")
    assert lines[6] == "| c00 | 1 | - | 1 | - | - |"
    assert lines[-3] == "| and 24 more customers with news | | | | | |"
    assert lines[-1].startswith("5 customers without news")


def test_a_host_that_is_gone_for_a_day_is_named_in_the_morning(fleet: Fleet) -> None:
    fleet.run(0, HOSTS)
    (line,) = [line for line in morning.lines(fleet.model(fleet.run(1, HOSTS))) if line.startswith("| acme")]
    assert line == "| acme | - | - | - | acme-db | - |"


def test_names_are_escaped_in_the_morning(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path / "reports")
    hostile = "acme-|<b>*x*"
    fleet.run(0, {hostile: None})
    text = "\n".join(morning.lines(fleet.model(fleet.run(1, {hostile: None}))))
    assert "<b>" not in text
    assert "\\|" in text
