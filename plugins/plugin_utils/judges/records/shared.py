# SPDX-License-Identifier: GPL-3.0-or-later
"""What rules of several records look for: both sides, owners, days that have passed, one customer alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ...declared.parties import CUSTOMER
from ...evaluators.verdict import Item, item
from .case import Entry, RecordCase

PROVIDER = "msp:"


def unsigned(parties: Iterable[str], text: str = "nobody of %s signed it") -> Iterator[Item]:
    """Yield which side is missing among the parties."""
    there = list(parties)
    if CUSTOMER not in there:
        yield item("customer", text % "the customer's")
    if not any(party.startswith(PROVIDER) for party in there):
        yield item("provider", text % "the provider's")


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
