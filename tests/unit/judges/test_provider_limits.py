# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-aa-msp-scope and lin-aa-msp-idle-off: where a provider's accounts stand, from where and when they get in."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.readers.access import parse_access, parse_time
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Undeclared

from tests.unit.judges.host import areas, identities, judge, pam, person, user

SCOPE, HOURS = "lin-aa-msp-scope", "lin-aa-msp-idle-off"
KIM = person("kim", sources=["203.0.113.0/24"])
WORKDAYS: dict[str, Any] = {"start": "08:00", "end": "18:00", "days": ["mon", "tue", "wed", "thu", "fri"]}
CONTRACT: dict[str, Any] = {"party": "msp:north", "start": "2024-01-01", "end": "2036-01-01", "windows": [WORKDAYS]}
ACCOUNT = "account required pam_nologin.so\naccount required pam_unix.so\n"
LIMITED = "+:kim:203.0.113.0/24\n-:kim:ALL\n"
#: 2026-11-23 09:00 UTC, a Monday.
MONDAY_MORNING = 1795424400


def host(
    stack: str = "", rules: str = "", times: str = "", users: list[dict[str, Any]] | None = None, **sshd: list[str]
) -> dict[str, Any]:
    """Return a host with kim, whose sshd asks `stack` before its usual account rules."""
    found = areas(
        [user("kim")] if users is None else users, sshd or None, pam={"services": pam({"sshd": stack + ACCOUNT})}
    )
    usual = {"file": "", "fieldsep": ":", "listsep": ", \t", "rules": parse_access(rules, "/etc/security/access.conf")}
    hours = {"file": "/etc/security/time.conf", "rules": parse_time(times, "/etc/security/time.conf")}
    found["access"] = {"access": [usual], "time": [hours]}
    found["system"] = {**found["system"], "timezone": "Etc/UTC", "now": MONDAY_MORNING}
    return found


def scope(facts: dict[str, Any], *accounts: dict[str, Any], **declared: Any) -> Any:
    """Return the verdict on where accounts stand and come from."""
    return judge(SCOPE, facts, bulwark_accounts=list(accounts), **{"bulwark_msp_managed": ["msp:north"], **declared})


def hours(facts: dict[str, Any], *accounts: dict[str, Any], **declared: Any) -> Any:
    """Return the verdict on when accounts get in."""
    return judge(HOURS, facts, bulwark_accounts=list(accounts), **{"bulwark_contracts": [CONTRACT], **declared})


def test_an_account_held_to_its_networks_passes() -> None:
    assert scope(host("account required pam_access.so\n", LIMITED), KIM).status == "pass"


@pytest.mark.parametrize(
    ("stack", "rules"),
    [
        ("", LIMITED),
        ("auth required pam_access.so\n", LIMITED),
        ("account optional pam_access.so\naccount sufficient pam_permit.so\n", LIMITED),
        ("account [success=1 default=ignore] pam_succeed_if.so user = kim\naccount required pam_access.so\n", LIMITED),
        ("account required pam_access.so\n", "+:kim:203.0.113.0/24 198.51.100.0/24\n-:kim:ALL\n"),
        ("account required pam_access.so\n", "+:kim:203.0.113.0/24\n-:(staff):ALL\n"),
        ("account required pam_access.so\n", "+:kim:203.0.0.0/16\n-:kim:ALL\n"),
    ],
)
def test_an_account_that_gets_in_from_elsewhere_fails(stack: str, rules: str) -> None:
    assert identities(scope(host(stack, rules), KIM)) == ["kim: sources"]


def test_a_condition_on_somebody_else_is_no_way_around() -> None:
    stack = "account [success=1 default=ignore] pam_succeed_if.so user = ana\naccount required pam_access.so\n"
    assert scope(host(stack, LIMITED), KIM).status == "pass"


def test_without_pam_nothing_holds_an_account() -> None:
    facts = host("account required pam_access.so\n", LIMITED, usepam=["no"])
    assert identities(scope(facts, KIM)) == ["kim: sources"]


def test_an_account_of_a_party_that_does_not_manage_the_host_fails() -> None:
    facts = host("account required pam_access.so\n", LIMITED)
    assert identities(scope(facts, KIM, bulwark_msp_managed=[])) == ["kim: party"]


def test_an_expired_account_is_no_account_any_more() -> None:
    assert scope(host(users=[user("kim", expired=True)]), KIM, bulwark_msp_managed=[]).status == "pass"


