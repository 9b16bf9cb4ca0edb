# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether critical systems are saved as they should be, came back, and can be rebuilt; and what was advised."""

from __future__ import annotations

from collections.abc import Iterator

from ...declared.moments import as_hours
from ...declared.parties import CUSTOMER
from ...evaluators.verdict import Item, item
from ...records.kinds.backups import TOPICS
from .case import Entry, RecordCase
from .rules import Rules
from .shared import others

RULES = Rules()
PLAN, TESTS, IMAGES, ADVICE = "ev-backup-plan", "ev-restore-test", "ev-gold-image", "ev-customer-encouragement"
YEARLY, CRITICAL_DAYS = "bulwark_record_yearly_days", "bulwark_restore_test_days"
OFFLINE, GOLD, FUNCTIONS = "bulwark_offline_copy_days", "bulwark_gold_days", "bulwark_gold_functions"
PASSED = "passed"
HOUR = 3600


def _critical(plan: Entry) -> list[Entry]:
    """Return every entry of each system that is critical by any of them."""
    names = {each["system"] for each in plan["systems"] if each["critical"]}
    return [each for each in plan["systems"] if each["system"] in names]


def _person(name: str) -> str:
    """Return a name as it is compared: whoever writes it otherwise is no other person."""
    return " ".join(name.split()).casefold()


@RULES.of(PLAN, "systems", "At least one system is in the plan.")
def some_system(case: RecordCase) -> Iterator[Item]:
    """A plan that saves nothing is none."""
    if not case.record["systems"]:
        yield item("none", "no system is in the plan")


@RULES.of(PLAN, "critical-listed", "Each critical system of ev-zone-map is in the plan as such.")
def critical_listed(case: RecordCase) -> Iterator[Item]:
    """No critical system is left out."""
    planned = {each["system"] for each in _critical(case.record)}
    for system in case.other("ev-zone-map")["critical_systems"]:
        if system not in planned:
            yield item(system, "%s is critical by ev-zone-map and not in the plan as such" % system)


@RULES.of(PLAN, "key-apart", "No key is kept where its data is.")
def key_apart(case: RecordCase) -> Iterator[Item]:
    """Whoever takes the data has no key."""
    for each in case.record["systems"]:
        if each["key_location"].strip().casefold() == each["location"].strip().casefold():
            yield item(each["system"], "%s: the key is kept where the data is, %s" % (each["system"], each["location"]))


@RULES.of(PLAN, "key-offline", "A copy of each key is offline.")
def key_offline(case: RecordCase) -> Iterator[Item]:
    """A key outlives the systems."""
    for each in case.record["systems"]:
        if not each["key_offline"]:
            yield item(each["system"], "%s: no copy of its key is offline" % each["system"])


@RULES.of(PLAN, "offline-copy", "Each critical system has an offline copy.")
def offline_copy(case: RecordCase) -> Iterator[Item]:
    """There are offline copies."""
    for each in _critical(case.record):
        if not each.get("offline"):
            yield item(each["system"], "%s has no offline copy" % each["system"])


@RULES.of(PLAN, "offline-recent", "No offline copy is older than %s, nor than the objective if longer." % OFFLINE,
          OFFLINE, aged=True)  # fmt: skip
def offline_recent(case: RecordCase) -> Iterator[Item]:
    """Offline copies are recent."""
    for each in _critical(case.record):
        if each.get("offline") and case.age(each["offline"]) * 24 > as_hours(each["rpo"]):
            yield from case.old("the offline copy of %s" % each["system"], each["offline"], OFFLINE)


def _last(case: RecordCase) -> dict[tuple[str, str], Entry]:
    """Return the last test of each backup, the later one of a day."""
    tests = sorted(case.record["tests"], key=lambda each: str(each["date"]))
    return {(each["system"], each["backup"]): each for each in tests}


def _told(test: Entry) -> str:
    return "%s of %s" % (test["backup"], test["system"])


def _planned(case: RecordCase, test: Entry) -> list[Entry]:
    """Return what the plan has of a test's system; of several entries the strictest counts."""
    return [each for each in case.other(PLAN)["systems"] if each["system"] == test["system"]]


@RULES.of(TESTS, "critical-tested", "Each critical system of ev-backup-plan has a test.")
def critical_tested(case: RecordCase) -> Iterator[Item]:
    """Critical systems were restored."""
    tested = {system for system, _backup in _last(case)}
    for each in _critical(case.other(PLAN)):
        if each["system"] not in tested:
            yield item(each["system"], "no restore test of %s is noted" % each["system"])


@RULES.of(TESTS, "critical-recent", "The last test of a critical system is not older than %s." % CRITICAL_DAYS,
          CRITICAL_DAYS, aged=True)  # fmt: skip
def critical_recent(case: RecordCase) -> Iterator[Item]:
    """Critical systems were restored not long ago."""
    critical = {each["system"] for each in _critical(case.other(PLAN))}
    for (system, _backup), test in _last(case).items():
        if system in critical:
            yield from case.old("the test of %s" % _told(test), test["date"], CRITICAL_DAYS)


