# SPDX-License-Identifier: GPL-3.0-or-later
"""Which packages of a host are upgraded, and what of it can't be closed by an upgrade. Pure: a state goes in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..evaluators import exploited
from ..evaluators.exploited import Hit
from ..evaluators.facts import Unread
from ..evaluators.package_versions import deb_older
from ..evaluators.verdict import Case

#: bulwark_patch_scope: what is known to be exploited, that and every security update, every update.
KEV, SECURITY, ALL = "kev", "security", "all"
Pending = Mapping[str, Any]
#: Reasons for which there may be more flaws, of which there can be one a package.
SHOWN = 3


@dataclass(frozen=True)
class Upgrade:
    """One package that is upgraded. flaws: the known-exploited ones that this closes."""

    package: str
    installed: str
    candidate: str
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True)
class Choice:
    """What is done to a host.

    left: {a flaw or a package: why no upgrade closes it}. triage: flaws for which intruders are to be looked for
    before. reboot: flaws of the running kernel that a newer one, which is installed already, closes.
    """

    upgrades: tuple[Upgrade, ...] = ()
    left: Mapping[str, str] = field(default_factory=dict)
    triage: tuple[str, ...] = ()
    reboot: tuple[str, ...] = ()

    @property
    def anything(self) -> bool:
        """Say whether there is anything to do."""
        return bool(self.upgrades or self.reboot)


def choose(case: Case, scope: str) -> Choice:
    """Return what is upgraded in a scope; raises Unread where the host's state doesn't tell.

    What is known to be exploited belongs to every scope, but only in `kev` nothing is done where that can't be told.
    """
    pending: list[Pending] = list(case.facts["updates"]["pending"])
    left: dict[str, str] = {}
    hits: list[Hit] = []
    try:
        known = exploited.seen(case)
        hits = known.hits
        if known.unclear:
            left["what else may be exploited"] = "; ".join(known.unclear[:SHOWN])
    except Unread as reason:
        if scope == KEV:
            raise
        left["what is known to be exploited"] = str(reason)
    flaws: dict[str, list[str]] = {}
    reboot = []
    for hit in hits:
        closing = [entry for entry in pending if _of(entry, hit)]
        offered = [entry for entry in closing if _closes(case, entry, hit)]
        if _newer_kernel(case, hit):
            reboot.append(hit.cve)
        elif hit.fixed is None:
            left[_name(hit)] = "there is no fix yet: mitigate it or remove the package"
        elif not offered:
            left[_name(hit)] = "%s closes it, which the lists of this host don't offer" % hit.fixed
        elif all(entry["held"] for entry in offered):
            left[_name(hit)] = "; ".join(sorted("%s is %s" % (entry["package"], _held(entry)) for entry in offered))
        else:
            for entry in offered:
                flaws.setdefault(entry["package"], []).append(hit.cve)
    upgrades = tuple(_upgrades(pending, scope, flaws, left))
    closed = {cve for upgrade in upgrades for cve in upgrade.flaws} | set(reboot)
    triage = tuple(sorted({hit.cve for hit in hits if hit.triage and hit.cve in closed}))
    return Choice(upgrades, left, triage, tuple(reboot))


def _upgrades(
    pending: Iterable[Pending], scope: str, flaws: Mapping[str, list[str]], left: dict[str, str]
) -> Iterator[Upgrade]:
    for entry in sorted(pending, key=lambda entry: str(entry["package"])):
        name = entry["package"]
        if name not in flaws and not (scope == ALL or (scope == SECURITY and entry["security"])):
            continue
        if entry["held"]:
            left.setdefault(name, _held(entry))
            continue
        yield Upgrade(name, entry["installed"], entry["candidate"], tuple(sorted(set(flaws.get(name, ())))))


def _of(entry: Pending, hit: Hit) -> bool:
    """Say whether an update is of the package that has the flaw; a new kernel comes with the package that names it."""
    source = exploited.SIGNED.sub("linux", str(entry.get("source") or ""))
    return entry["package"] in hit.binaries or source == hit.package or entry["package"] == hit.package


def _closes(case: Case, entry: Pending, hit: Hit) -> bool:
    """Say whether the update is new enough.

    Taken to be: packages that are numbered otherwise than their source, and those of rpm, where the fix is one of the
    updates that the repositories offer.
    """
    if hit.fixed is None or case.facts["system"]["family"] == "redhat":
        return hit.fixed is not None
    return entry["installed"] != hit.installed or not deb_older(entry["candidate"], hit.fixed)


def _newer_kernel(case: Case, hit: Hit) -> bool:
    """Say whether the flaw is one of the running kernel, and a kernel without it lies on the disk.

    Debian also replaces a kernel in place: its package is then newer than what runs.
    """
    if hit.fixed is None or not any(map(exploited.IMAGE.match, hit.binaries)):
        return False
    installed: Mapping[str, str] = case.facts["packages"]["installed"]
    kernels = [version for name, version in installed.items() if exploited.IMAGE.match(name)]
    return any(not deb_older(version, hit.fixed) for version in kernels)


def _held(entry: Pending) -> str:
    return "held back on the host by %s" % (entry.get("by") or "its package manager")


def _name(hit: Hit) -> str:
    return "%s in %s %s" % (hit.cve, hit.package, hit.installed)
