# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.initial_access.ssh import tight
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.judges.ssh_host import facts, judge, pam

BACKUP = {"users": ["backup"], "match": "user backup"}


@pytest.mark.parametrize(
    ("settings", "declared", "wrong"),
    [
        ({}, {}, ""),
        ({"maxauthtries": "5"}, {}, "MaxAuthTries is 5 for every login"),
        ({"logingracetime": "61"}, {}, "LoginGraceTime is 61"),
        ({"logingracetime": "0"}, {}, "LoginGraceTime is 0, no limit"),
        ({"maxstartups": "10:30:100"}, {}, "MaxStartups is 10:30:100"),
        ({"maxstartups": "100:30:200", "persourcemaxstartups": "20"}, {}, "MaxStartups is 100:30:200"),
        ({"maxstartups": "100:30:200", "persourcemaxstartups": "20"}, {"bulwark_host_functions": ["jump"]}, ""),
        (
            {"maxstartups": "100:30:200", "persourcemaxstartups": "21"},
            {"bulwark_host_functions": ["jump"]},
            "MaxStartups",
        ),
        ({"maxstartups": "100:30:200"}, {"bulwark_host_functions": ["jump"]}, "MaxStartups is 100:30:200"),
    ],
)
def test_guessing_is_slow(settings: dict[str, str], declared: dict[str, Any], wrong: str) -> None:
    status, items, _reason = judge("lin-ic-ssh-max-tries", facts(settings=settings), **declared)
    assert (status, len(items)) == (("fail", 1) if wrong else ("pass", 0))
    assert wrong in "".join(items)


@given(st.tuples(st.integers(1, 10), st.integers(30, 100), st.integers(1, 60)))
def test_whatever_refuses_earlier_and_more_often_is_tight(value: tuple[int, int, int]) -> None:
    assert tight("%d:%d:%d" % value, "10:30:60")
    assert not tight("%d:%d:%d" % (value[0] + 10, value[1], value[2]), "10:30:60")


@pytest.mark.parametrize(
    ("settings", "auth", "wrong"),
    [
        ({}, pam(("required", "pam_oath")), ""),
        ({"passwordauthentication": "yes"}, [], "PasswordAuthentication is yes for every login"),
        ({"permitemptypasswords": "yes"}, [], "PermitEmptyPasswords is yes"),
        ({"authenticationmethods": "any"}, pam(("required", "pam_oath")), "KbdInteractiveAuthentication is yes"),
        ({"authenticationmethods": "any", "kbdinteractiveauthentication": "no"}, [], ""),
        ({"authenticationmethods": "any", "usepam": "no"}, [], ""),
        ({"authenticationmethods": "publickey,keyboard-interactive"}, pam(("required", "pam_unix")), ""),
        (
            {"authenticationmethods": "publickey keyboard-interactive:pam"},
            pam(("required", "pam_unix")),
            "KbdInteractive",
        ),
    ],
)
def test_no_password_is_taken(settings: dict[str, str], auth: list[dict[str, Any]], wrong: str) -> None:
    status, items, _reason = judge("lin-ic-ssh-no-password", facts(settings=settings, auth=auth))
    assert (status, len(items)) == (("fail", 1) if wrong else ("pass", 0))
    assert wrong in "".join(items)


def test_a_match_that_takes_passwords_is_named_alone() -> None:
    host = facts(contexts=[{**BACKUP, "settings": {"passwordauthentication": "yes"}}])
    _status, items, _reason = judge("lin-ic-ssh-no-password", host)
    assert items == ["PasswordAuthentication is yes for Match user backup (/etc/ssh/sshd_config line 9)"]


@pytest.mark.parametrize(
    ("value", "allowed", "status"),
    [
        ("no", "no", "pass"),
        ("yes", "no", "fail"),
        ("without-password", "no", "fail"),
        ("forced-commands-only", "no", "fail"),
        ("forced-commands-only", "forced-commands-only", "pass"),
        ("without-password", "forced-commands-only", "fail"),
        ("without-password", "prohibit-password", "pass"),
    ],
)
def test_root_stays_out(value: str, allowed: str, status: str) -> None:
    host = facts(settings={"permitrootlogin": value})
    assert judge("lin-ic-ssh-no-root", host, bulwark_ssh_permit_root=allowed)[0] == status


def test_only_matches_that_root_can_meet_count_for_root() -> None:
    loose = {"settings": {"permitrootlogin": "yes"}}
    assert judge("lin-ic-ssh-no-root", facts(contexts=[{**BACKUP, **loose}]))[0] == "pass"
    met = {"users": ["root"], "match": "address 10.0.0.0/8", **loose}
    assert judge("lin-ic-ssh-no-root", facts(contexts=[met]))[0] == "fail"


@pytest.mark.parametrize(
    ("option", "value", "wrong"),
    [
        ("ciphers", "aes256-ctr,aes128-cbc", "ciphers offers aes128-cbc"),
        ("macs", "hmac-sha1-etm@openssh.com", "macs offers hmac-sha1-etm@openssh.com"),
        ("kexalgorithms", "diffie-hellman-group14-sha1", "kexalgorithms offers diffie-hellman-group14-sha1"),
        ("hostkeyalgorithms", "ssh-rsa,rsa-sha2-256", "hostkeyalgorithms offers ssh-rsa"),
    ],
)
def test_no_weak_algorithm_is_offered(option: str, value: str, wrong: str) -> None:
    assert judge("lin-ic-ssh-crypto", facts())[0] == "pass"
    assert judge("lin-ic-ssh-crypto", facts(settings={option: value}))[:2] == ("fail", [wrong])


@pytest.mark.parametrize(
    ("policy", "status"),
    [(None, "pass"), ("DEFAULT", "pass"), ("FIPS:OSPP", "pass"), ("LEGACY", "fail"), ("DEFAULT:SHA1", "fail")],
)
def test_the_systems_crypto_policy(policy: str | None, status: str) -> None:
    assert judge("lin-ic-ssh-crypto", facts(system={"crypto_policy": policy}))[0] == status


def test_a_configuration_sshd_refuses_leaves_everything_unknown() -> None:
    reason = "sshd -T: line 4: Bad configuration option: x"
    errors = [{"area": "sshd", "fact": fact, "reason": reason} for fact in ("settings", "contexts")]
    host = facts(errors=errors)
    for fact in ("settings", "contexts"):
        del host["sshd"]._facts[fact]  # type: ignore[attr-defined]
    for control in ("max-tries", "no-password", "no-root", "crypto"):
        assert judge("lin-ic-ssh-" + control, host)[::2] == ("unknown", reason)
