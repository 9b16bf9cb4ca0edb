# SPDX-License-Identifier: GPL-3.0-or-later
"""Somebody is told of what received logs show: by rules that run, and have a way to a SOC."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from ...declared.moments import as_date
from ...evaluators import collecting
from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
ALERT, TIMER = "bulwark-log-alert", "bulwark-log-alert.timer"
EVIDENCE = ("/etc/bulwark/collector/alerts.json", "/var/lib/bulwark-log-alert/report.json", "bulwark_siem_rules")
DAY = 86400


@JUDGES.of("lin-lm-alert-rules")
def alert_rules(case: Case) -> Verdict:
    """Each rule is on here, with a route that takes what it finds, or declared of a SIEM."""
    collecting.take_part(case)
    declared = {one["rule"]: one for one in case.policy["bulwark_siem_rules"]}
    here = [name for name in collecting.RULES if name not in declared]
    checks = [partial(_rule, name=name) for name in here] + ([_program] if here else [])
    wrong, unread = gather(case, *checks)
    return verdict(
        "alerts for %s are on, run at least every %d minutes or by a SIEM that was looked at within %d days, and have "
        "a route to a SOC"
        % (
            ", ".join(collecting.RULES.values()),
            case.policy["bulwark_alert_run_minutes"],
            case.policy["bulwark_siem_seen_days"],
        ),
        wrong,
        unread,
        [*EVIDENCE, *_known(case, here)],
        "attested" if declared else "effective",
        aged=_aged(case, declared),
    )


def _known(case: Case, rules: Collection[str]) -> list[str]:
    """Return whose logons are looked at: what is declared for this host, whatever is declared for its senders."""
    if "msp_logon" not in rules or case.registers.accounts is None:
        return []
    names = ", ".join(one.name for one in collecting.providers(case))
    return ["accounts of providers that bulwark_accounts declares for this host: %s" % (names or "none")]


def _rule(case: Case, name: str) -> Iterator[Item]:
    alerts, what = case.facts["collecting"]["alerts"], collecting.RULES[name]
    settings = (alerts or {}).get("settings", {})
    rule = (settings.get("rules") or {}).get(name)
    if rule is None:
        yield item(name, "nothing tells of %s (%s)" % (what, name))
        return
    routes = [route for route in rule.get("routes") or () if route in (settings.get("routes") or {})]
    if not routes:
        yield item("%s: route" % name, "%s: what the rule finds goes to nobody" % name)
    if _looser(rule, collecting.wanted_rules(case)[name]):
        text = "%s: what it looks for is not what registers and policy say now; apply the role's collector again"
        yield item("%s: settings" % name, text % name)


def _looser(rule: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Say whether a rule finds less than it has to."""
    least = {"count": min, "hours": min, "minutes": max}
    for key, value in wanted.items():
        own = rule.get(key)
        if key in least:
            if not isinstance(own, (int, float)) or least[key](own, value) != own:
                return True
        elif isinstance(value, list):
            if not isinstance(own, list) or set(value) - set(own):
                return True
        elif own != value:
            return True
    return False


def _program(case: Case) -> Iterator[Item]:
    """Yield what keeps the program of the rules from finding and telling."""
    alerts = case.facts["collecting"]["alerts"]
    if alerts is None:
        return
    if not alerts["safe"]:
        yield item("not root's alone", "others than root can change %s or its rules" % ALERT)
    if TIMER not in case.facts["units"]["enabled"]:
        yield item("timer", "%s is not enabled" % TIMER)
    last = alerts["last"]
    if last is None:
        raise Unread("%s has not run yet" % ALERT)
    minutes = case.policy["bulwark_alert_run_minutes"]
    if case.facts["system"]["now"] - last["at"] > minutes * 60:
        yield item("not run", "%s has not run for more than %d minutes" % (ALERT, minutes))
    folded = last.get("folded")
    if folded and case.facts["system"]["now"] - folded["at"] < DAY:
        text = "within the last day, %d alerts at once were told as a number only: look at what came for them"
        yield item("folded", text % folded["alerts"])
    for name, why in sorted(last["broken"].items()):
        yield item("route %s" % name, "the route %s took no alerts: %s" % (name, why))


def _aged(case: Case, declared: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    oldest = case.today - timedelta(days=case.policy["bulwark_siem_seen_days"])
    for name, one in declared.items():
        seen = as_date(one["seen"])
        if seen is None or seen < oldest:
            yield "%s: somebody last saw %s tell of it on %s" % (name, one["product"], one["seen"])
