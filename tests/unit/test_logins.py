# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import logins

from tests.unit.judges.ssh_host import case, facts, key, user

KEYS = [key("anna"), key("root")]


def names(*people: dict[str, Any], settings: dict[str, str] | None = None, **more: Any) -> list[str]:
    return [login.name for login in logins.logins(case(facts(people, more.pop("keys", KEYS), settings, **more)))]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["anna"]),
        ({"permitrootlogin": "without-password"}, ["root", "anna"]),
        ({"permitrootlogin": "forced-commands-only"}, ["anna"]),
        ({"denyusers": "an*"}, []),
        ({"denyusers": "anna@10.0.0.0/8"}, ["anna"]),
        ({"allowusers": "bo"}, []),
        ({"allowusers": "anna@10.0.0.0/8"}, ["anna"]),
        ({"denygroups": "staff"}, []),
        ({"allowgroups": "st*"}, ["anna"]),
        ({"allowgroups": "ops"}, []),
        ({"pubkeyauthentication": "no"}, []),
    ],
)
def test_sshd_says_who_may_try(settings: dict[str, str], expected: list[str]) -> None:
    assert names(user("anna", groups=["anna", "staff"]), settings=settings) == expected


@pytest.mark.parametrize(
    ("entry", "settings", "expected"),
    [
        ({"password": "usable"}, {"passwordauthentication": "yes"}, True),
        ({"password": "usable"}, {"kbdinteractiveauthentication": "yes"}, True),
        ({"password": "usable"}, {"kbdinteractiveauthentication": "no"}, False),
        ({"password": "locked"}, {"passwordauthentication": "yes"}, False),
        ({"password": "empty"}, {"passwordauthentication": "yes"}, False),
        ({"password": "empty"}, {"passwordauthentication": "yes", "permitemptypasswords": "yes"}, True),
    ],
)
def test_a_password_opens_an_account_where_sshd_takes_it(
    entry: dict[str, Any], settings: dict[str, str], expected: bool
) -> None:
    assert bool(names(user("bo", **entry), settings=settings)) is expected


@pytest.mark.parametrize(
    ("entry", "more", "reason"),
    [
        ({}, {"keys": {"authorized": [], "unreadable": {"bo": "too large"}}}, "too large"),
        (
            {},
            {"settings": {"trustedusercakeys": "/etc/ssh/ca.pub"}},
            "a certificate of a CA in /etc/ssh/ca.pub may open it",
        ),
        ({"source": "nss"}, {"settings": {"gssapiauthentication": "yes"}}, "a Kerberos ticket may open it"),
    ],
)
def test_who_may_have_a_way_in_is_listed_with_the_doubt(
    entry: dict[str, Any], more: dict[str, Any], reason: str
) -> None:
    (login,) = logins.logins(case(facts([user("bo", **entry)], **more)))
    assert login.unsure == reason


def test_a_password_that_could_not_be_read_is_a_doubt_too() -> None:
    person = user("bo")
    del person["password"]
    errors = [{"area": "accounts", "fact": "passwords", "reason": "/etc/shadow: permission denied"}]
    (login,) = logins.logins(case(facts([person], settings={"passwordauthentication": "yes"}, errors=errors)))
    assert login.unsure == "/etc/shadow: permission denied"


def test_without_a_shell_one_can_authenticate_but_gets_no_session() -> None:
    tunnel = case(facts([user("anna", shell="/usr/sbin/nologin")], KEYS))
    assert not logins.logins(tunnel)
    assert [login.name for login in logins.remote_accounts(tunnel)] == ["anna"]


def test_the_register_says_what_an_account_is() -> None:
    host = facts([user("anna")], KEYS)
    (known,) = logins.logins(
        case(host, bulwark_accounts=[{"name": "anna", "kind": "automation", "party": "msp:north"}])
    )
    assert (known.kind, known.external, known.label) == ("automation", True, "anna")
    (stranger,) = logins.logins(case(host))
    assert (stranger.kind, stranger.external, stranger.account) == ("person", False, None)
    assert stranger.label == "anna (not in bulwark_accounts, judged as a person)"


@pytest.mark.parametrize(
    ("entry", "declared", "admin"),
    [
        ({}, [], False),
        ({"groups": ["wheel"]}, [], True),
        ({}, [{"name": "anna", "kind": "person", "party": "customer", "admin": True}], True),
    ],
)
def test_administrators(entry: dict[str, Any], declared: list[dict[str, Any]], admin: bool) -> None:
    (login,) = logins.logins(case(facts([user("anna", **entry)], KEYS), bulwark_accounts=declared))
    assert login.admin is admin


def test_settings_of_an_account_by_value() -> None:
    quiet = {"users": ["anna"], "match": "user anna", "settings": {"loglevel": "QUIET"}}
    (login,) = logins.logins(case(facts([user("anna")], KEYS, contexts=[quiet])))
    found = login.settings("loglevel")
    assert {value: context.command for value, context in found.items()} == {
        "VERBOSE": "sshd -T -C user=root", "QUIET": "sshd -T -C user=anna",
    }  # fmt: skip
    assert logins.spread(login.contexts, "loglevel") == [
        ("VERBOSE", "others", "logins that no Match line names"),
        ("QUIET", "user anna", "Match user anna (/etc/ssh/sshd_config line 9)"),
    ]
