# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether zones, flows, tenants, trusts and shared secrets are as somebody wants them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from ...evaluators.verdict import Item, item
from .case import Entry, RecordCase
from .rules import Rules
from .shared import differing, expired, unowned, unsigned

RULES = Rules()
MAP, TENANTS, TRUSTS, VAULT = "ev-zone-map", "ev-tenant-separation", "ev-trust-register", "ev-credential-vault"
YEARLY, QUARTERLY = "bulwark_record_yearly_days", "bulwark_record_quarterly_days"
ROTATE = "bulwark_shared_secret_rotate_days"
ISOLATED = "isolated"

RULES.recent(MAP, QUARTERLY)


@RULES.of(MAP, "zones", "The zones and their networks are those of bulwark_zones.", "bulwark_zones")
def zones(case: RecordCase) -> Iterator[Item]:
    """The map shows the zones that hosts are judged by."""
    return differing(_networks(case.record["zones"]), _networks(case.register("bulwark_zones")), "bulwark_zones",
                     "the map")  # fmt: skip


def _networks(entries: list[Entry]) -> Iterator[str]:
    for each in entries:
        yield "%s (%s)" % (each["name"], ", ".join(sorted(each["cidrs"])))


def _flows(case: RecordCase) -> list[Entry]:
    """Return the flows, each with a text that tells it."""
    text = "%(src)s to %(dst)s, %(proto)s %(port)d"
    return [{**each, "flow": text % each} for each in case.record["flows"]]


@RULES.of(MAP, "critical", "At least one system is named that the business can't do without.")
def some_critical(case: RecordCase) -> Iterator[Item]:
    """It is known what the plans for backups have to hold."""
    if not case.record["critical_systems"]:
        yield item("none", "no critical system is named")


@RULES.of(MAP, "flows-owned", "Each flow has an owner.")
def flows_owned(case: RecordCase) -> Iterator[Item]:
    """Each flow has an owner."""
    return unowned(_flows(case), "flow")


@RULES.of(MAP, "flows-current", "No flow stays beyond its last day.")
def flows_current(case: RecordCase) -> Iterator[Item]:
    """No flow has expired."""
    return expired(_flows(case), "flow", "expires", case)


@RULES.of(MAP, "flows-zones", "Each flow leads from a zone of the map to another.")
def flows_zones(case: RecordCase) -> Iterator[Item]:
    """A flow to where nobody knows is none."""
    known = {each["name"] for each in case.record["zones"]}
    for each in _flows(case):
        for name in sorted({each["src"], each["dst"]} - known):
            yield item("%s: %s" % (each["flow"], name), "%s: the map has no zone %s" % (each["flow"], name))


@RULES.of(MAP, "signed", "Somebody of each side signed this version of the map.")
def map_signed(case: RecordCase) -> Iterator[Item]:
    """Both sides signed."""
    return unsigned(case.record["signed_by"], case)


@RULES.of(TENANTS, "tested", "The last attempt to get across is not older than %s." % YEARLY, YEARLY, aged=True)
def tested(case: RecordCase) -> Iterator[Item]:
    """Somebody tried to get across."""
    return case.old("the last attempt", case.record["last_test"], YEARLY)


@RULES.of(TENANTS, "isolated", "The last attempt did not get across.")
def isolated(case: RecordCase) -> Iterator[Item]:
    """Nobody got across."""
    if case.record["result"] != ISOLATED:
        yield item("result", "the attempt of %s got across" % case.record["last_test"])


@RULES.of(TENANTS, "layers", "At least one layer keeps the customers apart.")
def layers(case: RecordCase) -> Iterator[Item]:
    """Something keeps customers apart."""
    if not case.record["layers"]:
        yield item("none", "no layer is named that keeps customers apart")


RULES.recent(TRUSTS, QUARTERLY)


@RULES.of(TRUSTS, "discovered", "The trusts are those that the directories and services list.")
def discovered(case: RecordCase) -> Iterator[Item]:
    """What is registered is what was found."""
    registered = (each["name"] for each in case.record["trusts"])
    return differing(registered, case.record["discovered"], "what was discovered", "the register")


@RULES.of(TRUSTS, "listed-recently", "That list is not older than %s." % QUARTERLY, QUARTERLY, aged=True)
def listed_recently(case: RecordCase) -> Iterator[Item]:
    """What was found was found not long ago."""
    return case.old("the list of what was discovered", case.record["discovered_on"], QUARTERLY)


@RULES.of(TRUSTS, "owned", "Each trust has an owner.")
def trusts_owned(case: RecordCase) -> Iterator[Item]:
    """Each trust has an owner."""
    return unowned(case.record["trusts"], "name")


@RULES.of(TRUSTS, "current", "No trust stays beyond its last day.")
def trusts_current(case: RecordCase) -> Iterator[Item]:
    """No trust has expired."""
    return expired(case.record["trusts"], "name", "expires", case)


@RULES.of(VAULT, "reuse", "No secret stands twice in the vaults.")
def reuse(case: RecordCase) -> Iterator[Item]:
    """No secret opens two things."""
    found = case.record["reuse"]["found"]
    if found:
        yield item("secrets", "the comparison of %s found %d secrets twice" % (case.record["reuse"]["date"], found))


@RULES.of(VAULT, "compared", "The vault's comparison is not older than %s." % QUARTERLY, QUARTERLY, aged=True)
def compared(case: RecordCase) -> Iterator[Item]:
    """The vaults were compared not long ago."""
    return case.old("the comparison", case.record["reuse"]["date"], QUARTERLY)


@RULES.of(VAULT, "rotated", "A shared secret is changed within %s of a change of its members." % ROTATE, ROTATE)
def rotated(case: RecordCase) -> Iterator[Item]:
    """Shared secrets change with the people."""
    days = case.bound(ROTATE)
    for each in case.record["rotations"]:
        changed = each.get("members_changed")
        if not changed:
            continue
        if each["rotated"] < changed and case.age(changed) > days:
            yield item(each["secret"], "%s: members changed on %s, and it was last changed on %s" % (
                each["secret"], changed, each["rotated"]))  # fmt: skip
        elif (date.fromisoformat(each["rotated"]) - date.fromisoformat(changed)).days > days:
            text = "%s: members changed on %s, and it was changed as late as %s"
            yield item(each["secret"], text % (each["secret"], changed, each["rotated"]))
