# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case

from .debian_files import DebianFiles, brief, common, steps

CONTROL = "lin-ic-faillock"
AUTH, CONFIG = "etc/pam.d/common-auth", "/etc/security/faillock.conf"
BY_HAND = "auth\t[success=2 default=ignore]\tpam_unix.so\nauth\t[success=1 default=ignore]\tpam_sss.so use_first_pass\n"
COUNTED = "auth required pam_faillock.so preauth\n%sauth [default=die] pam_faillock.so authfail\n"


def edited(lines: str, **more: str) -> dict[str, str]:
    return {AUTH: common("auth", lines), **more}


def test_debian_as_installed_gets_two_profiles(tmp_path: Path) -> None:
    found = steps(DebianFiles(tmp_path).case(), CONTROL)
    assert brief(found) == [
        ("file", "/usr/share/pam-configs/bulwark-faillock"),
        ("file", "/usr/share/pam-configs/bulwark-faillock-authfail"),
        ("program", "pam-auth-update"),
        ("edit", CONFIG),
    ]
    assert found[3]["arguments"] == {"values": {"unlock_time": "900"}}


@pytest.mark.parametrize(
    "lines",
    [
        BY_HAND,
        "auth\tsufficient\tpam_unix.so\n",
        "auth required pam_faillock.so preauth\n" + BY_HAND,
        BY_HAND + "auth [default=die] pam_faillock.so authfail\n",
    ],
)
def test_a_file_edited_by_hand_gets_the_lines_it_lacks(tmp_path: Path, lines: str) -> None:
    files = DebianFiles(tmp_path, edited(lines))
    found = steps(files.case(), CONTROL)
    assert {step["kind"] for step in found} == {"edit"}
    files.carry_out(found)
    assert files.judge(CONTROL).status == "pass", files.text(AUTH)
    assert steps(files.case(), CONTROL) == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (edited("auth\trequisite\tpam_unix.so\n"), "'requisite' decides before a failure could be counted"),
        (edited(COUNTED % "auth requisite pam_unix.so\n"), "order of its lines is somebody's own"),
        ({"etc/pam.d/login": "auth required pam_unix.so\n"}, "login does not include /etc/pam.d/common-auth"),
        ({"etc/security/faillock.conf": "deny = many\n"}, "'many' is not a number"),
    ],
)
def test_what_is_somebody_s_own_is_left(tmp_path: Path, changed: dict[str, str], reason: str) -> None:
    with pytest.raises(Left, match=reason):
        steps(DebianFiles(tmp_path, changed).case(), CONTROL)


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("deny = 5\nfail_interval = 900\nunlock_time = 900\n", None),
        ("deny = 2\nfail_interval = 3600\nunlock_time = 1800\n", None),
        ("deny = 0\nunlock_time = 900\n", {"deny": "5"}),
        ("deny = 9\nfail_interval = 60\nunlock_time = 60\n",
         {"deny": "5", "fail_interval": "900", "unlock_time": "900"}),
        ("unlock_time = never\n", {"unlock_time": "3600"}),
        ("unlock_time = 86400\n", {"unlock_time": "3600"}),
    ],
)  # fmt: skip
def test_limits_are_only_tightened(tmp_path: Path, written: str, wanted: Any) -> None:
    files = DebianFiles(tmp_path, {"etc/security/faillock.conf": written})
    found = [step for step in steps(files.case(), CONTROL) if step.get("path") == CONFIG]
    assert [step["arguments"]["values"] for step in found] == ([wanted] if wanted else [])


def test_a_console_account_may_stay_locked_for_ever(tmp_path: Path) -> None:
    rescue = {"name": "rescue", "kind": "break_glass", "party": "customer", "scope": ["console"]}
    files = DebianFiles(tmp_path, {"etc/security/faillock.conf": "unlock_time = 0\n"})
    found = steps(files.case(bulwark_accounts=[rescue]), CONTROL)
    assert CONFIG not in [name for _kind, name in brief(found)]


