# SPDX-License-Identifier: GPL-3.0-or-later
"""Each backup runs by itself, often enough, its last run went well, and somebody hears where one doesn't."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...evaluators.backups import Seen, hours_old, seen
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
SUCCESS = "success"


@JUDGES.of("lin-bk-schedule")
def scheduled(case: Case) -> Verdict:
    """A timer that is enabled and runs starts each backup within its rpo; failures are told."""
    wrong: list[Item] = []
    unread: list[str] = []
    evidence = []
    for one in seen(case):
        try:
            plan = one["schedule"]
            wrong += _started(one, plan)
            wrong += _ended(one, plan)
            unread += _unseen(case, one, plan)
            evidence.append("%s: systemctl show %s" % (one.backup.name, plan["unit"]))
        except Unread as reason:
            unread.append(str(reason))
    expected = "each backup is started by an active timer within its rpo, its last run succeeded, failures are told"
    return verdict(expected, wrong, unread, evidence)


def _started(one: Seen, plan: dict[str, Any]) -> Iterator[Item]:
    """Yield why nothing starts a backup, or not often enough."""
    name, unit, timers = one.backup.name, plan["unit"], plan["timers"]
    if plan["cron"]:
        return
    if not plan["loaded"]:
        yield item("%s: unit" % name, "%s: there is no unit %s" % (name, unit))
        return
    running = [timer for timer in timers if timer["enabled"] and timer["active"]]
    if not running:
        off = ", ".join("%s is not %s" % (one["name"], "running" if one["enabled"] else "enabled") for one in timers)
        yield item("%s: timer" % name, "%s: nothing starts %s: %s" % (name, unit, off or "no timer is for it"))
    pauses = [timer["seconds"] for timer in running if timer["seconds"] is not None]
    if pauses and min(pauses) > one.backup.rpo * 3600:
        text = "%s: %g hours may lie between two runs of %s; its rpo is %g" % (
            name, min(pauses) / 3600, running[0]["name"], one.backup.rpo
        )  # fmt: skip
        yield item("%s: interval" % name, text)


def _ended(one: Seen, plan: dict[str, Any]) -> Iterator[Item]:
    """Yield that the last run failed, or that nobody would hear of it."""
    name, unit, monitor = one.backup.name, plan["unit"], one.backup.monitor
    if not plan["loaded"]:
        return
    if plan["result"] != SUCCESS:
        yield item("%s: result" % name, "%s: the last run of %s failed (%s)" % (name, unit, plan["result"]))
    if monitor and monitor not in (*plan["on_failure"], *plan["hooks"]):
        text = "%s: %s is neither in OnFailure= nor in ExecStopPost= of %s" % (name, monitor, unit)
        yield item("%s: monitor" % name, text)
    elif not monitor and not plan["on_failure"]:
        yield item("%s: monitor" % name, "%s: nobody hears where %s fails: it has no OnFailure=" % (name, unit))


def _unseen(case: Case, one: Seen, plan: dict[str, Any]) -> Iterator[str]:
    """Yield what can't be told of a backup's runs."""
    name = one.backup.name
    if plan["cron"]:
        yield "%s: run by cron (%s), which doesn't tell how a run ended; let a timer run it" % (name, plan["cron"][0])
        return
    running = [timer for timer in plan["timers"] if timer["enabled"] and timer["active"]]
    if running and all(timer["seconds"] is None for timer in running):
        yield "%s: how often %s runs isn't told by its unit" % (name, running[0]["name"])
    if running and not plan["ended"] and plan["result"] == SUCCESS:
        # systemd forgets at a boot: then a young snapshot shows that it works.
        newest = one["snapshots"][-1:]
        if not newest or hours_old(newest[0], case.facts["system"]["now"]) > one.backup.rpo:
            yield "%s: %s has not run since the boot, so how it ends isn't known" % (name, plan["unit"])
