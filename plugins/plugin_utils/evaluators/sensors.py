# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared sensors of a host beside what was read of them: whether they run, and go by what is new enough."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ..catalogue.sensors import sensors
from ..declared.registers import Undeclared
from ..declared.sensors import Sensor
from .facts import Unread
from .package_versions import deb_older
from .patterns import matches
from .verdict import Case, Item, Verdict, item, verdict


@dataclass(frozen=True)
class Seen:
    """A declared sensor on a host."""

    case: Case
    sensor: Sensor

    @property
    def active(self) -> list[str]:
        """Return the units of the sensor that run."""
        return [unit for unit in self.case.facts["units"]["active"] if matches(unit, self.sensor.units)]

    @property
    def enabled(self) -> bool:
        """Say whether the next boot starts one of its units."""
        return any(matches(unit, self.sensor.units) for unit in self.case.facts["units"]["enabled"])

    def look(self, what: str) -> Any:
        """Return what its files show; raises Unread where that can't be known."""
        name = self.sensor.name
        looks = self.case.facts["sensors"]["looks"].get(name, {})
        if what in looks:
            return looks[what]
        raise Unread(self.case.facts["sensors"].reason("%s.%s" % (name, what)) or "%s: it isn't known which file shows "
                     "its %s; name one by %s in bulwark_sensors" % (name, WORDS[what], what))  # fmt: skip


#: What is looked at, in words.
WORDS = {"check_in": "last contact with its server", "signatures": "signatures' age", "rules": "rules' age",
         "drops": "lost packets", "guard": "guard against tampering"}  # fmt: skip

#: What is written while the host is being read is no older than that, and dated after the moment that is its now.
WHILE_READING = 300

Check = Callable[[Seen], Iterable[Item]]


def judged(case: Case, kind: str, expected: str, *checks: Check) -> Verdict:
    """Return the verdict on the host's sensors of a kind: each runs, and after the next boot, and each check holds."""
    declared: tuple[Sensor, ...] | None = case.registers.sensors
    if declared is None:
        found = running(case, kind)
        hint = "; found: %s" % ", ".join(found) if found else ""
        return verdict(expected, unread=["bulwark_sensors is not declared for this host%s" % hint])
    ours = [Seen(case, one) for one in declared if kind in one.kinds]
    if not ours:
        wrong = [item(kind, "bulwark_sensors names no sensor of kind %s" % kind)]
        return verdict(expected, wrong, assurance="attested")
    wrong = []
    unread: list[str] = []
    for seen in ours:
        for check in (runs, supported, *checks):
            try:
                wrong += check(seen)
            except (Unread, Undeclared) as reason:
                unread.append(str(reason))
    evidence = ["bulwark_sensors: %s" % ", ".join(seen.sensor.name for seen in ours), "systemd's units"]
    return verdict(expected, wrong, unread, [*evidence, "products as known on %s" % sensors().dated])


def running(case: Case, kind: str) -> list[str]:
    """Return the names of the known sensors of a kind that run here."""
    try:
        active = case.facts["units"]["active"]
    except Unread:
        return []
    known = (one for one in sensors().products if kind in one.kinds)
    return [one.name for one in known if any(matches(unit, one.units) for unit in active)]


def runs(seen: Seen) -> Iterator[Item]:
    """Yield that a sensor doesn't run, or won't after a boot."""
    name, units = seen.sensor.name, " or ".join(seen.sensor.units)
    if not seen.active:
        yield item("%s: active" % name, "%s doesn't run: %s is not active" % (name, units))
    elif not seen.enabled:
        yield item("%s: enabled" % name, "%s is not started at boot: %s is not enabled" % (name, seen.active[0]))


def supported(seen: Seen) -> Iterator[Item]:
    """Yield that a sensor is older than the oldest version that is declared as supported; nothing where none is."""
    sensor = seen.sensor
    if sensor.version is None:
        return
    patterns = sensor.product.packages if sensor.product else ()
    installed = {name: version for name, version in seen.case.facts["packages"]["installed"].items()
                 if matches(name, patterns)}  # fmt: skip
    if not installed:
        raise Unread("%s: no package says whether it is version %s or newer" % (sensor.name, sensor.version))
    for name, version in sorted(installed.items()):
        if deb_older(version.rpartition(":")[2], sensor.version):
            text = "%s: %s %s is older than %s, the oldest that is supported"
            yield item("%s: version" % sensor.name, text % (sensor.name, name, version, sensor.version))


def fresh(what: str, variable: str, per_unit: int, unit: str) -> Check:
    """Return the check that what a sensor's files show is no older than a policy variable says.

    per_unit: seconds of the variable's unit, which is called `unit`.
    """

    def check(seen: Seen) -> Iterator[Item]:
        name, limit = seen.sensor.name, seen.case.policy[variable]
        moment = seen.look(what)
        if moment is None:
            yield item("%s: %s" % (name, what), "%s: nothing shows its %s" % (name, WORDS[what]))
            return
        seconds = seen.case.facts["system"]["now"] - moment
        age = seconds / per_unit
        if seconds < -WHILE_READING:
            text = "%s: %s is dated %.1f %s from now, which is still to come"
            raise Unread(text % (name, WORDS[what], -age, unit))
        if age > limit:
            text = "%s: %s is %d %s, at most %d are allowed" % (name, WORDS[what], age, unit, limit)
            yield item("%s: %s" % (name, what), text)

    return check


def guarded(seen: Seen) -> Iterator[Item]:
    """Yield that a sensor could keep root from switching it off, and doesn't."""
    product, name = seen.sensor.product, seen.sensor.name
    if product is None or product.guard == "none":
        return
    if product.guard == "seen":
        if not seen.look("guard"):
            yield item("%s: guard" % name, "%s: its guard against tampering is not on" % name)
        return
    days, saw = seen.case.policy["bulwark_sensor_guard_days"], seen.sensor.guarded
    if saw is None or seen.case.today - saw > timedelta(days=days):
        raise Unread("%s: only its console shows the guard against tampering; say by guarded in bulwark_sensors when "
                     "somebody saw it on, at most %d days ago" % (name, days))  # fmt: skip
