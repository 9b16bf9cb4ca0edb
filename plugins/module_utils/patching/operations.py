# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module does, one function an operation; each returns its answer."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from ..door import Door, Unreadable
from ..readers import running
from ..safeguard import putback
from . import health, keeping, triage, versions

#: An answer holds no more packages than this: a host has a few thousand.
MOST = 20000
KERNELS = ("linux-image-", "kernel-core")


class Asked(NamedTuple):
    """What the module was asked. checks: of the owner, {unit}, {port} or {url} each. seconds: to come to rest."""

    run: str
    checks: Iterable[Mapping[str, Any]]
    flaws: Iterable[str]
    seconds: float
    check: bool


def look(door: Door, asked: Asked) -> dict[str, Any]:
    """Say which of the owner's checks fail before anything is changed, and keep how the host is."""
    packages = versions.installed(door)
    if len(packages) > MOST:
        raise Unreadable("more than %d packages are installed" % MOST)
    wrong = [*_unconfirmed(), *health.ailing(door, asked.checks)]
    answer = {"packages": packages, "wrong": wrong, "kept": keeping.path(asked.run)}
    if not asked.check:
        document = {"run": asked.run, "at": int(time.time()), "packages": packages, "health": health.picture(door)}
        keeping.keep(asked.run, document)
    return {"changed": not asked.check, **answer}


def _unconfirmed() -> Iterator[str]:
    """Yield the change that may be put back at any moment, such as one of harden."""
    pending = putback.load(putback.Home().pending)
    if pending:
        yield "run %s waits for its confirmation" % pending["run"]


def collect(door: Door, asked: Asked) -> dict[str, Any]:
    """Collect what shows an intruder, before it is gone."""
    if asked.check:
        return {"changed": True, "path": triage.path(asked.run)}
    return {"changed": True, **triage.collect(door, asked.run, asked.flaws)}


def compare(door: Door, asked: Asked) -> dict[str, Any]:
    """Say what is not as well as it was, which packages are others than before, and whether they can still be had."""
    before = keeping.kept(asked.run)
    wrong = health.settled(
        lambda: [*health.worse(before["health"], health.picture(door)), *health.ailing(door, asked.checks)],
        asked.seconds,
    )
    differ = versions.differences(before["packages"], versions.installed(door))
    older = {name: version for name, (version, _now) in differ.items() if version is not None}
    return {
        "changed": False,
        "wrong": wrong,
        "differ": differ,
        "offered": versions.offered(door, older),
        "reboot": list(_reboot(door, differ)),
    }


def _reboot(door: Door, differ: Iterable[str]) -> Iterator[str]:
    """Yield what comes into use by a reboot only, in words for a report."""
    flag = running.flag(door)
    if flag is not None:
        named = ": " + ", ".join(flag["packages"]) if flag["packages"] else ""
        yield "the host asks for it (%s%s)" % (running.FLAG, named)
    yield from ("%s came after the boot" % name for name in running.since_boot(door, running.installed(door)))
    yield from ("%s is not running yet" % name for name in differ if name.startswith(KERNELS))


OPERATIONS = {"look": look, "collect": collect, "compare": compare}
