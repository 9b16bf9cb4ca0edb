# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `permissions`: who may read and change the files that accounts and their powers are made of."""

from __future__ import annotations

from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading
from ..sudoers_file import taken
from .sudo import FOLDER, SUDOERS

ACCOUNTS = ("/etc/passwd", "/etc/group", "/etc/shadow", "/etc/gshadow")
NOBODY = 65534
ROOT = "root"


def read(host: Reading, area: Area) -> None:
    """Learn `sudoers`, `accounts`, `homes` and `visudo`.

    sudoers: [{path, mode, uid, gid}] of /etc/sudoers and the files of /etc/sudoers.d that sudo reads; accounts: the
    same of passwd, group, shadow, gshadow and the copies with a "-" that are made of them. mode: octal text.
    homes: [{user, path, mode, uid, gid}] of root and of people's local accounts (from UID_MIN on), where there is one.
    visudo: {ok, said: [file, line and reason of each complaint]}, None without visudo. A folder that can't be listed
    is an error, a file that isn't there is left out.
    """
    door = host.door
    area.learn("sudoers", lambda: standing(door, sudoers_files(door)))
    area.learn("accounts", lambda: standing(door, [path + end for path in ACCOUNTS for end in ("", "-")]))
    area.learn("homes", homes, host)
    area.learn("visudo", visudo, door)


def standing(door: Door, paths: list[str]) -> list[dict[str, Any]]:
    """Return [{path, mode, uid, gid}] of the files that are there."""
    found = []
    for path in paths:
        try:
            status = door.stat(path)
        except Missing:
            continue
        if status.kind == "file":
            found.append({"path": path, "mode": "%04o" % status.mode, "uid": status.uid, "gid": status.gid})
    return found


def sudoers_files(door: Door) -> list[str]:
    """Return the paths of sudoers and of what its folder holds."""
    try:
        names = door.list(FOLDER)
    except Missing:
        names = []
    return [SUDOERS, *("%s/%s" % (FOLDER, name) for name in names if taken(name))]


def homes(host: Reading) -> list[dict[str, Any]]:
    """Return the home folders of root and of people."""
    least = host.fact("accounts", "uid_min")
    found = []
    for user in host.fact("accounts", "users"):
        if user["source"] != "files" or (user["name"] != ROOT and not least <= user["uid"] != NOBODY):
            continue
        try:
            status = host.door.stat(user["home"])
        except Missing:
            continue
        if status.kind == "dir" and user["home"].strip("/"):
            entry = {"user": user["name"], "path": user["home"], "mode": "%04o" % status.mode}
            found.append(dict(entry, uid=status.uid, gid=status.gid))
    return found


def visudo(door: Door) -> dict[str, Any] | None:
    """Return what visudo says of the installed policy."""
    try:
        done = door.run(["visudo", "-c"])
    except Missing:
        return None
    lines = [line.strip() for line in (done.out + "\n" + done.err).split("\n")]
    # A complaint begins with a file's path or the program's name; what it quotes of the file stays here.
    known = (*(path + ":" for path in sudoers_files(door)), "visudo:")
    said = [line for line in lines if line.startswith(known) and not line.endswith(": parsed OK")]
    if done.rc != 0 and not said:
        raise Unreadable("visudo -c exited %d without a reason" % done.rc)
    return {"ok": done.rc == 0, "said": said}
