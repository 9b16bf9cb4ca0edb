# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a run: hosts that left no result get one, run.json is completed, the reasons to fail are named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ..catalogue.catalogue import Catalogue
from ..declared.declared import Declaration, declare
from ..declared.selection import selected
from ..judges.all import JUDGES
from ..results import Run
from ..text import clean
from .context import context
from .finding import SEVERITIES, Subject
from .judging import unread_host

FLEET_SCHEMA = "bulwark/fleet/1"
NO_RESULT = "the host left no result in this run"


@dataclass
class HostTotals:
    """One host in a few numbers, so that a fleet of any size is summed up without keeping its findings."""

    host: str
    customer: str
    platform: str
    status: Counter[str] = field(default_factory=Counter)
    failing: Counter[str] = field(default_factory=Counter)
    seconds: float | None = None
    problem: str | None = None

    @property
    def read(self) -> bool:
        """Say whether the host was read at all, with or without all its power."""
        return self.seconds is not None


def totals(document: Mapping[str, Any]) -> HostTotals:
    """Return the totals of a host's result; failures that only follow from another are not counted."""
    host = HostTotals(
        document["host"],
        document["customer"],
        document["platform"]["system"],
        seconds=document["seconds"],
        problem=next((error["reason"] for error in document["errors"] if error["area"] is None), None),
    )
    for finding in document["findings"]:
        host.status[finding["status"]] += 1
        if finding["status"] == "fail" and "caused_by" not in finding:
            host.failing[finding["effective_severity"]] += 1
    return host


def fill_gaps(
    run: Run,
    declared_of: Callable[[str], Declaration | None],
    catalogue: Catalogue,
    day: date,
    at: str,
    not_reached: Collection[str] = (),
) -> list[str]:
    """Write an all-unknown result for each targeted host that left none; return their names.

    `declared_of(host)` gives what is declared for it now, None where that can't be had any more. not_reached: hosts
    that the run did not come to, of which it has nothing to say.
    """
    about = run.read()
    missing = []
    for target in about["targeted"]:
        host, customer, other = target["host"], target["customer"], target["other_platform"]
        if run.host_file(customer, host).exists() or (host in not_reached and not other):
            continue
        declaration = declared_of(host)
        if declaration is None or declaration.registers.customer != customer:
            declaration = declare({"bulwark_customer": customer}, catalogue, day)
        reason = "no judge for this platform yet (%s)" % other if other else NO_RESULT
        platform = {"system": other, "family": "other", "version": ""} if other else None
        subject = Subject(host, declaration, lambda _: False)
        controls = selected(declaration.policy, catalogue, JUDGES)
        earlier = context(run, subject, controls, catalogue).earlier
        run.write_host(unread_host(reason, subject, controls, catalogue, about, at, platform, earlier))
        missing.append(host)
    return missing


def without_result(run: Run, about: Mapping[str, Any]) -> list[str]:
    """Return the targeted Linux hosts that left no result in a run."""
    return [
        target["host"]
        for target in about["targeted"]
        if not target["other_platform"] and not run.host_file(target["customer"], target["host"]).exists()
    ]


def complete(
    run: Run, hosts: list[HostTotals], reasons: list[str], at: str, findings: Iterable[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Complete run.json (coverage, totals, reasons), write fleet.json with the fleet's findings; return the former."""
    about: dict[str, Any] = run.read()
    others = {target["host"] for target in about["targeted"] if target["other_platform"]}
    read = {host.host for host in hosts if host.read}
    not_reached = set(without_result(run, about))
    statuses: Counter[str] = Counter()
    failing: Counter[str] = Counter()
    for host in hosts:
        statuses += host.status
        failing += host.failing
    about.update(
        state="complete",
        ended=at,
        coverage={
            "targeted": len(about["targeted"]),
            "read": len(read),
            "unread": sorted({target["host"] for target in about["targeted"]} - read - others - not_reached),
            "other_platform": sorted(others),
            "not_reached": sorted(not_reached),
        },
        totals={"status": dict(statuses), "failing": {level: failing[level] for level in reversed(SEVERITIES)}},
        reasons=reasons,
    )
    run.write("run.json", about)
    fleet = {"schema": FLEET_SCHEMA, "run": about["run"], "sequence": about["sequence"], "findings": list(findings)}
    run.write("fleet.json", fleet)
    return about


def reasons_to_fail(hosts: list[HostTotals], others: Iterable[str], policy: Mapping[str, Any]) -> list[str]:
    """Return why the run should end non-zero, one line each: hosts not fully read, failures at or above a severity."""
    reasons = []
    if policy["bulwark_fail_on_unreachable"]:
        left = set(others)
        reasons += [
            "%s: %s" % (clean(host.host), host.problem) for host in hosts if host.problem and host.host not in left
        ]
    threshold = policy["bulwark_fail_on"]
    if threshold != "none":
        counted = SEVERITIES[SEVERITIES.index(threshold) :]
        for host in hosts:
            number = sum(host.failing[level] for level in counted)
            if number:
                reasons.append(
                    "%s: %d failing at %s or above (bulwark_fail_on)" % (clean(host.host), number, threshold)
                )
    return reasons
