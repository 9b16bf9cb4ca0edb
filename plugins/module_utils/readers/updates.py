# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `updates`: what waits to be upgraded, by the lists that the package manager fetched last.

Lists are read as they lie there: asking apt or dnf would cost a second and may write their caches anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..door import Unreadable
from ..pending import apt_lists, apt_pins, dnf_locks, updateinfo, versions
from ..reading import Area, Reading

HELD = "apt-mark hold"
NOTHING = apt_pins.Priority(0, "the priority of its archive")
SECURITY = "security"
#: Of Red Hat's advisories, the worst last.
SEVERITIES = ("", "low", "moderate", "important", "critical")
#: Whose Python doesn't tell: rpm writes the architecture of every package, and this one is never of another.
ARCHITECTURE = ["rpm", "--eval", "%{_arch}"]


def read(host: Reading, area: Area) -> None:
    """Learn `pending`, `holds`, `pins`, `lists` and `advisories`.

    pending: [{package, source, installed, candidate, origin, archive, security: bool, held: bool, by, pin, issued,
    severity}] sorted by package. source: the source package, None with rpm. candidate: what the package manager would
    take, or the newest security update where it takes none. origin, archive: where that comes from. held: a hold, lock
    or pin keeps it away; by: which, None otherwise; pin: its place in `pins`, None where it is none. issued: when the
    first open advisory of it came out (epoch), None where lists don't say so, as those of apt. severity: the worst of
    its open advisories in the vendor's word, None with apt. With rpm only what an advisory speaks of is known.
    holds: [{package (rpm: or a glob pattern), by, file (None: dpkg's own record)}]. pins: [{packages, pin, priority,
    file}] of apt. lists: [{origin, archive, security: bool, at}]; at: when the archive made them (epoch), None where
    unsaid, or where dnf never fetched them. advisories: [{id, severity, cves, packages: [NEVRA], issued}] of rpm that
    are open, None with dpkg.
    """
    if host.fact("packages", "sources") is None:
        _dnf(host, area)
    else:
        _apt(host, area)


def _apt(host: Reading, area: Area) -> None:
    held = host.fact("packages", "held")
    area.facts["holds"] = [{"package": name, "by": HELD, "file": None} for name in held]
    area.facts["advisories"] = None
    pins = area.learn("pins", apt_pins.pins, host.door)
    lists = area.learn("lists", apt_lists.package_lists, host.door)
    if pins is None or lists is None:
        area.unread("pending", "; ".join(error["reason"] for error in area.errors))
        return
    area.learn("pending", _apt_pending, host, lists, pins)
    area.facts["pins"] = [
        {"packages": list(pin.packages), "pin": f"{pin.kind} {pin.value}", "priority": pin.priority, "file": pin.file}
        for pin in pins
    ]
    archives = dict.fromkeys(one.archive for one in lists)
    area.facts["lists"] = [
        {"origin": one.label or one.origin, "archive": one.name or one.suite, "security": one.security, "at": one.at}
        for one in archives
    ]


def _apt_pending(host: Reading, lists: list[apt_lists.PackageList], pins: list[apt_pins.Pin]) -> list[dict[str, Any]]:
    installed: Mapping[str, str] = host.fact("packages", "installed")
    offered = _offered(host, installed, lists)
    release = (host.fact("upgrading", "apt") or {}).get("apt::default-release", [""])[-1]
    policy = apt_pins.Policy(pins, release)
    sources = {
        binary: name.partition("=")[0]
        for name, about in host.fact("packages", "sources").items()
        for binary in about["binaries"]
    }
    held = host.fact("packages", "held")
    found = []
    for package, offers in sorted(offered.items()):
        choice = _choice(package, sources.get(package, package), installed[package], offers, policy)
        if choice is not None:
            by = {"by": HELD, "pin": None} if package in held else {}
            found.append({**choice, "held": bool(by or choice["by"]), **by})
    return found


def _offered(
    host: Reading, installed: Mapping[str, str], lists: list[apt_lists.PackageList]
) -> dict[str, dict[str, list[apt_lists.PackageList]]]:
    """Return {package: {version: lists with it}} of the packages of which there is a newer version than installed."""
    own, foreign = host.fact("packages", "architecture"), host.fact("packages", "foreign")
    keys = {package: versions.deb(version) for package, version in installed.items()}
    native = {name.encode(): name for name in installed if name not in foreign}
    offered: dict[str, dict[str, list[apt_lists.PackageList]]] = {}
    for one in lists:
        names = native
        if one.architecture not in (own, "all", ""):
            names = {name.encode(): name for name, architecture in foreign.items() if architecture == one.architecture}
        for package, version in apt_lists.versions(apt_lists.blocks(host.door, one.path), names) if names else ():
            if version == installed[package] or versions.deb(version) > keys[package]:
                offered.setdefault(package, {}).setdefault(version, []).append(one)
    return {package: offers for package, offers in offered.items() if set(offers) != {installed[package]}}


