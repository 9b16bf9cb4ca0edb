# SPDX-License-Identifier: GPL-3.0-or-later
"""The texts that say what runs by itself: units of the host's own, crontabs, and the scripts that these call."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .door import Door, Unreadable

UNITS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/run/systemd/transient")
#: Where systemd looks for a unit, those of packages last; of files with one name the first counts.
UNIT_FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
                "/usr/lib/systemd/system", "/lib/systemd/system")  # fmt: skip
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
#: A line that says nothing, in a crontab, a script and a unit. Blanks are never line feeds here: each is passed once.
COMMENT = re.compile(r"^[^\S\n]*#.*", re.MULTILINE)


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


def unit_files(door: Door, unit: str) -> list[str]:
    """Return what a unit is made of: its file, and its drop-ins in the order of their names. Raises Unreadable."""
    files = [path for path in ("%s/%s" % (folder, unit) for folder in UNIT_FOLDERS) if door.exists(path)][:1]
    drop_ins: dict[str, str] = {}
    for folder in ("%s/%s.d" % (one, unit) for one in UNIT_FOLDERS):
        for name in door.names(folder):
            drop_ins.setdefault(name, "%s/%s" % (folder, name))
    return files + [drop_ins[name] for name in sorted(drop_ins) if name.endswith(".conf")]


def texts(door: Door, wanted: Iterable[str] | None = None) -> Iterator[tuple[str, str]]:
    """Yield (path, text) of services and crontabs, and of scripts outside of the system's own folders they name.

    wanted: the paths of services and crontabs to read, all of them without it.
    """
    scripts: dict[str, None] = {}
    for place in places(door) if wanted is None else wanted:
        text = read(door, place)
        yield place, text
        scripts.update(dict.fromkeys(path for path in SCRIPT.findall(text) if not path.startswith(SYSTEM)))
    for path in list(scripts)[:SCRIPTS_LIMIT]:
        text = read(door, path)
        if text.startswith("#!"):
            yield path, text


def commands(text: str) -> str:
    """Return a text with its command lines on a line each, and without comments."""
    return COMMENT.sub("", text.replace("\\\n", " "))


def read(door: Door, path: str) -> str:
    """Return a text; nothing where it isn't one, or lies somewhere that is not there."""
    try:
        return door.read(path, SCRIPT_LIMIT)
    except Unreadable:
        return ""
