# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `upgrading`: what updates the host by itself, as apt, dnf and systemd have it."""

from __future__ import annotations

import re
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

#: Of apt's settings, only those that say how packages get in: others may hold the password of a proxy.
SETTINGS = re.compile(
    r"(?:APT::Periodic|Unattended-Upgrade)::(?:Enable|Update-Package-Lists|Unattended-Upgrade|Origins-Pattern|"
    r"Allowed-Origins|Package-Blacklist)(?:::.*)?|APT::Default-Release|(?:.*::)?(?:AllowUnauthenticated|"
    r"AllowInsecureRepositories|AllowDowngradeToInsecureRepositories)",
    re.IGNORECASE,
)
SETTING = re.compile(r'(\S+) "(.*)";')
UNATTENDED = "unattended-upgrade"
TIMERS = (
    "apt-daily.timer", "apt-daily-upgrade.timer", "dnf-automatic.timer", "dnf-automatic-install.timer",
    "dnf5-automatic.timer",
)  # fmt: skip
#: dnf's, and where dnf5 has what it goes by without one.
DNF_AUTOMATIC = (
    "/etc/dnf/automatic.conf", "/etc/dnf/dnf5-plugins/automatic.conf", "/usr/share/dnf5/dnf5-plugins/automatic.conf",
)  # fmt: skip


def read(host: Reading, area: Area) -> None:
    """Learn `apt`, `unattended`, `timers` and `dnf_automatic`.

    apt: {setting in lower case: [values in their order]}, None without apt. unattended: whether unattended-upgrades is
    installed. timers: {name: {active, enabled}} of those of TIMERS that there are. dnf_automatic: {file, upgrade_type,
    apply_updates} as the file says it, None without one.
    """
    area.learn("apt", apt, host.door)
    area.facts["unattended"] = host.door.which(UNATTENDED) is not None
    area.learn("timers", timers, host.door)
    area.learn("dnf_automatic", dnf_automatic, host.door)


def apt(door: Door) -> dict[str, list[str]] | None:
    """Return apt's own view of its settings, from all files of apt.conf.d."""
    try:
        return settings(door.output(["apt-config", "dump"]))
    except Missing:
        return None


def settings(text: str) -> dict[str, list[str]]:
    """Return what `apt-config dump` printed of SETTINGS; of a list the entries, without the empty head of it."""
    found: dict[str, list[str]] = {}
    for line in text.split("\n"):
        one = SETTING.fullmatch(line)
        if one and SETTINGS.fullmatch(one[1].rstrip(":")):
            values = found.setdefault(one[1].rstrip(":").lower(), [])
            if one[2] or not one[1].endswith("::"):
                values.append(one[2])
    return {name: [value for value in values if value] or values[-1:] for name, values in found.items()}


def timers(door: Door) -> dict[str, dict[str, bool]]:
    """Return how systemd has the timers."""
    try:
        return shown(door.output(["systemctl", "show", "--property=Id,LoadState,ActiveState,UnitFileState", *TIMERS]))
    except Missing:
        raise Unreadable("systemd does not run this host") from None


def shown(text: str) -> dict[str, dict[str, bool]]:
    """Return {unit: {active, enabled}} of what `systemctl show` printed; units that aren't there are left out."""
    found = {}
    for block in text.split("\n\n"):
        fields = dict(line.partition("=")[::2] for line in block.split("\n") if "=" in line)
        if fields.get("Id") and fields.get("LoadState") in ("loaded", "masked"):
            found[fields["Id"]] = {
                "active": fields.get("ActiveState") == "active",
                "enabled": fields.get("UnitFileState") in ("enabled", "static", "generated"),
            }
    return found


def dnf_automatic(door: Door) -> dict[str, Any] | None:
    """Return what dnf-automatic does with updates."""
    for path in DNF_AUTOMATIC:
        try:
            said = commands(door.lines(path))
        except Missing:
            continue
        return {"file": path, "upgrade_type": said.get("upgrade_type"), "apply_updates": said.get("apply_updates")}
    return None


def commands(lines: list[str]) -> dict[str, str]:
    """Return the options of the section [commands]."""
    inside, found = "", {}
    for line in lines:
        if line.startswith("[") and line.endswith("]"):
            inside = line[1:-1].strip()
        elif inside == "commands" and "=" in line:
            name, _equals, value = line.partition("=")
            found[name.strip()] = value.strip().lower()
    return found
