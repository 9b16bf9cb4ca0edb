# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `packages`: what the package manager has installed."""

from __future__ import annotations

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

DPKG = ["dpkg-query", "--show", "--showformat", "${db:Status-Abbrev}\t${Package}\t${Version}\n"]
#: Without looking at signatures, which takes longer than all else.
RPM = ["rpm", "-qa", "--nodigest", "--nosignature", "--qf", "%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n"]
#: Second letter of dpkg's status: not installed, or only its configuration is left.
GONE = "nc"


def read(host: Reading, area: Area) -> None:
    """Learn `installed`: {package: version}, the last one where several versions of a package are installed.

    Versions are written as the package manager writes them; of rpm as epoch:version-release.
    """
    area.learn("installed", installed, host.door)


def installed(door: Door) -> dict[str, str]:
    """Return the packages of dpkg, or else of rpm."""
    for command, parse in ((DPKG, dpkg), (RPM, rpm)):
        try:
            return parse(door.output(command))
        except Missing:
            continue
    raise Unreadable("neither dpkg nor rpm is here")


def dpkg(text: str) -> dict[str, str]:
    """Return what is installed of the lines that DPKG prints."""
    rows = (line.split("\t") for line in text.split("\n"))
    return {row[1]: row[2] for row in rows if len(row) == 3 and row[0][1:2] not in GONE}


def rpm(text: str) -> dict[str, str]:
    """Return the lines that RPM prints; the keys that rpm keeps among its packages are left out."""
    rows = (line.split("\t") for line in text.split("\n"))
    return {row[0]: row[1].removeprefix("0:") for row in rows if len(row) == 2 and row[0] != "gpg-pubkey"}
