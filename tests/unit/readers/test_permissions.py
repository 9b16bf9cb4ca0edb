# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.module_utils.door import Completed
from ansible_collections.bulwark.msp.plugins.module_utils.sudoers_file import include
from hypothesis import given
from hypothesis import strategies as st

from .host import read

PASSWD = "root:x:0:0::/root:/bin/sh\nwww:x:33:33::/var/www:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n"
FILES = {
    "/etc/passwd": PASSWD, "/etc/shadow": "", "/etc/login.defs": "", "/etc/sudoers": "", "/etc/sudoers.d/ann": "",
    "/etc/sudoers.d/ann.bak": "", "/home/ann/x": "", "/var/www/x": "", "/root/x": "",
}  # fmt: skip
COMMANDS = {"getent passwd": PASSWD, "getent group": "root:x:0:\n"}


def test_files_homes_and_what_visudo_says(tmp_path: Path) -> None:
    owners = {"/etc/shadow": {"mode": "0644", "gid": 42}, "/home/ann": {"mode": "0755", "uid": 1000, "gid": 1000}}
    (tmp_path / "owners.json").write_text(json.dumps(owners))
    quoted = "/etc/sudoers.d/ann:1:5: syntax error\nann password=hunter2\n    ^~~\n/etc/sudoers: parsed OK\n"
    facts, errors = read(tmp_path, "permissions", FILES, {**COMMANDS, "visudo -c": Completed(1, "", quoted)})
    assert not errors
    assert [file["path"] for file in facts["sudoers"]] == ["/etc/sudoers", "/etc/sudoers.d/ann"]
    assert {"path": "/etc/shadow", "mode": "0644", "uid": 0, "gid": 42} in facts["accounts"]
    assert [(home["user"], home["mode"]) for home in facts["homes"]] == [("root", "0755"), ("ann", "0755")]
    assert facts["visudo"] == {"ok": False, "said": ["/etc/sudoers.d/ann:1:5: syntax error"]}


def test_without_visudo(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "permissions", FILES, COMMANDS)
    assert facts["visudo"] is None and not errors


def test_includes() -> None:
    assert include("@includedir /etc/sudoers.d") == ("/etc/sudoers.d", True)
    assert include('#include "/etc/with blank"') == ("/etc/with blank", False)
    assert include(r"@include /etc/with\ blank") == ("/etc/with blank", False)
    assert include("# include me") is None
    assert include("kim ALL = ALL") is None


@given(st.text())
def test_any_line(line: str) -> None:
    include(line)
