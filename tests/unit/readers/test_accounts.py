# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.readers import accounts
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

PASSWD = """root:x:0:0:root:/root:/bin/bash
anna:x:1000:1000:S3CRET,,,:/home/anna:
leo:x:1001:1000::/home/leo:/bin/bash
old:$1$S3CRET$S3CRET:1002:1002::/home/old:/bin/bash
open::1003:1003::/home/open:/bin/bash
new:x:1004:1004::/home/new:/bin/bash
broken line
evil:x:minus:0::/:/bin/sh
"""
SHADOW = """root:*:19000:0:99999:7:::
anna:$y$j9T$S3CRET$S3CRET:19000:0:99999:7:::
leo:!$6$S3CRET$S3CRET:19000:0:99999:7::18262:
"""
GROUP = "root:x:0:\nusers:x:1000:\nsudo:x:27:anna,domain-tom\n"
NSS = PASSWD + "domain-tom:*:7000:7000:Tom:/home/tom:/bin/bash\n"


def state(tmp_path: Path, **files: str) -> tuple[dict[str, dict[str, object]], dict[str | None, str]]:
    (tmp_path / "etc").mkdir()
    texts = {"/etc/passwd": PASSWD, "/etc/shadow": SHADOW, "/etc/shells": "# comment\n/bin/bash\n", **files}
    facts, errors = read(tmp_path, "accounts", texts, {"getent passwd": NSS, "getent group": GROUP})
    return {"facts": facts, **{user["name"]: user for user in facts["users"]}}, errors


def test_accounts_of_every_name_service_with_their_groups(tmp_path: Path) -> None:
    known, errors = state(tmp_path)
    assert not errors
    assert set(known) == {"facts", "root", "anna", "leo", "old", "open", "new", "domain-tom"}
    assert known["anna"]["groups"] == ["sudo", "users"]
    assert known["anna"]["shell"] == "/bin/sh", "an empty field means /bin/sh"
    assert known["domain-tom"]["source"] == "nss"
    assert known["facts"]["groups"] == {"root": ["root"], "users": ["anna", "leo"], "sudo": ["anna", "domain-tom"]}
    assert known["facts"]["shells"] == ["/bin/bash"]


def test_account_of_a_directory_that_lists_nobody_is_asked_for_by_name(tmp_path: Path) -> None:
    commands = {
        "getent passwd": PASSWD,
        "getent group": GROUP,
        "getent passwd domain-tom nobody-here": "domain-tom:*:7000:7000:Tom:/home/tom:/bin/bash\n",
        "id -Gn domain-tom": "domain-users sudo\n",
    }
    files = {"/etc/passwd": PASSWD, "/etc/shadow": SHADOW}
    facts, errors = read(tmp_path, "accounts", files, commands, ["anna", "domain-tom", "nobody-here", "-h"])
    found = {user["name"]: user for user in facts["users"]}
    assert not errors
    assert found["domain-tom"]["source"] == "nss"
    assert found["domain-tom"]["groups"] == ["domain-users", "sudo"]
    assert facts["groups"]["sudo"] == ["anna", "domain-tom"]
    assert "nobody-here" not in found


def test_password_states_without_any_hash(tmp_path: Path) -> None:
    known, _errors = state(tmp_path)
    local = ("root", "anna", "leo", "old", "open", "new")
    assert [(name, known[name]["password"], known[name]["hash"]) for name in local] == [
        ("root", "locked", None), ("anna", "usable", "yescrypt"), ("leo", "locked", None),
        ("old", "usable", "md5"), ("open", "empty", None), ("new", "none", None),
    ]  # fmt: skip
    assert "password" not in known["domain-tom"], "what a directory knows is not guessed"
    assert "S3CRET" not in repr(known)


def test_expiry_is_shadows_eighth_field(tmp_path: Path) -> None:
    known, _errors = state(tmp_path)
    assert (known["leo"]["expires"], known["leo"]["expired"]) == ("2020-01-01", True)
    assert (known["anna"]["expires"], known["anna"]["expired"]) == (None, False)


def test_when_a_password_was_changed(tmp_path: Path) -> None:
    shadow = "anna:$6$x$y:19000::::::\nleo:$6$x$y:0::::::\nopen:::::::::\n"
    known, _errors = state(tmp_path, **{"/etc/shadow": shadow})
    assert [known[name]["changed"] for name in ("anna", "leo", "open", "new")] == ["2022-01-08", None, None, None]


def test_of_gecos_only_whether_it_says_anything() -> None:
    texts = ["Anna Ahorn,,,", ",,,", " ,", ""]
    users = accounts.parse_users("".join("u%d:x:1:1:%s:/:\n" % each for each in enumerate(texts)))
    assert [user["described"] for user in users] == [True, False, False, False]
    assert "Ahorn" not in repr(users)


def test_where_the_accounts_of_people_begin(tmp_path: Path) -> None:
    known, _errors = state(tmp_path)
    assert known["facts"]["uid_min"] == 1000, "without login.defs"
    (tmp_path / "etc/login.defs").write_text("# UID_MIN 1\nUID_MIN 500\nUID_MIN\t\t 2000\nUMASK\n")
    facts, _errors = read(tmp_path, "accounts", {}, {"getent passwd": NSS, "getent group": GROUP})
    assert facts["uid_min"] == 2000


def test_without_shadow_the_accounts_are_known_and_their_passwords_are_not(tmp_path: Path) -> None:
    state(tmp_path)
    (tmp_path / "etc/shadow").unlink()
    (tmp_path / "etc/shadow").mkdir()
    facts, errors = read(tmp_path, "accounts", {}, {"getent passwd": NSS, "getent group": GROUP})
    assert "password" not in facts["users"][0]
    assert "/etc/shadow" in errors["passwords"]


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (None, ("none", None)), ("", ("empty", None)), ("!", ("locked", None)), ("*", ("locked", None)),
        ("!!$6$x$y", ("locked", None)), ("$6$x$y", ("usable", "sha512")), ("$2b$12$x", ("usable", "bcrypt")),
        ("$gy$x", ("usable", "gost-yescrypt")), ("$zz$x", ("usable", "other")), ("abcdefghijklm", ("usable", "des")),
        ("NP", ("locked", None)), ("_J9..rasmBYk8r9AiWNc", ("usable", "bsdicrypt")),
    ],
)  # fmt: skip
def test_password_fields(field: str | None, expected: tuple[str, str | None]) -> None:
    assert accounts.password_state(field) == expected


@given(st.text(max_size=300))
def test_any_text_is_parsed_without_a_crash(text: str) -> None:
    users = accounts.parse_users(text)
    accounts.join(users, accounts.parse_groups(text))
    accounts.password_state(text)
    accounts.day(text)


@given(st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), unique=True, max_size=8))
def test_users_come_back_as_written(names: list[str]) -> None:
    text = "".join("%s:x:%d:%d::/home/%s:/bin/sh\n" % (name, uid, uid, name) for uid, name in enumerate(names))
    assert [user["name"] for user in accounts.parse_users(text)] == names
