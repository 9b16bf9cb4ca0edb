# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `watched`: which of the files and folders are there whose changes the kernel's audit is to record."""

from __future__ import annotations

import os

from .. import audit_paths
from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

#: More folders with keys than this would make more rules than a kernel should go through.
KEY_FOLDERS = 500


def read(host: Reading, area: Area) -> None:
    """Learn `machine`, `kinds` and `key_folders`.

    machine: the kernel's name of the architecture (x86_64), "" of a host that is not read live. kinds: {path: file or
    dir} of the paths that are there. key_folders: [{user, path}], folders in which sshd looks for keys, where they are.
    """
    door = host.door
    area.facts["machine"] = door.machine() if door.live else ""
    paths = (*audit_paths.IDENTITY, *audit_paths.MFA, *audit_paths.TAMPER)
    area.learn("kinds", lambda: {path: kind for path in dict.fromkeys(paths) for kind in _kind(door, path)})
    area.learn("key_folders", key_folders, host)


def key_folders(host: Reading) -> list[dict[str, str]]:
    """Return the folders that hold, or may come to hold, files of authorised keys."""
    found: dict[str, str] = {}
    for file in host.fact("keys", "files"):
        folder = os.path.dirname(file["path"])
        if folder not in found and "dir" in _kind(host.door, folder):
            found[folder] = file["user"]
    if len(found) > KEY_FOLDERS:
        raise Unreadable("there are more than %d folders with authorised keys" % KEY_FOLDERS)
    return [{"user": user, "path": path} for path, user in found.items()]


def _kind(door: Door, path: str) -> list[str]:
    try:
        found = door.stat(path).kind
    except Missing:
        return []
    return [found] if found in ("file", "dir") else []
