# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the plan for incidents names people, lies on paper, and was exercised."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.verdict import Item, item
from .case import Entry, RecordCase
from .rules import Rules

RULES = Rules()
PLAN, PAPER, EXERCISE = "ev-ir-plan", "ev-ir-hardcopy", "ev-ir-exercise"
YEARLY, EXERCISED, CHECKED = "bulwark_record_yearly_days", "bulwark_ir_exercise_days", "bulwark_hardcopy_check_days"
PLACES = "bulwark_hardcopy_places"
#: AA22-131A names these three.
NEEDED = ("executive", "technical_lead", "procurement")

RULES.recent(PLAN, YEARLY)


@RULES.of(PLAN, "roles", "An executive, a technical lead and procurement are named.")
def roles(case: RecordCase) -> Iterator[Item]:
    """The roles that the advisory asks for are there."""
    there = {each["role"] for each in case.record["roles"]}
    yield from (item(role, "nobody is named as %s" % role) for role in NEEDED if role not in there)


@RULES.of(PLAN, "reachable", "Everybody named has a deputy and a telephone number.")
def reachable(case: RecordCase) -> Iterator[Item]:
    """Somebody answers for each role."""
    for each in case.record["roles"]:
        for key in ("deputy", "phone"):
            if not each.get(key):
                yield item("%s: %s" % (each["role"], key), "%s has no %s" % (each["role"], key))


@RULES.of(PLAN, "recovery", "The plan says how to recover.")
def recovery(case: RecordCase) -> Iterator[Item]:
    """The plan goes on until recovery."""
    if not case.record.get("recovery"):
        yield item("section", "no section on recovery is named (recovery)")


@RULES.of(PLAN, "contacts", "Suppliers to call and duties to report are named.")
def contacts(case: RecordCase) -> Iterator[Item]:
    """Whom to call and tell is known."""
    yield from (
        item(key, "%s is empty" % key) for key in ("supplier_contacts", "reporting_duties") if not case.record[key]
    )


@RULES.of(PAPER, "current", "Each copy is of the current version of ev-ir-plan.")
def current(case: RecordCase) -> Iterator[Item]:
    """No copy is outdated."""
    version = case.other(PLAN)["version"]
    for each in case.record["locations"]:
        if each["plan_version"] != version:
            text = "%s: version %s of the plan, and %s is current"
            yield item(each["place"], text % (each["place"], each["plan_version"], version))


@RULES.of(PAPER, "places", "There are copies in at least %s places." % PLACES, PLACES)
def places(case: RecordCase) -> Iterator[Item]:
    """One fire doesn't take all copies."""
    found, least = len({each["place"] for each in case.record["locations"]}), case.bound(PLACES)
    if found < least:
        yield item("places", "there are copies in %d places, fewer than %d" % (found, least))


@RULES.of(PAPER, "checked", "Somebody looked at each copy within %s." % CHECKED, CHECKED, aged=True)
def checked(case: RecordCase) -> Iterator[Item]:
    """The copies are still there."""
    for each in case.record["locations"]:
        yield from case.old("the last look at %s" % each["place"], each["checked"], CHECKED)


@RULES.of(PAPER, "since-printed", "Somebody looked at each copy since it was printed.")
def since_printed(case: RecordCase) -> Iterator[Item]:
    """Whoever looked saw this copy, and not the one before it."""
    for each in case.record["locations"]:
        if each["checked"] < each["printed_on"]:
            text = "%s: nobody looked at it since it was printed on %s, but before, on %s"
            yield item(each["place"], text % (each["place"], each["printed_on"], each["checked"]))


@RULES.of(PAPER, "offline", "Somebody read each copy with the network down.")
def offline(case: RecordCase) -> Iterator[Item]:
    """The copies need no network."""
    for each in case.record["locations"]:
        if not each.get("offline_verified_by"):
            yield item(each["place"], "%s: nobody read it with the network down (offline_verified_by)" % each["place"])


def _of_the_year(case: RecordCase) -> list[Entry]:
    """Return the exercises that are not too old."""
    days = case.bound(EXERCISED)
    return [each for each in case.record["exercises"] if case.age(each["date"]) <= days]


@RULES.of(EXERCISE, "recent", "The last exercise is not older than %s." % EXERCISED, EXERCISED, aged=True)
def exercised(case: RecordCase) -> Iterator[Item]:
    """There was an exercise not long ago."""
    days = [each["date"] for each in case.record["exercises"]]
    return case.old("the last exercise", max(days), EXERCISED) if days else iter([item("none", "no exercise is noted")])


def _covered(case: RecordCase, what: str) -> Iterator[Item]:
    """Yield that no recent exercise tried something; where there is none at all, that is told by its age."""
    recent = _of_the_year(case)
    if recent and not any(what in each["covers"] for each in recent):
        yield item(what, "no exercise of the last %d days tried %s" % (case.bound(EXERCISED), what))


@RULES.of(EXERCISE, "kill-switch", "Shutting the provider out was exercised.", EXERCISED)
def kill_switch(case: RecordCase) -> Iterator[Item]:
    """The provider was shut out."""
    return _covered(case, "msp_kill_switch")


@RULES.of(EXERCISE, "restore", "Restoring was exercised.", EXERCISED)
def restore(case: RecordCase) -> Iterator[Item]:
    """Something was restored."""
    return _covered(case, "restore")


@RULES.of(EXERCISE, "actions", "Each action is done, or has a day that has not passed.")
def actions(case: RecordCase) -> Iterator[Item]:
    """What was learnt is acted on."""
    for each in (action for exercise in case.record["exercises"] for action in exercise["actions"]):
        if each.get("closed"):
            continue
        if not each.get("due"):
            yield item(each["action"], "%s: neither done nor due" % each["action"])
        elif each["due"] < case.today.isoformat():
            yield item(each["action"], "%s: it was due on %s" % (each["action"], each["due"]))
