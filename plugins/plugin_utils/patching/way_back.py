# SPDX-License-Identifier: GPL-3.0-or-later
"""How the packages of a host are put back to the versions that were there before."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence

#: {package: [version before, version now]}; None where it was not, or is not, there.
Differ = Mapping[str, Sequence[str | None]]


def commands(differ: Differ, debian: bool) -> list[str]:
    """Return the commands, to be run as root on the host; nothing where nothing is another version."""
    older = {name: before for name, (before, _now) in differ.items() if before is not None}
    new = [name for name, (before, _now) in differ.items() if before is None]
    if debian:
        install, remove = ["apt-get", "install", "--allow-downgrades"], ["apt-get", "remove"]
        words = ["%s=%s" % (name, version) for name, version in sorted(older.items())]
    else:
        install, remove = ["dnf", "downgrade"], ["dnf", "remove"]
        words = ["%s-%s" % (name, version.removeprefix("0:")) for name, version in sorted(older.items())]
    told = [[*install, *words]] if words else []
    told += [[*remove, *sorted(new)]] if new else []
    return [shlex.join(command) for command in told]


def caution(offered: Mapping[str, bool] | None) -> str:
    """Return what stands in the way of these commands: versions that the host's sources no longer offer."""
    if offered is None:
        return "whether the archives still have these versions is not known"
    gone = sorted(name for name, there in offered.items() if not there)
    if not gone:
        return ""
    return "the host's sources no longer offer %s: fetch those from an archive of earlier versions first" % some(gone)


def some(names: Iterable[str], most: int = 20) -> str:
    """Return names as a text of bounded length."""
    listed = list(names)
    more = " and %d more" % (len(listed) - most) if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
