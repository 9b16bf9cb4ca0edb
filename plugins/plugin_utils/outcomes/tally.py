# SPDX-License-Identifier: GPL-3.0-or-later
"""Adds up findings by row as hosts stream by; technical and attested ones apart, and of a host only numbers stay.

`Index.answers(findings, ...)` takes one host, or what is a customer's own, to what it says of each row. A `Tally`
counts these for one view. A finding is attested where it is on a record, or where its assurance says so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ..catalogue.catalogue import Catalogue
from .rows import Row, rows
from .words import ANSWERED, NOT_ASSESSED, of_finding, together

Words = frozenset[str]
NO_WORDS: Words = frozenset()


@lru_cache(maxsize=4096)
def joined(one: Words, other: Words) -> Words:
    """Return both sets as one. There are few different ones, and each is kept once for all rows of all customers."""
    return one | other


@dataclass(slots=True)
class Side:
    """What one side, technical or attested, says of a row. counts: of how many, by outcome."""

    outcomes: Words = NO_WORDS
    evidence: Words = NO_WORDS
    counts: dict[str, int] = field(default_factory=dict)

    def add(self, outcomes: Words, evidence: Words) -> None:
        """Add what was found, and how well it was seen."""
        self.outcomes = joined(self.outcomes, outcomes)
        self.evidence = joined(self.evidence, evidence)

    def count(self, outcome: str, number: int = 1) -> None:
        """Count an outcome."""
        self.counts[outcome] = self.counts.get(outcome, 0) + number


@dataclass(slots=True)
class Answer:
    """What a host, a customer's own findings or a whole view say of a row.

    Of the technical side hosts are counted, of the attested side findings. left_out: ids that the run could judge and
    did not.
    """

    technical: Side = field(default_factory=Side)
    attested: Side = field(default_factory=Side)
    left_out: Words = NO_WORDS


class Index:
    """Which rows a control or record belongs to.

    own: the controls whose findings are a customer's own and no host's, since they compare hosts. Records are, too.
    """

    def __init__(self, catalogue: Catalogue, own: Collection[str]) -> None:
        self.rows = rows(catalogue)
        self._records = frozenset(catalogue.records)
        self._of: dict[str, list[Row]] = {}
        for row in self.rows:
            for id_ in row.items:
                self._of.setdefault(id_, []).append(row)
        judged = {id_ for id_ in self._of if id_ in self._records or catalogue.controls[id_].judged}
        owned = judged & {*own, *self._records}
        self._expected = {True: sorted(owned), False: sorted(judged - owned)}

    def answers(self, findings: Iterable[Mapping[str, Any]], own: bool) -> dict[Row, Answer]:
        """Return what findings say of each row. own: they are a customer's own; else they are one host's.

        What could have been judged and was not, was left out of the run: not assessed.
        """
        made: dict[Row, Answer] = {}
        seen = set()
        for finding in findings:
            id_, assurance = finding["control"], finding.get("assurance")
            seen.add(id_)
            outcome = of_finding(finding)
            evidence = frozenset({assurance}) if assurance and outcome in ANSWERED else NO_WORDS
            self._add(made, id_, outcome, evidence, id_ in self._records or assurance == "attested")
        for id_ in self._expected[own]:
            if id_ not in seen:
                self._add(made, id_, NOT_ASSESSED, NO_WORDS, id_ in self._records)
                for row in self._of[id_]:
                    made[row].left_out = joined(made[row].left_out, frozenset({id_}))
        return made

    def _add(self, made: dict[Row, Answer], id_: str, outcome: str, evidence: Words, attested: bool) -> None:
        outcomes = frozenset({outcome})
        for row in self._of.get(id_, ()):
            answer = made.get(row) or made.setdefault(row, Answer())
            if attested:
                answer.attested.count(outcome)
            (answer.attested if attested else answer.technical).add(outcomes, evidence)


class Tally:
    """One view's totals. hosts: how many were added."""

    def __init__(self) -> None:
        self.hosts = 0
        self._totals: dict[Row, Answer] = {}
        self._across: dict[str, dict[Row, Words]] = {}

    def add_own(self, customer: str, answers: Mapping[Row, Answer]) -> None:
        """Add what Index.answers made of a customer's own findings, before its hosts: it holds for each of them."""
        self._add(answers)
        self._across[customer] = {
            row: answer.technical.outcomes for row, answer in answers.items() if answer.technical.outcomes
        }

    def add_host(self, customer: str, answers: Mapping[Row, Answer]) -> None:
        """Add what Index.answers made of a host."""
        self.hosts += 1
        self._add(answers)
        across = self._across.get(customer, {})
        for row in {**answers, **across}:
            own = answers[row].technical.outcomes if row in answers else NO_WORDS
            outcomes = joined(own, across.get(row, NO_WORDS))
            if outcomes:
                self._total(row).technical.count(together(outcomes))

    def total(self, row: Row) -> Answer:
        """Return what was added of a row."""
        return self._totals.get(row, Answer())

    def _add(self, answers: Mapping[Row, Answer]) -> None:
        for row, answer in answers.items():
            total = self._total(row)
            total.technical.add(answer.technical.outcomes, answer.technical.evidence)
            total.attested.add(answer.attested.outcomes, answer.attested.evidence)
            total.left_out = joined(total.left_out, answer.left_out)
            for outcome, number in answer.attested.counts.items():
                total.attested.count(outcome, number)

    def _total(self, row: Row) -> Answer:
        return self._totals.get(row) or self._totals.setdefault(row, Answer())
