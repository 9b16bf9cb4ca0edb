# SPDX-License-Identifier: GPL-3.0-or-later
"""When an account was last used, and back to when that is known.

No source of logons is believed where another one has seen what it should have seen too: a file that a system has
stopped writing looks like a host that nobody logs in to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any
from weakref import WeakKeyDictionary

from .facts import Facts
from .standing import MACHINES, shell
from .verdict import Case

User = Mapping[str, Any]
Source = Mapping[str, Any]

DAY = 86400
#: Seconds by which two sources may tell the same logon apart.
SLACK = 300
#: Days by which a home may be older or younger than the account it was made for.
TOGETHER = 2 * DAY
_SOURCES: WeakKeyDictionary[Facts, tuple[list[Source], frozenset[str]]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Use:
    """The last logon that any source shows, and which; back to when none is missed (None: nothing surely tells)."""

    last: int | None
    source: str
    since: int | None


def use(case: Case, user: User) -> Use:
    """Return what is known of an account's use (an entry of accounts.users); times are seconds since 1970."""
    name = user["name"]
    if case.facts["system"]["account"] == name:
        return Use(case.facts["system"]["now"], "this reading", None)
    sources, believed = _sources(case)
    seeing = [source for source in sources if name not in source["blind"]]
    seen = [(source["last"][name], source["name"]) for source in seeing if name in source["last"]]
    reach = [
        source["since"]
        for source in seeing
        if source["path"] in believed and (source["whole"] or by_terminal(case, user))
    ]
    last, where = max(seen, default=(None, ""))
    return Use(last, where, min(reach, default=None))


def by_terminal(case: Case, user: User) -> bool:
    """Say whether an account is one that people use, at a terminal; a program's sessions have none."""
    account = case.registers.account(user["name"])
    return shell(user) and (account is None or account.kind not in MACHINES)


def reaches(case: Case) -> list[str]:
    """Return each source with its reach, in words for a report."""
    sources, believed = _sources(case)
    words = []
    for source in sources:
        back = "back to %s" % day(source["since"]) if source["since"] else "empty"
        doubt = source["since"] and source["path"] not in believed
        words.append(
            "%s, %s%s" % (source["path"], back, ", not believed: it lacks a logon of another" if doubt else "")
        )
    return words + ["%s can't be read: %s" % each for each in case.facts["logons"]["unread"].items()]


def _sources(case: Case) -> tuple[list[Source], frozenset[str]]:
    """Return the host's sources of logons, and the paths of those that are believed."""
    if case.facts not in _SOURCES:
        # Where cron tells logind its jobs, they are sessions too.
        jobs = [one["user"] for one in case.facts["jobs"]["crontabs"]]
        sources: list[Source] = [
            dict(source, blind=frozenset([*source["blind"], *(jobs if source["name"] == "journal" else ())]))
            for source in case.facts["logons"]["sources"]
        ]
        believed = frozenset(
            one["path"] for one in sources if one["since"] and not any(refutes(other, one) for other in sources)
        )
        _SOURCES[case.facts] = sources, believed
    return _SOURCES[case.facts]


def refutes(witness: Source, source: Source) -> bool:
    """Say whether a source lacks a logon that another one has seen and that it should hold too."""
    if witness is source or (witness["whole"] and not source["whole"]):
        return False
    return any(
        when > source["last"].get(name, 0) + SLACK and when >= source["since"]
        for name, when in witness["last"].items()
        if name not in witness["blind"] and name not in source["blind"]
    )


def up_days(case: Case, days: int) -> float:
    """Return for how many of the last days the host was certainly up."""
    now = case.facts["system"]["now"]
    begin = now - days * DAY
    periods: Sequence[Sequence[int]] = case.facts["logons"]["up"]
    return float(sum(max(0, min(end, now) - max(first, begin)) for first, end in periods)) / DAY


def existed(user: User) -> int | None:
    """Return since when an account certainly exists: the day its password was last set, None where that isn't known."""
    changed = user.get("changed")
    return seconds(date.fromisoformat(changed)) if changed else None


def is_new(case: Case, user: User, limit: int) -> bool:
    """Say whether an account was made after `limit`: its password was set then, and its home made with it."""
    first, home = existed(user), case.facts["logons"]["homes"].get(user["name"])
    return first is not None and home is not None and limit < first and abs(home - first) < TOGETHER


def seconds(on: date) -> int:
    """Return the beginning of a day in UTC in seconds since 1970."""
    return int(datetime(on.year, on.month, on.day, tzinfo=timezone.utc).timestamp())


def day(when: int) -> str:
    """Return the day of a time, in UTC."""
    return datetime.fromtimestamp(when, timezone.utc).date().isoformat()
