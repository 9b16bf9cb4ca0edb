# SPDX-License-Identifier: GPL-3.0-or-later
"""How far back security events really go, and whether there is room to keep them."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.kept_journal import held_on, shown
from ...evaluators.log_volumes import Volume, volumes
from ...evaluators.retention import (
    HEADLINE,
    Log,
    ageless,
    kept_elsewhere,
    least,
    logs,
    wanted_since,
    young,
)
from ...evaluators.verdict import Assurance, Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
AUDIT = "/var/log/audit"
APART = ("nodev", "nosuid", "noexec")
#: What auditd may do as its disk fills up (auditd.conf(5)), and what it does where nothing is set.
ALERTS = ("email", "syslog", "exec")
STOPS = ("single", "halt")
UNSET = "ignore"


@JUDGES.of(HEADLINE)
def oldest_event(case: Case) -> Verdict:
    """Logons, and the kernel's audit where it is on, are known for the retention or since the host was set up."""
    since = wanted_since(case)
    expected = "security events are kept since %s: for %d days, or since the host was set up" % (
        since, case.policy["bulwark_log_retention_days"])  # fmt: skip
    known, unread = logs(case)
    wrong = [item(log.kind, lacks(log)) for log in known if young(case, log)]
    why = ageless(case)
    if wrong and why:
        return verdict(expected, unread=[*unread, why])
    evidence = ["%s since %s%s" % (log.name, log.oldest, behind(log)) for log in known if log.oldest]
    evidence += [log.elsewhere.text for log in known if log.elsewhere]
    assured = "effective" if wrong else least(*(sure(case, log) for log in known))
    return verdict(expected, wrong, unread, evidence, assured)


def lacks(log: Log) -> str:
    """Return what is wrong with a log that is too young."""
    return "%s: %s%s" % (log.name, "since %s only" % log.oldest if log.oldest else "none is kept", behind(log))


def behind(log: Log) -> str:
    """Return what is there that doesn't count, since nothing tells of the time between."""
    return "; what is older ends on %s, with a gap behind it" % log.gap if log.gap else ""


def sure(case: Case, log: Log) -> Assurance:
    """Return how surely a log goes back far enough, by the better of what is here and what a collector holds."""
    here = not young(case, log._replace(elsewhere=None))
    if log.elsewhere and not (here and log.elsewhere.assurance == "configured"):
        return log.elsewhere.assurance
    return "effective"


@JUDGES.of("lin-lm-log-capacity")
def log_capacity(case: Case) -> Verdict:
    """Logs have room for their retention, on file systems of their own, and auditd says so before there is none."""
    days, ahead = case.policy["bulwark_log_retention_days"], case.policy["bulwark_log_full_days"]
    known, unread = volumes(case)
    room, evidence, elsewhere = [], [], []
    for point in dict.fromkeys(one.point for one in known):
        held = [one for one in known if one.point == point]
        evidence.append(projection(case, point, held))
        room += [*filling(case, point, held, ahead)]
        if lacking(case, point, held, days):
            # What a collector keeps may be removed here.
            kept = {one.name: kept_elsewhere(case, one.name) for one in held}
            room += short(case, point, [one for one in held if not kept[one.name]], days)
            elsewhere += [one for one in kept.values() if one]
    wrong = [*room, *actions_wrong(case)]
    layout = [*apart(case)]
    return verdict(
        "logs have room for %d days, and for %d days ahead, on file systems of their own (%s); auditd alerts in time"
        % (days, ahead, ", ".join(APART)),
        [*wrong, *layout], unread,
        [*evidence, *(one.text for one in elsewhere), "/proc/self/mountinfo", "/etc/fstab", "/etc/audit/auditd.conf"],
        least("effective", *(one.assurance for one in elsewhere)), "medium" if layout and not wrong else None,
    )  # fmt: skip


def projection(case: Case, point: str, held: list[Volume]) -> str:
    """Return what is written to a file system and how long it lasts, for the evidence."""
    rate, free = sum(one.daily for one in held), held_on(case, point)["available"]
    names = ", ".join("%s %s a day" % (one.name, shown(one.daily)) for one in held)
    return "%s: %s; %s are free, for %d days" % (point, names, shown(free), free / max(rate, 1))


def filling(case: Case, point: str, held: list[Volume], ahead: int) -> Iterator[Item]:
    """Yield a file system that is full within the days ahead, each log growing to its own bound at most."""
    free = held_on(case, point)["available"]
    grown = sum(min(one.daily * ahead, one.left) for one in held)
    if grown >= free:
        text = "%s is full within %d days: logs grow by %s, and %s are free"
        yield item("full: " + point, text % (point, ahead, shown(grown), shown(free)))


def lacking(case: Case, point: str, held: list[Volume], days: int) -> bool:
    """Say whether a file system can't hold what is written to these logs in so many days."""
    return sum(one.daily for one in held) * days > room_for(case, point, held)


def room_for(case: Case, point: str, held: list[Volume]) -> float:
    """Return the bytes that logs may take: what is free, and what they have."""
    return float(held_on(case, point)["available"] + sum(one.bytes for one in held))


def short(case: Case, point: str, held: list[Volume], days: int) -> Iterator[Item]:
    """Yield a file system that can't hold what is written in the days of retention."""
    if lacking(case, point, held, days):
        rate = sum(one.daily for one in held)
        text = "%s has room for %d days of logs (%s a day, measured); %d are wanted"
        yield item("room: " + point, text % (point, room_for(case, point, held) / rate, shown(rate), days))


def apart(case: Case) -> Iterator[Item]:
    """Yield the folders of logs that are no file system of their own, or one with too many rights."""
    points = {one["point"]: one for one in case.facts["mounts"]["points"]}
    stays = {one["point"] for one in case.facts["mounts"]["fstab"]}
    stays |= {one["point"] for one in case.facts["mounts"]["units"] if one["wanted"]}
    for folder in case.policy["bulwark_log_file_systems"]:
        if folder == AUDIT and not case.facts["audit"]["installed"]:
            continue
        if folder not in points:
            yield item("apart: " + folder, "%s is no file system of its own: whatever else grows fills it" % folder)
            continue
        missing = [option for option in APART if option not in points[folder]["options"]]
        if missing:
            yield item("options: " + folder, "%s is mounted without %s" % (folder, ", ".join(missing)))
        if folder not in stays:
            yield item("boot: " + folder, "%s is mounted now, but not by fstab or a unit at the next boot" % folder)


def actions_wrong(case: Case) -> Iterator[Item]:
    """Yield what auditd does too late, or too much, as its disk fills up."""
    if not case.facts["audit"]["installed"]:
        return
    stops = STOPS if case.policy["bulwark_audit_halt"] else ()
    allowed = {
        "space_left_action": ALERTS,
        "admin_space_left_action": (*ALERTS, "suspend", *stops),
        "disk_full_action": ("syslog", "exec", "rotate", "suspend", *stops),
    }
    for name, actions in allowed.items():
        value = case.facts["audit"]["conf"].get(name, UNSET).lower().split(" ")[0]
        if value in STOPS and value not in actions:
            text = "%s = %s stops this host when its audit log is full; bulwark_audit_halt allows that" % (name, value)
            yield item(name, text)
        elif value not in actions:
            yield item(name, "%s = %s (/etc/audit/auditd.conf)" % (name, value))
