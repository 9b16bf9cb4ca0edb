# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused by name before anything is connected to, and leaves no trace.

The hosts of these inventories are ports of the test, which counts who comes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.fleet import Played, play
from tests.integration.listener import ADDRESS, Listener, silent_listener

EVE = {"name": "eve", "kind": "person", "party": "customer"}
WAIVER = {
    "control": "lin-ic-ssh-no-root", "kind": "risk_accepted", "owner": "Olga", "reason": "old", "expires": "2026-12-01",
    "approved_by": {"name": "Ann", "party": "customer", "on": "2026-11-01"},
}  # fmt: skip


@pytest.fixture
def listener() -> Iterator[Listener]:
    with silent_listener() as listening:
        yield listening


@pytest.fixture
def reachable(listener: Listener) -> dict[str, Any]:
    return {
        "ansible_host": ADDRESS,
        "ansible_port": listener.port,
        "ansible_ssh_common_args": "-o ConnectTimeout=2",
    }


def audit(folder: Path, hosts: dict[str, Any] | str, *arguments: str) -> Played:
    """Audit an inventory, given as its text or as the data of it."""
    (folder / "hosts.yml").write_text(hosts if isinstance(hosts, str) else json.dumps(hosts), "utf-8")
    return play("audit", folder / "hosts.yml", folder / "reports", *arguments, directory=folder)


def message(played: Played) -> list[str]:
    """The lines of the failing task's message."""
    (line,) = (line for line in played.output.splitlines() if line.startswith("fatal: "))
    said: str = json.loads(line.partition(" => ")[2])["msg"]
    head, *lines = said.split("\n")
    assert head == "Nothing was connected to."
    return lines


@pytest.fixture
def refused(tmp_path: Path, listener: Listener, reachable: dict[str, Any]) -> Callable[..., Played]:
    """Audit and hold what is the same for all bad input against what came of it."""

    def refusal(hosts: dict[str, Any] | str, *arguments: str) -> Played:
        played = audit(tmp_path, hosts, *arguments)
        assert played.rc != 0, played.output
        assert listener.connections == 0
        assert list((tmp_path / "reports").glob("*")) == []
        assert "Traceback" not in played.output
        return played

    return refusal


def inventory(reachable: dict[str, Any], hosts: dict[str, dict[str, Any]], **groups: dict[str, Any]) -> dict[str, Any]:
    children = {name: {"hosts": dict.fromkeys(hosts), "vars": variables} for name, variables in groups.items()}
    return {"all": {"hosts": {name: {**reachable, **own} for name, own in hosts.items()}, "children": children}}


def test_the_listener_counts_who_comes(tmp_path: Path, listener: Listener, reachable: dict[str, Any]) -> None:
    audit(tmp_path, inventory(reachable, {"web": {}}))
    assert listener.connections > 0


def test_every_problem_of_every_host_in_one_go(refused: Callable[..., Played], reachable: dict[str, Any]) -> None:
    hosts: dict[str, dict[str, Any]] = {
        "acme-web": {"bulwark_host_tier": 7, "bulwark_acounts": []},
        "acme-db": {"bulwark_ssh_max_auth_tries": "many", "bulwark_sections": ["mfaa"]},
    }
    played = refused(
        inventory(
            reachable,
            hosts,
            acme={"bulwark_accounts_acme": [{**EVE, "kind": "robot"}], "bulwark_zones": [{"name": "lan"}]},
            web={"bulwark_waivers": [{**WAIVER, "expires": "2027-12-01"}]},
        )
    )
    both = "acme-web, acme-db"
    assert sorted(message(played)) == sorted(
        [
            "acme-web: bulwark_acounts: this collection has no such variable; did you mean bulwark_accounts?",
            "acme-web: bulwark_host_tier: 7 is not possible; it is one of 0, 1, 2",
            'acme-db: bulwark_ssh_max_auth_tries: must be a whole number, found "many"',
            'acme-db: bulwark_sections[0]: there is no section "mfaa"; did you mean mfa?',
            f'{both}: bulwark_accounts_acme[0].kind: "robot" is not possible; it is one of person, service, shared, '
            "automation, break_glass",
            f"{both}: bulwark_zones[0].cidrs: is missing",
            f"{both}: bulwark_waivers[0].expires: 2027-12-01 is too late: a waiver of a high control lasts 180 days "
            "from approved_by.on, so 2027-04-30 at the latest",
        ]
    )


