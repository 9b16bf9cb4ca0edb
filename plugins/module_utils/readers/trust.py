# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `trust`: files by which a host lets others in on another host's word, without a key or password."""

from __future__ import annotations

from ..door import Missing, Unreadable
from ..reading import Area, Reading

HOST_FILES = ("/etc/hosts.equiv", "/etc/ssh/shosts.equiv")
HOME_FILES = (".rhosts", ".shosts")


def read(host: Reading, area: Area) -> None:
    """Learn `files`: [{path, user (None for the whole host), entries: how many}], and `unreadable`: {path: why}."""
    places: dict[str, str | None] = dict.fromkeys(HOST_FILES)
    for user in host.fact("accounts", "users"):
        for name in HOME_FILES:
            places.setdefault("%s/%s" % (user["home"].rstrip("/"), name), user["name"])
    area.facts.update(files=[], unreadable={})
    for path, owner in places.items():
        try:
            # sshd takes regular files only: a folder or a link to /dev/null in the place of one trusts nobody.
            if host.door.stat(path).kind == "file":
                area.facts["files"].append({"path": path, "user": owner, "entries": len(host.door.lines(path))})
        except Missing:
            continue
        except Unreadable as problem:
            area.facts["unreadable"][path] = str(problem)
