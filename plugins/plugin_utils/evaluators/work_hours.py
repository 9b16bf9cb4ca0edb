# SPDX-License-Identifier: GPL-3.0-or-later
"""Work windows of contracts by a host's own clock, and when PAM lets an account in, in the minutes of pam_time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from ..declared.registers import Account, Contract
from ..declared.work_windows import DAYS, UTC, is_open
from .facts import Unread
from .pam_account import gets_through, lines_of
from .pam_stack import Node
from .pam_time import ALWAYS, DAY, NEVER, SSH_TERMINAL, Open, among, minutes
from .verdict import Case

SERVICE = "sshd"
MODULE = "pam_time"
#: Zones change their offset by the hour or half of it, at the full or half hour.
STEP = timedelta(minutes=30)
YEAR = timedelta(days=366)
#: Accounts that contracts limit only where they name a contract themselves, and those that nothing limits.
MACHINE, EMERGENCY = "automation", "break_glass"


def bound(account: Account) -> bool:
    """Say whether work windows are meant for an account.

    A provider's automation works whenever it is told to, unless its entry names a contract: then that one's windows
    are meant for it too. An emergency knows no hours.
    """
    if not account.external or account.kind == EMERGENCY:
        return False
    return account.kind != MACHINE or account.contract is not None


def declared(case: Case, account: Account) -> tuple[Contract | None, str]:
    """Return the contract whose windows bind an account, or why none does; raises Undeclared."""
    contract = case.registers.contract_of(account)
    if contract is None:
        return None, "%s: no contract of %s in bulwark_contracts" % (account.name, account.party)
    if not contract.windows:
        return None, "%s: its contract in bulwark_contracts has no windows, so that when it is used isn't declared" % (
            account.name
        )
    return contract, ""


def opened(windows: Iterable[Mapping[str, Any]], zone: str, today: date) -> Open:
    """Return the minutes of a host's clock in `zone` in which windows are open: all year, and some time of the year.

    They differ where a window's zone and the host's change their clocks apart. Raises Unread for a zone that is not
    known here.
    """
    surely, perhaps = NEVER, NEVER
    for window in windows:
        found = [_moved(window, ahead) for ahead in _ahead(zone, str(window.get("timezone") or UTC), today)]
        always = ALWAYS
        for one in found:
            always &= one
            perhaps |= one
        surely |= always
    return Open(surely, perhaps)


def _moved(window: Mapping[str, Any], ahead: int) -> int:
    """Return a window's minutes on a clock that is so many minutes ahead."""
    start, end = (int(window[key][:2]) * 60 + int(window[key][3:]) for key in ("start", "end"))
    days = [DAYS.index(name) for name in window.get("days") or DAYS]
    length = (end - start) % DAY or DAY
    return among([(day * DAY + start + ahead, length) for day in days])


@lru_cache(maxsize=64)
def _ahead(host: str, window: str, today: date) -> frozenset[int]:
    """Return by how many minutes the host's clock is ahead of the window's within a year: one number, or more."""
    if host == window:
        return frozenset({0})
    own, other = _zone(host), _zone(window)
    at, found = datetime(today.year, today.month, today.day, tzinfo=timezone.utc), set()
    until = at + YEAR
    while at < until:
        found.add(int((_offset(at, own) - _offset(at, other)) / timedelta(minutes=1)))
        at += STEP
    return frozenset(found)


def _offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _zone(name: str) -> tzinfo:
    if name in (UTC, "Etc/UTC"):
        return timezone.utc
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Unread("the time zone %s is not known here" % name) from None


def admitted(case: Case, user: Mapping[str, Any]) -> Open:
    """Return when sshd's account stack lets an account in, as far as pam_time decides that; raises Unread."""
    surely, perhaps = ALWAYS, ALWAYS
    for line in lines_of(case.facts, SERVICE, MODULE):

        def agrees(node: Node, line: Node = line) -> bool:
            return node.entry is not line.entry

        if gets_through(case.facts, user, SERVICE, MODULE, agrees) is False:
            found = minutes(case.facts, line.entry["args"], SERVICE, SSH_TERMINAL, user["name"])
            surely &= found.surely
            perhaps &= found.perhaps
    return Open(surely, perhaps)


def may_work(case: Case, account: Account, contract: Contract) -> bool:
    """Say whether a window of the contract, or a work order for the account, is open by the host's clock."""
    now = datetime.fromtimestamp(case.facts["system"]["now"], timezone.utc)
    orders = case.registers.work_orders or ()
    ordered = any(account.name in order.accounts and order.start <= now < order.end for order in orders)
    return ordered or is_open(contract.windows, now)


def due(case: Case, user: Mapping[str, Any], account: Account, contract: Contract) -> bool:
    """Say whether an account may be open now, and expires by the next day."""
    if not user.get("expires"):
        return False
    tomorrow = datetime.fromtimestamp(case.facts["system"]["now"], timezone.utc).date() + timedelta(days=1)
    return date.fromisoformat(user["expires"]) <= tomorrow and may_work(case, account, contract)