def test_one_name_in_two_registers(refused: Callable[..., Played], reachable: dict[str, Any]) -> None:
    groups = {"acme": {"bulwark_accounts_acme": [EVE]}, "web": {"bulwark_accounts_web": [EVE]}}
    (line,) = message(refused(inventory(reachable, {"web1": {}}, **groups)))
    assert (
        line == "web1: bulwark_accounts_web[0]: eve is declared in bulwark_accounts_acme[0] already; keep one of them"
    )


def test_a_template_that_can_not_be_filled(refused: Callable[..., Played], reachable: dict[str, Any]) -> None:
    hosts: dict[str, dict[str, Any]] = {
        "web": {"bulwark_customer": "{{ no_such_variable }}"},
        "db": {"bulwark_mfa_modules": ["{{ 1 / 0 }}"]},
    }
    lines = message(refused(inventory(reachable, hosts)))
    assert [line.split(": ")[:3] for line in lines] == [
        ["web", "bulwark_customer", "can't be templated"],
        ["db", "bulwark_mfa_modules", "can't be templated"],
    ]
    assert "'no_such_variable' is undefined" in lines[0]


def test_hosts_that_do_not_agree_on_the_run(refused: Callable[..., Played], reachable: dict[str, Any]) -> None:
    hosts = {"web": {"bulwark_fail_on": "high"}, "db": {"bulwark_fail_on": "low"}}
    (line,) = message(refused(inventory(reachable, hosts)))
    assert line == 'web, db: bulwark_fail_on: must be the same for every host of a run, found "high" and "low"'


@pytest.mark.parametrize("value", ["maybe", "{{ nothing }}"])
def test_a_malformed_switch_for_escalation(
    value: str, refused: Callable[..., Played], reachable: dict[str, Any]
) -> None:
    played = refused(inventory(reachable, {"web": {"bulwark_become": value}}))
    assert "bulwark_become" in played.output


def test_the_command_line_is_checked_as_well(refused: Callable[..., Played], reachable: dict[str, Any]) -> None:
    played = refused(inventory(reachable, {"web": {}}), "-e", "bulwark_fail_on=hihg")
    (line,) = message(played)
    assert line == 'web: bulwark_fail_on: "hihg" is not possible; it is one of none, critical, high, medium, low'


def test_a_secret_is_not_shown(refused: Callable[..., Played], reachable: dict[str, Any]) -> None:
    played = refused(inventory(reachable, {"web": {"bulwark_fingerprint_key": ["hunter2"]}}), "-vvv")
    assert "bulwark_fingerprint_key: must be text, found a list" in played.output
    assert "hunter2" not in played.output


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("all:\n  hosts:\n    web: {bulwark_waivers: [{expires: 2026-13-01}]}\n", "month must be in 1..12"),
        ("all: [unclosed\n", "hosts.yml"),
        ("all:\n  hosts: [web]\n", "hosts.yml"),
    ],
)
def test_an_inventory_that_is_none(text: str, told: str, refused: Callable[..., Played]) -> None:
    assert told in refused(text).output


def test_dates_without_quotes_and_an_unquoted_on(tmp_path: Path) -> None:
    """YAML makes a date of the one and true of the other; both mean what they say."""
    text = """
all:
  hosts:
    web:
      ansible_connection: local
      bulwark_become: false
      bulwark_controls: [lin-ic-ssh-no-root]
      bulwark_waivers:
        - control: lin-ic-ssh-no-root
          kind: risk_accepted
          owner: Olga
          reason: old
          expires: 2027-01-01
          approved_by: {name: Ann, party: customer, on: 2026-11-01}
"""
    played = audit(tmp_path, text)
    assert "bulwark_waivers" not in played.output
    (customer,) = (played.reports / "latest/customers").glob("*.json")
    assert '"expires": "2027-01-01"' in customer.read_text("utf-8")
    assert '"on": "2026-11-01"' in customer.read_text("utf-8")


def test_two_groups_that_contribute_to_one_register_both_count(tmp_path: Path) -> None:
    local = {"ansible_connection": "local", "bulwark_become": False, "bulwark_controls": ["lin-ic-ssh-no-root"]}
    groups: dict[str, dict[str, Any]] = {
        "acme": {"bulwark_customer": "acme", "bulwark_accounts_acme": [EVE]},
        "web": {"bulwark_accounts_web": [{**EVE, "name": "bob"}]},
    }
    played = audit(tmp_path, inventory(local, {"web1": {}}, **groups))
    (customer,) = (played.reports / "latest/customers").glob("*.json")
    assert customer.name == "acme.json"
    assert all(f'"name": "{name}"' in customer.read_text("utf-8") for name in ("eve", "bob"))
