# SPDX-License-Identifier: GPL-3.0-or-later
"""What a backup tool is started with: the repository, the key's file, and what root's environment file says beside."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from ..door import SEARCH, Door, Unreadable
from .refused import Refused

NAME = re.compile("[A-Za-z_][A-Za-z0-9_]*")
#: Decided here, whatever the file says: what is run and what it loads is no matter of a setting.
OURS = frozenset({"PATH", "HOME", "LC_ALL", "LANG", "IFS", "ENV", "BASH_ENV", "PYTHONPATH", "PYTHONHOME"})
HIDDEN = "***"
#: Shorter values of the environment are no secrets, and would be found anywhere.
LEAST_SECRET = 6


def environment(door: Door, backup: Mapping[str, Any], base: str) -> dict[str, str]:
    """Return the environment of a set's tool; `base`: where it may keep what it must. Raises Refused."""
    made = {"PATH": ":".join(SEARCH), "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "HOME": "/root", "TERM": "dumb"}
    key_file = backup.get("key_file")
    if backup["tool"] == "borg":
        made.update(
            BORG_REPO=backup["repository"],
            BORG_BASE_DIR=base,
            BORG_RELOCATED_REPO_ACCESS_IS_OK="yes",
            BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK="yes",
        )
        if key_file:
            made["BORG_PASSCOMMAND"] = "cat %s" % shlex.quote(key_file)
    else:
        made["RESTIC_REPOSITORY"] = backup["repository"]
        if key_file:
            made["RESTIC_PASSWORD_FILE"] = key_file
    if backup.get("environment"):
        found = settings(_text(door, str(backup["environment"])))
        if "RESTIC_REPOSITORY_FILE" in found:
            made.pop("RESTIC_REPOSITORY", None)
        made.update({name: value for name, value in found.items() if _allowed(name)})
    return made


def _allowed(name: str) -> bool:
    return name not in OURS and not name.startswith("LD_")


def _text(door: Door, path: str) -> str:
    """Return the text of a file that root alone may write; what is in it reaches no error."""
    try:
        status = door.stat(path)
        if status.uid != 0 or status.mode & 0o022:
            raise Refused("%s: others than root may write it" % path)
        return door.read(path)
    except Unreadable as reason:
        raise Refused(str(reason)) from None


def settings(text: str) -> dict[str, str]:
    """Return the settings of an environment file as systemd reads it: NAME=value lines, quotes taken off."""
    found = {}
    for line in text.replace("\\\n", "").split("\n"):
        name, equals, value = line.strip().partition("=")
        if not equals or name.startswith(("#", ";")) or not NAME.fullmatch(name.strip()):
            continue
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if "\0" not in value:
            found[name.strip()] = value
    return found


def harmless(text: str, used: Mapping[str, str]) -> str:
    """Return what a tool said without any value that it was given as a secret."""
    for name, value in used.items():
        if len(value) >= LEAST_SECRET and any(word in name.upper() for word in ("PASS", "SECRET", "KEY", "TOKEN")):
            text = text.replace(value, HIDDEN)
    return re.sub(r"//[^/@\s]*:[^/@\s]+@", "//%s@" % HIDDEN, text)
