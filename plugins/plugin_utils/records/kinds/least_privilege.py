# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of section 5: who still needs which rights, and in which tier they are used."""

from __future__ import annotations

from ..envelope import CUSTOMER, PROVIDER, Kind
from ..fields import choice, count, entries, flag, optional, party, past, text, texts

DECISIONS = ("keep", "reduce", "remove")

KINDS = {
    "ev-access-review": Kind(
        "Somebody of the customer's confirmed the rights of each account",
        {
            "accounts": entries(
                "The accounts that were looked at.",
                {
                    "id": text("The account, as bulwark_accounts has it.", "alice"),
                    "owner": text("Who uses it, or answers for it.", "Alice Example"),
                    "party": party("To whom it belongs.", CUSTOMER),
                    "privileged": flag("Whether it may administer.", True),
                    "rights": text("What it may do.", "root by sudo"),
                    "justification": text("What it needs them for.", "administers the servers"),
                    "reviewer": text("Who looked.", "Bo Example"),
                    "reviewer_party": party("The reviewer's party.", CUSTOMER),
                    "date": past("The day.", "2026-10-01"),
                    "decision": choice("What was decided.", DECISIONS, "keep"),
                    "applied": optional(past("The day the decision was carried out.", None)),
                },
                [{}, {"id": "deploy", "owner": "Northwind", "party": PROVIDER, "rights": "restarts services"}],
            ),
            "limits": optional(text("How rights are given for a time.", "sudo for four hours, by ticket")),
            "emergency_uses": optional(entries(
                "When emergency accounts were used.",
                {
                    "account": text("The account.", "emergency"),
                    "date": past("The day.", "2026-03-03"),
                    "reason": text("What for.", "identity provider was down"),
                    "reviewer": text("Who looked at what was done.", "Bo Example"),
                },
            )),
        },
    ),
    "ev-admin-tiers": Kind(
        "Each host and each administrator has a tier",
        {
            "model": text("Where the model stands.", "three tiers, handbook, chapter 3"),
            "hosts": entries(
                "The tier of each host.",
                {"host": text("Its inventory name.", "acme-web"), "tier": count("Its tier: 0, 1 or 2.", 1)},
                [{}, {"host": "acme-db"}],
            ),
            "accounts": entries(
                "The tier of each account that may administer.",
                {"account": text("As bulwark_accounts has it.", "alice"), "tier": count("Its tier: 0, 1 or 2.", 1)},
                [{}, {"account": "deploy"}],
            ),
            "workstations": texts("What administrators work on, for nothing else.", "paw-1"),
        },
    ),
}  # fmt: skip
