# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Verdict

from .host import areas, identities, judge, pam, user

GOOD = {"deny": "5", "fail_interval": "900", "unlock_time": "900"}
CONFIG = "/etc/security/faillock.conf"
DEBIAN = """auth required pam_faillock.so preauth
auth [success=1 default=ignore] pam_unix.so
auth [default=die] pam_faillock.so authfail
auth required pam_permit.so
account required pam_faillock.so
account required pam_unix.so
"""
REDHAT = """auth required pam_env.so
auth required pam_faillock.so preauth silent
auth [default=1 ignore=ignore success=ok] pam_localuser.so
auth sufficient pam_unix.so
auth sufficient pam_sss.so forward_pass
auth required pam_faillock.so authfail
auth required pam_deny.so
account required pam_faillock.so
"""
OATH = "auth required pam_oath.so\n"
#: Cockpit's first line on the RHEL family: a login by certificate, which nobody guesses.
CERTIFICATE = "-auth [success=done new_authtok_reqd=done user_unknown=die default=ignore] pam_cockpit_cert.so\n"


def faillock(stack: str, options: Mapping[str, str] = GOOD, **more: Any) -> Verdict:
    services = pam({"sshd": stack, "login": stack, "sudo": "auth required pam_unix.so\n"})
    facts = areas(more.pop("users", None), more.pop("sshd", None), pam={"services": services})
    facts["lockout"] = {"configs": {CONFIG: dict(options)}, "authselect": None}
    return judge("lin-ic-faillock", facts, **more)


@pytest.mark.parametrize("stack", [DEBIAN, REDHAT, DEBIAN + OATH, OATH + DEBIAN, CERTIFICATE + REDHAT])
def test_stacks_of_both_families_reach_the_tally(stack: str) -> None:
    verdict = faillock(stack)
    assert verdict.status == "pass", verdict
    assert "services that reach the tally: sshd, login" in verdict.evidence


@pytest.mark.parametrize(
    ("stack", "problem"),
    [
        ("auth required pam_unix.so\n", "no pam_faillock"),
        ("auth required pam_tally2.so deny=5\nauth required pam_unix.so\n", "no pam_faillock"),
        (DEBIAN.replace("auth required pam_faillock.so preauth\n", ""), "no preauth"),
        (DEBIAN.replace("required pam_faillock.so preauth", "optional pam_faillock.so preauth"), "preauth"),
        ("auth sufficient pam_unix.so\n" + REDHAT, "preauth"),
        # The password module decides before the failure is counted.
        (DEBIAN.replace("[success=1 default=ignore] pam_unix.so", "requisite pam_unix.so"), "authfail"),
        (DEBIAN.replace("default=ignore]", "default=2]"), "authfail"),
        (DEBIAN.replace("account required pam_faillock.so\n", ""), "reset"),
    ],
)
def test_stacks_that_miss_the_tally(stack: str, problem: str) -> None:
    assert "sshd: " + problem in identities(faillock(stack))


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"deny": "0"}, "deny"),
        ({"deny": "10"}, "deny"),
        ({"fail_interval": "60"}, "fail_interval"),
        ({"unlock_time": "600"}, "unlock_time"),
        ({"unlock_time": "86400"}, "unlock_time"),
        ({"unlock_time": "never"}, "unlock_time"),
    ],
)
def test_limits(options: dict[str, str], wrong: str) -> None:
    assert identities(faillock(DEBIAN, {**GOOD, **options})) == ["%s %s" % (CONFIG, wrong)]


def test_nothing_set_means_the_module_s_own_defaults() -> None:
    assert identities(faillock(DEBIAN, {})) == [CONFIG + " unlock_time"]


def test_arguments_win_over_the_file() -> None:
    stack = DEBIAN.replace("authfail", "authfail deny=20")
    assert identities(faillock(stack)) == ["/etc/pam.d/sshd:3 deny", "/etc/pam.d/login:3 deny"]


def test_locking_for_ever_needs_a_way_in_by_the_console() -> None:
    rescue = {"name": "rescue", "kind": "break_glass", "party": "customer", "scope": ["console"]}
    options = {**GOOD, "unlock_time": "0"}
    assert faillock(DEBIAN, options, bulwark_accounts=[rescue]).status == "pass"
    assert faillock(DEBIAN, options, bulwark_accounts=[{**rescue, "scope": []}]).status == "fail"


def test_root_is_locked_where_it_can_log_in_from_afar() -> None:
    open_to_root = {"permitrootlogin": ["yes"]}
    root = user("root", 0, password="usable", home="/root")
    assert identities(faillock(DEBIAN, users=[root], sshd=open_to_root)) == [CONFIG + " even_deny_root"]
    options = {**GOOD, "even_deny_root": "", "root_unlock_time": "900"}
    assert faillock(DEBIAN, options, users=[root], sshd=open_to_root).status == "pass"
    assert faillock(DEBIAN, users=[{**root, "password": "locked"}], sshd=open_to_root).status == "pass"


def test_a_number_pam_cannot_read_is_unknown() -> None:
    assert faillock(DEBIAN, {**GOOD, "deny": "many"}).status == "unknown"
