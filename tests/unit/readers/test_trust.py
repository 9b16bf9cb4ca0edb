# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from tests.unit.readers.host import read

PASSWD = "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\nbo:x:1001:1001::/home/bo:/bin/bash\n"
COMMANDS = {"getent passwd": PASSWD, "getent group": ""}


def test_files_that_trust_other_hosts_are_counted_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "home/bo/.shosts").mkdir(parents=True)
    (tmp_path / "root").mkdir()
    (tmp_path / "root/.rhosts").symlink_to("/dev/null")
    files = {"/etc/passwd": PASSWD, "/etc/hosts.equiv": "# none\n", "/home/anna/.rhosts": "web S3CRET\n+ +\n"}
    facts, errors = read(tmp_path, "trust", files, COMMANDS)
    assert not errors
    assert facts["files"] == [
        {"path": "/etc/hosts.equiv", "user": None, "entries": 0},
        {"path": "/home/anna/.rhosts", "user": "anna", "entries": 2},
    ]
    assert facts["unreadable"] == {}


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    files = {"/etc/passwd": PASSWD, "/etc/hosts.equiv": "x" * 2_000_000}
    facts, _errors = read(tmp_path, "trust", files, COMMANDS)
    assert "larger than" in facts["unreadable"]["/etc/hosts.equiv"]
