# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `profiles`: in whose homes a web browser or mail program has been used, by the folders that they make."""

from __future__ import annotations

from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

#: Folders in a home; below .config each of the second, since homes without .config need no further look.
FOLDERS = (".mozilla", ".thunderbird", ".mutt", "snap/firefox", "snap/chromium", "snap/thunderbird")
CONFIG = ".config"
CONFIGURED = frozenset(
    {"BraveSoftware", "chromium", "evolution", "google-chrome", "microsoft-edge", "mozilla", "mutt", "opera", "vivaldi"}
)


def read(host: Reading, area: Area) -> None:
    """Learn `found`: [{user, path}], and `unreadable`: {user: why a home can't be looked into}. Nothing is opened."""
    area.facts.update(found=[], unreadable={})
    low = host.fact("accounts", "uid_min")
    for user in host.fact("accounts", "users"):
        if user["uid"] == 0 or user["uid"] >= low:
            try:
                area.facts["found"] += [{"user": user["name"], "path": path} for path in profiles(host.door, user)]
            except Unreadable as problem:
                area.facts["unreadable"][user["name"]] = str(problem)


def profiles(door: Door, user: dict[str, Any]) -> list[str]:
    """Return the folders of browsers and mail programs in a home; none where there is no home."""
    home = user["home"].rstrip("/")
    found = ["%s/%s" % (home, folder) for folder in FOLDERS if door.exists("%s/%s" % (home, folder))]
    try:
        names = door.list("%s/%s" % (home, CONFIG))
    except Missing:
        return found
    return found + ["%s/%s/%s" % (home, CONFIG, name) for name in names if name in CONFIGURED]