def _choice(
    package: str,
    source: str,
    installed: str,
    offers: Mapping[str, list[apt_lists.PackageList]],
    policy: apt_pins.Policy,
) -> dict[str, Any] | None:
    """Return what is pending of a package; None where it only waits in an archive that nobody upgrades from."""
    here = policy.of(package, source, installed, offers.get(installed, ()))
    counted = {version: policy.of(package, source, version, lists) for version, lists in offers.items()}
    counted[installed] = max(here, apt_pins.Priority(apt_pins.INSTALLED), key=lambda one: one.value)
    taken = max(counted, key=lambda version: (counted[version].value, versions.deb(version)))
    secure = [
        version
        for version, lists in offers.items()
        if version != installed and any(one.archive.security for one in lists)
    ]
    newest = max(secure, key=versions.deb, default=installed)
    kept = versions.deb(taken) < versions.deb(newest)
    if taken == installed and not kept:
        return None
    candidate = newest if kept else taken
    listed = max(offers[candidate], key=lambda one: (one.archive.security, one.archive.name))
    why = next(one for one in (counted[newest], counted[taken], NOTHING) if one.by) if kept else None
    return {
        "package": package, "source": source, "installed": installed, "candidate": candidate,
        "origin": listed.archive.label or listed.archive.origin, "archive": listed.archive.name or listed.archive.suite,
        "security": bool(secure), "by": why.by if why else None, "issued": None,
        "severity": None, "pin": why.pin if why else None,
    }  # fmt: skip


def _dnf(host: Reading, area: Area) -> None:
    area.facts["pins"] = []
    locks = area.learn("holds", dnf_locks.locks, host.door)
    try:
        found = _advisories(host, area)
    except Unreadable as problem:
        for fact in ("pending", "advisories", "lists"):
            area.unread(fact, str(problem))
        return
    area.facts["advisories"] = [
        {
            "id": one.id, "severity": one.severity.lower(), "cves": list(one.cves), "issued": one.issued,
            "packages": sorted(nevra for _version, nevra in one.packages.values()),
        }
        for one in found if one.kind == SECURITY
    ]  # fmt: skip
    if locks is None:
        area.unread("pending", "whether anything is locked isn't known: %s" % area.errors[-1]["reason"])
    else:
        area.facts["pending"] = _dnf_pending(found, locks, host.fact("packages", "installed"))


def _advisories(host: Reading, area: Area) -> list[updateinfo.Advisory]:
    enabled = host.fact("runtimes", "archives")
    folders = [one for one in updateinfo.cached(host.door) if one[0] in enabled]
    paths = updateinfo.files(host.door, folders)
    if not paths:
        raise Unreadable("dnf has no advisories of an enabled repository in its cache")
    area.facts["lists"] = [
        {"origin": repository, "archive": repository, "security": True, "at": updateinfo.made(host.door, path)}
        for repository, path in paths
    ] + [
        {"origin": repository, "archive": repository, "security": True, "at": None}
        for repository in enabled
        if repository not in dict(folders)
    ]
    architecture = host.door.output(ARCHITECTURE).strip()
    installed = host.fact("packages", "installed")
    return [
        one
        for repository, path in paths
        for one in updateinfo.open_advisories(
            apt_lists.blocks(host.door, path), repository, installed, architecture
        )
    ]  # fmt: skip


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else 0


def _dnf_pending(
    found: list[updateinfo.Advisory], locks: list[dict[str, Any]], installed: Mapping[str, str]
) -> list[dict[str, Any]]:
    pending = []
    for package in sorted({package for one in found for package in one.packages}):
        named = [one for one in found if package in one.packages]
        newest = max(named, key=lambda one: versions.rpm(one.packages[package][0]))
        secure = [one for one in named if one.kind == SECURITY]
        worst = max((one.severity.lower() for one in secure), key=_rank, default=None)
        by = [f"{one['by']} in {one['file']}" for one in locks if fnmatchcase(package, one["package"])]
        pending.append({
            "package": package, "source": None, "installed": installed[package],
            "candidate": newest.packages[package][0], "origin": newest.repository, "archive": newest.repository,
            "security": bool(secure), "held": bool(by), "by": by[0] if by else None, "severity": worst, "pin": None,
            "issued": min((one.issued for one in secure if one.issued is not None), default=None),
        })  # fmt: skip
    return pending
