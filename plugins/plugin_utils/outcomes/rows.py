# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of the outcome tables: what is asked for, and the controls and records that answer it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..catalogue.catalogue import Catalogue
from ..catalogue.frameworks import LEVELS, Requirement

RECOMMENDATION, STATEMENT, REQUIREMENT, LEVEL = "recommendation", "statement", "requirement", "level"


@dataclass(frozen=True, eq=False)
class Row:
    """One row. items: ids of controls and records, sorted. unsure: the ids that may not fit, of `items` or `of`.

    of: what it was mapped through: recommendations of a statement, ids of the ISM of a requirement, requirements of a
    level (<strategy>-ML<n>).
    """

    kind: str
    id: str
    text: str
    items: tuple[str, ...]
    of: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def rows(catalogue: Catalogue) -> tuple[Row, ...]:
    """Return every row of every table, in their order."""
    return (*recommendations(catalogue), *statements(catalogue), *requirements(catalogue), *levels(catalogue))


def recommendations(catalogue: Catalogue) -> Iterator[Row]:
    """Yield a row for each recommendation of the advisory."""
    for id_, recommendation in catalogue.recommendations.items():
        yield Row(RECOMMENDATION, id_, recommendation.requirement, _serving(catalogue, [id_]))


def statements(catalogue: Catalogue) -> Iterator[Row]:
    """Yield a row for each statement; what answers it is what serves its recommendations."""
    for each in catalogue.frameworks.statements:
        of = tuple(reference.id for reference in each.recommendations)
        unsure = tuple(reference.id for reference in each.recommendations if reference.unsure)
        yield Row(STATEMENT, each.id, each.text, _serving(catalogue, of), of, unsure)


def requirements(catalogue: Catalogue) -> Iterator[Row]:
    """Yield a row for each requirement of the Essential Eight."""
    for each in catalogue.frameworks.requirements:
        items = tuple(sorted(reference.id for reference in each.shown_by))
        unsure = tuple(sorted(reference.id for reference in each.shown_by if reference.unsure))
        yield Row(REQUIREMENT, each.id, each.text, items, each.ism, unsure)


def levels(catalogue: Catalogue) -> Iterator[Row]:
    """Yield a row for each maturity level of each strategy, with all that its requirements are shown by."""
    for strategy in catalogue.frameworks.strategies:
        for level in LEVELS:
            asked = required(catalogue, strategy.id, level)
            items = sorted({reference.id for each in asked for reference in each.shown_by})
            unsure = sorted({reference.id for each in asked for reference in each.shown_by if reference.unsure})
            yield Row(
                LEVEL, level_id(strategy.id, level), strategy.name, tuple(items),
                tuple(each.id for each in asked), tuple(unsure),
            )  # fmt: skip


def required(catalogue: Catalogue, strategy: str, level: int) -> tuple[Requirement, ...]:
    """Return what a strategy asks for at a maturity level."""
    asked = catalogue.frameworks.requirements
    return tuple(each for each in asked if strategy in each.strategies and level in each.levels)


def level_id(strategy: str, level: int) -> str:
    """Return the id of a level's row."""
    return "%s-ML%d" % (strategy, level)


def _serving(catalogue: Catalogue, ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({item.id for id_ in ids for item in catalogue.serving(id_)}))
