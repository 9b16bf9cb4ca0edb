# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `passwords`: what new passwords must satisfy and how they are hashed (modules' arguments stand in `pam`)."""

from __future__ import annotations

from .. import name_values
from ..door import Door, Missing
from ..reading import Area, Reading

FILES = {
    "login_defs": "/etc/login.defs",
    "pwhistory": "/etc/security/pwhistory.conf",
    "passwdqc": "/etc/passwdqc.conf",
}
PWQUALITY = "/etc/security/pwquality.conf"
#: The settings that are judged, of all these files together.
OPTIONS = frozenset(
    {"ENCRYPT_METHOD", "remember", "min", "config", "minlen", "dcredit", "ucredit", "lcredit", "ocredit", "dictcheck"}
    | {"enforcing", "enforce"}
)


def read(host: Reading, area: Area) -> None:
    """Learn `login_defs`, `pwquality`, `pwhistory`, `passwdqc` as {name: value as text}, and `pwquality_files`.

    A file that isn't there is {}. pwquality: merged as libpwquality does, the drop-ins in order first, then the main
    file, later ones winning (pwquality.conf(5)); pwquality_files: those that were there, in that order.
    """
    door = host.door
    for fact, path in FILES.items():
        area.learn(fact, values, door, path)
    files = area.learn("pwquality_files", pwquality_files, door)
    if files is None:
        area.unread("pwquality", area.errors[-1]["reason"])
    else:
        area.learn("pwquality", lambda: {name: text for path in files for name, text in values(door, path).items()})


def values(door: Door, path: str) -> dict[str, str]:
    """Return the settings of one file, none where it doesn't exist."""
    try:
        found = name_values.parse(door.read(path))
    except Missing:
        return {}
    return {name: value for name, value in found.items() if name in OPTIONS}


def pwquality_files(door: Door) -> list[str]:
    """Return libpwquality's configuration files in the order in which it reads them."""
    folder = PWQUALITY + ".d"
    try:
        paths = ["%s/%s" % (folder, name) for name in door.list(folder) if name.endswith(".conf")]
    except Missing:
        paths = []
    return paths + ([PWQUALITY] if door.exists(PWQUALITY) else [])
