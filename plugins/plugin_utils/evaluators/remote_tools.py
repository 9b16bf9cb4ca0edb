# SPDX-License-Identifier: GPL-3.0-or-later
"""Which remote-access tools a host has: by package, unit, process or socket."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from ..catalogue.remote_tools import Tool, remote_tools
from ..declared.registers import RemoteTool
from .facts import Unread
from .patterns import matches, one_of
from .verdict import Case

#: The kernel cuts the name of a process here.
NAME_LENGTH = 15


@dataclass(frozen=True)
class Presence:
    """What shows that a tool is there. units: those that are not masked, or run all the same."""

    tool: Tool
    packages: dict[str, str] = field(default_factory=dict)
    units: dict[str, dict[str, Any]] = field(default_factory=dict)
    user_units: list[dict[str, Any]] = field(default_factory=list)
    programs: list[dict[str, Any]] = field(default_factory=list)
    sockets: list[dict[str, Any]] = field(default_factory=list)

    @property
    def live(self) -> bool:
        """Say whether it runs or could be started, rather than only lie on the disk."""
        return bool(self.units or self.user_units or self.programs or self.sockets)

    @property
    def traces(self) -> list[str]:
        """Return what shows it, in words; nothing that changes from one day to the next."""
        return [
            *(f"package {name}" for name in sorted(self.packages)),
            *(f"unit {name}" for name in sorted(self.units)),
            *(f"user unit {one['path']}" for one in self.user_units),
            *sorted({f"process {one['name']}" for one in self.programs}),
            *(f"{one['proto']}/{one['port']}" for one in self.sockets),
        ]


def present(case: Case) -> tuple[list[Presence], list[str]]:
    """Return (the tools that show anywhere, why some places could not be looked at)."""
    unread: list[str] = []

    def fact(area: str, name: str, empty: Any) -> Any:
        try:
            return case.facts[area][name]
        except Unread as reason:
            unread.append(str(reason))
            return empty

    packages, units = fact("packages", "installed", {}), fact("agents", "units", {})
    user_units, programs = fact("agents", "user_units", []), fact("agents", "programs", [])
    listening = fact("sockets", "listening", [])
    found = [
        Presence(
            tool,
            {name: packages[name] for name in filter(one_of(tool.packages).match, packages)},
            {name: unit for name in filter(one_of(tool.units).match, units) for unit in [units[name]]
             if unit["active"] or not unit["masked"]},
            [unit for unit in user_units if one_of(tool.user_units).match(unit["name"])],
            [one for one in programs if runs(one, tool)],
            [one for one in listening if _answers(one, tool)],
        )
        for tool in remote_tools().tools
    ]  # fmt: skip
    return [one for one in found if one.packages or one.live], unread


def approved(case: Case, tool: Tool) -> RemoteTool | None:
    """Return the entry of bulwark_remote_tools for a tool, by its id or name."""
    names = {tool.id, tool.name.lower()}
    return next((one for one in case.registers.remote_tools or () if one.name.lower() in names), None)


def differences(case: Case, presence: Presence, entry: RemoteTool) -> Iterator[str]:
    """Yield how an approved tool differs from its entry; raises Unread where that can't be seen."""
    if entry.version is not None:
        if not presence.packages:
            raise Unread(f"{presence.tool.name}: no package says whether it is version {entry.version}")
        for name, version in sorted(presence.packages.items()):
            if not fnmatchcase(version, entry.version):
                yield f"{name} {version} is not the approved version {entry.version}"
    if entry.server is not None:
        servers = case.facts["agents"]["servers"].get(presence.tool.id, [])
        if not servers:
            raise Unread(f"{presence.tool.name}: whether it talks to {entry.server} can't be seen")
        for one in servers:
            if one["server"] != entry.server.lower():
                yield f"{one['file']}: it talks to {one['server']}, approved is {entry.server}"


def runs(program: dict[str, Any], tool: Tool) -> bool:
    """Say whether a process is one of the tool's, by its name or the path of its program."""
    path = (program["path"] or "").removesuffix(" (deleted)")
    return matches(path, tool.paths) or _named((program["name"], path.rpartition("/")[2]), tool)


def _named(names: Iterable[str], tool: Tool) -> bool:
    """Say whether one of the names is one of the tool's, as the kernel may have cut it."""
    return any(
        matches(name, tool.programs) or (len(name) == NAME_LENGTH and _cut(name, tool)) for name in names if name
    )


def _answers(listener: dict[str, Any], tool: Tool) -> bool:
    if listener["proto"] != "tcp":
        return False
    name = listener["process"]
    return listener["port"] in tool.ports if name is None else _named([name], tool)


def _cut(name: str, tool: Tool) -> bool:
    return any(pattern.startswith(name) for pattern in tool.programs)
