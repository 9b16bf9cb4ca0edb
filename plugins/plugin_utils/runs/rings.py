# SPDX-License-Identifier: GPL-3.0-or-later
"""The rings of a run that changes hosts: Ansible's batches, of which each has to succeed before the next begins."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..text import clean

SHOWN = 6


@dataclass(frozen=True)
class Ring:
    """Where a run stands at the end of a ring. later: hosts that are still to come. troubled: why others failed."""

    later: tuple[str, ...]
    troubled: Mapping[str, str]

    @property
    def goes_on(self) -> bool:
        """Say whether the run goes on to the next ring."""
        return bool(self.later) and not self.troubled


def ring(
    everybody: Sequence[str], active: Collection[str], batch: Collection[str], trouble_of: Callable[[str], str]
) -> Ring:
    """Return where the run stands.

    everybody: the hosts of the play in its order. active: those of them that Ansible has not given up. batch: the
    active ones of this ring and the one that reports, which may be given up too. trouble_of(host): why one failed,
    nothing where it did not.
    """
    last = max(place for place, host in enumerate(everybody) if host in batch)
    # A host of this ring that Ansible gave up may stand behind the last active one; no later one is given up yet.
    later = tuple(host for host in everybody[last + 1 :] if host in active)
    troubled = {host: trouble_of(host) for host in everybody if host not in later}
    return Ring(later, {host: reason for host, reason in troubled.items() if reason})


def trouble(problem: str | None, posture: Mapping[str, Any], enforced: Mapping[str, Any]) -> str:
    """Return why the run may not go on after a host, nothing where it may.

    problem: why its result says that it was not read, None where it was or where that is no matter. posture, enforced:
    what the tasks of these names came to; empty where there was no such task.
    """
    if problem:
        return problem
    if enforced.get("failed") or enforced.get("unreachable"):
        return clean(str(enforced.get("msg") or "its change failed"))
    return "its change broke off" if posture.get("failing") and not enforced else ""


def reasons(troubled: Mapping[str, str], not_reached: Sequence[str]) -> list[str]:
    """Return what a run says of hosts that failed and of those that it did not come to, one line each."""
    told = ["%s: %s" % (clean(host), why) for host, why in troubled.items()]
    if not_reached:
        more = " and %d more" % (len(not_reached) - SHOWN) if len(not_reached) > SHOWN else ""
        named = ", ".join(clean(host) for host in not_reached[:SHOWN]) + more
        told.append("%d not reached, since the run stopped before: %s" % (len(not_reached), named))
    return told