@RULES.of(TESTS, "recent", "No last test of a backup is older than %s." % YEARLY, YEARLY, aged=True)
def all_recent(case: RecordCase) -> Iterator[Item]:
    """All backups were restored not long ago."""
    for test in _last(case).values():
        yield from case.old("the test of %s" % _told(test), test["date"], YEARLY)


@RULES.of(TESTS, "passed", "The last test of each backup brought it back.")
def passed(case: RecordCase) -> Iterator[Item]:
    """The last tests passed."""
    if not case.record["tests"]:
        yield item("none", "no restore test is noted")
    for test in _last(case).values():
        if test["result"] != PASSED:
            why = "; ".join(test.get("defects", ())) or "no defect is noted"
            yield item(_told(test), "the test of %s of %s failed: %s" % (_told(test), test["date"], why))


@RULES.of(TESTS, "in-time", "Restoring took no longer than ev-backup-plan allows.")
def in_time(case: RecordCase) -> Iterator[Item]:
    """Restores are fast enough; what the plan doesn't name has no limit here."""
    for test in _last(case).values():
        limits = [as_hours(each["rto"]) * HOUR for each in _planned(case, test)]
        if limits and test["seconds"] > min(limits):
            text = "the test of %s took %d s, and its objective is %d s"
            yield item(_told(test), text % (_told(test), test["seconds"], min(limits)))


@RULES.of(TESTS, "tester", "Nobody tests the backups that they make.")
def tester(case: RecordCase) -> Iterator[Item]:
    """Another one tests."""
    for test in _last(case).values():
        operators = {_person(each["operator"]) for each in _planned(case, test)}
        if _person(test["tester"]["name"]) in operators:
            yield item(_told(test), "the test of %s was made by %s, who makes the backups" % (
                _told(test), test["tester"]["name"]))  # fmt: skip


@RULES.of(TESTS, "customer-started", "The customer had a test made within %s." % YEARLY, YEARLY)
def customer_started(case: RecordCase) -> Iterator[Item]:
    """The customer asks for a test now and then."""
    days = case.bound(YEARLY)
    own = (each["date"] for each in case.record["tests"] if each["tester"].get("party") == CUSTOMER)
    if not any(case.age(day) <= days for day in own):
        yield item("customer", "nobody of the customer's had a test made within %d days" % days)


@RULES.of(IMAGES, "functions", "Each critical function (%s) of the hosts has an image." % FUNCTIONS, FUNCTIONS,
          "bulwark_host_functions")  # fmt: skip
def functions(case: RecordCase) -> Iterator[Item]:
    """Each critical function has an image."""
    wanted = {name for policy in case.policies for name in policy[FUNCTIONS]["value"]}
    images = {each["role"] for each in case.record["images"]}
    for function in sorted(wanted & set(case.register("bulwark_host_functions")) - images):
        yield item(function, "no image is noted for hosts that serve %s" % function)


def _newest(case: RecordCase) -> dict[str, Entry]:
    return {each["role"]: each for each in sorted(case.record["images"], key=lambda one: str(one["built"]))}


@RULES.of(IMAGES, "recent", "No image is older than %s." % GOLD, GOLD, aged=True)
def images_recent(case: RecordCase) -> Iterator[Item]:
    """Images are recent."""
    for role, image in _newest(case).items():
        yield from case.old("the image for %s" % role, image["built"], GOLD)


@RULES.of(IMAGES, "tried", "Each image was compared with its sum and booted since it was built.")
def tried(case: RecordCase) -> Iterator[Item]:
    """Images were tried."""
    for role, image in _newest(case).items():
        for key in ("verified", "boot_tested"):
            if str(image.get(key, "")) < image["built"]:
                yield item(
                    "%s: %s" % (role, key), "%s: not since it was built on %s (%s)" % (role, image["built"], key)
                )


@RULES.of(IMAGES, "apart", "Each image is kept where nobody who reaches the hosts reaches it.")
def apart(case: RecordCase) -> Iterator[Item]:
    """Images are out of reach."""
    for role, image in _newest(case).items():
        if not image.get("store") or not image.get("isolated"):
            yield item(role, "%s: the image is not said to be kept apart (store, isolated)" % role)


@RULES.of(ADVICE, "own", "No other customer is named.")
def own(case: RecordCase) -> Iterator[Item]:
    """The file names one customer."""
    return others(case.record["customers"], case)


@RULES.of(ADVICE, "topics", "The customer was told about each topic.")
def topics(case: RecordCase) -> Iterator[Item]:
    """No topic was left out."""
    told = {each["topic"] for each in case.record["customers"] if each["id"] == case.customer}
    yield from (item(topic, "nothing was said to %s about %s" % (case.customer, topic)) for topic in TOPICS
                if topic not in told)  # fmt: skip


@RULES.of(ADVICE, "recent", "No last talk about a topic is older than %s." % YEARLY, YEARLY, aged=True)
def advice_recent(case: RecordCase) -> Iterator[Item]:
    """The talks are not long ago."""
    newest = {each["topic"]: each["date"] for each in sorted(case.record["customers"], key=lambda one: str(one["date"]))
              if each["id"] == case.customer}  # fmt: skip
    for topic, day in newest.items():
        yield from case.old("the talk about %s" % topic, day, YEARLY)
