# SPDX-License-Identifier: GPL-3.0-or-later
"""UP-01, UP-03: security updates are taken in time, and nothing keeps them away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...declared.registers import Undeclared
from ...evaluators.facts import Unread
from ...evaluators.pending import Update, key, shown, since, waiting
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
HOUR = 3600
DAY = 24
#: How many packages a text names.
NAMED = 8


@JUDGES.of("lin-up-pending")
def up_to_date(case: Case) -> Verdict:
    """No security update waits for longer than the host's exposure allows."""
    told: list[str] = []
    unread = list(_unseen(case, told))
    wrong: list[Item] = []
    for update in waiting(case, unread, told):
        try:
            wrong += _overdue(case, update, told)
        except (Unread, Undeclared) as reason:
            unread.append(f"{update.name}: {reason}")
    policy = case.policy
    return verdict(
        "security updates wait for no longer than %d h (critical or exploited) or %d d on internet-facing hosts, and "
        "%d h or %d d on others" % (
            policy["bulwark_patch_exploited_hours"], policy["bulwark_patch_other_days"],
            policy["bulwark_patch_internal_os_critical_hours"], policy["bulwark_patch_internal_os_days"],
        ),
        wrong, unread, ["the package manager's records and lists", *told], remember=_seen(case),
    )  # fmt: skip


def _overdue(case: Case, update: Update, told: list[str]) -> Iterator[Item]:
    """Yield an update that waits for too long; raises Unread where its age isn't known, Undeclared where it depends."""
    exposed, others = limits(case, critical=bool(update.critical))
    why = f" ({update.critical})" if update.critical else ""
    if update.since is None:
        raise Unread(f"{update}{why}; how long that has been out isn't known")
    hours = (case.facts["system"]["now"] - update.since) / HOUR
    text = f"{update}{why}, out since {shown(update.since)} UTC or before"
    longest, shortest = max(exposed, others), min(exposed, others)
    if hours > longest or (hours > shortest and hours > (exposed if _is_exposed(case) else others)):
        yield item(update.name, text)
    elif not update.dated:
        raise Unread(f"{text}; how long before isn't known, since no earlier run looked")
    else:
        told.append(f"not overdue yet: {text}")


def _is_exposed(case: Case) -> bool:
    return "internet_facing" in case.registers.declared("functions")


def limits(case: Case, critical: bool) -> tuple[float, float]:
    """Return how many hours an update may wait on an internet-facing host, and on another one."""
    policy = case.policy
    if critical:
        return policy["bulwark_patch_exploited_hours"], policy["bulwark_patch_internal_os_critical_hours"]
    return policy["bulwark_patch_other_days"] * DAY, policy["bulwark_patch_internal_os_days"] * DAY


def _unseen(case: Case, told: list[str]) -> Iterator[str]:
    """Yield why there may be security updates that the lists don't show: those that came out since, and are overdue."""
    lists = [one for one in case.facts["updates"]["lists"] if one["security"]]
    if not lists:
        yield "no list of an archive of security updates is here, so that none can be seen"
    exposed, others = limits(case, critical=False)
    hours = others if case.registers.functions is not None and not _is_exposed(case) else min(exposed, others)
    for one in lists:
        made = f"the list of {one['archive']}"
        if one["at"] is None:
            yield f"{made} isn't here, or doesn't say when it was made"
        elif case.facts["system"]["now"] - one["at"] > hours * HOUR:
            yield f"{made} was made on {shown(one['at'])} UTC; what came out since can't be seen"
        else:
            told.append(f"{made} was made on {shown(one['at'])} UTC")


def _seen(case: Case) -> dict[str, str]:
    """Return since when each update has been seen."""
    now = case.facts["system"]["now"]
    pending = [one for one in case.facts["updates"]["pending"] if one["security"]]
    moments = {key(one): since(case, [one])[0] for one in pending}
    return {name: shown(now if moment is None else moment) for name, moment in moments.items()}


@JUDGES.of("lin-up-no-holds")
def unheld(case: Case) -> Verdict:
    """No hold, lock or pin keeps a security update away."""
    told: list[str] = []
    holds, pins = case.facts["updates"]["holds"], case.facts["updates"]["pins"]
    unread = list(_unseen(case, told)) if holds or pins else []
    told += [f"{one['by']}: {one['package']}" for one in holds]
    expected = "no hold, lock or pin on packages with security updates; one that must be has a waiver, which ends"
    evidence = ["the package manager's records and lists", "/etc/apt/preferences", *told]
    return verdict(expected, _kept(case), unread, evidence)


def _kept(case: Case) -> Iterator[Item]:
    kept: dict[str, list[Mapping[str, Any]]] = {}
    for one in held(case):
        kept.setdefault(one["by"], []).append(one)
    for by, updates in sorted(kept.items()):
        names = [f"{one['package']} ({one['candidate']})" for one in updates]
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        yield item(
            f"{by}: {', '.join(one['package'] for one in updates)}",
            f"{by} keeps the security updates of {', '.join(names[:NAMED])}{more} away",
        )


def held(case: Case) -> list[Mapping[str, Any]]:
    """Return the security updates that a hold, lock or pin keeps away."""
    return [one for one in case.facts["updates"]["pending"] if one["security"] and one["held"]]
