# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup tool that writes is started with: the same as the reader's, but for where it may keep things."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from ..backups import entry
from ..backups.borg import keys
from ..door import SEARCH, Door, Unreadable
from .refused import Refused

ROOT = "root"
HIDDEN = "***"
#: What names of settings that are secrets hold, and how those end that only say where one lies.
SECRET, PLACES = ("PASS", "SECRET", "KEY", "TOKEN"), ("_FILE", "_DIR", "COMMAND")


def environment(door: Door, backup: Mapping[str, Any], base: str) -> dict[str, str]:
    """Return the environment of a set's tool; `base`: where it may keep what it must. Raises Refused."""
    try:
        given = entry.environment(door, backup.get("environment"))
    except Unreadable as reason:
        raise Refused(str(reason)) from None
    made = {"PATH": ":".join(SEARCH), "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "HOME": "/root", "TERM": "dumb"}
    name = "BORG_REPO" if backup["tool"] == "borg" else "RESTIC_REPOSITORY"
    if not {name, "RESTIC_REPOSITORY_FILE"} & given.keys():
        made[name] = backup["repository"]
    elif _plain(given.get(name, backup["repository"])) != _plain(backup["repository"]):
        raise Refused("%s names another repository than bulwark_backups" % backup["environment"])
    key_file = backup.get("key_file")
    if backup["tool"] == "borg":
        made.update(
            BORG_BASE_DIR=base,
            BORG_KEYS_DIR=keys(given, ROOT),
            BORG_RELOCATED_REPO_ACCESS_IS_OK="yes",
            BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes",
        )
        if key_file:
            made["BORG_PASSCOMMAND"] = "cat %s" % shlex.quote(key_file)
    elif key_file:
        made["RESTIC_PASSWORD_FILE"] = key_file
    return {**given, **made}


def _plain(repository: str) -> str:
    return entry.without_login(repository).rstrip("/")


def harmless(text: str, used: Mapping[str, str]) -> str:
    """Return what a tool said without the secrets that it was given, and without logins in addresses."""
    for name, value in used.items():
        secret = any(word in name for word in SECRET) and not name.endswith(PLACES)
        if secret and len(value) >= entry.LEAST_SECRET:
            text = text.replace(value, HIDDEN)
    return entry.without_login(text)