def test_admin_networks_stand_in_for_sources_that_are_not_declared() -> None:
    facts = host("account required pam_access.so\n", LIMITED)
    assert scope(facts, person("kim"), bulwark_admin_cidrs=["203.0.113.0/24"]).status == "pass"
    limited = scope(facts, person("kim"))
    assert (limited.status, limited.unread) == (
        "unknown",
        ("kim: neither its sources nor bulwark_admin_cidrs are declared",),
    )
    assert identities(scope(host(), person("kim"))) == ["kim: sources"]


def test_what_is_not_declared_is_asked_for() -> None:
    with pytest.raises(Undeclared, match="bulwark_accounts"):
        judge(SCOPE, host())
    verdict = judge(SCOPE, host("account required pam_access.so\n", LIMITED), bulwark_accounts=[KIM])
    assert (verdict.status, "bulwark_msp_managed" in verdict.unread[0]) == ("unknown", True)


TIMES = "sshd;*;kim;Wk0800-1800\n"


@pytest.mark.parametrize("times", [TIMES, "*;*;k*;Wk0900-1000\n", "sshd;ssh;!root;Wk0800-1200|Wk1200-1800\n"])
def test_an_account_shut_outside_its_windows_passes(times: str) -> None:
    assert hours(host("account required pam_time.so\n", times=times), person("kim")).status == "pass"


@pytest.mark.parametrize(
    ("stack", "times"),
    [
        ("", TIMES),
        ("account required pam_time.so\n", "login;*;kim;Wk0800-1800\n"),
        ("account required pam_time.so\n", "sshd;tty*;kim;Wk0800-1800\n"),
        ("account required pam_time.so\n", "sshd;*;kim;Al0800-1800\n"),
        ("account sufficient pam_localuser.so\naccount required pam_time.so\n", TIMES),
    ],
)
def test_an_account_open_outside_its_windows_fails(stack: str, times: str) -> None:
    assert identities(hours(host(stack, times=times), person("kim"))) == ["kim"]


def test_two_lines_limit_together() -> None:
    facts = host(
        "account required pam_time.so\naccount required pam_time.so conffile=/own\n", times="*;*;kim;Wk0000-1800\n"
    )
    facts["access"]["time"].append({"file": "/own", "rules": parse_time("*;*;kim;Al0800-2400\n", "/own")})
    assert hours(facts, person("kim")).status == "pass"


def test_an_account_that_ends_with_its_window_passes_only_while_that_is_open() -> None:
    facts = host(users=[user("kim", expires="2026-11-24")])
    assert hours(facts, person("kim")).status == "pass"
    facts["system"]["now"] += 12 * 3600
    assert identities(hours(facts, person("kim"))) == ["kim"]


def test_automation_is_bound_by_a_contract_that_its_entry_names() -> None:
    machine = person("kim", kind="automation")
    assert hours(host(), machine).status == "pass"
    named = [{**CONTRACT, "id": "night"}]
    assert identities(hours(host(), {**machine, "contract": "night"}, bulwark_contracts=named)) == ["kim"]


def test_emergency_and_customers_accounts_have_no_hours() -> None:
    assert hours(host(), person("kim", kind="break_glass")).status == "pass"
    assert hours(host(), person("kim", party="customer")).status == "pass"


@pytest.mark.parametrize(
    ("contracts", "reason"),
    [
        ([], "no contract of msp:north"),
        ([{**CONTRACT, "windows": None}], "has no windows"),
        ([{**CONTRACT, "windows": [{**WORKDAYS, "timezone": "Mars/Olympus"}]}], "Mars/Olympus is not known"),
    ],
)
def test_hours_that_are_not_declared_are_unknown(contracts: list[dict[str, Any]], reason: str) -> None:
    verdict = hours(host(), person("kim"), bulwark_contracts=contracts)
    assert (verdict.status, reason in verdict.unread[0]) == ("unknown", True)


def test_an_ssh_server_that_is_not_read_hides_no_strange_party() -> None:
    facts = host()
    facts["sshd"] = {**facts["sshd"], "installed": False, "running": False, "others": ["dropbear"]}
    verdict = scope(facts, KIM, bulwark_msp_managed=[])
    assert (identities(verdict), "dropbear" in verdict.unread[0]) == (["kim: party"], True)
