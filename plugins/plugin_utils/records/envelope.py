# SPDX-License-Identifier: GPL-3.0-or-later
"""What every record has, whatever it tells of, and what several kinds share."""

from __future__ import annotations

from typing import Any, NamedTuple

from .fields import Field, Fields, choice, day, entries, group, optional, party, past, sha256, text

#: The days of the examples; tests judge them three weeks later.
WRITTEN, NEXT = "2026-11-02", "2027-02-01"
CUSTOMER, PROVIDER = "customer", "msp:northwind"

APPROVAL: Fields = {
    "name": text("Who approved it.", "Alice Example"),
    "party": party("The approver's party: customer, msp:<id> or vendor:<id>.", CUSTOMER),
    "on": past("The day of the approval.", WRITTEN),
}  # fmt: skip


class Kind(NamedTuple):
    """A kind of record. title: what it says when every rule holds. fields: beyond the envelope."""

    title: str
    fields: Fields

    def every_field(self, id_: str) -> dict[str, Field]:
        """Return all fields of the kind of this id, the envelope's first."""
        return {**envelope(id_), **self.fields}


def envelope(id_: str) -> dict[str, Field]:
    """Return what every record has; id_: its kind."""
    return {
        "id": choice("The kind of record, as the file is named.", [id_], id_),
        "customer_id": text("The customer, as bulwark_customer has it.", "acme"),
        "owner": text("Who answers for the record.", "Kim Example"),
        "version": text("The version of the record; another one for each change.", "3"),
        "date": past("The day this version was written.", WRITTEN),
        "approved_by": optional(group("Who approved this version.", APPROVAL)),
        "next_review": day("The day until which somebody reviews it.", NEXT),
        "source_uri": optional(text(
            "The document that the record stands for: a path within the folder of records, or an address.",
            "https://files.example.org/" + id_,
        )),
        "sha256": optional(sha256("The SHA-256 of that document; checked where it lies in the folder.", "5e" * 32)),
    }  # fmt: skip


def signatures(example: list[dict[str, Any]] | None = None) -> Field:
    """Return who signed on each side."""
    both = [{"name": "Alice Example"}, {"name": "Bo Example", "party": PROVIDER}]
    return entries("Who signed it, on each side.", APPROVAL, both if example is None else example)
