# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case

from tests.unit.judges.host import key, user

from .debian_files import DebianFiles, brief, common, steps

CONTROL = "lin-aa-password-policy"
COMMON, PWQUALITY = "etc/pam.d/common-password", "etc/security/pwquality.conf"
BY_HAND = "password\t[success=2 default=ignore]\tpam_unix.so obscure md5 use_authtok\npassword\trequired\tpam_krb5.so\n"
CHECKED = (
    "password\trequisite\tpam_pwquality.so retry=3\npassword\trequisite\tpam_pwhistory.so remember=5 use_authtok\n"
    "password\t[success=1 default=ignore]\tpam_unix.so use_authtok yescrypt\n"
)


def edited(lines: str, **more: str) -> dict[str, str]:
    return {COMMON: common("password", lines), PWQUALITY: "minlen = 15\n", **more}


def with_passwords(case: Case, **states: str) -> Case:
    """Return the case with more accounts: empty or usable passwords, administrators all."""
    for name, state in states.items():
        case.facts["accounts"]["users"].append(user(name, password=state, groups=["sudo"]))
        case.facts["accounts"]["passwords"][name] = state
    return case


def test_debian_as_installed(tmp_path: Path) -> None:
    found = steps(DebianFiles(tmp_path).case(), CONTROL)
    assert brief(found) == [
        ("package", "libpam-pwquality"),
        ("package", "cracklib-runtime"),
        ("program", "pam-auth-update"),
        ("edit", "/etc/security/pwquality.conf"),
        ("file", "/usr/share/pam-configs/bulwark-pwhistory"),
        ("program", "pam-auth-update"),
    ]
    programs = [step["arguments"] for step in found if step["kind"] == "program"]
    assert [arguments["enable"] for arguments in programs] == [["pwquality"], ["bulwark-pwhistory"]]
    # Neither can be tried before the package is there, unless it is known what that brings.
    assert all("pam_pwquality.so" in arguments["coming"]["pwquality"] for arguments in programs)


@pytest.mark.parametrize(
    "changed",
    [
        edited(BY_HAND),
        edited(CHECKED.replace("remember=5", "remember=2").replace("retry=3", "retry=3 minlen=8 dictcheck=0")),
        edited(CHECKED.replace("yescrypt", "md5")),
        edited(CHECKED, **{PWQUALITY: "minlen = 9\ndcredit = 1\nenforcing = 0\n"}),
        edited(CHECKED, **{PWQUALITY: "minlen = 15\n", "etc/login.defs": "ENCRYPT_METHOD MD5 # old\n"}),
        edited(CHECKED.replace("pam_pwquality.so retry=3", "pam_pwquality.so dcredit=2")),
    ],
)
def test_what_is_loose_is_tightened_where_it_stands(tmp_path: Path, changed: dict[str, str]) -> None:
    files = DebianFiles(tmp_path, changed)
    assert files.judge(CONTROL).status == "fail"
    found = steps(files.case(), CONTROL)
    assert {step["kind"] for step in found} <= {"edit", "package"}
    files.carry_out(found)
    assert files.judge(CONTROL).status == "pass", files.text(COMMON)
    assert steps(files.case(), CONTROL) == []


def test_what_is_stricter_stays(tmp_path: Path) -> None:
    lines = CHECKED.replace("remember=5", "remember=24").replace("retry=3", "minlen=20")
    assert steps(DebianFiles(tmp_path, edited(lines)).case(), CONTROL) == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (edited(CHECKED.replace("requisite\tpam_pwq", "optional\tpam_pwq")), "order of the lines is somebody's own"),
        (edited(CHECKED.replace("pwquality.so retry=3", "passwdqc.so")), "set min and enforce in /etc/passwdqc.conf"),
        ({"etc/pam.d/passwd": "password required pam_unix.so\n"}, "passwd does not include /etc/pam.d/common-password"),
    ],
)
def test_what_is_somebody_s_own_is_left(tmp_path: Path, changed: dict[str, str], reason: str) -> None:
    with pytest.raises(Left, match=reason):
        steps(DebianFiles(tmp_path, changed).case(), CONTROL)


def test_an_empty_password_is_locked_and_its_hash_never_shown(tmp_path: Path) -> None:
    case = with_passwords(DebianFiles(tmp_path, edited(CHECKED)).case(), anna="empty")
    (step,) = steps(case, CONTROL)
    assert (step["path"], step["arguments"]) == ("/etc/shadow", {"accounts": ["anna"]})
    assert step["secret"] and step["volatile"]


@pytest.mark.parametrize(
    ("empty", "reason"), [("ana", "ana, by which this run came"), ("bob", "no other administrator")]
)
def test_the_run_s_own_account_and_the_last_administrator_are_left(tmp_path: Path, empty: str, reason: str) -> None:
    files = DebianFiles(tmp_path, edited(CHECKED))

    def host(keys: list[dict[str, Any]]) -> Case:
        case = files.case(replaced={"keys": {"authorized": keys}})
        case.facts["accounts"]["users"][0].update(password="locked")
        case.facts["accounts"]["passwords"]["ana"] = "empty" if empty == "ana" else "locked"
        return with_passwords(case, bob="usable" if empty == "ana" else "empty")

    with pytest.raises(Left, match=reason):
        steps(host([]), CONTROL)
    if empty == "bob":  # a key is a way in as good as a password
        assert brief(steps(host([key("ana")]), CONTROL)) == [("edit", "/etc/shadow")]


def test_where_passwords_open_nothing_only_an_empty_one_is_locked(tmp_path: Path) -> None:
    case = DebianFiles(tmp_path).case()
    case.facts["accounts"]["users"][0]["password"] = "locked"
    case.facts["sshd"]["settings"]["passwordauthentication"] = ["no"]
    case.facts["sshd"]["settings"]["kbdinteractiveauthentication"] = ["no"]
    for context in case.facts["sshd"]["contexts"]:
        context["settings"] = {}
    assert steps(case, CONTROL) == []


class TestRedHat:
    PROFILE = (
        "password requisite pam_pwquality.so local_users_only\npassword sufficient pam_unix.so sha512 use_authtok\n"
    )

    def case(self, tmp_path: Path, lines: str, **options: str) -> Case:
        files = {"etc/pam.d/passwd": "password substack system-auth\n", "etc/pam.d/system-auth": lines}
        selected = {"lockout": {"authselect": {"profile": "sssd", "features": []}}}
        return DebianFiles(tmp_path, {**files, **options}).case("redhat", selected)

    def test_authselect_and_the_files_beside_it(self, tmp_path: Path) -> None:
        found = steps(self.case(tmp_path, self.PROFILE), CONTROL)
        assert brief(found) == [("edit", "/etc/security/pwquality.conf"), ("program", "authselect")]
        assert found[1]["arguments"] == {"features": ["with-pwhistory"]}

    def test_pwhistory_has_a_file_of_its_own(self, tmp_path: Path) -> None:
        lines = self.PROFILE.replace("password suff", "password requisite pam_pwhistory.so use_authtok\npassword suff")
        options = {"etc/security/pwhistory.conf": "remember = 2\n", PWQUALITY: "minlen = 15\n"}
        (step,) = steps(self.case(tmp_path, lines, **options), CONTROL)
        assert (step["path"], step["arguments"]) == ("/etc/security/pwhistory.conf", {"values": {"remember": "5"}})

    def test_a_line_of_authselect_s_is_left(self, tmp_path: Path) -> None:
        with pytest.raises(Left, match="minlen, in a file of authselect"):
            steps(self.case(tmp_path, self.PROFILE.replace("local_users_only", "minlen=8")), CONTROL)
