# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judges.ssh_host import facts, judge, key, pam, user, verdict

METHODS = "lin-mf-ssh-methods"
ANNA = [user("anna")]
ANNAS_KEY = [key("anna")]
SK = {"pubkeyacceptedalgorithms": "sk-ssh-ed25519@openssh.com", "pubkeyauthoptions": "verify-required touch-required"}


@pytest.mark.parametrize(
    ("methods", "more", "wrong"),
    [
        ("publickey,keyboard-interactive:pam", {}, ""),
        ("publickey,keyboard-interactive", {}, ""),
        ("keyboard-interactive:pam", {}, ""),
        ("publickey", SK, ""),
        ("any", {}, "each method that is switched on is enough alone"),
        ("any", SK, "each method that is switched on is enough alone"),
        ("publickey", {}, "a single factor is enough"),
        ("publickey", {**SK, "pubkeyauthoptions": "none"}, "a single factor is enough"),
        ("publickey", {**SK, "pubkeyacceptedalgorithms": "sk-ssh-ed25519@openssh.com,ssh-ed25519"}, "a single factor"),
        ("publickey,password", {}, "a single factor is enough"),
        ("publickey keyboard-interactive:pam", {}, "AuthenticationMethods publickey for"),
        ("publickey,keyboard-interactive:pam password", {}, "AuthenticationMethods password for"),
    ],
)
def test_each_alternative_of_a_person_takes_two_factors(methods: str, more: dict[str, str], wrong: str) -> None:
    """A blank means OR and a comma AND: one weak alternative is enough for an attacker."""
    host = facts(ANNA, ANNAS_KEY, {"authenticationmethods": methods, **more})
    status, items, _reason = judge(METHODS, host, bulwark_accounts=[])
    assert status == ("fail" if wrong else "pass")
    assert len(items) == bool(wrong)
    assert wrong in "".join(items)


@pytest.mark.parametrize(
    ("auth", "methods", "expected"),
    [
        (pam(("required", "pam_unix")), "publickey,keyboard-interactive:pam", "fail"),
        (pam(("required", "pam_duo")), "publickey,keyboard-interactive:pam", "pass"),
        (pam(("required", "pam_oath")), "keyboard-interactive:pam", "fail"),
        (pam(("sufficient", "pam_unix"), ("required", "pam_oath")), "keyboard-interactive:pam", "fail"),
        (pam(("required", "pam_unix"), ("required", "pam_oath")), "keyboard-interactive:pam", "pass"),
    ],
)
def test_a_dialogue_counts_for_what_pam_asks_in_it(auth: list[dict[str, Any]], methods: str, expected: str) -> None:
    """Whether the module can be skipped or fails open is for lin-mf-pam-required and lin-mf-duo-secure to say."""
    assert judge(METHODS, facts(ANNA, ANNAS_KEY, {"authenticationmethods": methods}, auth=auth))[0] == expected


def test_one_match_that_lets_a_key_do_is_found_and_named() -> None:
    weak = {"users": ["anna"], "match": "address 10.0.0.0/8", "settings": {"authenticationmethods": "publickey"}}
    status, items, _reason = judge(METHODS, facts(ANNA, ANNAS_KEY, contexts=[weak]))
    assert status == "fail"
    assert items == [
        "anna (not in bulwark_accounts, judged as a person): AuthenticationMethods publickey for "
        "Match address 10.0.0.0/8 (/etc/ssh/sshd_config line 9): a single factor is enough"
    ]


def test_equal_methods_with_unequal_keys_are_told_apart() -> None:
    plain = {"users": ["anna"], "match": "user anna", "settings": {"pubkeyacceptedalgorithms": "ssh-ed25519"}}
    assert judge(METHODS, facts(ANNA, ANNAS_KEY, {"authenticationmethods": "publickey", **SK}, [plain]))[0] == "fail"


