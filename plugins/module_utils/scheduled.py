# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts that say what runs by itself: units of the host's own, crontabs, and the scripts that these call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .door import Door, Unreadable

UNITS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/run/systemd/transient")
CRON = ("/etc/crontab",)
CRON_FOLDERS = (
    "/etc/cron.d", "/etc/cron.hourly", "/etc/cron.daily", "/etc/cron.weekly", "/etc/cron.monthly",
    "/var/spool/cron/crontabs", "/var/spool/cron",
)  # fmt: skip
#: A unit or crontab calls a script, and that may call the tool.
SCRIPT = re.compile(r"(?<![\w./])(/(?:[\w.+@-]+/)*[\w.+@-]+)")
SYSTEM = ("/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/", "/usr/lib/", "/dev/", "/proc/", "/sys/")
SCRIPT_LIMIT = 256 * 1024
SCRIPTS_LIMIT = 200


def places(door: Door) -> Iterator[str]:
    """Yield the paths of services and crontabs."""
    for folder in UNITS:
        for name in door.names(folder):
            if name.endswith(".service"):
                yield "%s/%s" % (folder, name)
            elif name.endswith(".service.d"):
                yield from ("%s/%s/%s" % (folder, name, one) for one in door.names("%s/%s" % (folder, name)))
    yield from CRON
    for folder in CRON_FOLDERS:
        yield from ("%s/%s" % (folder, name) for name in door.names(folder))


def texts(door: Door) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of services and crontabs, and of scripts outside of the system's own folders they name."""
    scripts: dict[str, None] = {}
    for place in places(door):
        text = read(door, place)
        yield place, text
        scripts.update(dict.fromkeys(path for path in SCRIPT.findall(text) if not path.startswith(SYSTEM)))
    for path in list(scripts)[:SCRIPTS_LIMIT]:
        text = read(door, path)
        if text.startswith("#!"):
            yield path, text


def read(door: Door, path: str) -> str:
    """Return a text; nothing where it isn't one, or lies somewhere that is not there."""
    try:
        return door.read(path, SCRIPT_LIMIT)
    except Unreadable:
        return ""
