# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.ssh import config, match
from hypothesis import given
from hypothesis import strategies as st

USERS = [
    {"name": "root", "groups": ["root"]},
    {"name": "anna", "groups": ["anna", "sudo"]},
    {"name": "bo", "groups": ["bo"]},
]


def ask(
    *lines: str, subjects: list[dict[str, object]] | None = None, ports: list[str] | None = None
) -> list[match.Login]:
    matches = [config.Match(config.criteria(config.split(line)[1]), "sshd_config", 1) for line in lines]
    return match.logins(matches, USERS, subjects or [], ports or ["22"])


def specifications(*lines: str, **more: object) -> list[str]:
    return [login.specification() for login in ask(*lines, **more)]  # type: ignore[arg-type]


def test_without_match_everybody_is_alike() -> None:
    (login,) = ask()
    assert login.users == ("root", "anna", "bo")


def test_users_and_groups_part_the_accounts() -> None:
    assert [login.users for login in ask("Match User bo", "Match Group sudo,!interns")] == [
        ("root",),
        ("anna",),
        ("bo",),
    ]


def test_a_named_user_who_does_not_exist_is_asked_about_too() -> None:
    assert [login.users for login in ask("Match User backup*")] == [("root", "anna", "bo"), ("backupx",)]


def test_networks_inside_each_other_get_an_address_each() -> None:
    asked = [login.places["address"] for login in ask("Match Address 10.0.0.0/8", "Match Address 10.0.0.0/24")]
    assert asked == ["192.0.2.1", "10.0.0.1", "10.255.255.254"]


def test_negated_patterns_are_asked_from_inside_and_outside() -> None:
    asked = [login.places["address"] for login in ask("Match Address 10.0.0.0/8,!10.1.0.0/16,192.168.*,2001:db8::/32")]
    assert asked == ["192.0.2.1", "10.0.0.1"], "whatever the list matches is one class, what it doesn't another"
    apart = ask("Match Address 192.168.*", "Match Address 2001:db8::/32")
    assert [login.places["address"] for login in apart] == ["192.0.2.1", "192.168.1.1", "2001:db8::1"]


def test_addresses_of_the_register_take_part() -> None:
    subjects: list[dict[str, object]] = [{"user": "anna", "addresses": ["10.9.0.1"]}]
    assert [login.places["address"] for login in ask("Match Address 10.9.0.0/16", subjects=subjects)] == [
        "10.9.0.1",
        "192.0.2.1",
    ]


def test_criteria_of_different_lines_are_combined() -> None:
    asked = specifications("Match Address 10.0.0.0/8", "Match LocalPort 2222", ports=["22", "2222"])
    assert asked == [
        "user=root,addr=192.0.2.1,host=host.invalid,lport=22",
        "user=root,addr=192.0.2.1,host=host.invalid,lport=2222",
        "user=root,addr=10.0.0.1,host=host.invalid,lport=22",
        "user=root,addr=10.0.0.1,host=host.invalid,lport=2222",
    ]


def test_a_port_nobody_listens_on_is_not_asked_about() -> None:
    assert specifications("Match LocalPort 2222") == ["user=root,addr=192.0.2.1,host=host.invalid,lport=22"]


def test_an_unknown_criterion_and_too_many_classes_are_unreadable() -> None:
    with pytest.raises(Unreadable, match="sshd_config line 1: Match moon is not understood"):
        ask("Match Moon full")
    with pytest.raises(Unreadable, match=r"tell 603 kinds of logins apart; 200 are asked at most"):
        ask(
            *["Match Address 10.%d.%d.0/24" % (n // 250, n % 250) for n in range(200)],
            "Match User anna",
            "Match User bo",
        )


def test_names_that_could_not_be_told_to_sshd_are_left_out() -> None:
    users = [{"name": "a,addr=203.0.113.1", "groups": []}, {"name": "ok", "groups": []}]
    assert [login.users for login in match.logins([], users, [], [])] == [("ok",)]


def test_met_says_which_lines_a_login_meets() -> None:
    lines = [
        config.Match(config.criteria(config.split(line)[1]), "f", 1)
        for line in ("Match all", "Match Group sudo Address 10.*", "Match User x")
    ]
    logins = match.logins(lines, USERS, [], [])
    met = {(login.user, login.places["address"]): [one.text() for one in match.met(lines, login)] for login in logins}
    assert met["anna", "10.1.1.1"] == ["all", "group sudo address 10.*"]
    assert met["root", "10.1.1.1"] == ["all"]


@pytest.mark.parametrize(
    ("value", "patterns", "expected"),
    [
        ("anna", "a*", True), ("anna", "a?na", True), ("anna", "b*,anna", True), ("anna", "!anna,a*", False),
        ("anna", "!bo,*", True), ("anna", "!bo", False), ("a.b", "a?b", True), ("ab", "a.b", False), ("", "*", False),
        ("a[b]", "a[b]", True), ("b", "[a-c]", False),
    ],
)  # fmt: skip
def test_pattern_lists(value: str, patterns: str, expected: bool) -> None:
    assert match.list_matches(value, patterns) is expected


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_pattern_is_parsed_without_a_crash(value: str, pattern: str) -> None:
    match.list_matches(value, pattern)
    match.address_matches(value, pattern)
    for place in ("user", "host", "address"):
        match.representatives(place, pattern)


@given(st.ip_addresses(), st.integers(0, 32))
def test_a_network_matches_its_representatives(address: object, prefix: int) -> None:
    network = "%s/%d" % (address, prefix)
    found = match.representatives("address", network)
    assert found and all(match.address_matches(one, network) for one in found)


@given(st.text(alphabet="ab*?-.", min_size=1, max_size=12))
def test_a_pattern_matches_its_representatives(pattern: str) -> None:
    assert all(match.list_matches(one, pattern) for one in match.representatives("user", pattern))
