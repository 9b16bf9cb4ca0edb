# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the events of an authentication log, the newest first, in memory that the log's length doesn't decide.

One failure counts once, however many lines tell of it, and not at all where the same connection or process then let
its user in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from .events import CHANGED, ENDED, FAILED, OFFERS, OPENED, Event
from .lines import DAY, Line

#: Connections that are remembered at a time, and seconds that one may take to let its user in.
CONNECTIONS, PATIENCE = 20000, 900
#: Sources of one account, accounts of one source, and sources in all that are told apart.
SOURCES_OF_ACCOUNT, ACCOUNTS_OF_SOURCE, SOURCES = 20, 200, 20000
#: Of those, how many are told, those with most accounts and failures first; and accounts.
TOLD_SOURCES, TOLD_ACCOUNTS = 200, 2000
#: Single failures and logons that are told of an account which the controller asks about.
SINGLE = 500
ADDRESS = re.compile(r"[0-9A-Fa-f:.]{2,45}(%[\w.-]{1,32})?")


class Period(NamedTuple):
    """Seconds since 1970: now, and since when failures, password changes and logons are asked for."""

    now: int
    failures: int
    changes: int
    sessions: int

    @property
    def start(self) -> int:
        """Return the oldest moment that anything is asked of."""
        return min(self.failures, self.changes, self.sessions)


class _Account:
    __slots__ = ("count", "local", "more_sources", "sources")

    def __init__(self) -> None:
        self.count = self.local = 0
        self.sources: dict[str, int] = {}
        self.more_sources = False


class _Change:
    """Failures of an account whose password was changed: newer than the change, as far as that can be told."""

    __slots__ = ("day", "later", "same_day", "seen", "when")

    def __init__(self, day: int) -> None:
        self.day = day
        self.seen = self.later = self.same_day = 0
        self.when: tuple[int, int] | None = None


