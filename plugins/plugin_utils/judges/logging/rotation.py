# SPDX-License-Identifier: GPL-3.0-or-later
"""What rotation leaves of the logs that tell of logons, of what was done, and of who came from outside."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.facts import Unread
from ...evaluators.retention import headline, kept_elsewhere, least
from ...evaluators.rotation import Kept, active, daily, interval, kept
from ...evaluators.verdict import Assurance, Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
MEBIBYTE = 1024 * 1024


@JUDGES.of("lin-lm-logrotate-span")
def logrotate_span(case: Case) -> Verdict:
    """Each active log is kept for the days of retention, by the stanza that counts for it and the way it is run."""
    wanted = case.policy["bulwark_log_retention_days"]
    expected = "logrotate keeps %d days of each active security log, by age, count and size" % wanted
    logs = active(case)
    if not logs:
        raise NotApplicable(
            "nothing was written to any file of bulwark_security_logs in %d days: what this host logs is in its journal"
            % wanted
        )
    elsewhere = {path: found for path in logs for found in [kept_elsewhere(case, path)] if found}
    paths, texts = [path for path in logs if path not in elsewhere], [found.text for found in elsewhere.values()]
    here: list[Assurance] = ["effective"] if paths else []
    assured = least(*here, *(found.assurance for found in elsewhere.values()))
    if not paths:
        return verdict(expected, evidence=texts, assurance=assured)
    evidence = ["/etc/logrotate.conf and what it includes", *paths, *texts]
    pause = interval(case) if case.facts["rotation"]["installed"] else None
    others = ", ".join(dict.fromkeys(one["path"] for one in case.facts["rotation"]["elsewhere"]))
    if pause is None and not others:
        nothing = "nothing runs logrotate here, so that it removes nothing"
        return verdict(expected, evidence=[nothing, *paths, *texts], assurance=assured)
    wrong: list[Item] = []
    unread = []
    for path in paths:
        try:
            found = kept(case, path, pause) if pause is not None else None
        except Unread as reason:
            unread.append(str(reason))
            continue
        if found is None and others:
            unread.append("%s: logrotate is started with %s too, which is not read and may name it" % (path, others))
            continue
        if found is None:
            evidence.append("%s: no stanza names it, so that logrotate leaves it alone" % path)
            continue
        wrong += short(case, found)
        if found.stanza["removes"]:
            unread.append("%s: a script in %s removes logs by itself" % (path, found.stanza["place"]))
    return verdict(
        expected, wrong, unread, evidence, "effective" if wrong else assured, cause=headline(case) if wrong else None
    )


def short(case: Case, found: Kept) -> Iterator[Item]:
    """Yield what makes a log's span too short."""
    stanza, path = found.stanza, found.path
    for limit, days in found.limits.items():
        if limit == "maxage":
            said = "what is older than %d days is removed (maxage)" % stanza["maxage"]
        elif limit == "rotate":
            said = "rotate %d, %s keeps %d days" % (stanza["rotate"], stanza["period"], days)
        elif not stanza["rotate"]:
            said = "rotate 0 keeps nothing"
        else:
            said = "rotate %d at %s %.1f MiB keeps %d days: it grows by %.1f MiB a day" % (
                stanza["rotate"], limit, stanza[limit] / MEBIBYTE, days, daily(case, path) / MEBIBYTE,
            )  # fmt: skip
        yield item("%s: %s" % (path, limit), "%s: %s (%s)" % (path, said, stanza["place"]))
