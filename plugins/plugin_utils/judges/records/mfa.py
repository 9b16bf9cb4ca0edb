# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the customer was advised about second factors, and how a lost one is replaced."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.verdict import Item, item
from .case import RecordCase
from .rules import Rules
from .shared import PROVIDER, others

RULES = Rules()
ADVICE, RESET = "ev-mfa-advice", "ev-mfa-reset"
YEARLY = "bulwark_record_yearly_days"
REGISTERED, PHONE, REFUSED = "registered", "phone", "refused"


@RULES.of(ADVICE, "own", "No other customer is named.")
def own(case: RecordCase) -> Iterator[Item]:
    """The file names one customer."""
    return others(case.record["customers"], case)


@RULES.of(ADVICE, "advised", "The customer was advised.")
def advised(case: RecordCase) -> Iterator[Item]:
    """The customer was advised at all."""
    if not any(each["id"] == case.customer for each in case.record["customers"]):
        yield item("none", "no advice to %s is noted" % case.customer)


@RULES.of(ADVICE, "recent", "The last advice is not older than %s." % YEARLY, YEARLY, aged=True)
def recent_advice(case: RecordCase) -> Iterator[Item]:
    """The advice is not old."""
    days = [each["date"] for each in case.record["customers"] if each["id"] == case.customer]
    return case.old("the advice", max(days), YEARLY) if days else iter(())


@RULES.of(ADVICE, "refusals", "Who refused signed for the risk.")
def refusals(case: RecordCase) -> Iterator[Item]:
    """Each refusal has an acceptance of the risk."""
    for each in case.record["customers"]:
        if each["id"] == case.customer and each["answer"] == REFUSED and not each.get("risk_acceptance"):
            text = "the advice of %s was refused, and no acceptance of the risk is named (risk_acceptance)"
            yield item(each["date"], text % each["date"])


@RULES.of(RESET, "call-back", "A registered number is called back.")
def call_back(case: RecordCase) -> Iterator[Item]:
    """Whoever asks is called back at a number known before."""
    if case.record["call_back"] != REGISTERED:
        yield item("number", "the number that is called back is not the registered one (%s)" % case.record["call_back"])


@RULES.of(RESET, "second-person", "A second person agrees for administrators.")
def second_person(case: RecordCase) -> Iterator[Item]:
    """Nobody resets an administrator's factor alone."""
    if not case.record["second_person"]:
        yield item("administrators", "one person alone resets the factors of administrators")


@RULES.of(RESET, "tier-0", "No factor of a provider's tier 0 account was reset by telephone.", "bulwark_accounts")
def tier_0(case: RecordCase) -> Iterator[Item]:
    """A provider's accounts that control everything are not reset by telephone."""
    by_phone = [each for each in case.record["resets"] if each["channel"] == PHONE]
    if not by_phone:
        return
    highest = {each["name"] for each in case.register("bulwark_accounts")
               if each.get("tier") == 0 and each["party"].startswith(PROVIDER)}  # fmt: skip
    for each in by_phone:
        if each["account"] in highest:
            yield item("%s %s" % (each["account"], each["date"]),
                       "the factor of %s was reset by telephone on %s" % (each["account"], each["date"]))  # fmt: skip


@RULES.of(RESET, "tickets", "Each reset has a ticket.")
def tickets(case: RecordCase) -> Iterator[Item]:
    """Each reset has a ticket."""
    for each in case.record["resets"]:
        if not each.get("ticket"):
            yield item("%s %s" % (each["account"], each["date"]),
                       "the reset of %s on %s has no ticket" % (each["account"], each["date"]))  # fmt: skip


@RULES.of(RESET, "test-call", "Somebody tried to get a reset by talk within %s." % YEARLY, YEARLY, aged=True)
def test_call(case: RecordCase) -> Iterator[Item]:
    """The desk was tried."""
    return case.old("the last test call", case.record["last_test_call"], YEARLY)
