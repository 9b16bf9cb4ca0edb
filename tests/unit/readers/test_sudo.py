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


#: As sudo 1.9.13 prints a rule with CWD, SELinux roles, and an alias that isn't there: no braces, no comma.
OLD = """{ "User_Specs": [
        {
            "User_List": [ { "username": "kim" } ],
            "Cmnd_Specs": [
                {
                    "Options": [
                        "runchroot": "/tmp",
                        "runcwd": "*",
                        { "notafter": "20270101000000Z" },
                        { "noexec": true }
                    ],
                    "SELinux_Spec": [
                        "role": "x",
                        "type": "y"
                    ],
                    "Commands": [
                        { "command": "/usr/bin/less /var/log/*" },
                        { "command": "/usr/bin/id \\"\\"", "sha224": "aa" },
                        { "command": "/usr/bin/date" }
                    ]
                }
            ]
        }
        {
            "User_List": [ { "username": "lee" } ],
            "Cmnd_Specs": [ { "Commands": [ ] } ]
        }
    ] }"""


def test_what_sudo_1_9_13_forgets_in_its_json(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "sudo", {"/etc/sudoers": ""}, {**SUDO, AS_JSON: OLD})
    assert not errors
    first, second = facts["rules"]
    assert first["commands"] == ["/usr/bin/less", "/usr/bin/id", "/usr/bin/date"]
    assert [one["arguments"] for one in first["details"]] == ["wildcard", "none", "any"]
    assert [one["digest"] for one in first["details"]] == [False, True, False]
    assert (first["notafter"], first["noexec"], first["setenv"]) == ("20270101000000Z", True, None)
    assert second["commands"] == []


@given(st.text())
def test_mending_any_text_changes_no_json_that_is_whole(text: str) -> None:
    whole = json.dumps({"Commands": [{"command": text}]}, indent=4)
    assert json.loads(sudo.mended(whole)) == json.loads(whole)
    sudo.mended(text)


def commands(*paths: str) -> str:
    spec = {"User_List": [{"username": "kim"}], "Cmnd_Specs": [{"Commands": [{"command": path} for path in paths]}]}
    return json.dumps({"User_Specs": [spec]})


def test_programs_that_others_can_replace(tmp_path: Path) -> None:
    owners = {"/opt/tools": {"mode": "0775", "gid": 100}, "/srv/own": {"uid": 1000}, "/tmp": {"mode": "1777"}}
    (tmp_path / "owners.json").write_text(json.dumps(owners))
    files = dict.fromkeys(["/etc/sudoers", "/opt/tools/report", "/srv/own", "/tmp/mine", "/usr/bin/id"], "")
    said = {**SUDO, AS_JSON: commands(*files, "/opt/tools/*", "/opt/tools/", "/usr/bin/gone", "/tmp/gone", "ALL")}
    (tmp_path / "usr/local").mkdir(parents=True)
    (tmp_path / "usr/local/link").symlink_to("/opt/tools/report")
    said[AS_JSON] = commands(
        *files, "/opt/tools/*", "/opt/tools/", "/usr/bin/gone", "/tmp/gone", "/usr/local/link", "ALL"
    )
    facts, errors = read(tmp_path, "sudo", files, said)
    assert not errors
    assert {path: found["writable"] for path, found in facts["programs"].items() if found["writable"]} == {
        "/opt/tools/report": ["/opt/tools"],
        "/opt/tools/*": ["/opt/tools"],
        "/opt/tools/": ["/opt/tools"],
        "/srv/own": ["/srv/own"],
        "/tmp/gone": ["/tmp"],
        "/usr/local/link": ["/opt/tools"],
    }
    assert facts["programs"]["/usr/local/link"]["real"] == "/opt/tools/report"
    assert facts["programs"]["/usr/bin/gone"]["real"] is None


def test_whether_drop_ins_have_the_last_word(tmp_path: Path) -> None:
    files = {"/etc/sudoers.d/b": "", "/etc/sudoers.d/a.dpkg-old": "", "/etc/sudoers.d/a~": "", "/etc/sudoers.d/a": ""}
    for text, found in {
        "root ALL=ALL\n@includedir /etc/sudoers.d\n# end\n": ["a", "b"],
        "#includedir sudoers.d\nDefaults env_reset\n": ["a", "b"],
        "@includedir /etc/sudoers.d\nkim ALL=ALL\n": None,
        "@includedir /etc/sudoers.d\n@include /etc/sudoers.local\n": None,
        "root ALL=ALL\n": None,
    }.items():
        facts, _errors = read(tmp_path, "sudo", {**files, "/etc/sudoers": text}, {**SUDO, AS_JSON: "{}"})
        assert facts["drop_ins"] == found, text
