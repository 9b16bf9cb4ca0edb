# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of section 10: suppliers, what they may bring upon the customer, and what is expected of the provider."""

from __future__ import annotations

from ..envelope import PROVIDER, WRITTEN, Kind
from ..fields import choice, count, day, entries, optional, party, past, text, texts

CRITICAL = "critical"
#: Who looks at a supplier, each with another eye.
FUNCTIONS = ("security", "legal", "procurement")

KINDS = {
    "ev-supplier-register": Kind(
        "Each supplier was assessed, by security, legal and procurement",
        {
            "suppliers": entries(
                "The suppliers.",
                {
                    "name": text("The supplier.", "Northwind"),
                    "tier": count("1 for a direct supplier, 2 for its suppliers, and so on.", 1),
                    "criticality": choice("How much depends on it.", [CRITICAL, "high", "normal"], CRITICAL),
                    "access": text("What it can reach.", "administers all servers"),
                    "data": text("What it holds.", "logs"),
                    "subcontractors": optional(texts("Whom it has work for it; an empty list says nobody.",
                                                     "Contoso Hosting")),
                    "assessor": text("Who assessed it.", "Bo Example"),
                    "date": past("The day.", "2026-02-15"),
                    "certificate_expiry": optional(day("The last day of its certificate.", "2027-09-30")),
                },
            ),
            "signatures": entries(
                "Who agreed to the register.",
                {
                    "function": choice("For whom.", FUNCTIONS, FUNCTIONS[0]),
                    "name": text("Who.", "Bo Example"),
                    "date": past("The day.", WRITTEN),
                },
                [{"function": function} for function in FUNCTIONS],
            ),
        },
    ),
    "ev-supplier-risk": Kind(
        "For each critical supplier it is known what could happen and what is done about it",
        {
            "risks": entries(
                "What could happen.",
                {
                    "supplier": text("The supplier, as ev-supplier-register names it.", "Northwind"),
                    "threat": text("What could happen.", "its remote management is taken over"),
                    "impact": text("What that means for the customer.", "all servers are encrypted"),
                    "rating": choice("How bad.", ["critical", "high", "medium", "low"], "high"),
                    "treatment": choice("What is done about it.", ["reduce", "accept", "transfer", "avoid"], "reduce"),
                    "owner": optional(text("Who answers for it.", "Alice Example")),
                    "budget": text("What it may cost.", "4 days a year"),
                },
            ),
        },
    ),
    "ev-expectations": Kind(
        "The provider knows what the customer expects of its network security, and answered",
        {
            "msp": party("The provider.", PROVIDER),
            "document": text("Where the expectations stand.", "network-security-expectations.pdf"),
            "sent": past("The day they were sent.", "2026-03-01"),
            "answer": optional(text("Where the answer stands.", "letter of 2026-03-20")),
            "gaps": entries(
                "What the provider doesn't meet yet.",
                {
                    "gap": text("What.", "no separate path for administration"),
                    "owner": optional(text("Who closes it.", "Jo Example")),
                    "until": day("Until when.", "2027-01-31"),
                },
            ),
        },
    ),
}  # fmt: skip
