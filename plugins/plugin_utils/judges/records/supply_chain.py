# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether suppliers were assessed, their risks have owners, and the provider answered what is expected of it."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.verdict import Item, item
from ...records.kinds.supply_chain import CRITICAL, FUNCTIONS
from .case import Entry, RecordCase
from .rules import Rules
from .shared import expired, not_since, unowned, vacant

RULES = Rules()
REGISTER, RISK, EXPECTATIONS = "ev-supplier-register", "ev-supplier-risk", "ev-expectations"
YEARLY = "bulwark_record_yearly_days"


def _critical(register: Entry) -> list[Entry]:
    return [each for each in register["suppliers"] if each["criticality"] == CRITICAL]


@RULES.of(REGISTER, "listed", "Where bulwark_contracts has a provider, suppliers are listed.", "bulwark_contracts")
def suppliers_listed(case: RecordCase) -> Iterator[Item]:
    """The provider is a supplier itself."""
    return vacant(case.record["suppliers"], "no supplier is listed", case)


@RULES.of(REGISTER, "assessed", "No assessment of a critical supplier is older than %s." % YEARLY, YEARLY, aged=True)
def assessed(case: RecordCase) -> Iterator[Item]:
    """Critical suppliers were assessed."""
    for each in _critical(case.record):
        yield from case.old("the assessment of %s" % each["name"], each["date"], YEARLY)


@RULES.of(REGISTER, "subcontractors", "Each supplier says whom it has work for it.")
def subcontractors(case: RecordCase) -> Iterator[Item]:
    """Subcontractors are known; an empty list says that there are none."""
    for each in case.record["suppliers"]:
        if "subcontractors" not in each:
            yield item(each["name"], "%s: nothing is said of subcontractors" % each["name"])


@RULES.of(REGISTER, "certificates", "No supplier's certificate has expired.")
def certificates(case: RecordCase) -> Iterator[Item]:
    """Certificates hold."""
    return expired(case.record["suppliers"], "name", "certificate_expiry", case)


@RULES.of(REGISTER, "signed", "Security, legal and procurement each signed this version.")
def signed(case: RecordCase) -> Iterator[Item]:
    """All three looked."""
    for function in FUNCTIONS:
        days = [each["date"] for each in case.record["signatures"] if each["function"] == function]
        yield from not_since(function, "nobody signed for %s" % function, days, case)


RULES.recent(RISK, YEARLY)


@RULES.of(RISK, "listed", "Where bulwark_contracts has a provider, risks are listed.", "bulwark_contracts")
def risks_listed(case: RecordCase) -> Iterator[Item]:
    """A provider is a risk, whatever it is called in the register of suppliers."""
    return vacant(case.record["risks"], "no risk is listed", case)


@RULES.of(RISK, "critical", "Each critical supplier of ev-supplier-register has an entry.")
def critical(case: RecordCase) -> Iterator[Item]:
    """No critical supplier is left out."""
    known = {each["supplier"] for each in case.record["risks"]}
    for each in _critical(case.other(REGISTER)):
        if each["name"] not in known:
            yield item(each["name"], "%s is critical and has no entry" % each["name"])


@RULES.of(RISK, "owned", "Each risk has an owner.")
def owned(case: RecordCase) -> Iterator[Item]:
    """Each risk has an owner."""
    return unowned(case.record["risks"], "threat")


RULES.recent(EXPECTATIONS, YEARLY)


@RULES.of(EXPECTATIONS, "answered", "The provider answered.")
def answered(case: RecordCase) -> Iterator[Item]:
    """The provider answered."""
    if not case.record.get("answer"):
        yield item("answer", "%s did not answer what was sent on %s" % (case.record["msp"], case.record["sent"]))


@RULES.of(EXPECTATIONS, "gaps-owned", "Each gap has an owner.")
def gaps_owned(case: RecordCase) -> Iterator[Item]:
    """Each gap has an owner."""
    return unowned(case.record["gaps"], "gap")
