# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files and folders are there whose changes are to be recorded."""

from __future__ import annotations

from pathlib import Path

from .host import read

FILES = {"/etc/passwd": "", "/etc/pam.d/sshd": "", "/var/log/wtmp": "", "/etc/shells": "/bin/sh\n"}


def test_what_is_there_is_told_with_its_kind(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "watched", FILES, {"getent passwd": "", "getent group": ""})
    assert facts["kinds"] == {"/etc/passwd": "file", "/etc/pam.d": "dir", "/var/log/wtmp": "file"}
    assert facts["machine"] == ""
    assert facts["key_folders"] == []
    assert not errors
