# SPDX-License-Identifier: GPL-3.0-or-later
"""What the safeguard asks the host beside files: packages, units, and a door for commands."""

from __future__ import annotations

from typing import Any

from ..door import Door, Missing, Unreadable
from . import putback

SSH_UNITS = ("ssh.service", "sshd.service")
QUERIES = (
    ["dpkg-query", "-W", "-f", "${db:Status-Status} ${Package}\\n"],
    ["rpm", "-qa", "--qf", "installed %{NAME}\\n"],
)
#: States that enabling and disabling do not change.
FIXED = ("static", "indirect", "alias", "transient")
SECONDS = 30


class Host:
    """One host; what is asked twice is read once. `scratch` is a folder for root only, removed by its maker."""

    def __init__(self, door: Door, scratch: str) -> None:
        self.door = door
        self.scratch = scratch
        self._packages: list[str] | None = None

    def packages(self) -> list[str]:
        """Return the names of the installed packages; raises Unreadable where no package manager is known."""
        if self._packages is None:
            for query in QUERIES:
                try:
                    lines = self.door.output(query, SECONDS).split("\n")
                except Missing:
                    continue
                self._packages = sorted({line.split(" ")[1] for line in lines if line.startswith("installed ")})
                break
            else:
                raise Unreadable("neither dpkg nor rpm is here")
        return self._packages

    def installed(self, package: str) -> bool:
        """Say whether a package is installed."""
        return package in self.packages()

    def unit(self, name: str) -> dict[str, Any] | None:
        """Return {active, enabled, masked} of a systemd unit, None where there is none of that name.

        enabled: None where the unit can be neither enabled nor disabled.
        """
        if not putback.has_systemd():
            return None
        shown = self.door.output(["systemctl", "show", name, "-p", "LoadState,ActiveState,UnitFileState"], SECONDS)
        state = dict(line.partition("=")[::2] for line in shown.split("\n"))
        if state.get("LoadState") == "not-found":
            return None
        return {
            "active": state.get("ActiveState") in ("active", "activating", "reloading"),
            "enabled": None if state.get("UnitFileState") in FIXED else self._enabled(name),
            "masked": state.get("LoadState") == "masked" or state.get("UnitFileState") == "masked",
        }

    def _enabled(self, name: str) -> bool:
        # Only this knows about the links of scripts in /etc/init.d.
        said = self.door.run(["systemctl", "is-enabled", name], SECONDS).out.strip()
        return said in ("enabled", "enabled-runtime")

    def service(self, name: str) -> str:
        """Return what a service is called here; "sshd" is ssh.service or sshd.service."""
        if name != "sshd":
            return name if "." in name or name == putback.AUDIT_RULES else name + ".service"
        return next((unit for unit in SSH_UNITS if self.unit(unit)), "ssh.service")

    def serves(self, name: str) -> bool:
        """Say whether there is such a service here; without systemd nobody knows, and there may be."""
        return name == putback.AUDIT_RULES or not putback.has_systemd() or self.unit(name) is not None
