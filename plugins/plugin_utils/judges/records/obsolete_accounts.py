# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether who left is out, and what others run, what is open and which hosts there are is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ...declared import host_lists
from ...declared.parties import CUSTOMER
from ...evaluators.verdict import Item, item
from ...records.kinds.obsolete_accounts import INVENTORY
from .case import RecordCase
from .rules import Rules
from .shared import differing

RULES = Rules()
LEAVERS, SERVICES, SCAN, COVERAGE = "ev-leavers", "ev-managed-service-register", "ev-scan-declared", "ev-coverage"
QUARTERLY, MONTHLY = "bulwark_record_quarterly_days", "bulwark_record_monthly_days"
DISABLE, ROTATE = "bulwark_leaver_disable_days", "bulwark_shared_secret_rotate_days"


def _late(left: str, done: str | None, days: int, case: RecordCase) -> bool:
    """Say whether something was done later after a day than it may be, or is overdue."""
    if done is None:
        return case.age(left) > days
    return (date.fromisoformat(done) - date.fromisoformat(left)).days > days


@RULES.of(LEAVERS, "disabled", "Accounts are disabled within %s of the last day." % DISABLE, DISABLE)
def disabled(case: RecordCase) -> Iterator[Item]:
    """Who left is out at once."""
    for each in case.record["transitions"]:
        done = each.get("disabled_at")
        if each["accounts"] and _late(each["date"], done, case.bound(DISABLE), case):
            text = "%s: the last day was %s, and the accounts were %s"
            when = "disabled on %s" % done if done else "not disabled yet"
            yield item(each["person"], text % (each["person"], each["date"], when))


@RULES.of(LEAVERS, "rotated", "Shared secrets that they knew are changed within %s." % ROTATE, ROTATE)
def rotated(case: RecordCase) -> Iterator[Item]:
    """Who left knows no secret any more."""
    for each in case.record["transitions"]:
        done = each.get("shared_secrets_rotated_at")
        if each.get("shared_secrets") and _late(each["date"], done, case.bound(ROTATE), case):
            text = "%s: the last day was %s, and the shared secrets were %s"
            when = "changed on %s" % done if done else "not changed yet"
            yield item(each["person"], text % (each["person"], each["date"], when))


@RULES.of(LEAVERS, "listed", "Everybody in bulwark_leavers stands in it.", "bulwark_leavers")
def listed(case: RecordCase) -> Iterator[Item]:
    """The record knows everybody whom the register knows."""
    known = {each["person"] for each in case.record["transitions"]}
    for person in sorted({str(each["person"]) for each in case.register("bulwark_leavers")} - known):
        yield item(person, "%s is in bulwark_leavers and not in the record" % person)


@RULES.of(LEAVERS, "agree", "Last days and accounts are those that bulwark_leavers and bulwark_accounts have.",
          "bulwark_leavers", "bulwark_accounts")  # fmt: skip
def leavers_agree(case: RecordCase) -> Iterator[Item]:
    """Nobody left later, or with fewer accounts, than the registers say."""
    for leaver in case.register("bulwark_leavers"):
        person, left = str(leaver["person"]), str(leaver["left"])[:10]
        own = [each for each in case.record["transitions"] if each["person"] == person]
        if not own:
            continue  # the rule "listed" tells
        days = [each["date"] for each in own]
        if left not in days:
            text = "%s left on %s here and on %s in bulwark_leavers"
            yield item("%s: day" % person, text % (person, ", ".join(days), left))
        known = {name for each in own for name in each["accounts"]}
        for name in sorted({*(leaver.get("accounts") or ()), *_accounts_of(person, case)} - known):
            yield item("%s: %s" % (person, name), "%s: the account %s is not in the record" % (person, name))


def _accounts_of(person: str, case: RecordCase) -> list[str]:
    """Return the accounts that bulwark_accounts gives to somebody, none where it isn't declared."""
    if "bulwark_accounts" not in case.registers:
        return []
    return [each["name"] for each in case.register("bulwark_accounts") if each.get("person") == person]


RULES.recent(SERVICES, QUARTERLY)


