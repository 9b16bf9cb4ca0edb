# SPDX-License-Identifier: GPL-3.0-or-later
"""Repositories that their own tools found whole."""

from __future__ import annotations

from datetime import date

from ...declared.moments import as_date
from ...evaluators.deep import ASK
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()


@JUDGES.of("lin-bk-integrity")
def integrity(case: Case) -> Verdict:
    """Each backup's repository was checked not long ago, data and all, and was whole."""
    backups = case.registers.declared("backups")
    if not backups:
        raise NotApplicable("bulwark_backups is empty: there is no repository to check")
    checks = case.facts["backup_checks"]["checks"]
    days, percent = case.policy["bulwark_backup_integrity_days"], case.policy["bulwark_backup_check_percent"]
    wrong: list[Item] = []
    unread: list[str] = []
    aged: list[str] = []
    told: list[str] = []
    for backup in backups:
        check = checks.get(backup.name)
        if check is None:
            unread.append("%s: its repository was never checked; %s" % (backup.name, ASK))
            continue
        day = _day(check["at"])
        told.append("check of %s on %s, which read %d %% of its data" % (backup.name, day, check["percent"]))
        if check["whole"] is False:
            wrong.append(item("%s: damaged" % backup.name, "%s is damaged: %s" % (backup.name, check["reason"])))
        elif check["whole"] is None:
            unread.append("%s could not be checked: %s" % (backup.name, check["reason"]))
        elif check["percent"] < percent:
            unread.append("%s: the last check read %d %% of the data; %s" % (backup.name, check["percent"], ASK))
        if day is None or (day - case.today).days > 1:
            unread.append("%s: the check has no day that can be right; %s" % (backup.name, ASK))
        elif (case.today - day).days > days:
            aged.append("%s was checked on %s, more than %d days ago; %s" % (backup.name, day, days, ASK))
    expected = "a check of each repository in the last %d days, that read at least %d %% of its data, found it whole"
    return verdict(expected % (days, percent), wrong, unread, told, "effective", aged=aged)


def _day(at: str) -> date | None:
    try:
        return as_date(at)
    except ValueError:
        return None
