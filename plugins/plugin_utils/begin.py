# SPDX-License-Identifier: GPL-3.0-or-later
"""The beginning of a run: everything declared is checked for every host before the first connection is made."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from .catalogue import Catalogue
from .declared import Declaration, DeclarationError, declare
from .finding import digest
from .judges.all import JUDGES
from .results import ResultsError, Run, Store, encoded
from .selection import SelectionError, selected

SCHEMA = "bulwark/run/1"
CUSTOMER_SCHEMA = "bulwark/customer/1"
#: Options of the whole run: hosts of one run may not differ in them.
RUN_WIDE = ("bulwark_report_dir", "bulwark_history_dir", "bulwark_keep_runs", "bulwark_fail_on",
            "bulwark_fail_on_unreachable", "bulwark_state_dir", "bulwark_keep_state")  # fmt: skip
REGISTERS = ("bulwark_accounts", "bulwark_listeners", "bulwark_zones", "bulwark_admin_cidrs", "bulwark_contracts",
             "bulwark_responsibilities", "bulwark_waivers")  # fmt: skip
MAX_SHOWN = 40


class BeginError(Exception):
    """The run can't begin; the text lists every reason, one a line."""


@dataclass(frozen=True)
class Target:
    """One targeted host: what is declared for it, which controls are judged, and its platform if not Linux."""

    host: str
    declaration: Declaration
    controls: tuple[str, ...]
    other_platform: str | None


def check(
    hosts: Iterable[str],
    variables_of: Callable[[str], Mapping[str, Any]],
    platform_of: Callable[[str], str | None],
    catalogue: Catalogue,
    today: date,
) -> list[Target]:
    """Return the targets; raises BeginError with every problem of every host."""
    known: dict[str, tuple[Declaration, tuple[str, ...]] | list[str]] = {}
    problems: dict[str, list[str]] = {}
    targets: list[Target] = []
    for host in hosts:
        variables = variables_of(host)
        key = json.dumps(variables, sort_keys=True)
        if key not in known:
            known[key] = _declaration(variables, catalogue, today)
        outcome = known[key]
        if isinstance(outcome, list):
            for text in outcome:
                problems.setdefault(text, []).append(host)
        else:
            targets.append(Target(host, outcome[0], outcome[1], platform_of(host)))
    _check_names(targets, problems)
    _check_run_wide(targets, problems)
    if problems:
        raise BeginError("\n".join(_listed(problems)))
    return targets


def _declaration(
    variables: Mapping[str, Any], catalogue: Catalogue, today: date
) -> tuple[Declaration, tuple[str, ...]] | list[str]:
    try:
        declaration = declare(variables, catalogue, today)
        return declaration, tuple(selected(declaration.policy, catalogue, JUDGES))
    except DeclarationError as error:
        return [str(problem) for problem in error.problems]
    except SelectionError as error:
        return [str(error)]


def _check_names(targets: list[Target], problems: dict[str, list[str]]) -> None:
    for target in targets:
        for name in (target.host, target.declaration.registers.customer):
            try:
                encoded(name)
            except ResultsError as error:
                problems.setdefault(str(error), []).append(target.host)


def _check_run_wide(targets: list[Target], problems: dict[str, list[str]]) -> None:
    for name in RUN_WIDE:
        values = {json.dumps(target.declaration.policy.get(name)): target.host for target in targets}
        if len(values) > 1:
            text = "%s: must be the same for every host of a run, found %s" % (name, " and ".join(sorted(values)))
            problems.setdefault(text, []).extend(values.values())


def _listed(problems: Mapping[str, list[str]]) -> list[str]:
    lines = []
    for text, hosts in list(problems.items())[:MAX_SHOWN]:
        named = ", ".join(hosts[:3]) + (" and %d more" % (len(hosts) - 3) if len(hosts) > 3 else "")
        lines.append("%s: %s" % (named, text))
    if len(problems) > MAX_SHOWN:
        lines.append("and %d more problems" % (len(problems) - MAX_SHOWN))
    return lines


def start(
    targets: list[Target], store: Store, catalogue: Catalogue, now: datetime, versions: Mapping[str, str],
    warnings: list[str], playbook: str,
) -> tuple[Run, int]:  # fmt: skip
    """Make the run's folder, write run.json and the customers' registers; return the run and its sequence."""
    run, sequence = store.begin(now)
    policies: dict[str, Any] = {}
    targeted = []
    for target in targets:
        policy = _policy(target.declaration, catalogue)
        key = digest(json.dumps(policy, sort_keys=True))[:16]
        policies[key] = policy
        targeted.append(
            {
                "host": target.host,
                "customer": target.declaration.registers.customer,
                "policy": key,
                "controls": len(target.controls),
                "other_platform": target.other_platform,
            }
        )
    judged = sorted({control for target in targets for control in target.controls})
    run.write(
        "run.json",
        {
            "schema": SCHEMA,
            "run": run.name,
            "sequence": sequence,
            "state": "running",
            "playbook": playbook,
            "began": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ended": None,
            "date": now.date().isoformat(),
            "versions": dict(versions),
            "targeted": targeted,
            "policies": policies,
            "controls": {
                "judged": judged,
                "left_out": [control for control in JUDGES if control not in judged],
                "planned": _planned(catalogue),
            },
            "warnings": warnings,
            "coverage": None,
            "totals": None,
            "reasons": None,
        },
    )
    for customer in sorted({target.declaration.registers.customer for target in targets}):
        run.write_customer(_customer(customer, run, sequence, targets))
    return run, sequence


def _planned(catalogue: Catalogue) -> dict[str, int]:
    """Return how many controls of each section have no judge yet; records count as such."""
    planned = Counter(control.section for control in catalogue.controls.values() if control.id not in JUDGES)
    return dict(planned + Counter(record.section for record in catalogue.records.values()))


def _policy(declaration: Declaration, catalogue: Catalogue) -> dict[str, Any]:
    defaults = catalogue.defaults("baseline")
    return {
        name: {"value": declaration.policy[name], "default": defaults[name], "origin": threshold.origin}
        for name, threshold in sorted(catalogue.thresholds.items())
    }


def _customer(customer: str, run: Run, sequence: int, targets: list[Target]) -> dict[str, Any]:
    merged: dict[str, list[Any]] = {}
    for target in targets:
        if target.declaration.registers.customer != customer:
            continue
        for name in REGISTERS:
            value = target.declaration.values.get(name)
            for entry in value if isinstance(value, list) else [value] if value else []:
                if entry not in merged.setdefault(name, []):
                    merged[name].append(entry)
    canonical = json.dumps(merged, sort_keys=True, separators=(",", ":"))
    return {
        "schema": CUSTOMER_SCHEMA,
        "run": run.name,
        "sequence": sequence,
        "customer": customer,
        "findings": [],
        "registers": merged,
        "registers_sha256": hashlib.sha256(canonical.encode()).hexdigest(),
    }
