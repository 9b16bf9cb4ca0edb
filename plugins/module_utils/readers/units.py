# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `units`: the services and sockets of systemd that run, and those that the next boot starts."""

from __future__ import annotations

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

#: Where links to what a target wants lie; generators put units for init scripts and for OpenVPN there.
WANTED_IN = ("/etc/systemd/system", "/run/systemd/generator", "/run/systemd/generator.late")
WANTS = (".wants", ".requires", ".upholds")


def read(host: Reading, area: Area) -> None:
    """Learn `active` and `enabled`, lists of unit names such as ssh.service."""
    area.learn("active", active, host.door)
    area.learn("enabled", enabled, host.door)


def active(door: Door) -> list[str]:
    """Return the services and sockets that systemd holds active."""
    command = ["systemctl", "list-units", "--type=service,socket", "--state=active", "--plain", "--no-legend", "--full"]
    try:
        return sorted({line.split()[0] for line in door.output(command).splitlines() if line.strip()})
    except Missing:
        raise Unreadable("systemd does not run this host") from None


def enabled(door: Door) -> list[str]:
    """Return the units that some target wants; asking systemd for all unit files would take a quarter of a second."""
    return sorted({
        unit
        for folder in WANTED_IN
        for target in door.names(folder)
        if target.endswith(WANTS)
        for unit in door.names(f"{folder}/{target}")
    })  # fmt: skip
