# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether incidents are told in time, hosts are watched, and what is logged fits the hosts and zones."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.facts import Unread
from ...evaluators.verdict import Item, item
from .case import RecordCase
from .rules import Rules
from .shared import absent, vacant

RULES = Rules()
NOTICE, SOC, PLAN, NETWORK = "ev-notification", "ev-soc", "ev-log-plan", "ev-net-monitor"
CONFIRMED, SUSPECTED = "bulwark_notify_confirmed_hours", "bulwark_notify_suspected_hours"
MARGIN, CLOCK = "bulwark_notify_margin_hours", "bulwark_customer_clock_hours"
YEARLY, MONTHLY, RETENTION = "bulwark_record_yearly_days", "bulwark_record_monthly_days", "bulwark_log_retention_days"
ZONES = "ev-zone-map"


def _within(case: RecordCase, field: str, most: int) -> Iterator[Item]:
    if case.record[field] > most:
        yield item(field, "%s is %d, more than %d" % (field, case.record[field], most))


@RULES.of(NOTICE, "confirmed", "A confirmed incident is told within %s." % CONFIRMED, CONFIRMED)
def confirmed(case: RecordCase) -> Iterator[Item]:
    """A confirmed incident is told in time."""
    return _within(case, "max_hours_confirmed", case.bound(CONFIRMED))


@RULES.of(NOTICE, "suspected", "A suspected incident is told within %s." % SUSPECTED, SUSPECTED)
def suspected(case: RecordCase) -> Iterator[Item]:
    """A suspected incident is told in time."""
    return _within(case, "max_hours_suspected", case.bound(SUSPECTED))


@RULES.of(NOTICE, "legal-clock", "Both leave %s before the customer's shortest legal deadline, %s." % (MARGIN, CLOCK),
          MARGIN, CLOCK)  # fmt: skip
def legal_clock(case: RecordCase) -> Iterator[Item]:
    """The customer has time left for its own duties."""
    clocks = [each for each in (policy[CLOCK]["value"] for policy in case.policies) if each]
    if not clocks:
        raise Unread("%s is 0; set it to the hours of the customer's shortest legal deadline" % CLOCK)
    for field in ("max_hours_confirmed", "max_hours_suspected"):
        yield from _within(case, field, min(clocks) - case.bound(MARGIN))


@RULES.of(NOTICE, "contacts", "Each side has somebody who answers at any hour.")
def contacts(case: RecordCase) -> Iterator[Item]:
    """Somebody answers on each side at any hour."""
    return absent((each["party"] for each in case.record["contacts"] if each["always"]),
                  "nobody of %s answers at any hour")  # fmt: skip


@RULES.of(NOTICE, "provider-scope", "Incidents at the provider itself are told too.")
def provider_scope(case: RecordCase) -> Iterator[Item]:
    """The provider tells of its own incidents."""
    if not case.record["provider_infrastructure"]:
        yield item("scope", "incidents at the provider itself are left out (provider_infrastructure)")


@RULES.of(NOTICE, "soc-route", "It is said how the customer's SOC learns of it.")
def soc_route(case: RecordCase) -> Iterator[Item]:
    """The SOC learns of it."""
    if not case.record.get("soc_route"):
        yield item("route", "no way to the SOC is named (soc_route)")


@RULES.of(NOTICE, "tested", "The way was tried within %s." % YEARLY, YEARLY, aged=True)
def tested(case: RecordCase) -> Iterator[Item]:
    """The way was tried."""
    return case.old("the last test", case.record["last_test"], YEARLY)


@RULES.of(SOC, "hosts", "Each host of the inventory is watched, or is left out for a reason.")
def hosts(case: RecordCase) -> Iterator[Item]:
    """Each host is watched."""
    known = {*case.record["hosts"], *(each["host"] for each in case.record.get("excluded", ()))}
    yield from (item(host, "%s is not watched" % host) for host in case.inventory() if host not in known)


@RULES.of(SOC, "log-sources", "It is named what they see and what they look for.")
def log_sources(case: RecordCase) -> Iterator[Item]:
    """It is known what is watched."""
    yield from (item(key, "%s is empty" % key) for key in ("log_sources", "use_cases") if not case.record[key])


@RULES.of(SOC, "monthly", "The last review is not older than %s." % MONTHLY, MONTHLY, aged=True)
def monthly(case: RecordCase) -> Iterator[Item]:
    """Somebody reviews it each month."""
    days = case.record["reviews"]
    return case.old("the last review", max(days), MONTHLY) if days else iter([item("none", "no review is noted")])


@RULES.of(PLAN, "functions", "Each function in bulwark_host_functions has a source.", "bulwark_host_functions")
def functions(case: RecordCase) -> Iterator[Item]:
    """Each function of the customer's hosts has a source."""
    planned = {each["function"] for each in case.record["sources"]}
    for function in sorted(set(case.register("bulwark_host_functions")) - planned):
        yield item(function, "no source is planned for hosts that serve %s" % function)


@RULES.of(PLAN, "retention", "Each source is kept for %s." % RETENTION, RETENTION)
def retention(case: RecordCase) -> Iterator[Item]:
    """Each source is kept long enough."""
    days = case.bound(RETENTION)
    for each in case.record["sources"]:
        if each["retention_days"] < days:
            text = "%s is kept for %d days, less than %d"
            yield item(each["name"], text % (each["name"], each["retention_days"], days))


@RULES.of(NETWORK, "boundary", "Each zone in which the provider meets the customer (ev-zone-map) is watched.",
          "bulwark_contracts")  # fmt: skip
def boundary(case: RecordCase) -> Iterator[Item]:
    """Each zone with the provider in it is watched; where there is a provider, there is such a zone."""
    watched = {zone for sensor in case.record["sensors"] for zone in sensor["zones"]}
    shared = [zone for zone in case.other(ZONES)["zones"] if zone["msp_boundary"]]
    yield from vacant(shared, "ev-zone-map has no zone in which the provider meets the customer (msp_boundary)", case)
    for zone in shared:
        if zone["name"] not in watched:
            yield item(zone["name"], "no sensor sees the zone %s" % zone["name"])


@RULES.of(NETWORK, "zones", "The zones are those of bulwark_zones.", "bulwark_zones")
def zones(case: RecordCase) -> Iterator[Item]:
    """No sensor sees a zone that there is not."""
    known = {each["name"] for each in case.register("bulwark_zones")}
    for name in sorted({zone for sensor in case.record["sensors"] for zone in sensor["zones"]} - known):
        yield item(name, "bulwark_zones has no zone %s" % name)


@RULES.of(NETWORK, "tuned", "The rules were gone through within %s." % YEARLY, YEARLY, aged=True)
def tuned(case: RecordCase) -> Iterator[Item]:
    """Somebody went through the rules."""
    return case.old("the last tuning", case.record["tuned"], YEARLY)