@RULES.of(SERVICES, "accounts", "The accounts are those that bulwark_accounts gives to providers.", "bulwark_accounts")
def accounts(case: RecordCase) -> Iterator[Item]:
    """The register and the accounts of hosts say the same."""
    here = ("%s (%s)" % (name, each["provider"]) for each in case.record["services"] for name in each["accounts"])
    there = ("%s (%s)" % (each["name"], each["party"]) for each in case.register("bulwark_accounts")
             if each["party"] != CUSTOMER)  # fmt: skip
    return differing(here, there, "bulwark_accounts", "the register")


@RULES.of(SERVICES, "contracts", "The contracts and their last days are those of bulwark_contracts.",
          "bulwark_contracts")  # fmt: skip
def contracts(case: RecordCase) -> Iterator[Item]:
    """The register and the contracts say the same."""
    here = ("%(contract)s of %(provider)s until %(contract_end)s" % each for each in case.record["services"])
    there = ("%s of %s until %s" % (each.get("id", "a contract without id"), each["party"], str(each["end"])[:10])
             for each in case.register("bulwark_contracts"))  # fmt: skip
    return differing(here, there, "bulwark_contracts", "the register")


@RULES.of(SERVICES, "ended", "No service has accounts after its contract ended.")
def ended(case: RecordCase) -> Iterator[Item]:
    """No account outlives its contract."""
    for each in case.record["services"]:
        if each["accounts"] and each["contract_end"] < case.today.isoformat():
            text = "%s: the contract ended on %s, and %s are still there"
            yield item(each["service"], text % (each["service"], each["contract_end"], ", ".join(each["accounts"])))


@RULES.of(SERVICES, "restricted", "The provider confirmed that its accounts reach nothing else.")
def restricted(case: RecordCase) -> Iterator[Item]:
    """The provider confirmed its restrictions."""
    for each in case.record["services"]:
        if not each.get("restriction_confirmed"):
            yield item(each["service"], "%s: nobody confirmed that its accounts reach nothing else" % each["service"])


@RULES.of(SERVICES, "assessed", "No assessment of a service is overdue.", aged=True)
def assessed(case: RecordCase) -> Iterator[Item]:
    """Each service is assessed in time."""
    for each in case.record["services"]:
        if each["next_assessment"] < case.today.isoformat():
            text = "%s: its assessment was due on %s"
            yield item(each["service"], text % (each["service"], each["next_assessment"]))


RULES.recent(SCAN, QUARTERLY)


@RULES.of(SCAN, "listeners", "The ports are those of bulwark_listeners.", "bulwark_listeners")
def listeners(case: RecordCase) -> Iterator[Item]:
    """What was approved is what hosts are judged by; merged registers don't say which host an entry is for."""
    here = ("%(proto)s %(port)d" % port for host in case.record["hosts"] for port in host["ports"])
    there = ("%s %d" % (each["proto"], int(each["port"])) for each in case.register("bulwark_listeners"))
    return differing(here, there, "bulwark_listeners")


@RULES.of(SCAN, "hosts", "Each host of the inventory stands in it, and no other.")
def hosts(case: RecordCase) -> Iterator[Item]:
    """The hosts are those of the inventory."""
    return differing((each["host"] for each in case.record["hosts"]), case.inventory(), "the inventory")


def _elsewhere(case: RecordCase) -> list[str]:
    """Return the days of the lists that are not the inventory itself."""
    return [each["date"] for each in case.record["lists"] if each["source"] != INVENTORY]


@RULES.of(COVERAGE, "another-source", "One list at least does not come from the inventory.")
def another_source(case: RecordCase) -> Iterator[Item]:
    """An inventory can't show what it lacks."""
    if not _elsewhere(case):
        yield item("none", "no list comes from anything but the inventory")


@RULES.of(COVERAGE, "recent", "The newest of these is not older than %s." % MONTHLY, MONTHLY, aged=True)
def recent_list(case: RecordCase) -> Iterator[Item]:
    """A list is recent."""
    days = _elsewhere(case)
    return case.old("the newest list", max(days), MONTHLY) if days else iter(())


@RULES.of(COVERAGE, "seen", "Each host in a list is in the inventory, or out of scope by a clause.")
def seen(case: RecordCase) -> Iterator[Item]:
    """No host of a list is unknown."""
    known = (*case.inventory(), *(each["host"] for each in case.record.get("out_of_scope", ())))
    for each in case.record["lists"]:
        for name in host_lists.missing(each["hosts"], known):
            yield item(name, "%s is in the list of %s and not in the inventory" % (name, each["source"]))
