# SPDX-License-Identifier: GPL-3.0-or-later
"""What rules of several records look for: both sides, signatures, owners, days that have passed, empty lists."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from ...declared.parties import CUSTOMER
from ...evaluators.verdict import Item, item
from .case import Entry, RecordCase

PROVIDER = "msp:"
#: How each side is told, and what its parties begin with.
SIDES = {"customer": ("the customer's", CUSTOMER), "provider": ("the provider's", PROVIDER)}


def absent(parties: Iterable[str], text: str) -> Iterator[Item]:
    """Yield which side is missing among the parties."""
    there = list(parties)
    for side, (whose, start) in SIDES.items():
        if not any(party.startswith(start) for party in there):
            yield item(side, text % whose)


def unsigned(signatures: Iterable[Entry], case: RecordCase) -> Iterator[Item]:
    """Yield which side did not sign this version of the record."""
    given = list(signatures)
    for side, (whose, start) in SIDES.items():
        days = [each["on"] for each in given if each["party"].startswith(start)]
        yield from not_since(side, "nobody of %s signed it" % whose, days, case)


def not_since(identity: str, nobody: str, days: Iterable[str], case: RecordCase) -> Iterator[Item]:
    """Yield that nobody did something for this version of the record.

    days: when it was done. What was done before the version was written was done for another.
    """
    written, last = case.record["date"], max(days, default="")
    if not last:
        yield item(identity, nobody)
    elif last < written:
        text = "%s since this version was written on %s, but before, on %s"
        yield item(identity, text % (nobody, written, last))


def vacant(there: Collection[Entry], text: str, case: RecordCase) -> Iterator[Item]:
    """Yield that a list is empty although bulwark_contracts has a provider, of whom something should stand there."""
    if not there:
        parties = sorted({each["party"] for each in case.register("bulwark_contracts")} - {CUSTOMER})
        if parties:
            yield item("none", "%s, and bulwark_contracts has a contract with %s" % (text, ", ".join(parties)))


def unowned(entries: Iterable[Entry], name: str) -> Iterator[Item]:
    """Yield which entries nobody answers for; name: the field that tells what each is."""
    for each in entries:
        if not each.get("owner"):
            yield item(str(each[name]), "%s: nobody owns it" % each[name])


def expired(entries: Iterable[Entry], name: str, field: str, case: RecordCase) -> Iterator[Item]:
    """Yield which entries held until a day that has passed."""
    for each in entries:
        if each.get(field) and each[field] < case.today.isoformat():
            yield item(str(each[name]), "%s: it held until %s" % (each[name], each[field]))


def others(entries: Iterable[Entry], case: RecordCase) -> Iterator[Item]:
    """Yield that a file which one customer reads names another."""
    number = sum(each["id"] != case.customer for each in entries)
    if number:
        yield item("others", "it names other customers in %d entries; keep those in their own folders" % number)


def differing(here: Iterable[str], there: Iterable[str], place: str, record: str = "the record") -> Iterator[Item]:
    """Yield what stands in one of two places only; place: the name of the second."""
    ours, theirs = set(here), set(there)
    yield from (item(name, "%s is in %s and not in %s" % (name, record, place)) for name in sorted(ours - theirs))
    yield from (item(name, "%s is in %s and not in %s" % (name, place, record)) for name in sorted(theirs - ours))
