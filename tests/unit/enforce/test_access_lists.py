# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures for administrators' groups and for sshd's list of who may log in."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.enforce.ssh_measures import drop_in, host, steps
from tests.unit.judges.ssh_host import key, user

GROUPS, ALLOW = "lin-lp-admin-groups", "lin-lp-ssh-allow"
ANNA: dict[str, Any] = {"name": "anna", "kind": "person", "party": "customer", "admin": True}
BOT: dict[str, Any] = {"name": "ansible", "kind": "automation", "party": "customer", "admin": True}


def facts(*users: dict[str, Any], system: dict[str, Any] | None = None, **more: Any) -> Any:
    """Return a host with these users, each with a key."""
    held = {group for one in users for group in one["groups"]}
    accounts = {
        "users": list(users),
        "groups": {group: [one["name"] for one in users if group in one["groups"]] for group in held},
        "gids": {"sudo": 27, "docker": 998},
    }
    keys = {"authorized": [key(one["name"]) for one in users], "unreadable": {}, "files": [], "trusted_cas": []}
    return host(*users, accounts=accounts, keys=keys, system=system, **more)


def test_members_too_many_leave_both_files() -> None:
    found = facts(user("anna", groups=["sudo"]), user("bo", 1001, groups=["sudo", "docker"]))
    taken = steps(GROUPS, found, bulwark_accounts=[ANNA])
    assert [step["path"] for step in taken] == ["/etc/group", "/etc/gshadow"]
    assert all(step["arguments"] == {"remove": {"sudo": ["bo"], "docker": ["bo"]}} for step in taken)
    assert [step["secret"] for step in taken] == [False, True]


@pytest.mark.parametrize(
    ("member", "declared", "reason"),
    [
        (user("ansible", groups=["sudo"]), {}, "this very run logs in as it"),
        (user("fire", groups=["sudo"]), {"bulwark_accounts": [{**ANNA, "name": "fire", "kind": "break_glass",
                                                               "admin": False}]}, "emergency account"),
        (user("fire", groups=["sudo", "glass"]), {"bulwark_break_glass_group": "glass"}, "emergency account"),
        (user("bo", gid=998, groups=["docker"]), {}, "it is its primary group"),
    ],
)  # fmt: skip
def test_whom_it_can_not_take_out_is_told(member: dict[str, Any], declared: dict[str, Any], reason: str) -> None:
    with pytest.raises(Left, match=reason):
        steps(GROUPS, facts(member), **{"bulwark_accounts": [], **declared})


def test_the_last_who_can_administer_stays() -> None:
    root = {"account": "root", "peer": "10.0.0.9", "privileged": True}
    with pytest.raises(Left, match="nobody would be left"):
        steps(GROUPS, facts(user("bo", groups=["sudo"]), system=root), bulwark_accounts=[])


def allow(found: Any, *accounts: dict[str, Any], **declared: Any) -> str | None:
    """Return the drop-in that says who may log in."""
    return drop_in(ALLOW, found, bulwark_accounts=list(accounts), **{"bulwark_host_tier": 1, **declared})


def test_the_registered_the_run_and_the_emergency_accounts_are_allowed() -> None:
    found = facts(user("anna"), user("ansible", 1001), user("fire", 1002, groups=["glass"]))
    assert allow(found, ANNA, bulwark_break_glass_group="glass") == "AllowUsers anna ansible fire\n"


def test_somebody_else_who_can_log_in_is_named() -> None:
    with pytest.raises(Left, match="bo: can log in and not in bulwark_accounts"):
        allow(facts(user("ansible"), user("bo", 1001)), BOT)


def test_a_list_that_is_there_stays() -> None:
    assert allow(facts(user("ansible"), settings={"allowusers": "ansible"}), BOT) is None


def test_a_list_that_names_everybody_is_somebodys_own() -> None:
    with pytest.raises(Left, match="take that pattern out"):
        allow(facts(user("ansible"), settings={"allowusers": "*"}), BOT)


def test_tier_0_lets_its_group_in_once_all_are_in_it() -> None:
    inside = facts(user("ansible", groups=["tier0"]))
    assert allow(inside, BOT, bulwark_host_tier=0) == "AllowGroups tier0\n"
    with pytest.raises(Left, match="anna: put into tier0"):
        allow(facts(user("ansible", groups=["tier0"]), user("anna", 1001)), BOT, bulwark_host_tier=0)
    with pytest.raises(Left, match="nobody is in tier0"):
        allow(facts(user("ansible")), BOT, bulwark_host_tier=0)


def test_whoever_administers_tier_0_is_not_allowed_on_a_lower_one() -> None:
    with pytest.raises(Left, match="a member of tier0"):
        allow(facts(user("ansible", groups=["tier0"])), BOT)
