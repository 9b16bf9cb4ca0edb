# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of section 3: what the provider advises, and how a lost second factor is replaced."""

from __future__ import annotations

from ..envelope import Kind
from ..fields import choice, entries, flag, optional, past, text, texts

NUMBERS = ("registered", "given_by_caller", "none")
CHANNELS = ("phone", "call_back", "in_person", "portal")

KINDS = {
    "ev-mfa-advice": Kind(
        "The provider advised the customer to use a second factor, and knows the answer",
        {
            "customers": entries(
                "What was advised. A file that one customer reads names no other customer.",
                {
                    "id": text("The customer, as bulwark_customer has it.", "acme"),
                    "date": past("The day of the advice.", "2026-04-14"),
                    "recommendation": text("What was advised.", "second factor for mail and remote access"),
                    "services": texts("For which services.", "mail", "vpn"),
                    "answer": choice("What the customer said.", ["accepted", "refused", "open"], "accepted"),
                    "risk_acceptance": optional(text("Where a refusal is signed.", None)),
                },
            ),
        },
    ),
    "ev-mfa-reset": Kind(
        "Nobody gets another person's second factor by asking for it",
        {
            "procedure": text("Where the procedure stands.", "handbook, chapter 6"),
            "call_back": choice("Which number is called back.", NUMBERS, "registered"),
            "second_person": flag("Whether a second person agrees for administrators.", True),
            "refused_channels": texts("By what a reset can't be asked for.", "mail", "chat"),
            "resets": entries(
                "The resets of the last year.",
                {
                    "person": text("Whose factor it was.", "Lee Example"),
                    "account": text("The account, as bulwark_accounts has it.", "lee"),
                    "date": past("The day.", "2026-09-01"),
                    "channel": choice("How it was asked for.", CHANNELS, "in_person"),
                    "ticket": optional(text("The ticket.", "INC-204")),
                    "approver": text("Who agreed.", "Kim Example"),
                },
            ),
            "last_test_call": past("The day somebody last tried to talk the desk into a reset.", "2026-02-11"),
        },
    ),
}  # fmt: skip
