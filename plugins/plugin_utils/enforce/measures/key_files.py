# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the keys of an account belong that it must not change itself: in a file of root's, one for each account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluators.verdict import Case
from ..steps import Step, absent, edit
from .sshd_config import Section, user

PATTERN = "/etc/ssh/authorized_keys.d/%u"


def roots_file(case: Case, name: str) -> str:
    """Return the file of root's that an account's keys belong in: one that sshd takes them from now, or our own."""
    return next(iter(_own_safe(case, name)), PATTERN.replace("%u", name))


def in_roots_file(case: Case, name: str, arguments: Mapping[str, Any]) -> tuple[list[Section], list[Step]]:
    """Return what makes sshd take an account's keys from a file of root's only, and moves them there.

    arguments: what else the edit authorized_keys is to do with them. sshd reads the file as the account, so that it is
    for everybody to read.
    """
    loose = [file for file in case.facts["keys"]["files"] if file["user"] == name and file["writable_by_user"]]
    safe = _own_safe(case, name)
    path = roots_file(case, name)
    moved = [file["path"] for file in loose if file["exists"]]
    steps = [
        edit(path, "authorized_keys", arguments, owner="root", group="root", mode="0644", create="0644", reads=moved),
        *(absent(old) for old in moved),
    ]
    if not loose:
        return [], steps
    pattern = path.replace("%", "%%") if safe else PATTERN
    return [Section(user(name), {"AuthorizedKeysFile": pattern})], steps


def _own_safe(case: Case, name: str) -> list[str]:
    files = case.facts["keys"]["files"]
    shared = {file["path"] for file in files if file["user"] != name}
    return [
        file["path"]
        for file in files
        if file["user"] == name and not file["writable_by_user"] and file["path"] not in shared
    ]