@pytest.mark.parametrize(("own", "wanted"), [("", "emergency"), ("admin_group = wheel\n", None)])
def test_emergency_accounts_are_not_locked_by_whoever_knows_their_names(
    tmp_path: Path, own: str, wanted: str | None
) -> None:
    files = DebianFiles(tmp_path, {"etc/security/faillock.conf": "deny = 0\nunlock_time = 900\n" + own})
    found = steps(files.case(bulwark_break_glass_group="emergency"), CONTROL)
    (values,) = (step["arguments"]["values"] for step in found if step.get("path") == CONFIG)
    assert values.get("admin_group") == wanted


def test_options_of_a_line_give_way_to_the_file(tmp_path: Path) -> None:
    lines = COUNTED.replace("authfail", "authfail deny=50 fail_interval=900") % BY_HAND.replace("=2", "=3", 1)
    account = {"etc/pam.d/common-account": "account required pam_faillock.so\naccount required pam_unix.so\n"}
    files = DebianFiles(tmp_path, edited(lines.replace("=1", "=2"), **account))
    files.carry_out(steps(files.case(), CONTROL))
    assert files.judge(CONTROL).status == "pass", files.judge(CONTROL)
    assert "authfail fail_interval=900" in files.text(AUTH)


def test_root_is_locked_too_where_it_can_log_in(tmp_path: Path) -> None:
    case = DebianFiles(tmp_path).case()
    case.facts["accounts"]["passwords"]["root"] = "usable"
    (context,) = case.facts["sshd"]["contexts"]
    context["users"].append("root")
    context["settings"]["permitrootlogin"] = ["yes"]
    values = steps(case, CONTROL)[-1]["arguments"]["values"]
    assert values == {"unlock_time": "900", "even_deny_root": ""}


class TestRedHat:
    def case(self, tmp_path: Path, authselect: Any) -> Case:
        return DebianFiles(tmp_path).case("redhat", {"lockout": {"authselect": authselect}})

    def test_a_feature_of_authselect(self, tmp_path: Path) -> None:
        (stack, limits) = steps(self.case(tmp_path, {"profile": "sssd", "features": ["with-mkhomedir"]}), CONTROL)
        assert (stack["name"], stack["arguments"]) == ("authselect", {"features": ["with-faillock"]})
        assert limits["path"] == CONFIG

    @pytest.mark.parametrize(
        ("authselect", "reason"),
        [
            (None, "authselect manages no PAM file here"),
            ({"profile": "custom/own", "features": ["with-faillock"]}, "with-faillock is selected, and still sshd"),
        ],
    )
    def test_what_authselect_does_not_do_is_left(self, tmp_path: Path, authselect: Any, reason: str) -> None:
        with pytest.raises(Left, match=reason):
            steps(self.case(tmp_path, authselect), CONTROL)


def test_the_reader_knows_who_looks_after_the_common_files(tmp_path: Path) -> None:
    def managed(name: str, changed: dict[str, str]) -> Any:
        return DebianFiles(tmp_path / name, changed).case().facts["pam"]["managed"]

    assert managed("installed", {}) is True
    assert managed("edited", edited(BY_HAND)) is False
    # Options are no matter to pam-auth-update, nor are lines outside its blocks.
    assert managed("option", edited("auth\t[success=1 default=ignore]\tpam_unix.so\n")) is True
    outside = common("auth", "auth\t[success=1 default=ignore]\tpam_unix.so nullok\n") + "auth optional pam_cap.so\n"
    assert managed("outside", {AUTH: outside}) is True
    assert managed("replaced", {AUTH: "auth required pam_unix.so\n"}) is False


def test_a_host_without_pam_auth_update_has_nobody_to_ask(tmp_path: Path) -> None:
    files = DebianFiles(tmp_path)
    (tmp_path / "usr/sbin/pam-auth-update").unlink()
    assert files.case().facts["pam"]["managed"] is None
