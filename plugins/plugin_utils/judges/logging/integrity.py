# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether somebody would notice that files are not what they were: AIDE, or Wazuh's syscheck."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...evaluators.facts import Unread
from ...evaluators.patterns import matches
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
DAY = 86400


@JUDGES.of("lin-lm-fim")
def file_integrity(case: Case) -> Verdict:
    """A database to compare with, a timer that does, a run not long ago, and no change where nobody explained one."""
    facts, days = case.facts["integrity"], limit(case)
    expected = "files are compared with a database by a timer, in the last %d days, and nothing differs of those in " \
               "bulwark_fim_watched" % days  # fmt: skip
    if facts["syscheck"] and facts["syscheck"]["on"]:
        return verdict(expected, _wazuh(case, facts["syscheck"], days), evidence=["/var/ossec/etc/ossec.conf"])
    engines = facts["aide"]
    if not engines:
        return verdict(expected, [item("nothing watches the host's files: neither AIDE nor Wazuh's syscheck is there")])
    whole = [one for one in engines if one["made"]]
    wrong: list[Item] = []
    if not whole:
        wrong = [item("%s: database" % one["config"], "%s: its database %s is not there: aide --init makes it" % (
            one["config"], one["database"])) for one in engines]  # fmt: skip
    wrong += _started(facts)
    unread: list[str] = []
    if whole:
        # The one that ran last is the one that is kept.
        newest = max(whole, key=lambda one: one["ended"] or 0)
        wrong += _ran(case, newest, days)
        try:
            wrong += _differs(case, newest)
        except Unread as reason:
            unread.append(str(reason))
    return verdict(expected, wrong, unread, [one["report"] or one["config"] for one in engines])


def limit(case: Case) -> int:
    """Return how many days may lie between two runs; fewer on a host that controls all others."""
    tier0 = case.registers.tier == 0
    return int(case.policy["bulwark_fim_tier0_days" if tier0 else "bulwark_fim_days"])


def _started(facts: Mapping[str, Any]) -> Iterator[Item]:
    running = [name for name, timer in facts["timers"].items() if timer["active"] and timer["enabled"]]
    if not running and not facts["cron"]:
        yield item("timer", "nothing runs AIDE by itself: no timer of it is enabled and active, no cron job names it")


def _ran(case: Case, engine: Mapping[str, Any], days: int) -> Iterator[Item]:
    config, now = engine["config"], case.facts["system"]["now"]
    # A database that was made just now has compared all there is.
    last = max(engine["ended"] or 0, engine["made"])
    if now - last > days * DAY:
        text = "%s: AIDE last compared %d days ago, at most %d are allowed" % (config, (now - last) // DAY, days)
        yield item("%s: run" % config, text)


def _differs(case: Case, engine: Mapping[str, Any]) -> Iterator[Item]:
    """Yield what the last report tells of files that matter, unless the database was made anew since."""
    if engine["changed"] is None or (engine["ended"] or 0) < engine["made"]:
        return
    for path in engine["changed"]:
        if matches(path, case.policy["bulwark_fim_watched"]):
            yield item(path, "%s tells that %s changed: find out why, then accept it by a new database" % (
                engine["report"], path))  # fmt: skip
    if engine["more"]:
        raise Unread("%s tells of more changes than are read" % engine["report"])


def _wazuh(case: Case, syscheck: Mapping[str, Any], days: int) -> Iterator[Item]:
    """Yield what is wrong with Wazuh's; what it found is at its manager, whose alerts it is."""
    if "wazuh-agent.service" not in case.facts["units"]["active"]:
        yield item("wazuh: active", "Wazuh's syscheck is configured, and wazuh-agent.service does not run")
    if syscheck["made"] is None:
        yield item("wazuh: database", "Wazuh's syscheck has no database yet")
    last = max(syscheck["ended"] or 0, syscheck["made"] or 0)
    if last and case.facts["system"]["now"] - last > days * DAY:
        yield item("wazuh: run", "Wazuh's syscheck last looked at all files more than %d days ago" % days)
