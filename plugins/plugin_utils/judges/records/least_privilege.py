# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether rights were confirmed by the right people, and every host and administrator has a tier."""

from __future__ import annotations

from collections.abc import Iterator

from ...declared.parties import CUSTOMER
from ...evaluators.verdict import Item, item
from .case import Entry, RecordCase
from .rules import Rules

RULES = Rules()
REVIEW, TIERS = "ev-access-review", "ev-admin-tiers"
YEARLY = "bulwark_record_yearly_days"
PRIVILEGED, PROVIDERS = "bulwark_privileged_revalidate_days", "bulwark_msp_privilege_days"
KEEP = "keep"


def _administrators(case: RecordCase) -> dict[str, Entry]:
    """Return the entries of bulwark_accounts that may administer, by name."""
    return {each["name"]: each for each in case.register("bulwark_accounts") if each.get("admin")}


def _newest(case: RecordCase) -> dict[str, Entry]:
    """Return the newest review of each account."""
    return {each["id"]: each for each in sorted(case.record["accounts"], key=lambda one: str(one["date"]))}


@RULES.of(REVIEW, "complete", "Each account of bulwark_accounts that may administer was reviewed.", "bulwark_accounts")
def complete(case: RecordCase) -> Iterator[Item]:
    """No administrator was left out."""
    reviewed = _newest(case)
    yield from (
        item(name, "%s was not reviewed" % name) for name in sorted(_administrators(case)) if name not in reviewed
    )


@RULES.of(REVIEW, "agree", "Whose each account is and whether it may administer is as bulwark_accounts declares it.",
          "bulwark_accounts")  # fmt: skip
def review_agrees(case: RecordCase) -> Iterator[Item]:
    """What the other rules go by is what hosts are judged by."""
    reviewed, administrators = _newest(case), _administrators(case)
    for declared in case.register("bulwark_accounts"):
        name = declared["name"]
        if name not in reviewed:
            continue
        party, privileged = reviewed[name]["party"], reviewed[name]["privileged"]
        if party != declared["party"]:
            text = "%s belongs to %s here and to %s in bulwark_accounts"
            yield item("%s: party" % name, text % (name, party, declared["party"]))
        if privileged != (name in administrators):
            places = ("here", "by bulwark_accounts") if privileged else ("by bulwark_accounts", "here")
            yield item("%s: privileged" % name, "%s may administer %s and not %s" % (name, *places))


@RULES.of(REVIEW, "privileged", "No review of an administrator's account is older than %s." % PRIVILEGED, PRIVILEGED,
          aged=True)  # fmt: skip
def privileged(case: RecordCase) -> Iterator[Item]:
    """Rights to administer were confirmed not long ago."""
    for name, each in _newest(case).items():
        if each["privileged"]:
            yield from case.old("the review of %s" % name, each["date"], PRIVILEGED)


@RULES.of(REVIEW, "providers", "No review of a provider's account is older than %s." % PROVIDERS, PROVIDERS, aged=True)
def providers(case: RecordCase) -> Iterator[Item]:
    """Providers' rights were confirmed not long ago."""
    for name, each in _newest(case).items():
        if each["party"] != CUSTOMER:
            yield from case.old("the review of %s" % name, each["date"], PROVIDERS)


@RULES.of(REVIEW, "reviewer", "Somebody of the customer's reviewed each provider's account.")
def reviewer(case: RecordCase) -> Iterator[Item]:
    """Providers don't review themselves."""
    for name, each in _newest(case).items():
        if each["party"] != CUSTOMER and each["reviewer_party"] != CUSTOMER:
            yield item(name, "%s of %s was reviewed by %s" % (name, each["party"], each["reviewer_party"]))


@RULES.of(REVIEW, "applied", "What was decided was carried out.")
def applied(case: RecordCase) -> Iterator[Item]:
    """Decisions were carried out."""
    for name, each in _newest(case).items():
        if each["decision"] != KEEP and not each.get("applied"):
            text = "%s: it was decided on %s to %s its rights, and that was not done"
            yield item(name, text % (name, each["date"], each["decision"]))


RULES.recent(TIERS, YEARLY)


@RULES.of(TIERS, "hosts", "Each host of the inventory has a tier.")
def hosts(case: RecordCase) -> Iterator[Item]:
    """Each host has a tier."""
    known = {each["host"] for each in case.record["hosts"]}
    yield from (item(host, "%s has no tier" % host) for host in case.inventory() if host not in known)


@RULES.of(TIERS, "accounts", "Each account of bulwark_accounts that may administer has a tier.", "bulwark_accounts")
def accounts(case: RecordCase) -> Iterator[Item]:
    """Each administrator has a tier."""
    known = {each["account"] for each in case.record["accounts"]}
    yield from (item(name, "%s has no tier" % name) for name in sorted(_administrators(case)) if name not in known)


@RULES.of(TIERS, "agree", "The tiers are those that bulwark_accounts declares.", "bulwark_accounts")
def agree(case: RecordCase) -> Iterator[Item]:
    """The record and the register say the same."""
    declared = {each["name"]: each.get("tier") for each in case.register("bulwark_accounts")}
    for each in case.record["accounts"]:
        tier = declared.get(each["account"])
        if tier is not None and tier != each["tier"]:
            text = "%s has tier %d here and %d in bulwark_accounts"
            yield item(each["account"], text % (each["account"], each["tier"], tier))
