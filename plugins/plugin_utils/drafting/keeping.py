# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of one customer: which are missing, which fall due, and drafts written beside those that are there."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from ..catalogue.catalogue import Catalogue
from ..judges.records.all import MADE_BY_RUNS, RULES
from ..judges.records.case import RecordCase
from ..records.kinds.all import KINDS
from ..records.records import Records, gather, is_there, paths_of
from ..records.yaml_file import RecordError, text_of
from ..runs.begin import Plan
from . import due
from .record import draft
from .rows import TableError
from .table import table

UNSET = "%s: bulwark_evidence_dir is not set for any of its hosts; name the folder for its records"
SEVERAL = "%s: bulwark_evidence_dir names several folders, %s; it has one"
SHARED = "%s: %s is the bulwark_evidence_dir of %s too; each customer has a folder of its own"


class KeepingError(Exception):
    """Nothing was written; the text says why, one reason a line."""


@dataclass
class Kept:
    """What became of one customer's records.

    written: drafts that were written, or would be. drafts: kinds that wait to be filled in. problems: files that can't
    be used. due: what falls due, by notice.
    """

    customer: str
    folder: Path
    written: list[str] = field(default_factory=list)
    drafts: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    due: Mapping[str, list[due.Due]] = field(default_factory=dict)

    def lines(self, today: date, check: bool) -> Iterator[str]:
        """Yield what to tell of it."""
        made = "would be written" if check else "written"
        yield "%s, %s: %d %s %s, %d to be filled in" % (
            self.customer, self.folder, len(self.written), "draft" if len(self.written) == 1 else "drafts", made,
            len(self.drafts),
        )  # fmt: skip
        yield from ("  can't be used: %s" % problem for problem in self.problems)
        for notice, falls in self.due.items():
            if falls:
                yield "  overdue:" if notice == "overdue" else "  due within %s:" % notice
                yield from ("    %s" % each.told(today) for each in falls)


def folders(plan: Plan) -> tuple[dict[str, Path], list[str]]:
    """Return each customer's folder of records, and why others have none."""
    found: dict[str, Path] = {}
    problems = []
    owners: dict[str, str] = {}
    for customer in sorted(plan.hosts()):
        named = sorted(plan.evidence.get(customer, ()))
        if len(named) != 1:
            problems.append(SEVERAL % (customer, " and ".join(named)) if named else UNSET % customer)
        elif owners.setdefault(named[0], customer) != customer:
            problems.append(SHARED % (customer, named[0], owners[named[0]]))
        elif unreadable := _unreadable(Path(named[0])):
            problems.append("%s: %s" % (customer, unreadable))
        else:
            found[customer] = Path(named[0])
    return found, problems


def _unreadable(folder: Path) -> str:
    """Return why it can't be known what a folder holds; one that is not there yet holds nothing."""
    try:
        is_there(folder)
    except RecordError as error:
        return str(error)
    return ""


def imported(path: Path, kind: str, customer: str, folder: Path, today: date) -> tuple[Path, str]:
    """Return where the draft that a CSV becomes goes, and its text; raises KeepingError, also where one is there."""
    try:
        text = text_of(path)
        if text is None:
            raise KeepingError("bulwark_import: there is no file %s" % path)
        made = table(kind, text, today)
    except RecordError as error:
        raise KeepingError("bulwark_import: %s" % error) from None
    except TableError as error:
        raise KeepingError("\n".join("%s: %s" % (path, line) for line in str(error).split("\n"))) from None
    there = [each for each in paths_of(folder, kind) if os.path.lexists(each)]
    if there:
        raise KeepingError("%s is there and is not written over; move it away, then import again" % there[0])
    return paths_of(folder, kind)[0], draft(kind, customer, _rules(kind), {made.field: made.entries})


def missing(customer: str, folder: Path) -> dict[Path, str]:
    """Return the drafts of all records that are not there, by where they go; what runs make is left to them."""
    return {
        paths_of(folder, kind)[0]: draft(kind, customer, _rules(kind))
        for kind in KINDS
        if kind != MADE_BY_RUNS and not any(map(os.path.lexists, paths_of(folder, kind)))
    }


def looked_at(customer: str, folder: Path, plan: Plan, catalogue: Catalogue, today: date) -> Kept:
    """Return what is there of a customer's records and what falls due, of its waivers too."""
    records = gather(folder, customer, "", KINDS, today) if is_there(folder) else Records()
    registers = {name: list(each.values()) for name, each in plan.registers.get(customer, {}).items()}
    falls = [
        *due.records_due(_cases(customer, records, registers, plan, catalogue, today)),
        *due.waivers_due(registers.get("bulwark_waivers", ()), today),
    ]
    problems = [text for kind, text in records.problems.items() if kind not in records.drafts]
    return Kept(customer, folder, [], sorted(records.drafts), problems, due.by_notice(falls))


def _cases(
    customer: str, records: Records, registers: Mapping[str, Any], plan: Plan, catalogue: Catalogue, today: date
) -> Iterator[RecordCase]:
    looser = {name: threshold.looser for name, threshold in catalogue.thresholds.items()}
    hosts = tuple(sorted(plan.hosts().get(customer, ())))
    keys = dict.fromkeys(target.policy for target in plan.targets if target.customer == customer)
    policies = tuple(plan.policies[key] for key in keys)
    partial = any(place["customer"] == customer for place in plan.not_targeted)
    for kind in records.found:
        yield RecordCase(kind, customer, records, registers, hosts, policies, looser, today, partial=partial)


def _rules(kind: str) -> list[str]:
    return ["%s: %s" % (rule.id, rule.text) for rule in RULES[kind]]
