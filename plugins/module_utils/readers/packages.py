# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `packages`: what the package manager has installed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

FIELDS = ("db:Status-Abbrev", "Package", "Version", "Architecture", "source:Package", "source:Version")
DPKG = ["dpkg-query", "--show", "--showformat", "\t".join("${%s}" % field for field in FIELDS) + "\n"]
#: Without looking at signatures, which takes longer than all else.
RPM = ["rpm", "-qa", "--nodigest", "--nosignature", "--qf", "%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n"]
#: First letter of dpkg's status: not to be upgraded.
HELD = "h"
#: Second letter of dpkg's status: not installed, or only its configuration is left.
GONE = "nc"


def read(host: Reading, area: Area) -> None:
    """Learn `installed`, and of dpkg also `sources`, `held`, `architecture` and `foreign`, which are None of rpm.

    installed: {package: version}, the last one where several versions of a package are installed. Versions are written
    as the package manager writes them; of rpm as epoch:version-release.
    sources: {source package: {"version": source version, "binaries": [names]}}; where packages of several versions of
    it are installed, such as kernels, the further ones stand under "source=version".
    held: names that are not to be upgraded. architecture: the host's own. foreign: {package: architecture} of those
    that are installed of another one only.
    """
    try:
        text = host.door.output(DPKG)
    except Missing:
        if area.learn("installed", of_rpm, host.door) is not None:
            area.facts.update(dict.fromkeys(("sources", "held", "architecture", "foreign")))
    else:
        area.facts.update(dpkg(text))


def of_rpm(door: Door) -> dict[str, str]:
    """Return the packages of rpm."""
    try:
        return rpm(door.output(RPM))
    except Missing:
        raise Unreadable("neither dpkg nor rpm is here") from None


def dpkg(text: str) -> dict[str, Any]:
    """Return the facts of the lines that DPKG prints."""
    rows = [row for row in (line.split("\t") for line in text.split("\n")) if len(row) == len(FIELDS)]
    rows = [row for row in rows if row[0][1:2] not in GONE]
    own = next((row[3] for row in rows if row[1] == "dpkg"), "")
    native = {row[1] for row in rows if row[3] in (own, "all")}
    return {
        "installed": {row[1]: row[2] for row in rows},
        "sources": built_from((row[4], row[5], row[1]) for row in rows),
        "held": sorted({row[1] for row in rows if row[0].startswith(HELD)}),
        "architecture": own,
        "foreign": {row[1]: row[3] for row in rows if row[1] not in native},
    }


def built_from(rows: Iterable[tuple[str, str, str]]) -> dict[str, Any]:
    """Return {source package: ...} of (source package, its version, package)."""
    versions: dict[str, dict[str, dict[str, None]]] = {}
    for source, version, binary in rows:
        versions.setdefault(source, {}).setdefault(version, {})[binary] = None
    return {
        source if number == 0 else "%s=%s" % (source, version): {"version": version, "binaries": list(names)}
        for source, built in versions.items()
        for number, (version, names) in enumerate(built.items())
    }


def rpm(text: str) -> dict[str, str]:
    """Return the lines that RPM prints; the keys that rpm keeps among its packages are left out."""
    rows = (line.split("\t") for line in text.split("\n"))
    return {row[0]: row[1].removeprefix("0:") for row in rows if len(row) == 2 and row[0] != "gpg-pubkey"}
