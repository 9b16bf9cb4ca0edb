# SPDX-License-Identifier: GPL-3.0-or-later
"""The newest good snapshot is young enough, by the tool's own word, and none of the last ones looks wrong."""

from __future__ import annotations

from ...evaluators.backups import Seen, abnormal, hours_old, seen, told
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
#: A snapshot stands out, and there is a good one that is young enough.
ONLY_UNUSUAL = "high"


@JUDGES.of("lin-bk-fresh")
def fresh(case: Case) -> Verdict:
    """Each backup has a snapshot within its recovery point objective; unusual ones don't count, and are named."""
    late: list[Item] = []
    odd: list[Item] = []
    unread, evidence = [], []
    for one in seen(case):
        try:
            newest, unusual, note = _judged(case, one)
        except Unread as reason:
            unread.append(str(reason))
            continue
        late += newest
        odd += unusual
        evidence.append(note)
    hours = case.policy["bulwark_backup_max_age_hours"]
    expected = "the newest good snapshot of each backup is at most %s old" % (
        "%d hours" % hours if hours else "its declared rpo"
    )
    severity = ONLY_UNUSUAL if odd and not late else None
    return verdict(expected, [*late, *odd], unread, evidence, severity=severity)


def _judged(case: Case, one: Seen) -> tuple[list[Item], list[Item], str]:
    """Return (what is too old, what is unusual, what was looked at) of one backup."""
    name, snapshots, now = one.backup.name, one["snapshots"], case.facts["system"]["now"]
    unusual = abnormal(snapshots, case.policy)
    odd = [
        item("%s: %s" % (name, snap["id"]), "%s: snapshot %s is unusual: %s" % (name, told(snap), unusual[snap["id"]]))
        for snap in snapshots
        if snap["id"] in unusual
    ]
    odd += [
        item("%s: %s" % (name, snap["id"]), "%s: snapshot %s is dated ahead of now" % (name, told(snap)))
        for snap in one["ahead"]
    ]
    counted = "" if any(snap["bytes"] is not None for snap in snapshots) else "; what each one changed is not seen"
    good = [snap for snap in snapshots if snap["id"] not in unusual]
    if not good:
        others = "; there are some of %s" % ", ".join(one["others"]) if one["others"] else ""
        missing = item("%s: none" % name, "%s: there is no good snapshot%s" % (name, others))
        return [missing], odd, "%s: %d snapshots" % (name, one["total"])
    newest, limit = good[-1], case.policy["bulwark_backup_max_age_hours"] or one.backup.rpo
    age = hours_old(newest, now)
    old = "%s: the newest good snapshot, %s, is %d hours old; %g are allowed" % (name, told(newest), age, limit)
    note = "%s: snapshot %s, of %d%s" % (name, told(newest), one["total"], counted)
    return [item("%s: old" % name, old)] if age > limit else [], odd, note
