# SPDX-License-Identifier: GPL-3.0-or-later
"""The log of logons as judges see it: how far back it is known, and what is known of one moment of an account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from ..declared import work_windows
from ..declared.registers import Account, Contract
from .origins import allowed
from .reach import within
from .verdict import Case
from .work_hours import bound

#: Log levels at which sshd says nothing of failures and logons.
SILENT = frozenset({"QUIET", "FATAL", "ERROR"})
HOUR = 3600


def gaps(case: Case, hours: int) -> Iterator[str]:
    """Yield why something may have happened in the last `hours` that is not known."""
    known = case.facts["failures"]
    since, start = known["since"], case.facts["system"]["now"] - hours * HOUR
    if not known["whole"] and (since is None or since > start):
        for log in known["logs"][:1]:
            reach = "nothing is known" if since is None else "what was before %s is not known" % moment(since)
            yield "%s: %s%s" % (log["name"], reach, " (%s)" % log["cut"] if log["cut"] else "")
    level = (case.facts["sshd"]["settings"] if case.facts["sshd"]["installed"] else {}).get("loglevel", ["INFO"])[0]
    if level in SILENT:
        yield "LogLevel is %s: sshd doesn't log who fails" % level


def looked_at(case: Case) -> list[str]:
    """Return which logs were read, for evidence."""
    return [
        "%s since %s" % (log["name"], moment(log["since"])) for log in case.facts["failures"]["logs"] if log["since"]
    ]


def moment(seconds: int) -> str:
    """Return a time in UTC for a report."""
    return at(seconds).strftime("%Y-%m-%d %H:%M UTC")


def at(seconds: int) -> datetime:
    """Return a time of the host's clock."""
    return datetime.fromtimestamp(seconds, timezone.utc)


def stray(case: Case, account: Account, address: str) -> bool:
    """Say whether an address is none that an account may come from; what has no address is at the host itself."""
    networks = allowed(case, account)
    return bool(networks and address) and not within(address, networks)


def untimely(account: Account, contract: Contract | None, when: int) -> str:
    """Say why an account had no business at a moment by its contract; "" where it had."""
    if contract is None:
        return ""
    if not contract.in_force(at(when).date()):
        return "outside of its contract"
    if contract.windows and bound(account) and not work_windows.is_open(contract.windows, at(when)):
        return "outside of its work windows"
    return ""
