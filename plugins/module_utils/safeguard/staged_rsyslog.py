# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of rsyslog's configuration whose includes name a candidate's files, for rsyslogd to look at."""

from __future__ import annotations

import os
import posixpath
import re
from fnmatch import fnmatchcase
from typing import Any

from ..door import Missing

CONFIG = "/etc/rsyslog.conf"
FOLDER = "/etc/rsyslog.d"
ITSELF = re.compile(r"config validation run")
INCLUDE = re.compile(
    r"^[ \t]*(?:\$IncludeConfig[ \t]+(?P<older>\S+)|include\([^)\n]*file=\"(?P<newer>[^\"]+)\"[^)\n]*\))[^\n]*$",
    re.MULTILINE | re.IGNORECASE,
)


def copy(door: Any, folder: str) -> str:
    """Write the copy and return its path. door: a StagedDoor. Raises Unreadable."""
    text = INCLUDE.sub(lambda found: _named(door, found["older"] or found["newer"]), door.read(CONFIG))
    path = "%s/rsyslog.conf" % folder
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path


def complaints(text: str, folder: str) -> list[str]:
    """Return what rsyslogd printed, as it would be of the files in their places, without what it says of itself."""
    lines = (line.replace("%s/root" % folder, "").partition(" [v")[0].strip() for line in text.split("\n"))
    return [line for line in lines if line and not ITSELF.search(line)]


def _named(door: Any, pattern: str) -> str:
    """Return lines that include, one by one, what a pattern names in the candidate."""
    folder, name = posixpath.split(pattern)
    try:
        names = [one for one in door.list(folder or "/") if fnmatchcase(one, name)]
    except Missing:
        names = []
    return "\n".join("$IncludeConfig %s" % door.place("%s/%s" % (folder, one)) for one in names)
