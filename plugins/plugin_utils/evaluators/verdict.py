# SPDX-License-Identifier: GPL-3.0-or-later
"""What a judge is given and what it answers.

A judge is a pure function `judge(case: Case) -> Verdict`, registered under its control's id. It touches no host, file,
clock or network. It need not handle missing data: a fact that was not read and a register that is not declared end it
as `unknown` with the reason, and `raise NotApplicable(reason)` ends it as `not_applicable`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from ..declared.registers import Registers
from .context import NOTHING, Context
from .facts import Facts

Assurance = Literal["proven", "effective", "configured", "attested"]


class NotApplicable(Exception):
    """The control has nothing to judge on this host; the text says what was looked for and not found."""


class Item(NamedTuple):
    """One thing that is wrong: a stable identity (no ages, no counters) and the text for the reader."""

    identity: str
    text: str


def item(identity: str, text: str | None = None) -> Item:
    """Return an Item whose text is its identity unless another is given."""
    return Item(identity, text if text is not None else identity)


@dataclass(frozen=True)
class Verdict:
    """A judge's answer: `fail` where anything is wrong, else `unknown` where anything was unread, else `stale` where
    anything was seen too long ago, else `pass`.

    expected: one sentence with the thresholds in force. wrong: what breaks it. unread: what could not be seen. aged:
    what was seen too long ago to go by, with its date.
    evidence: what was looked at (commands, files). assurance: how good the look was, never more than the reader gave.
    severity: a lesser one than the catalogue's, where the breach is lesser. cause: id of the control that this
    failure only follows from. remember: what the next run is to know of this host ({key: value}, texts).
    """

    expected: str
    wrong: tuple[Item, ...] = ()
    unread: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    assurance: Assurance = "effective"
    severity: str | None = None
    cause: str | None = None
    aged: tuple[str, ...] = ()
    remember: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> Literal["pass", "fail", "unknown", "stale"]:
        """Return the status that follows from what is wrong, what is unread and what is too old."""
        return "fail" if self.wrong else "unknown" if self.unread else "stale" if self.aged else "pass"

    @property
    def reason(self) -> str:
        """Return why the judgement is neither pass nor fail, nothing where it is."""
        return "" if self.wrong else "; ".join((*self.unread, *self.aged))


def verdict(
    expected: str,
    wrong: Iterable[Item] = (),
    unread: Iterable[str] = (),
    evidence: Iterable[str] = (),
    assurance: Assurance = "effective",
    severity: str | None = None,
    cause: str | None = None,
    aged: Iterable[str] = (),
    remember: Mapping[str, str] = MappingProxyType({}),
) -> Verdict:
    """Return a Verdict from any iterables, doubles removed, order kept."""
    return Verdict(
        expected, tuple(dict.fromkeys(wrong)), tuple(dict.fromkeys(unread)), tuple(dict.fromkeys(evidence)), assurance,
        severity, cause, tuple(dict.fromkeys(aged)), remember,
    )  # fmt: skip


@dataclass(frozen=True)
class Case:
    """What a judge judges: the facts of a host, the policy in force, the registers, the day of the run, the context.

    host: its inventory name, which its own name need not be; empty where there is no inventory.
    """

    facts: Facts
    policy: Mapping[str, Any]
    registers: Registers
    today: date
    context: Context = NOTHING
    host: str = ""


Judge = Callable[[Case], Verdict]


class Judges(dict[str, Judge]):
    """The judges of one section by control id."""

    def of(self, control: str) -> Callable[[Judge], Judge]:
        """Register the decorated function as the judge of `control`."""

        def register(judge: Judge) -> Judge:
            if control in self:
                raise ValueError("%s has two judges" % control)
            self[control] = judge
            return judge

        return register
