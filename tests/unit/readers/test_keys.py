# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.readers import keys
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINmJHa46MZyGSN0wyryVSiXougHPgJoDU/5eu1VhDYDn"
PASSWD = "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\nbo:x:1001:1001::/home/bo:/bin/bash\n"
BASE = "authorizedkeysfile .ssh/authorized_keys /etc/ssh/keys/%u\nauthorizedkeyscommand none\ntrustedusercakeys none\n"
COMMANDS = {"getent passwd": PASSWD, "getent group": "", "sshd -V": "OpenSSH_9.2", "sshd -T": BASE}
FILES = {"/etc/passwd": PASSWD, "/etc/ssh/sshd_config": ""}


def state(tmp_path: Path, files: dict[str, str], settings: str = BASE) -> dict[str, Any]:
    facts, errors = read(tmp_path, "keys", {**FILES, **files}, {**COMMANDS, "sshd -T": settings})
    assert not errors
    return facts


def test_keys_of_every_file_sshd_looks_into(tmp_path: Path) -> None:
    files = {
        "/home/anna/.ssh/authorized_keys": "# mine\n\n%s S3CRET\n" % ED25519,
        "/etc/ssh/keys/anna": "junk\nrestrict %s\n" % ED25519,
    }
    facts = state(tmp_path, files)
    found = [(key["user"], key["path"], key["line"], key["options"]) for key in facts["authorized"]]
    assert found == [
        ("anna", "/home/anna/.ssh/authorized_keys", 3, []),
        ("anna", "/etc/ssh/keys/anna", 2, ["restrict"]),
    ]
    assert [file["path"] for file in facts["files"] if file["user"] == "bo" and not file["exists"]] == [
        "/home/bo/.ssh/authorized_keys", "/etc/ssh/keys/bo",
    ]  # fmt: skip
    assert "S3CRET" not in repr(facts)


def test_a_file_that_is_too_large_costs_its_own_account_only(tmp_path: Path) -> None:
    files = {"/home/anna/.ssh/authorized_keys": "a" * 2_000_000, "/home/bo/.ssh/authorized_keys": ED25519}
    facts = state(tmp_path, files)
    assert [key["user"] for key in facts["authorized"]] == ["bo"]
    assert list(facts["unreadable"]) == ["anna"]
    assert "larger than" in facts["unreadable"]["anna"]


def test_a_thousand_keys_are_enough(tmp_path: Path) -> None:
    facts = state(tmp_path, {"/home/anna/.ssh/authorized_keys": (ED25519 + "\n") * 1001})
    assert "more than 1000 keys" in facts["unreadable"]["anna"]


def test_keys_from_a_command_cannot_be_seen(tmp_path: Path) -> None:
    settings = BASE.replace("command none", "command /usr/bin/sss_ssh_authorizedkeys --token S3CRET")
    facts = state(tmp_path, {}, settings)
    assert (
        facts["unreadable"]["bo"]
        == "AuthorizedKeysCommand /usr/bin/sss_ssh_authorizedkeys gives keys that no file shows"
    )


def test_authorities_are_listed_by_fingerprint(tmp_path: Path) -> None:
    facts = state(
        tmp_path,
        {"/etc/ssh/ca.pub": ED25519},
        BASE.replace("trustedusercakeys none", "trustedusercakeys /etc/ssh/ca.pub"),
    )
    (authority,) = facts["trusted_cas"]
    assert (authority["path"], authority["line"], authority["bits"]) == ("/etc/ssh/ca.pub", 1, 256)


def test_without_a_server_no_key_opens_anything(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "keys", {"/home/anna/.ssh/authorized_keys": ED25519, "/proc/1/cmdline": "init"}, {})
    assert not errors
    assert facts == {"authorized": [], "files": [], "unreadable": {}, "trusted_cas": []}


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files to other accounts")
class TestWhoCanChangeAKeyFile:
    """The file, its folders, and what a link leads through all count."""

    @pytest.fixture
    def host(self, tmp_path: Path) -> Door:
        (tmp_path / "etc/keys").mkdir(parents=True)
        (tmp_path / "etc/keys/anna").write_text(ED25519)
        (tmp_path / "home/anna").mkdir(parents=True)
        os.chown(tmp_path / "home/anna", 1000, 1000)
        for folder in (tmp_path, tmp_path / "etc", tmp_path / "etc/keys", tmp_path / "home"):
            folder.chmod(0o755)
        return Door(str(tmp_path))

    def test_a_file_of_roots_is_out_of_reach(self, host: Door) -> None:
        assert keys.whose(host, "/etc/keys/anna", 1000, {1000}) == {
            "owner_uid": 0,
            "mode": "0644",
            "writable_by_user": False,
        }

    @pytest.mark.parametrize(
        ("mode", "group", "expected"), [(0o664, 27, True), (0o664, 50, False), (0o666, 0, True), (0o644, 27, False)]
    )
    def test_group_and_others(self, host: Door, mode: int, group: int, expected: bool) -> None:
        os.chown(host.place("/etc/keys/anna"), 0, group)
        os.chmod(host.place("/etc/keys/anna"), mode)
        assert keys.whose(host, "/etc/keys/anna", 1000, {1000, 27})["writable_by_user"] is expected

    def test_an_own_folder_lets_the_file_be_replaced(self, host: Door) -> None:
        Path(host.place("/home/anna/keys")).write_text(ED25519)
        assert keys.whose(host, "/home/anna/keys", 1000, {1000})["writable_by_user"] is True

    def test_a_missing_file_can_be_made_where_a_folder_allows_it(self, host: Door) -> None:
        assert keys.whose(host, "/home/anna/.ssh/authorized_keys", 1000, {1000}) == {"writable_by_user": True}
        assert keys.whose(host, "/etc/keys/bo", 1000, {1000}) == {"writable_by_user": False}

    def test_a_link_leads_through_a_folder_of_the_account(self, host: Door) -> None:
        Path(host.place("/home/anna/real")).write_text(ED25519)
        Path(host.place("/etc/keys/linked")).symlink_to("/home/anna/real")
        assert keys.whose(host, "/etc/keys/linked", 1000, {1000})["writable_by_user"] is True

    def test_in_a_sticky_folder_only_what_is_missing_can_be_made(self, host: Door) -> None:
        os.chmod(host.place("/etc/keys"), 0o1777)
        assert keys.whose(host, "/etc/keys/anna", 1000, {1000})["writable_by_user"] is False
        assert keys.whose(host, "/etc/keys/bo", 1000, {1000})["writable_by_user"] is True

    def test_root_can_change_every_file(self, host: Door) -> None:
        assert keys.whose(host, "/etc/keys/anna", 0, {0})["writable_by_user"] is True


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("none", []),
        (".ssh/authorized_keys", ["/home/anna/.ssh/authorized_keys"]),
        ("/k/%u %h/x", ["/k/anna", "/home/anna/x"]),
        ("/k/%U/%%u", ["/k/1000/%u"]),
        ("/k/%x", ["/k/%x"]),
    ],
)
def test_patterns_of_key_files(pattern: str, expected: list[str]) -> None:
    user = {"name": "anna", "uid": 1000, "home": "/home/anna"}
    assert keys.key_files([{"authorizedkeysfile": [pattern]}], user) == expected


@given(st.text(max_size=100))
def test_any_pattern_is_parsed_without_a_crash(pattern: str) -> None:
    keys.key_files([{"authorizedkeysfile": [pattern]}], {"name": "a", "uid": 1, "home": "/"})
