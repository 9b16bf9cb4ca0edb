# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable

from .host import areas, identities, judge, pam

DEBIAN = "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
OATH = "auth required pam_oath.so usersfile=/etc/users.oath\n"
INCLUDE = "@include common-auth\n"


def host(sshd: str, **files: str) -> dict[str, Any]:
    return areas(pam={"services": pam({"sshd": sshd, "common-auth": DEBIAN, **files})})


def test_a_required_factor_passes_and_a_host_without_one_follows_from_the_methods() -> None:
    verdict = judge("lin-mf-pam-required", host(INCLUDE + OATH))
    assert (verdict.status, verdict.cause) == ("pass", None)
    verdict = judge("lin-mf-pam-required", host(INCLUDE))
    assert (verdict.status, verdict.cause) == ("fail", "lin-mf-ssh-methods")


@pytest.mark.parametrize(
    ("stack", "place"),
    [
        ("auth sufficient pam_unix.so\n" + OATH, "/etc/pam.d/sshd:1 pam_unix"),
        (INCLUDE + "auth optional pam_oath.so\n", "/etc/pam.d/sshd:2 pam_oath"),
        (INCLUDE + "auth required pam_oath.so alwaysok\n", "/etc/pam.d/sshd:2 alwaysok"),
        ("auth include lax\n" + OATH, "/etc/pam.d/lax:1 pam_unix"),
        ("auth [success=1 default=ignore] pam_succeed_if.so user ingroup rescue\n" + OATH + INCLUDE,
         "/etc/pam.d/sshd:1 pam_succeed_if"),
    ],
)  # fmt: skip
def test_ways_around_fail_by_file_and_line(stack: str, place: str) -> None:
    verdict = judge("lin-mf-pam-required", host(stack, lax="auth sufficient pam_unix.so\nauth required pam_deny.so\n"))
    assert identities(verdict) == [place]
    assert verdict.cause is None


def test_the_declared_break_glass_group_may_pass() -> None:
    stack = "auth [success=1 default=ignore] pam_succeed_if.so quiet user ingroup rescue\n" + OATH + INCLUDE
    thresholds = {"bulwark_break_glass_group": "rescue"}
    assert judge("lin-mf-pam-required", host(stack), thresholds=thresholds).status == "pass"


def test_security_keys_alone_need_no_stack_unless_sshd_asks_through_it() -> None:
    facts = host(INCLUDE)
    thresholds = {"bulwark_mfa_method": "sk"}
    assert judge("lin-mf-pam-required", facts, thresholds=thresholds).status == "fail"
    facts["sshd"]["settings"]["kbdinteractiveauthentication"] = ["no"]
    with pytest.raises(NotApplicable):
        judge("lin-mf-pam-required", facts, thresholds=thresholds)


def test_an_unresolved_include_is_unknown() -> None:
    facts = host("auth include nowhere\n")
    errors = [{"area": "pam", "fact": "services.sshd", "reason": "/etc/pam.d/sshd:1: no PAM service nowhere"}]
    with pytest.raises(Unread, match="nowhere"):
        judge("lin-mf-pam-required", facts, errors)
    assert judge("lin-mf-no-nullok", facts, errors).status == "unknown"
    assert judge("lin-mf-no-ignore", facts, errors).status == "unknown"


def test_nullok_counts_in_every_remote_stack() -> None:
    verdict = judge("lin-mf-no-nullok", host(INCLUDE + OATH))
    assert identities(verdict) == ["/etc/pam.d/common-auth:1 pam_unix nullok"]
    stack = "auth required pam_google_authenticator.so nullok\nauth required pam_u2f.so nouserok\n"
    verdict = judge("lin-mf-no-nullok", host(stack, cockpit=INCLUDE))
    assert identities(verdict) == [
        "/etc/pam.d/sshd:1 pam_google_authenticator nullok",
        "/etc/pam.d/sshd:2 pam_u2f nouserok",
        "/etc/pam.d/common-auth:1 pam_unix nullok",
    ]
    assert judge("lin-mf-no-nullok", host("auth required pam_unix.so\n" + OATH)).status == "pass"


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("auth [success=ok default=ignore] pam_oath.so", True),
        ("auth [success=ok user_unknown=ignore default=die] pam_oath.so", True),
        ("auth [success=ok authinfo_unavail=ignore default=bad] pam_duo.so", True),
        ("auth required pam_radius_auth.so localifdown", True),
        ("auth [success=ok new_authtok_reqd=ok ignore=ignore default=bad] pam_oath.so", False),
        # What fails here falls into pam_deny: Debian's way of writing "required".
        ("auth [success=1 default=ignore] pam_oath.so\nauth requisite pam_deny.so\nauth required pam_permit.so", False),
        # Either of the two, but one of them for certain.
        ("auth [success=done default=ignore] pam_u2f.so\nauth requisite pam_oath.so", False),
    ],
)
def test_a_silent_factor_must_not_be_skipped(line: str, wrong: bool) -> None:
    verdict = judge("lin-mf-no-ignore", host("auth required pam_unix.so\n%s\n" % line))
    assert verdict.status == ("fail" if wrong else "pass"), verdict


def test_without_any_remote_service_there_is_nothing_to_judge() -> None:
    facts = areas(sshd={}, pam={"services": pam({"login": DEBIAN})})
    with pytest.raises(NotApplicable):
        judge("lin-mf-no-nullok", facts)
