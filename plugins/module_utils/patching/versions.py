# SPDX-License-Identifier: GPL-3.0-or-later
"""The versions of all packages, and which of them can still be had."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping

from ..door import Door, Missing, Unreadable

SECONDS = 30
DPKG = ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package} ${Architecture} ${Version}\\n"]
RPM = ["rpm", "-qa", "--qf", "%{NAME} %{ARCH} %{EPOCHNUM}:%{VERSION}-%{RELEASE}\\n"]
#: Where apt keeps what it fetched.
ARCHIVES = "/var/cache/apt/archives"


def installed(door: Door) -> dict[str, str]:
    """Return {package: version} as the host's package manager takes them.

    A package of another architecture than the host's is name:arch (dpkg) or name.arch (rpm). One that may be there
    several times, such as a kernel of RHEL, is named with its version: each of them is a package of its own.
    """
    try:
        return of_dpkg(door.output(DPKG, SECONDS), door.output(["dpkg", "--print-architecture"], SECONDS).strip())
    except Missing:
        pass
    try:
        return of_rpm(door.output(RPM, SECONDS))
    except Missing:
        raise Unreadable("neither dpkg nor rpm is here") from None


def of_dpkg(text: str, native: str) -> dict[str, str]:
    """Return the packages that dpkg-query printed as installed."""
    found = {}
    for line in text.split("\n"):
        status, _space, rest = line.partition(" ")
        fields = rest.split(" ")
        if status == "installed" and len(fields) == 3:
            name, architecture, version = fields
            found[name if architecture in (native, "all") else "%s:%s" % (name, architecture)] = version
    return found


def of_rpm(text: str) -> dict[str, str]:
    """Return the packages that rpm printed."""
    lines = [fields for fields in (line.split(" ") for line in text.split("\n")) if len(fields) == 3]
    several = {name for name, count in Counter((name, arch) for name, arch, _version in lines).items() if count > 1}
    named = Counter(name for name, _arch in {(name, arch) for name, arch, _version in lines})
    found = {}
    for name, arch, version in lines:
        if (name, arch) in several:
            found["%s-%s.%s" % (name, version.partition(":")[2], arch)] = version
        else:
            found["%s.%s" % (name, arch) if named[name] > 1 else name] = version
    return found


def differences(before: Mapping[str, str], after: Mapping[str, str]) -> dict[str, list[str | None]]:
    """Return {package: [version before, version after]} of those that differ; None where there was or is none."""
    names = sorted({*before, *after})
    return {name: [before.get(name), after.get(name)] for name in names if before.get(name) != after.get(name)}


def offered(door: Door, wanted: Mapping[str, str]) -> dict[str, bool] | None:
    """Return for each of {package: version} whether it can be had now, None where that can't be told.

    Of apt's lists and what it keeps of earlier downloads; dnf would have to load all of its metadata for that.
    """
    if not wanted or door.which("apt-cache") is None:
        return None
    try:
        listed = of_madison(door.output(["apt-cache", "madison", *wanted], SECONDS))
        kept = _kept(door.list(ARCHIVES))
    except Unreadable:
        return None
    known = {*listed, *kept}
    return {name: (name.partition(":")[0], version) in known for name, version in wanted.items()}


def of_madison(text: str) -> set[tuple[str, str]]:
    """Return the (package, version) that `apt-cache madison` printed."""
    fields = ([field.strip() for field in line.split("|")] for line in text.split("\n"))
    return {(each[0], each[1]) for each in fields if len(each) >= 3}


def _kept(names: Iterable[str]) -> set[tuple[str, str]]:
    parts = (os.path.splitext(name)[0].split("_") for name in names if name.endswith(".deb"))
    return {(each[0], each[1].replace("%3a", ":")) for each in parts if len(each) == 3}
