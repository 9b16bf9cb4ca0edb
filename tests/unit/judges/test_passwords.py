# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from .host import areas, identities, judge, pam, user

STACK = (
    "password requisite pam_pwquality.so retry=3\npassword required pam_pwhistory.so use_authtok\n"
    "password required pam_unix.so use_authtok yescrypt\n"
)


def passwords(stack: str = STACK, users: list[dict[str, Any]] | None = None, **facts: Any) -> Verdict:
    areas_ = areas(
        [user("ana", password="usable")] if users is None else users,
        facts.pop("sshd", {"kbdinteractiveauthentication": ["no"]}),
        pam={"services": pam({"passwd": stack})},
    )
    areas_["passwords"] = {
        "login_defs": {"ENCRYPT_METHOD": "YESCRYPT"}, "pwquality": {"minlen": "15"}, "pwhistory": {}, "passwdqc": {},
        "pwquality_files": ["/etc/security/pwquality.conf"], **facts,
    }  # fmt: skip
    return judge("lin-aa-password-policy", areas_)


def test_long_new_passwords_and_strong_hashes_pass() -> None:
    assert passwords().status == "pass"


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"pwquality": {}}, ["minlen"]),
        ({"pwquality": {"minlen": "15", "dcredit": "2", "ocredit": "-1"}}, ["minlen"]),
        ({"pwquality": {"minlen": "15", "dictcheck": "0"}}, ["dictcheck"]),
        ({"pwquality": {"minlen": "15", "enforcing": "0"}}, ["enforcing"]),
        ({"pwhistory": {"remember": "2"}}, ["remember"]),
        ({"login_defs": {"ENCRYPT_METHOD": "MD5"}}, ["ENCRYPT_METHOD"]),
        ({"login_defs": {}}, []),
        ({"stack": STACK.replace("yescrypt", "")}, []),
        ({"stack": STACK.replace("yescrypt", ""), "login_defs": {}}, ["ENCRYPT_METHOD"]),
        ({"stack": STACK.replace("yescrypt", "md5")}, ["pam_unix MD5"]),
        ({"stack": STACK.replace("retry=3", "minlen=8")}, ["minlen"]),
        ({"stack": STACK.replace("requisite pam_pwq", "optional pam_pwq")},
         ["quality check: /etc/pam.d/passwd:1 pam_pwquality"]),
        ({"stack": "password required pam_unix.so remember=5 sha512\n"}, ["no quality check"]),
        ({"stack": STACK.replace("pwquality.so", "passwdqc.so min=disabled,24,15,15,15")}, []),
        ({"stack": STACK.replace("pwquality.so", "passwdqc.so")}, ["min"]),
    ],
)  # fmt: skip
def test_what_weakens_passwords(change: dict[str, Any], wrong: list[str]) -> None:
    assert identities(passwords(**change)) == wrong


def test_where_passwords_are_not_used_only_an_empty_one_counts() -> None:
    locked = [user("ana"), user("bob", password="usable", expired=True)]
    with pytest.raises(NotApplicable):
        passwords(users=locked, pwquality={})
    assert passwords(users=locked, pwquality={}, sshd={"passwordauthentication": ["yes"]}).status == "fail"
    assert identities(passwords(users=[user("eve", password="empty")])) == ["eve: empty password"]


def test_numbers_that_are_none_are_unknown() -> None:
    assert passwords(pwquality={"minlen": "long"}).status == "unknown"