def test_locking_the_password_does_not_stop_the_key() -> None:
    host = facts([user("leo", password="locked")], [key("leo")], {"authenticationmethods": "any"})
    assert judge(METHODS, host)[0] == "fail"


@pytest.mark.parametrize(
    "leo",
    [user("leo", expired=True), user("leo", shell="/usr/sbin/nologin"), user("leo")],
    ids=["expired", "no shell", "no way in"],
)
def test_who_cannot_log_in_is_not_judged(leo: dict[str, Any]) -> None:
    keys = [] if leo["shell"] == "/bin/bash" and not leo["expired"] else [key("leo")]
    assert judge(METHODS, facts([leo], keys, {"authenticationmethods": "any"}))[0] == "pass"


def test_what_cannot_be_seen_is_unknown_and_what_is_certain_still_fails() -> None:
    hidden: dict[str, Any] = {"unreadable": {"anna": "anna's file is too large"}, "authorized": []}
    host = facts(ANNA, settings={"authenticationmethods": "any"}, keys=hidden)
    assert judge(METHODS, host)[::2] == ("unknown", "anna may be able to log in: anna's file is too large")
    hidden["authorized"] = [key("bo")]
    host = facts([*ANNA, user("bo", 1001)], settings={"authenticationmethods": "any"}, keys=hidden)
    assert judge(METHODS, host)[0] == "fail"


def test_an_unread_pam_stack_is_unknown_unless_a_key_alone_does() -> None:
    errors = [{"area": "pam", "fact": "services.sshd", "reason": "/etc/pam.d/sshd: permission denied"}]
    assert judge(METHODS, facts(ANNA, ANNAS_KEY, errors=errors))[::2] == ("unknown", errors[0]["reason"])
    assert judge(METHODS, facts(ANNA, ANNAS_KEY, {"authenticationmethods": "publickey"}, errors=errors))[0] == "fail"


ROBOT = {
    "name": "robot",
    "kind": "automation",
    "party": "msp:north",
    "keys": [{"fingerprint": "SHA256:aaa", "since": "2026-10-01"}],
}
BOUND = ("restrict", 'from="10.0.0.1"')


@pytest.mark.parametrize(
    ("options", "more", "wrong"),
    [
        (BOUND, {}, ""),
        ((*BOUND, "command"), {}, ""),
        (("restrict",), {}, "has no from="),
        (("restrict", 'from="10.0.0.1,*"'), {}, "has no from="),
        (('from="10.0.0.1"',), {}, "has no restrict"),
        (BOUND, {"writable_by_user": True}, "stands in a file that the account can change"),
        (BOUND, {"owner_uid": 1000}, "stands in a file that the account can change"),
    ],
)
def test_a_machines_key_is_bound(options: tuple[str, ...], more: dict[str, Any], wrong: str) -> None:
    """It passes in its own right: no second factor is asked of a machine."""
    host = facts([user("robot")], [key("robot", *options, **more)], {"authenticationmethods": "publickey"})
    status, items, _reason = judge(METHODS, host, bulwark_accounts=[ROBOT])
    assert (status, len(items)) == (("fail", 1) if wrong else ("pass", 0))
    assert wrong in "".join(items)


@pytest.mark.parametrize(
    ("keys", "status", "text"),
    [
        ([{"fingerprint": "SHA256:aaa", "since": "2026-08-24"}], "pass", ""),
        (
            [{"fingerprint": "SHA256:aaa", "since": "2026-08-23"}],
            "fail",
            "in use since 2026-08-23, longer than 90 days",
        ),
        ([{"fingerprint": "SHA256:aaa"}], "unknown", "has no since under keys in bulwark_accounts"),
        ([], "unknown", "is not listed under keys in bulwark_accounts"),
    ],
)
def test_a_machines_key_is_as_old_as_the_register_says(keys: list[dict[str, str]], status: str, text: str) -> None:
    found, items, reason = judge(
        METHODS, facts([user("robot")], [key("robot", *BOUND)]), bulwark_accounts=[{**ROBOT, "keys": keys}]
    )
    assert found == status
    assert text in "".join([*items, reason])


