# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.module_utils.readers import sudo
from hypothesis import given
from hypothesis import strategies as st

from .host import read

POLICY = {
    "Defaults": [
        {"Options": [{"timestamp_timeout": "5"}, {"badpass_message": "hunter2"}]},
        {"Binding": [{"username": "root"}], "Options": [{"authenticate": False}]},
        {"Binding": [{"usergroup": "ops"}, {"username": "bob", "negated": True}], "Options": [{"use_pty": True}]},
    ],
    "User_Specs": [
        {
            "User_List": [{"usergroup": "ops"}],
            "Host_List": [{"hostname": "ALL"}],
            "Cmnd_Specs": [
                {
                    "runasusers": [{"username": "ALL"}],
                    "Options": [{"authenticate": False}, {"setenv": True}],
                    "Commands": [{"command": "/usr/bin/mysql -phunter2"}, {"command": "/bin/sh", "negated": True}],
                },
                {"Commands": [{"command": "ALL"}]},
            ],
        }
    ],
}
TEXT = "Defaults timestamp_timeout=5\nDefaults>root !authenticate\nDefaults:%ops, !bob use_pty\n\n%ops ALL = ALL\n"
AS_JSON = "cvtsudoers -e -f json /etc/sudoers"
AS_TEXT = "cvtsudoers -e -f sudoers -s aliases,privileges /etc/sudoers"
SUDO = {"sudo -V": ""}


def test_rules_and_defaults_with_their_scopes(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "sudo", {}, {**SUDO, AS_JSON: json.dumps(POLICY), AS_TEXT: TEXT})
    assert not errors
    assert [entry["scope"] for entry in facts["defaults"]] == [None, "runas", "user"]
    assert facts["defaults"][0]["options"] == {"timestamp_timeout": "5"}
    assert facts["defaults"][2]["members"] == [
        {"kind": "usergroup", "name": "ops", "negated": False},
        {"kind": "username", "name": "bob", "negated": True},
    ]
    first, second = facts["rules"]
    assert (first["nopasswd"], first["commands"]) == (True, ["/usr/bin/mysql", "!/bin/sh"])
    assert second["nopasswd"] is None
    assert facts["sources"] == ["files"]
    assert "hunter2" not in repr(facts)


def test_without_sudo_nothing_is_asked_and_without_cvtsudoers_the_reason_is_told(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "sudo", {})
    assert (facts, errors) == ({"installed": False}, {})
    facts, errors = read(tmp_path, "sudo", {"/etc/nsswitch.conf": "sudoers: files [SUCCESS=return] sss # x\n"}, SUDO)
    assert facts["sources"] == ["files", "sss"]
    assert "cvtsudoers is not installed" in errors["rules"]


@given(st.text())
def test_scopes_of_any_text(text: str) -> None:
    assert all(scope in (None, "user", "host", "command", "runas") for scope in sudo.scopes(text))
