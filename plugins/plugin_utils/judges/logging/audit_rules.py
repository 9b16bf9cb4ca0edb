# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the kernel's audit records what it is to: by the rules that are loaded, in their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...evaluators import auditing
from ...evaluators.audit_coverage import Gap, Wanted, gap, unsaid
from ...evaluators.audit_rules import Condition, Rule, parse_all
from ...evaluators.audit_wanted import outsiders, people, wanted
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
#: A day's events can't be told from fewer than these.
EVENTS = 100


@JUDGES.of("lin-lm-audit-identity")
def identity(case: Case) -> Verdict:
    """Whoever changes accounts, groups, sudo, PAM, sshd's settings or authorised keys is recorded."""
    return _judged(case, "identity", "changes of accounts, groups, sudo, PAM, sshd's settings and authorised keys")


@JUDGES.of("lin-lm-audit-exec")
def executions(case: Case) -> Verdict:
    """The programs of people are recorded, and those that run as root for them, at a rate that somebody can keep."""
    auditing.possible(case)
    text = "programs that people run, and those that run as root for somebody else, at most %d events a day in all"
    return _judged(case, "exec", text % case.policy["bulwark_audit_max_events_per_day"], _too_many(case))


@JUDGES.of("lin-lm-audit-msp")
def outsiders_recorded(case: Case) -> Verdict:
    """What each person of a provider or vendor runs and connects to bears a key of its own."""
    auditing.possible(case)
    known = outsiders(case)
    if not known:
        raise NotApplicable("no account that bulwark_accounts gives to a provider or vendor is on this host")
    rules = loaded(case)
    silenced = [
        item(
            "sessions %s" % account.name,
            "the sessions and sudo commands of %s (%s) are not recorded: %s drops them"
            % (account.name, account.party, rule),
        )
        for account, uid in known
        for rule in filter(None, [unsaid([Condition("auid", "=", uid)], rules)])
    ]
    text = "programs and connections of %s with the key msp, and everybody's session and sudo records"
    named = ", ".join(account.name for account, _uid in people(case)) or "no person (automation alone is here)"
    return _judged(case, "msp", text % named, silenced)


@JUDGES.of("lin-lm-audit-mfa")
def factors(case: Case) -> Verdict:
    """Whoever changes a second factor, or where its provider is found, is recorded."""
    return _judged(case, "mfa", "changes of /etc/hosts, PAM, Duo's settings and the files of second factors")


@JUDGES.of("lin-lm-audit-tamper")
def tampering(case: Case) -> Verdict:
    """Whoever changes the clock, modules, mounts, scheduled work, units or the records themselves is recorded."""
    text = "changes of the clock, modules, mounts, scheduled work, units, settings of logging and records of logins"
    return _judged(case, "tamper", text)


def loaded(case: Case) -> list[Rule | str]:
    """Return the rules that the kernel has."""
    return parse_all(case.facts["audit"]["loaded"])


def _judged(case: Case, topic: str, expected: str, more: Iterable[Item] = ()) -> Verdict:
    auditing.possible(case)
    rules = loaded(case)
    off = list(_off(case))
    gaps = [(one, gap(one, rules)) for one in wanted(case, topic)]
    unsure = [
        "%s: what the rule %s drops is not understood" % (one.name, why.by)
        for one, why in gaps
        if why and why.kind == "unsure"
    ]
    return verdict(
        "recorded by rules that are loaded: %s" % expected,
        [*off, *(_item(case, one, why) for one, why in gaps if why and why.kind != "unsure"), *more],
        unsure,
        ["auditctl -l", "auditctl -s"],
        cause=auditing.ON if off else None,
    )


def _off(case: Case) -> Iterator[Item]:
    if not auditing.installed(case):
        yield auditing.absent()
    elif case.facts["audit"]["status"].get("enabled") == auditing.OFF:
        yield item("enabled", "the kernel records nothing: auditctl -s says enabled 0")


def _item(case: Case, one: Wanted, why: Gap) -> Item:
    """Return what is said of events that are not recorded; files are asked only to explain it."""
    text = {
        "hidden": "%s are not recorded: the rule %s drops them" % (one.name, why.by),
        "otherwise": "%s are recorded without the key %s: the rule %s takes them first" % (one.name, one.key, why.by),
    }.get(why.kind, "%s are not recorded: no loaded rule does it" % one.name)
    if why.kind == "missing" and gap(one, parse_all(line["text"] for line in case.facts["audit"]["written"])) is None:
        locked = case.facts["audit"]["status"].get("enabled") == auditing.LOCKED
        text += ", though files have one%s" % (
            ": the kernel takes it at the next boot (enabled 2)" if locked else " (augenrules --load)"
        )
    return item(one.name, text)


def _too_many(case: Case) -> Iterator[Item]:
    most, rate = case.policy["bulwark_audit_max_events_per_day"], case.facts["audit"]["rate"]
    log = case.facts["audit"]["log"]
    if not rate or not log or not log["daily_bytes"] or rate["events"] < EVENTS:
        return
    # The newest records are a sample: how much is written a day says how many such samples a day has.
    daily = round(rate["events"] * log["daily_bytes"] / rate["bytes"])
    if daily > most:
        keys = ", ".join("%s %d" % (name, number) for name, number in list(rate["by_key"].items())[:3])
        yield item("rate", "about %d events are recorded a day (most often: %s)" % (daily, keys or "without a key"))
