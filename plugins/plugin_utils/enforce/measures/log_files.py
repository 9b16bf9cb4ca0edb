# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs are kept for the days of retention, and read by nobody they are not for.

logrotate lets the first stanza that names a log win, and drops a later one, so that a file of ours beside those that
are there would break them: their own directives are changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...evaluators.facts import Unread
from ...evaluators.log_room import lacking
from ...evaluators.log_volumes import Volume, disk
from ...evaluators.rotation import DAYS, active, interval, kept, on_disk
from ...evaluators.verdict import Case
from ...judges.logging.log_access import created, loose, owned_by_others
from ..steps import Left, Measures, Step, edit, mode

MEASURES = Measures()


@MEASURES.of("logs_kept")
def logs_kept(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Have logrotate keep as many files as make the days of retention, and no age or size cut that short.

    Left where what is written in a day, measured, times the retention finds no room.
    """
    pause = interval(case)
    if pause is None:
        return []
    days = case.policy["bulwark_log_retention_days"]
    short = [found for path in active(case) for found in [kept(case, path, pause)] if found and found.limits]
    missing = lacking(case, [one for found in short for one in _growth(case, found.path)])
    if missing:
        raise Left(missing)
    return _edits({found.stanza["place"]: (found.stanza, _longer(found.stanza, days)) for found in short}.values())


def _growth(case: Case, path: str) -> Iterator[Volume]:
    """Yield how a log grows; nothing of one that is too young to be measured, which lin-lm-log-capacity tells of."""
    try:
        rate = on_disk(case, path)
    except Unread:
        return
    yield Volume(path, disk(case, path), rate, case.facts["log_files"]["logs"][path]["stored"], math.inf)


def _longer(stanza: Mapping[str, Any], days: int) -> dict[str, Any]:
    """Return what makes a stanza keep so many days whatever the sizes: a period, enough files, no other bound."""
    period = stanza["period"] or "weekly"
    change: dict[str, Any] = {"drop": ["size"], "set": {}}
    if period == "hourly":
        # Thousands of files are in nobody's interest.
        change["replace"], period = {"hourly": "daily"}, "daily"
    if stanza["rotate"] >= 0:
        change["set"]["rotate"] = max(stanza["rotate"], math.ceil(days / DAYS[period]))
    # What a general directive says ends with one of the stanza's own.
    if stanza["trigger"] == "size":
        change["set"][period] = ""
    if stanza["maxsize"]:
        change["set"]["maxsize"] = 0
    if stanza["maxage"]:
        change["set"]["maxage"] = max(stanza["maxage"], days)
    return change


@MEASURES.of("logs_closed")
def logs_closed(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Take from logs and what administers the audit what their modes let in too many, now and after a rotation."""
    foreign = list(owned_by_others(case))
    if foreign:
        raise Left("%s: give it to root, or say who put it there" % foreign[0].text)
    steps = [mode(one.path, "%04o" % one.tight) for one in loose(case)]
    wide = {
        stanza["place"]: (stanza, {"mode": "%04o" % (int(stanza["create"], 8) & ~0o007)})
        for _path, stanza in created(case)
    }
    return [*steps, *_edits(wide.values())]


def _edits(changes: Iterable[tuple[Mapping[str, Any], dict[str, Any]]]) -> list[Step]:
    """Return one step for each file of logrotate's."""
    files: dict[str, dict[str, Any]] = {}
    for stanza, change in changes:
        files.setdefault(stanza["place"].rpartition(":")[0], {})[stanza["patterns"][0]] = change
    return [edit(path, "logrotate", {"stanzas": stanzas}) for path, stanzas in sorted(files.items())]
