# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from tests.unit.readers.host import read

PASSWD = "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna/:/bin/bash\nwww:x:33:33::/var/www:/bin/false\n"


def test_browsers_and_mail_programs_by_their_folders(tmp_path: Path) -> None:
    for folder in ("root/.thunderbird", "home/anna/.config/chromium", "home/anna/.config/mc", "var/www/.mozilla"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "home/anna/.mozilla").mkdir()
    files = {"/etc/passwd": PASSWD, "/etc/shadow": ""}
    facts, errors = read(tmp_path, "profiles", files, {"getent passwd": PASSWD, "getent group": ""})
    assert [(one["user"], one["path"]) for one in facts["found"]] == [
        ("root", "/root/.thunderbird"),
        ("anna", "/home/anna/.mozilla"),
        ("anna", "/home/anna/.config/chromium"),
    ]
    assert (facts["unreadable"], errors) == ({}, {})
