# SPDX-License-Identifier: GPL-3.0-or-later
"""How far back security events really go, and whether there is room to keep them."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.kept_journal import held_on, shown
from ...evaluators.log_volumes import Volume, volumes
from ...evaluators.retention import HEADLINE, ageless, kept_elsewhere, logs, wanted_since, young
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

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
    elsewhere = kept_elsewhere(case)
    if elsewhere:
        return verdict(expected, evidence=[elsewhere], assurance="proven")
    known, unread = logs(case)
    wrong = [
        item(log.kind, "%s: %s" % (log.name, "none is kept" if log.oldest is None else "since %s only" % log.oldest))
        for log in known
        if young(case, log)
    ]
    why = ageless(case)
    if wrong and why:
        return verdict(expected, unread=[*unread, why])
    return verdict(expected, wrong, unread, ["%s since %s" % (log.name, log.oldest) for log in known if log.oldest])


@JUDGES.of("lin-lm-log-capacity")
def log_capacity(case: Case) -> Verdict:
    """Logs have room for their retention, on file systems of their own, and auditd says so before there is none."""
    days, ahead = case.policy["bulwark_log_retention_days"], case.policy["bulwark_log_full_days"]
    known, unread = volumes(case)
    room, evidence = [], []
    for point in dict.fromkeys(one.point for one in known):
        held = [one for one in known if one.point == point]
        evidence.append(projection(case, point, held))
        room += [*filling(case, point, held, ahead), *short(case, point, held, days)]
    wrong = [*room, *actions_wrong(case)]
    layout = [*apart(case)]
    return verdict(
        "logs have room for %d days, and for %d days ahead, on file systems of their own (%s); auditd alerts in time"
        % (days, ahead, ", ".join(APART)),
        [*wrong, *layout], unread, [*evidence, "/proc/self/mountinfo", "/etc/fstab", "/etc/audit/auditd.conf"],
        severity="medium" if layout and not wrong else None,
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


def short(case: Case, point: str, held: list[Volume], days: int) -> Iterator[Item]:
    """Yield a file system that can't hold what is written in the days of retention; a collector's proof makes up."""
    rate, room = sum(one.daily for one in held), held_on(case, point)["available"] + sum(one.bytes for one in held)
    if rate * days > room and not kept_elsewhere(case):
        text = "%s has room for %d days of logs (%s a day, measured); %d are wanted"
        yield item("room: " + point, text % (point, room / rate, shown(rate), days))


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
