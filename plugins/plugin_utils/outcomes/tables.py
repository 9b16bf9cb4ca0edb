# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome tables of one view, from its tally: recommendations, statements, and the Essential Eight by level."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..catalogue.catalogue import Catalogue
from ..catalogue.frameworks import LEVELS
from .rows import LEVEL, RECOMMENDATION, REQUIREMENT, STATEMENT, Row, level_id, required
from .tally import Answer, Index, Side, Tally
from .words import ANSWERED, MET, NO_VISIBILITY, NOT_APPLICABLE, NOT_ASSESSED, together, weakest_evidence

#: The family of controls that there are readers and judges for.
READ = "linux"


@dataclass(frozen=True)
class Population:
    """How many hosts a view knows of. targets: those that this run targeted and reached, by family of controls.

    left_out: this run did not target or reach them. unseen: nobody can see them, since the inventory doesn't have them
    or no control is for their platform.
    """

    targets: Mapping[str, int]
    left_out: int = 0
    unseen: int = 0

    def of(self, family: str) -> int:
        """Return how many targets of a family there are."""
        return self.targets.get(family, 0)


@dataclass(frozen=True)
class Told:
    """What one side says of a row.

    counts: of the technical side the number of hosts by outcome, of the attested side that of findings.
    evidence: the weakest that the outcome rests on, None where nothing was seen.
    """

    outcome: str
    counts: Mapping[str, int]
    evidence: str | None

    @property
    def answered(self) -> int:
        """Return of how many something is known."""
        return sum(number for outcome, number in self.counts.items() if outcome in ANSWERED)

    @property
    def population(self) -> int:
        """Return how many there are."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class RowOutcome:
    """One row with its answer. outcome: never better than what either side says, which are never added up.

    A requirement that only what may not fit would meet is not assessed.

    not_yet: ids that nobody judges yet and that matter here. left_out: ids that could be judged and were not in this
    run. unsure: ids that may not fit.
    """

    id: str
    text: str
    outcome: str
    technical: Told | None
    attested: Told | None
    not_yet: tuple[str, ...]
    left_out: tuple[str, ...]
    unsure: tuple[str, ...]


@dataclass(frozen=True)
class LevelOutcome:
    """One maturity level of a strategy. held_back: the requirements that are not met, each with its outcome."""

    level: int
    row: RowOutcome
    held_back: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class StrategyOutcome:
    """One strategy. reached: the highest maturity level that was shown with all levels below, 0 where none was."""

    id: str
    name: str
    reached: int
    levels: tuple[LevelOutcome, ...]


@dataclass(frozen=True)
class Outcomes:
    """The tables of one view."""

    recommendations: tuple[RowOutcome, ...] = ()
    statements: tuple[RowOutcome, ...] = ()
    requirements: tuple[RowOutcome, ...] = ()
    strategies: tuple[StrategyOutcome, ...] = ()


def outcomes(index: Index, tally: Tally, population: Population, catalogue: Catalogue) -> Outcomes:
    """Return the tables."""
    made: dict[str, dict[str, RowOutcome]] = {}
    for row in index.rows:
        made.setdefault(row.kind, {})[row.id] = _row(row, tally.total(row), tally.hosts, population, catalogue)
    by_requirement, by_level = made.get(REQUIREMENT, {}), made.get(LEVEL, {})
    strategies = []
    for strategy in catalogue.frameworks.strategies:
        levels = tuple(
            _level(level, by_level[level_id(strategy.id, level)],
                   [by_requirement[each.id] for each in required(catalogue, strategy.id, level)])
            for level in LEVELS
        )  # fmt: skip
        strategies.append(StrategyOutcome(strategy.id, strategy.name, _reached(levels), levels))
    return Outcomes(
        tuple(made.get(RECOMMENDATION, {}).values()),
        tuple(made.get(STATEMENT, {}).values()),
        tuple(by_requirement.values()),
        tuple(strategies),
    )


def _row(row: Row, total: Answer, read: int, population: Population, catalogue: Catalogue) -> RowOutcome:
    planned = [id_ for id_ in row.items if id_ in catalogue.controls and not catalogue.controls[id_].judged]
    here = [id_ for id_ in planned if population.of(catalogue.controls[id_].family)]
    technical = _technical(row, total, read, population, catalogue)
    attested = None
    if total.attested.outcomes:
        attested = _told(total.attested, total.attested.counts, total.attested.outcomes)
    # With each finding's own outcome, since a side that nobody could see whole may hide that something is in place.
    told = {side.outcome for side in (technical, attested) if side}
    judged = total.technical.outcomes | total.attested.outcomes
    # What nobody judges yet can't be in order; where nothing is judged, all of it is told, wherever it would be.
    missing = here or (row.kind == REQUIREMENT and {*row.items} - {*planned} <= {*row.unsure})
    return RowOutcome(
        row.id, row.text, together([*told, *judged, *([NOT_ASSESSED] if missing else [])]), technical, attested,
        tuple(here if judged else planned or row.items or row.of), tuple(sorted(total.left_out)), row.unsure,
    )  # fmt: skip


def _technical(
    row: Row, total: Answer, read: int, population: Population, catalogue: Catalogue
) -> Told | None:  # fmt: skip
    controls = [catalogue.controls[id_] for id_ in row.items if id_ in catalogue.controls]
    families = {control.family for control in controls}
    if not total.technical.outcomes and not any(population.of(family) for family in families):
        return None
    looked = any(control.judged for control in controls)
    counts = Counter(total.technical.counts)
    # Targets of which there is no usable result; where nothing looks at all, that is why.
    counts[NO_VISIBILITY if looked else NOT_ASSESSED] += population.unseen + (
        max(population.of(READ) - read, 0) if looked else population.of(READ) * (READ in families)
    )
    counts[NOT_ASSESSED] += population.left_out + sum(population.of(each) for each in families - {READ})
    counts = +counts
    return _told(total.technical, counts, {*total.technical.outcomes, *counts})


def _told(side: Side, counts: Mapping[str, int], outcomes: Iterable[str]) -> Told:
    made = Told(together(outcomes), dict(sorted(counts.items())), weakest_evidence(side.evidence))
    # How well a part was seen says nothing of a whole of which nothing is known.
    return made if made.answered or made.outcome in ANSWERED else replace(made, evidence=None)


def _level(level: int, row: RowOutcome, asked: list[RowOutcome]) -> LevelOutcome:
    outcome = together([row.outcome, *(each.outcome for each in asked)])
    held = tuple((each.id, each.outcome) for each in asked if each.outcome not in {*MET, NOT_APPLICABLE})
    not_yet = tuple(dict.fromkeys(id_ for each in asked for id_ in each.not_yet))
    return LevelOutcome(level, replace(row, outcome=outcome, not_yet=not_yet), held)


def _reached(levels: tuple[LevelOutcome, ...]) -> int:
    reached = 0
    for each in levels:
        if each.row.outcome not in MET:
            break
        reached = each.level
    return reached
