# SPDX-License-Identifier: GPL-3.0-or-later
"""The remote-access tools that are known, from roles/obsolete_accounts/meta/remote_tools.yml."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from .strict_yaml import Entry, read

FILE = Path(__file__).resolve().parents[3] / "roles/obsolete_accounts/meta/remote_tools.yml"


@dataclass(frozen=True)
class Tool:
    """One tool, and the patterns by which it is told: `paths` are those of its programs that are told by where they
    lie, `ports` are tcp. unsure: its names come from one place only.
    """

    id: str
    name: str
    packages: tuple[str, ...]
    units: tuple[str, ...]
    user_units: tuple[str, ...]
    programs: tuple[str, ...]
    paths: tuple[str, ...]
    ports: tuple[int, ...]
    unsure: bool


@dataclass(frozen=True)
class RemoteTools:
    """dated: the day on which somebody last looked. sources: where."""

    dated: date
    sources: tuple[str, ...]
    tools: tuple[Tool, ...]


@lru_cache(maxsize=2)
def remote_tools(file: Path = FILE) -> RemoteTools:
    """Return what the file holds; read once a process. Raises CatalogueError."""
    content = read(file)
    made = RemoteTools(content.day("dated"), content.texts("sources"), tuple(map(_tool, content.entries("tools"))))
    content.close()
    ids = [tool.id for tool in made.tools]
    for double in {name for name in ids if ids.count(name) > 1}:
        raise content.wrong("tools", double, "an id stands once")
    return made


def _tool(entry: Entry) -> Tool:
    def patterns(key: str) -> tuple[str, ...]:
        return entry.texts(key) if key in entry else ()

    ports = entry.value("ports", [])
    if not isinstance(ports, list) or not all(map(_port, ports)):
        raise entry.wrong("ports", ports, "it must be a list of port numbers")
    programs = entry.texts("programs")
    made = Tool(
        entry.text("id"), entry.text("name"), patterns("packages"), patterns("units"), patterns("user_units"),
        tuple(one for one in programs if "/" not in one), tuple(one for one in programs if "/" in one), tuple(ports),
        entry.flag("unsure"),
    )  # fmt: skip
    entry.close()
    return made


def _port(value: Any) -> bool:
    # True is a number to Python, too.
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 65536
