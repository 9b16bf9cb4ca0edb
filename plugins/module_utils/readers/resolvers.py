# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `resolvers`: the name servers that run, and whether they log what they are asked."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ..door import Door, Missing
from ..reading import Area, Reading


class Server(NamedTuple):
    """A name server: its units, files and folders of its configuration, and the line that has it log questions."""

    units: tuple[str, ...]
    files: tuple[str, ...]
    folders: tuple[str, ...]
    line: re.Pattern[str]
    wanted: str


SERVERS = {
    "unbound": Server(
        ("unbound.service",), ("/etc/unbound/unbound.conf",), ("/etc/unbound/unbound.conf.d", "/etc/unbound/conf.d"),
        re.compile(r"^\s*log-queries:\s*yes\b", re.MULTILINE), "log-queries: yes",
    ),
    "bind": Server(
        ("named.service", "bind9.service"), ("/etc/named.conf",), ("/etc/bind", "/etc/named"),
        re.compile(r"^\s*(?:querylog\s+yes|category\s+\"?queries\"?\s*\{(?![^}]*\bnull\b))", re.MULTILINE),
        "querylog yes",
    ),
    "dnsmasq": Server(
        ("dnsmasq.service",), ("/etc/dnsmasq.conf",), ("/etc/dnsmasq.d",),
        re.compile(r"^\s*log-queries(?:=\w+)?\s*$", re.MULTILINE), "log-queries",
    ),
    "PowerDNS Recursor": Server(
        ("pdns-recursor.service",), ("/etc/powerdns/recursor.conf", "/etc/pdns-recursor/recursor.conf"),
        ("/etc/powerdns/recursor.d", "/etc/pdns-recursor/recursor.d"),
        re.compile(r"^\s*quiet\s*[=:]\s*(?:no|false)\b", re.MULTILINE), "quiet=no",
    ),
}  # fmt: skip


def read(host: Reading, area: Area) -> None:
    """Learn `servers`: [{name, logs, place, wanted}] of those that run; wanted: the line that they lack or have."""
    active = host.fact("units", "active")
    area.learn(
        "servers",
        lambda: [
            _server(host.door, name, server)
            for name, server in SERVERS.items()
            if any(unit in active for unit in server.units)
        ],
    )


def _server(door: Door, name: str, server: Server) -> dict[str, Any]:
    paths = [*server.files, *(f"{folder}/{one}" for folder in server.folders for one in _listed(door, folder))]
    there = [path for path in paths if _is_file(door, path)]
    logs = any(server.line.search(door.read(path)) for path in there)
    return {"name": name, "logs": logs, "place": server.folders[0], "wanted": server.wanted}


def _listed(door: Door, folder: str) -> list[str]:
    return [name for name in door.names(folder) if "conf" in name]


def _is_file(door: Door, path: str) -> bool:
    try:
        return door.stat(path).kind == "file"
    except Missing:
        return False
