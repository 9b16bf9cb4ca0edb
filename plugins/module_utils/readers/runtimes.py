# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `runtimes`: where the system's updates come from, which decides how long it is supported."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

APT = "/etc/apt/sources.list"
APT_FOLDER = "/etc/apt/sources.list.d"
YUM_FOLDER = "/etc/yum.repos.d"
#: What `pro` itself wrote down last; asking it would go out to the network.
PRO = "/var/lib/ubuntu-advantage/status.json"
PRO_TOKEN = "/var/lib/ubuntu-advantage/private/machine-token.json"
#: deb [options] URI suite component ...
DEB = re.compile(r"deb\s+(?:\[[^\]]*\]\s+)?\S+\s+(\S+)")
REPOSITORY = re.compile(r"\s*\[([^\]]+)\]\s*")
OFF = ("0", "no", "false", "off")


def read(host: Reading, area: Area) -> None:
    """Learn `archives` and `pro`.

    archives: the suites that apt takes packages from (such as bookworm-security), or the ids of the enabled
    repositories of yum and dnf; never their addresses, which may hold passwords. pro: None without the client of
    Ubuntu Pro, else {attached: bool, services: [names of the enabled ones]}.
    """
    area.learn("archives", lambda door: sorted({*apt(door), *yum(door)}), host.door)
    area.learn("pro", pro, host.door)


def apt(door: Door) -> Iterator[str]:
    """Yield the suites of apt's sources, in either format."""
    for path in [APT, *(f"{APT_FOLDER}/{name}" for name in _listed(door, APT_FOLDER))]:
        try:
            if path.endswith(".sources"):
                yield from deb822(door.read(path))
            elif path.endswith(".list"):
                yield from (found.group(1) for found in map(DEB.match, door.lines(path)) if found)
        except Missing:
            continue


def deb822(text: str) -> Iterator[str]:
    """Yield the suites of deb822 stanzas that are enabled and hold binary packages."""
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.split("\n"):
            if line.startswith("#"):
                continue
            if line[:1] in (" ", "\t") and name:
                fields[name] += " " + line.strip()
            elif ":" in line:
                name = line.partition(":")[0].strip().lower()
                fields[name] = line.partition(":")[2].strip()
        if "deb" in fields.get("types", "").split() and fields.get("enabled", "yes").lower() not in OFF:
            yield from fields.get("suites", "").split()


def yum(door: Door) -> Iterator[str]:
    """Yield the ids of the enabled repositories."""
    for name in _listed(door, YUM_FOLDER):
        if name.endswith(".repo"):
            yield from repositories(door.lines(f"{YUM_FOLDER}/{name}"))


def repositories(lines: list[str]) -> list[str]:
    """Return the ids of the repositories that a .repo file doesn't switch off."""
    on: dict[str, bool] = {}
    current = ""
    for line in lines:
        section = REPOSITORY.fullmatch(line)
        key, equals, value = (part.strip() for part in line.partition("="))
        if section:
            current = section.group(1)
            on[current] = True
        elif equals and key == "enabled" and current:
            on[current] = value.lower() not in OFF
    return [name for name, enabled in on.items() if enabled]


def pro(door: Door) -> dict[str, Any] | None:
    """Return whether the host is attached to Ubuntu Pro, and what is enabled of it."""
    try:
        text = door.read(PRO)
    except Missing:
        if not door.which("pro"):
            return None
        # Only that it is there: the token is a secret.
        return {"attached": door.exists(PRO_TOKEN), "services": []}
    try:
        status = json.loads(text)
        services = [one["name"] for one in status.get("services", []) if one.get("status") == "enabled"]
        return {"attached": bool(status["attached"]), "services": [str(name) for name in services]}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unreadable(f"{PRO}: not the status of Ubuntu Pro") from None


def _listed(door: Door, folder: str) -> list[str]:
    try:
        return door.list(folder)
    except Missing:
        return []
