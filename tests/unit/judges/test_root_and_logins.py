# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-lp-uid0, lin-lp-admin-groups, lin-lp-ssh-allow: who is root, as good as root, and may log in."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judges.host import areas, identities, judge, user

UIDS, GROUPS, ALLOW = "lin-lp-uid0", "lin-lp-admin-groups", "lin-lp-ssh-allow"
ROOT = user("root", 0, groups=["root"])
FULL: dict[str, Any] = {
    "id": "all",
    "party": "msp:north",
    "start": "2024-01-01",
    "end": "2036-01-01",
    "full_admin": True,
}


def host(*users: dict[str, Any], **sshd: list[str]) -> dict[str, Any]:
    """Return a host with root and these users."""
    found = areas([ROOT, *users], sshd or None)
    found["accounts"] = {**found["accounts"], "uid_min": 1000, "gids": {"root": 0, "ana": 1000, "docker": 998}}
    return found


def entry(name: str, party: str = "customer", **more: Any) -> dict[str, Any]:
    """Return an entry of bulwark_accounts."""
    return {"name": name, "kind": "person", "party": party, **more}


@pytest.mark.parametrize(
    ("users", "wrong"),
    [
        ([user("ana")], []),
        ([user("toor", 0)], ["toor: uid 0"]),
        ([user("ana", gid=0)], ["ana: gid 0"]),
        ([user("sync", 5, gid=0, shell="/bin/sync")], []),
        ([user("sync", 5, gid=0, shell="/bin/bash")], ["sync: gid 0", "sync: shell"]),
        ([user("ana"), user("bo", 1000)], ["uid 1000: ana, bo"]),
        ([user("db", 120, password="usable", shell="/usr/sbin/nologin")], ["db: password"]),
        ([user("db", 120, password="empty", shell="/bin/false")], ["db: password"]),
        ([user("nobody", 65534, shell="/usr/sbin/nologin")], []),
    ],
)
def test_only_root_is_root(users: list[dict[str, Any]], wrong: list[str]) -> None:
    assert identities(judge(UIDS, host(*users))) == wrong


def test_a_second_name_for_roots_group_fails() -> None:
    facts = host()
    facts["accounts"]["gids"]["wheels"] = 0
    assert identities(judge(UIDS, facts)) == ["group wheels: gid 0"]


def test_shells_alone_are_a_lesser_breach() -> None:
    assert judge(UIDS, host(user("postgres", 120))).severity == "medium"
    assert judge(UIDS, host(user("postgres", 120), user("toor", 0))).severity is None


def test_passwords_that_were_not_read_do_not_hide_a_second_root() -> None:
    facts = host(user("toor", 0))
    del facts["accounts"]["passwords"]
    verdict = judge(UIDS, facts, [{"area": "accounts", "fact": "passwords", "reason": "permission denied"}])
    assert (identities(verdict), verdict.unread) == (["toor: uid 0"], ("permission denied",))


def groups(*users: dict[str, Any], accounts: list[dict[str, Any]] | None = None, **declared: Any) -> Any:
    """Return the verdict on the groups."""
    return judge(GROUPS, host(*users), bulwark_accounts=accounts or [], **declared)


@pytest.mark.parametrize(
    ("account", "status"),
    [
        (entry("ana", admin=True), "pass"),
        (entry("ana"), "fail"),
        (entry("bo", admin=True), "fail"),
        (entry("ana", "msp:north", admin=True), "fail"),
        (entry("ana", "msp:north", admin=True, full_admin=True), "pass"),
        ({**entry("ana", admin=True), "status": "proposed"}, "fail"),
    ],
)
def test_members_are_registered_administrators(account: dict[str, Any], status: str) -> None:
    member = user("ana", groups=["ana", "docker"])
    assert groups(member, accounts=[account], bulwark_contracts=[FULL]).status == status


@pytest.mark.parametrize("changed", [{"full_admin": False}, {"end": "2025-01-01"}, {"party": "msp:south"}])
def test_a_provider_needs_a_contract_in_force(changed: dict[str, Any]) -> None:
    account = entry("ana", "msp:north", admin=True, full_admin=True)
    verdict = groups(user("ana", groups=["sudo"]), accounts=[account], bulwark_contracts=[{**FULL, **changed}])
    assert identities(verdict) == ["sudo: ana"]


def test_what_distributions_ship_is_left_out_while_nobody_can_log_in_with_it() -> None:
    machine = user("libvirt-qemu", 64055, groups=["kvm"], shell="/usr/sbin/nologin")
    assert groups(machine).status == "pass"
    assert groups({**machine, "shell": "/bin/bash"}).status == "fail"


@pytest.mark.parametrize(
    ("account", "status"),
    [
        (entry("eva"), "pass"),
        (entry("eva", "msp:north", scope=["audit"]), "pass"),
        (entry("eva", "msp:north"), "fail"),
        (entry("bo"), "fail"),
    ],
)
def test_log_readers_are_registered_and_a_lesser_matter(account: dict[str, Any], status: str) -> None:
    verdict = groups(user("eva", groups=["adm"]), accounts=[account])
    assert (verdict.status, verdict.severity) == (status, "medium" if status == "fail" else None)


def test_groups_without_members_need_no_register() -> None:
    assert judge(GROUPS, host(user("ana"))).status == "pass"
    assert judge(GROUPS, host(user("ana", groups=["sudo"]))).status == "unknown"


def allow(*users: dict[str, Any], tier: int | None = 1, **sshd: Any) -> Any:
    """Return the verdict on who may log in."""
    declared: dict[str, Any] = {} if tier is None else {"bulwark_host_tier": tier}
    return judge(ALLOW, host(*users, **sshd), **declared)


@pytest.mark.parametrize(
    ("sshd", "wrong"),
    [
        ({"allowusers": ["ana", "bo"]}, []),
        ({"allowgroups": ["ops"]}, []),
        ({}, ["none: others"]),
        ({"allowusers": ["*"]}, ["everybody: others"]),
        ({"allowusers": ["*@10.0.0.0/8"]}, ["everybody: others"]),
        ({"allowusers": ["*"], "allowgroups": ["ops"]}, []),
        ({"allowgroups": ["tier?"]}, ["lower: others"]),
    ],
)
def test_who_may_log_in_is_said(sshd: dict[str, Any], wrong: list[str]) -> None:
    assert identities(allow(user("ana"), **sshd)) == wrong


@pytest.mark.parametrize(
    ("listed", "wrong"), [(["tier0"], []), (["tier0", "ops"], ["tier 0: others"]), (["ops"], ["tier 0: others"])]
)
def test_tier_0_lets_its_own_group_in_alone(listed: list[str], wrong: list[str]) -> None:
    assert identities(allow(user("ana", groups=["tier0"]), tier=0, allowgroups=listed)) == wrong


def test_who_administers_tier_0_logs_in_nowhere_else() -> None:
    assert identities(allow(user("ana", groups=["tier0"]), allowusers=["ana"])) == ["lower: ana"]


def test_a_tier_that_nobody_declared_is_unknown_and_hides_nothing() -> None:
    assert allow(user("ana"), tier=None, allowusers=["ana"]).status == "unknown"
    assert allow(user("ana"), tier=None).status == "fail"


def test_contracts_that_nobody_declared_hide_no_other_member() -> None:
    kim, bo = user("kim", groups=["sudo"]), user("bo", 1001, groups=["docker"])
    verdict = groups(kim, bo, accounts=[entry("kim", "msp:north", admin=True, full_admin=True)])
    assert (identities(verdict), "bulwark_contracts" in verdict.unread[0]) == (["docker: bo"], True)
