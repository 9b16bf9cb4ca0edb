# SPDX-License-Identifier: GPL-3.0-or-later
"""The circuit breaker: whose account a run must not disable, and how many of a host's at most.

A wrong list of leavers, or a host whose records of logons were lost, must not empty it of people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..declared.parties import CUSTOMER
from ..evaluators import departed, standing
from ..evaluators.verdict import Case
from .steps import Step

#: Whose accounts go first, where not all may.
URGENT = ("lin-oa-leavers", "lin-oa-msp-contract-end", "lin-oa-msp-unregistered", "lin-oa-really-disabled")
EMERGENCY = "break_glass"
User = Mapping[str, Any]


def bounded(plan: Iterable[Step], case: Case) -> tuple[list[Step], dict[str, str]]:
    """Return (the plan without the accounts that this run must not disable, {control: whom it left, and why})."""
    steps = list(plan)
    wanted: dict[str, set[str]] = {}
    for step in sorted(steps, key=_urgency):
        label = step.get("keeps_out")
        if label and label["disables"]:
            wanted.setdefault(label["account"], set()).add(step["control"])
    held = _held(case, wanted) if wanted else {}
    told: dict[str, list[str]] = {}
    for name, why in held.items():
        for control in wanted[name]:
            told.setdefault(control, []).append("%s: %s" % (name, why))
    kept = [step for step in steps if not (step.get("keeps_out") and _disables(step) in held)]
    return kept, {control: "; ".join(sorted(whom)) for control, whom in told.items()}


def _disables(step: Step) -> str | None:
    label = step["keeps_out"]
    return str(label["account"]) if label["disables"] else None


def _urgency(step: Step) -> int:
    return URGENT.index(step["control"]) if step["control"] in URGENT else len(URGENT)


def _held(case: Case, wanted: Mapping[str, set[str]]) -> dict[str, str]:
    """Return {account: why it is left}, of those `wanted` in the order in which they should go."""
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    in_use = {name for name, user in users.items() if _in_use(case, user)}
    most = max(case.policy["bulwark_disable_least"], len(in_use) * case.policy["bulwark_disable_percent"] // 100)
    evicted = {**departed.over(case)[0], **departed.strangers(case)} if case.registers.accounts is not None else {}
    remaining: dict[str, set[str]] = {}
    for name in in_use:
        remaining.setdefault(_party(case, name), set()).add(name)
    held: dict[str, str] = {}
    gone = 0
    for name in wanted:
        own = remaining.get(_party(case, name), set())
        why = _never(case, users[name])
        if not why and name in in_use:
            if name not in evicted and own == {name}:
                why = "it is the last login of %s on this host" % _party(case, name)
            elif gone >= most:
                why = (
                    "a run disables %d accounts of a host at most (bulwark_disable_least, bulwark_disable_percent); "
                    "it waits for the next run" % most
                )
        if why:
            held[name] = why
        elif name in in_use:
            gone += 1
            own.discard(name)
    return held


def _in_use(case: Case, user: User) -> bool:
    return standing.enabled(case, user) and not standing.is_system(case, user)


def _party(case: Case, name: str) -> str:
    account = case.registers.account(name)
    return account.party if account else CUSTOMER


def _never(case: Case, user: User) -> str:
    """Return why an account is never disabled by a run, nothing where it may be."""
    account = case.registers.account(user["name"])
    group = case.policy.get("bulwark_break_glass_group")
    if user["uid"] == 0:
        return "it is root"
    if user["name"] == case.facts["system"]["account"]:
        return "it is the account of this run"
    if (account and account.kind == EMERGENCY) or (group and group in user["groups"]):
        return "it is an emergency account"
    return ""
