# SPDX-License-Identifier: GPL-3.0-or-later
"""What others ask for, and what of the catalogue answers it: roles/guard/meta/frameworks, one file a framework.

The advisory's own recommendations are no such file: controls and records name in roles/*/meta/advisory.yml which of
them they serve.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from pathlib import Path

from .reference import Reference, references
from .strict_yaml import Entry, read

FOLDER = Path("guard", "meta", "frameworks")
LEVELS = (1, 2, 3)


@dataclass(frozen=True)
class Strategy:
    """One of the Essential Eight."""

    id: str
    name: str


@dataclass(frozen=True)
class Requirement:
    """What a strategy asks for at some of its maturity levels.

    ism: the controls of the ISM that it puts in our words. shown_by: controls and records of ours, none where nothing
    of ours shows it.
    """

    id: str
    strategies: tuple[str, ...]
    levels: tuple[int, ...]
    ism: tuple[str, ...]
    text: str
    shown_by: tuple[Reference, ...]


@dataclass(frozen=True)
class Statement:
    """What readers were told of the advisory, and the recommendations that answer it."""

    id: str
    text: str
    recommendations: tuple[Reference, ...]


@dataclass(frozen=True)
class Frameworks:
    """All of them."""

    statements: tuple[Statement, ...]
    strategies: tuple[Strategy, ...]
    requirements: tuple[Requirement, ...]


def frameworks(roles: Path, recommendations: Container[str], items: Container[str]) -> Frameworks:
    """Return what the files below the directory of roles hold; raises CatalogueError that names file, entry and key.

    items: the ids of all controls and records.
    """
    told, eight = (_open(roles / FOLDER / name) for name in ("statements.yml", "essential_eight.yml"))
    statements = tuple(_statement(entry, recommendations) for entry in told.entries("statements"))
    strategies = tuple(_strategy(entry) for entry in eight.entries("strategies"))
    known = {strategy.id for strategy in strategies}
    requirements = tuple(_requirement(entry, known, items) for entry in eight.entries("requirements"))
    _once(told, "statements", (each.id for each in statements))
    _once(eight, "strategies", (each.id for each in strategies))
    _once(eight, "requirements", (each.id for each in requirements))
    _once(eight, "ism", (id_ for each in requirements for id_ in each.ism))
    told.close()
    eight.close()
    return Frameworks(statements, strategies, requirements)


def _open(file: Path) -> Entry:
    """Return a file whose day and sources were looked at: both have to be there, and nothing else uses them."""
    content = read(file)
    content.day("dated")
    if not content.texts("sources"):
        raise content.wrong("sources", [], "it must say where it was read")
    return content


def _statement(entry: Entry, recommendations: Container[str]) -> Statement:
    made = Statement(entry.text("id"), entry.text("text"), references(entry, "recommendations", recommendations))
    if not made.recommendations:
        raise entry.wrong("recommendations", [], "it must name what answers the statement")
    entry.close()
    return made


def _strategy(entry: Entry) -> Strategy:
    made = Strategy(entry.text("id"), entry.text("name"))
    entry.close()
    return made


def _requirement(entry: Entry, strategies: Container[str], items: Container[str]) -> Requirement:
    levels = entry.value("levels")
    if not isinstance(levels, list) or not levels or not all(level in LEVELS for level in levels):
        raise entry.wrong("levels", levels, "it must be a list of maturity levels, 1 to 3")
    if "shown_by" not in entry:
        raise entry.wrong("shown_by", None, "the key is missing; it is empty where nothing shows the requirement")
    made = Requirement(
        entry.text("id"), entry.texts("strategies"), tuple(levels), entry.texts("ism"), entry.text("text"),
        references(entry, "shown_by", items),
    )  # fmt: skip
    for name in made.strategies:
        if name not in strategies:
            raise entry.wrong("strategies", name, "the file has no such strategy")
    if not made.strategies or not made.ism:
        raise entry.wrong("ism" if made.strategies else "strategies", [], "it must not be empty")
    entry.close()
    return made


def _once(content: Entry, key: str, ids: Iterable[str]) -> None:
    seen: set[str] = set()
    for id_ in ids:
        if id_ in seen:
            raise content.wrong(key, id_, "an id stands once")
        seen.add(id_)
