# SPDX-License-Identifier: GPL-3.0-or-later
"""aide.conf(5) as the AIDE of the host reads it, and whether it does.

The option that names the database is `database_in` since 0.17, and 0.19 knows no `database` any more. RHEL 9 had 0.16
and has 0.19.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..door import Door, Missing, Unreadable
from . import places
from .files import File, Files
from .host import Host

CONFIG = "/etc/bulwark/aide.conf"
SECONDS = 30
#: 0.16 says it on its standard error.
VERSION = re.compile(r"^aide (\d+)\.(\d+)", re.IGNORECASE | re.MULTILINE)
RENAMED = (0, 17)
#: 0.16 opens what it reports to already when it reads of it, and its folder is yet to come.
REPORTS = re.compile(r"^report_url=file:.*$", re.MULTILINE)


def written(arguments: Mapping[str, Any], _files: Files, host: Host) -> dict[str, File]:
    """Return the configuration, for root alone. arguments: {content: the text, as newer ones read it}."""
    content = str(arguments["content"])
    if _version(host.door) < RENAMED:
        content = content.replace("database_in=", "database=", 1)
    return {places.real(CONFIG): File(content.encode(), 0o600)}


def refusals(door: Any) -> Iterator[str]:
    """Yield what AIDE has against the configuration. door: a StagedDoor. Before it is installed, it can't be asked."""
    if Door().which("aide") is None:
        return
    copy = "%s/aide.conf" % door.folder
    try:
        with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(REPORTS.sub("#", door.read(CONFIG)))
        done = door.run(["aide", "--config=" + copy, "--config-check"], SECONDS)
    except Unreadable as problem:
        yield "%s can't be checked: %s" % (CONFIG, problem)
        return
    if done.rc != 0:
        said = [line.strip() for line in (done.err + "\n" + done.out).split("\n") if line.strip()]
        yield "aide refuses it: %s" % (said or ["exit status %d" % done.rc])[0].replace(copy, CONFIG)


def _version(door: Door) -> tuple[int, int]:
    """Return the version of the AIDE that is here; that of today where none is yet."""
    try:
        done = door.run(["aide", "--version"], SECONDS)
    except Missing:
        return RENAMED
    found = VERSION.search(done.out + "\n" + done.err)
    return (int(found[1]), int(found[2])) if found else RENAMED