def test_how_long_a_machines_certificate_lives_shows_only_at_its_authority() -> None:
    host = facts([user("robot")], [key("robot", "cert-authority", *BOUND)])
    status, _items, reason = judge(METHODS, host, bulwark_accounts=[ROBOT])
    assert status == "unknown"
    assert "lives longer than 12 hours shows only at the CA" in reason


@pytest.mark.parametrize(("party", "status"), [("customer", "pass"), ("msp:north", "fail")])
def test_emergency_accounts_are_the_customers(party: str, status: str) -> None:
    host = facts([user("glass")], [key("glass")], {"authenticationmethods": "publickey"})
    assert (
        judge(METHODS, host, bulwark_accounts=[{"name": "glass", "kind": "break_glass", "party": party}])[0] == status
    )


def test_no_server_is_not_applicable_and_an_unasked_one_unknown() -> None:
    gone = {"installed": False, "running": False, "others": []}
    assert judge(METHODS, facts(sshd=gone))[0] == "not_applicable"
    assert judge(METHODS, facts(sshd={**gone, "running": True}))[0] == "unknown"
    assert judge(METHODS, facts(sshd={**gone, "others": ["dropbear"]}))[0] == "unknown"


@pytest.mark.parametrize(
    ("settings", "auth", "status"),
    [
        ({}, pam(("required", "pam_oath")), "pass"),
        ({"usepam": "no"}, [], "fail"),
        ({"kbdinteractiveauthentication": "no"}, pam(("required", "pam_oath")), "fail"),
        (
            {"kbdinteractiveauthentication": "no", "authenticationmethods": "publickey"},
            pam(("required", "pam_unix")),
            "pass",
        ),
        (
            {"kbdinteractiveauthentication": "no", "authenticationmethods": "publickey", **SK},
            pam(("required", "pam_oath")),
            "pass",
        ),
    ],
)
def test_pam_is_called_and_can_ask(settings: dict[str, str], auth: list[dict[str, Any]], status: str) -> None:
    assert judge("lin-mf-ssh-pam", facts(ANNA, ANNAS_KEY, settings, auth=auth))[0] == status


SK_KEY = key("anna", type="sk-ssh-ed25519@openssh.com")
ADMIN = [{"name": "anna", "kind": "person", "party": "customer", "admin": True}]


@pytest.mark.parametrize(
    ("keys", "settings", "status"),
    [
        ([SK_KEY], SK, "pass"),
        ([{**SK_KEY, "options": ["verify-required"]}], {**SK, "pubkeyauthoptions": "none"}, "pass"),
        ([SK_KEY], {**SK, "pubkeyauthoptions": "none"}, "fail"),
        ([SK_KEY], {"pubkeyauthoptions": "verify-required"}, "fail"),
        ([key("anna")], SK, "fail"),
    ],
)
def test_administrators_use_security_keys(keys: list[dict[str, Any]], settings: dict[str, str], status: str) -> None:
    assert judge("lin-mf-sk-keys", facts(ANNA, keys, settings), bulwark_accounts=ADMIN)[0] == status


def test_security_keys_are_missed_because_there_is_no_second_factor_at_all() -> None:
    without = facts(ANNA, ANNAS_KEY, auth=pam(("required", "pam_unix")))
    assert verdict("lin-mf-sk-keys", without, bulwark_accounts=ADMIN).cause == METHODS
    assert verdict("lin-mf-sk-keys", facts(ANNA, ANNAS_KEY), bulwark_accounts=ADMIN).cause is None


def test_without_administrators_or_providers_no_security_key_is_asked_for() -> None:
    assert judge("lin-mf-sk-keys", facts(ANNA, ANNAS_KEY), bulwark_accounts=[])[0] == "not_applicable"
    assert judge("lin-mf-sk-keys", facts(ANNA, ANNAS_KEY))[0] == "unknown"