class Tally:
    """Facts in the making. `known`: the host's accounts; `asked`: those the controller asks about; `changed`: account
    -> day (since 1970, UTC) of its last password change."""

    def __init__(self, period: Period, known: Iterable[str], asked: Iterable[str], changed: dict[str, int]) -> None:
        self.period = period
        self.unknown_names = 0
        self._known = frozenset(known) - {""}
        self._accounts: dict[str, _Account] = {}
        self._sources: dict[str, tuple[set[str], list[int]]] = {}
        self._changes = {name: _Change(day) for name, day in changed.items() if (day + 1) * DAY > period.changes}
        names = tuple(asked)
        self._attempts: dict[str, list[list[Any]]] = {name: [] for name in names}
        self._logons: dict[str, list[list[Any]]] = {name: [] for name in names}
        self._more = {"attempts": dict.fromkeys(self._attempts, 0), "logons": dict.fromkeys(self._logons, 0)}
        #: Connection -> (when it let its user in, failures counted, one of them only for an offer or the end of it).
        self._recent: dict[tuple[str, str, str], tuple[int, int, bool]] = {}
        self.full: set[str] = set()

    def add(self, line: Line, event: Event) -> None:
        """Take one more event, older than those before."""
        if event.kind == CHANGED:
            change = self._changes.get(event.user)
            if change and line.time >= self.period.changes:
                change.when = (line.time, change.seen)
            return
        if event.kind == FAILED and event.user not in self._known:
            if line.time >= self.period.failures:
                self.unknown_names += event.times
            return
        key = (line.program, line.process, event.connection)
        opened, counted, soft = self._recent.get(key, (0, 0, False))
        if event.kind == OPENED:
            self._remember(key, (line.time, 0, False))
            self._logon(line, event)
        elif event.kind in (FAILED, ENDED) and not (opened and opened - line.time <= PATIENCE):
            # An offer, or the end of a connection, tells only what a tried password has told already.
            offer = event.kind == ENDED or event.way in OFFERS
            fresh = (0 if counted else 1) if offer else event.times - (1 if soft else 0)
            self._remember(key, (0, counted + fresh, offer and (soft or not counted)))
            if fresh > 0:
                self._failed(line.time, event, fresh)

    def _remember(self, key: tuple[str, str, str], state: tuple[int, int, bool]) -> None:
        if len(self._recent) >= CONNECTIONS:
            for old in list(self._recent)[: CONNECTIONS // 2]:
                del self._recent[old]
        self._recent[key] = state

    def _logon(self, line: Line, event: Event) -> None:
        logons = self._logons.get(event.user) if event.user else None
        if logons is None or line.time < self.period.sessions:
            return
        if len(logons) < SINGLE:
            logons.append([line.time, _address(event.address), event.way])
        else:
            self._more["logons"][event.user] += 1

    def _failed(self, when: int, event: Event, count: int) -> None:
        name = event.user
        change = self._changes.get(name)
        if change and when >= self.period.changes:
            day = when // DAY
            change.seen += count
            change.later += count * (day > change.day)
            change.same_day += count * (day == change.day)
        if when < self.period.failures:
            return
        account = self._accounts.setdefault(name, _Account())
        account.count += count
        if not event.connection and not event.address:
            account.local += count
        elif event.address in account.sources or len(account.sources) < SOURCES_OF_ACCOUNT:
            account.sources[event.address] = account.sources.get(event.address, 0) + count
        else:
            account.more_sources = True
        if event.address:
            self._from(event.address, name, count)
        if name in self._attempts:
            if len(self._attempts[name]) < SINGLE:
                self._attempts[name].append([when, _address(event.address)])
            else:
                self._more["attempts"][name] += count

    def _from(self, address: str, name: str, count: int) -> None:
        source = self._sources.get(address)
        if source is None:
            if len(self._sources) >= SOURCES:
                self.full.add("more than %d addresses" % SOURCES)
                return
            source = self._sources[address] = (set(), [0])
        source[1][0] += count
        if len(source[0]) < ACCOUNTS_OF_SOURCE:
            source[0].add(name)

    def facts(self) -> dict[str, Any]:
        """Return the facts that readers/failures.py documents, but for where they are from."""
        most = sorted(self._accounts.items(), key=lambda entry: (-entry[1].count, entry[0]))
        sources = sorted(self._sources.items(), key=lambda entry: (-len(entry[1][0]), -entry[1][1][0], entry[0]))
        if len(most) > TOLD_ACCOUNTS:
            self.full.add("more than %d accounts" % TOLD_ACCOUNTS)
        if len(sources) > TOLD_SOURCES and len(sources[TOLD_SOURCES][1][0]) > 1:
            self.full.add("more than %d addresses" % TOLD_SOURCES)
        return {
            "accounts": {
                name: {
                    "count": account.count,
                    "local": account.local,
                    "sources": {_address(one): count for one, count in account.sources.items()},
                    "more_sources": account.more_sources,
                }
                for name, account in most[:TOLD_ACCOUNTS]
            },
            "sources": [
                {"address": _address(address), "count": count, "accounts": sorted(names)}
                for address, (names, (count,)) in sources[:TOLD_SOURCES]
            ],
            "unknown_names": self.unknown_names,
            "attempts": _listed(self._attempts, self._more["attempts"]),
            "logons": _listed(self._logons, self._more["logons"]),
            "changes": {name: told for name, change in self._changes.items() for told in _told(change)},
            "full": sorted(self.full),
        }


def _listed(entries: dict[str, list[list[Any]]], more: dict[str, int]) -> dict[str, Any]:
    return {name: {"list": entries[name], "more": more[name]} for name in entries if entries[name]}


def _told(change: _Change) -> Iterable[dict[str, Any]]:
    """Yield what is known of the failures after a password change, where there are any."""
    when, after = change.when or (None, change.later)
    unsure = 0 if change.when else change.same_day
    if after or unsure:
        yield {"when": when, "after": after, "unsure": unsure}


def _address(text: str) -> str:
    """Return an address, "" for anything else that stands in its place."""
    return text if ADDRESS.fullmatch(text) else ""
