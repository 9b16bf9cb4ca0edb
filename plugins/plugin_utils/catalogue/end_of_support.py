# SPDX-License-Identifier: GPL-3.0-or-later
"""Until when systems and products are supported, from roles/obsolete_accounts/meta/end_of_support.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from .strict_yaml import Entry, read

FILE = Path(__file__).resolve().parents[3] / "roles/obsolete_accounts/meta/end_of_support.yml"


@dataclass(frozen=True)
class Extended:
    """Support beyond the ordinary one, where a host takes one of the archives that match `by`."""

    name: str
    until: date
    by: tuple[str, ...]


@dataclass(frozen=True)
class System:
    """One release. own: {product: versions} that are its own packages, fixed as long as itself."""

    id: str
    name: str
    os: str
    version: str
    until: date
    source: str
    extended: tuple[Extended, ...]
    own: Mapping[str, tuple[str, ...]]
    unsure: bool


@dataclass(frozen=True)
class Product:
    """A runtime or database. branches: {version: its last day, None where none is announced}.

    named: patterns of packages whose name holds the version. packages: names of those whose own version holds it, in so
    many `parts`.
    """

    id: str
    name: str
    source: str
    named: tuple[re.Pattern[str], ...]
    packages: tuple[str, ...]
    parts: int
    branches: Mapping[str, date | None]


@dataclass(frozen=True)
class EndOfSupport:
    """dated: the day on which somebody last looked. foreign: marks in the versions of packages of other makers."""

    dated: date
    sources: tuple[str, ...]
    systems: tuple[System, ...]
    foreign: tuple[str, ...]
    products: tuple[Product, ...]

    def system(self, release: Mapping[str, str]) -> System | None:
        """Return the release that the fields of os-release(5) name, None where it isn't known."""
        version = release.get("version_id", "")
        for wanted in (version, version.partition(".")[0]):
            for system in self.systems:
                if (system.os, system.version) == (release.get("id"), wanted):
                    return system
        return None


@lru_cache(maxsize=2)
def end_of_support(file: Path = FILE) -> EndOfSupport:
    """Return what the file holds; read once a process. Raises CatalogueError."""
    content = read(file)
    made = EndOfSupport(
        content.day("dated"),
        content.texts("sources"),
        tuple(map(_system, content.entries("systems"))),
        content.texts("foreign"),
        tuple(map(_product, content.entries("products"))),
    )
    content.close()
    products = {product.id for product in made.products}
    for system in made.systems:
        for unknown in set(system.own) - products:
            raise content.wrong(system.id, unknown, "there is no such product")
    return made


def _system(entry: Entry) -> System:
    own = entry.entry("own")
    made = System(
        entry.text("id"),
        entry.text("name"),
        entry.text("os"),
        entry.text("version"),
        entry.day("until"),
        entry.text("source"),
        tuple(map(_extended, entry.entries("extended"))),
        {product: own.texts(product) for product in own.names()},
        entry.flag("unsure"),
    )
    entry.close()
    return made


def _extended(entry: Entry) -> Extended:
    made = Extended(entry.text("name"), entry.day("until"), entry.texts("by"))
    entry.close()
    return made


def _product(entry: Entry) -> Product:
    branches = entry.entry("branches").rest()
    for version, last in branches.items():
        if last is not None and (not isinstance(last, date) or isinstance(last, datetime)):
            raise entry.wrong("branches", {version: last}, "it must be a day (YYYY-MM-DD) or null")
    made = Product(
        entry.text("id"), entry.text("name"), entry.text("source"), tuple(map(_compiled(entry), entry.texts("named"))),
        entry.texts("packages"), entry.number("parts"), branches,
    )  # fmt: skip
    entry.close()
    return made


def _compiled(entry: Entry) -> Any:
    def compiled(pattern: str) -> re.Pattern[str]:
        try:
            made = re.compile(pattern)
        except re.error as error:
            raise entry.wrong("named", pattern, f"it must be a regular expression: {error}") from None
        if made.groups != 1:
            raise entry.wrong("named", pattern, "one pair of parentheses must hold the version")
        return made

    return compiled
