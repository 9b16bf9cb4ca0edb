# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies of sudoers files name each other's copies."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.staged_sudoers import SudoersCopies


def copied(tmp_path: Path, files: dict[str, str]) -> str:
    """Return all that sudo would read of the copies, in its order."""
    root = tmp_path / "root"
    for path, text in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    return _read(Path(SudoersCopies(Door(str(root)), str(tmp_path / "copies")).copy("/etc/sudoers")))


def _read(path: Path) -> str:
    lines = []
    for line in path.read_text().split("\n"):
        word, _blank, target = line.partition(" ")
        if word == "@include":
            lines.append(_read(Path(target)))
        elif word == "@includedir":
            lines += [_read(each) for each in sorted(Path(target).iterdir()) if each.is_file()]
        else:
            lines.append(line)
    return " ".join(filter(None, lines))


def test_files_and_folders(tmp_path: Path) -> None:
    files = {
        "/etc/sudoers": "one\n@include sudoers.local\n#includedir /etc/sudoers.d\n@includedir /etc/none\nlast\n",
        "/etc/sudoers.local": "two\n",
        "/etc/sudoers.d/a": "three\n@include /etc/four\n",
        "/etc/sudoers.d/b.bak": "no\n",
        "/etc/sudoers.d/z": "five",
        "/etc/four": "four\n",
    }
    assert copied(tmp_path, files) == "one two three four five last"


def test_a_circle_and_an_escape_are_told(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="go deeper"):
        copied(tmp_path, {"/etc/sudoers": "@include /etc/sudoers\n"})
    with pytest.raises(Unreadable, match="is not known"):
        copied(tmp_path, {"/etc/sudoers": "@include /etc/sudoers.%h\n"})
