# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of section 6: who left, which services the provider runs, what is open, and which hosts there are."""

from __future__ import annotations

from ..envelope import PROVIDER, Kind
from ..fields import choice, count, day, entries, optional, party, past, sha256, text, texts

#: The one list that can't show what is missing in the inventory.
INVENTORY = "inventory"
SOURCES = ("hypervisor", "directory", "dhcp", "edr", "rmm", "cloud", INVENTORY)

KINDS = {
    "ev-leavers": Kind(
        "Who left could not log in any more on the same day",
        {
            "transitions": entries(
                "Who left, moved on, or whose contract ended.",
                {
                    "person": text("As bulwark_accounts names them.", "Sam Example"),
                    "date": past("The last day.", "2026-08-31"),
                    "type": choice("What happened.", ["left", "moved", "contract_end"], "left"),
                    "accounts": texts("The accounts that were theirs.", "sam"),
                    "disabled_at": optional(past("The day the accounts were disabled.", "2026-08-31")),
                    "shared_secrets": optional(texts("The shared secrets that they knew.", "router enable")),
                    "shared_secrets_rotated_at": optional(past("The day these were changed.", "2026-08-31")),
                },
            ),
        },
    ),
    "ev-managed-service-register": Kind(
        "The register of managed services names every account and contract of the provider",
        {
            "services": entries(
                "What others run for the customer.",
                {
                    "provider": party("The party.", PROVIDER),
                    "service": text("The service.", "server operation"),
                    "purpose": text("What it is for.", "patching and monitoring"),
                    "data_sensitivity": text("The most sensitive data that it touches.", "personal data"),
                    "next_assessment": day("The day until which it is assessed again.", "2027-06-30"),
                    "contract": text("The contract, as bulwark_contracts has its id.", "C-2026-17"),
                    "contract_end": day("The contract's last day.", "2027-12-31"),
                    "contact": text("Whom to ask.", "Jo Example"),
                    "contact_24x7": text("Who answers at any hour.", "+1 555 0199"),
                    "hosts": texts("The hosts that it works on.", "acme-web", "acme-db"),
                    "accounts": texts("The provider's accounts, as bulwark_accounts has them.", "deploy"),
                    "networks": texts("The networks that it comes from.", "198.51.100.5/32"),
                    "data_held": texts("What the provider keeps of the customer's data.", "logs"),
                    "work_windows": texts("When it may work.", "mon-fri 08:00-18:00 UTC"),
                    "restriction_confirmed": optional(past(
                        "The day the provider last confirmed that its accounts reach nothing else.", "2026-10-10")),
                },
            ),
        },
    ),
    "ev-scan-declared": Kind(
        "What is open on the hosts is what somebody declared and approved",
        {
            "hosts": entries(
                "The hosts and what may be reached on them.",
                {
                    "host": text("Its inventory name.", "acme-web"),
                    "ports": entries(
                        "What is open.",
                        {
                            "proto": choice("The protocol.", ["tcp", "udp"], "tcp"),
                            "port": count("The port.", 443),
                            "service": text("What listens.", "nginx"),
                        },
                    ),
                },
                [{}, {"host": "acme-db", "ports": [{"proto": "tcp", "port": 22, "service": "sshd"}]}],
            ),
        },
    ),
    "ev-coverage": Kind(
        "Other lists of hosts were held against the inventory, and none is missing",
        {
            "lists": entries(
                "What other sources say which hosts there are.",
                {
                    "source": choice("Where the list comes from.", SOURCES, "hypervisor"),
                    "date": past("The day it was made.", "2026-11-10"),
                    "sha256": sha256("The SHA-256 of the list as it came.", "a1" * 32),
                    "hosts": texts("The names in it.", "acme-web", "acme-db", "acme-lab"),
                },
            ),
            "out_of_scope": optional(entries(
                "Hosts that nobody needs to see.",
                {"host": text("The name.", "acme-lab"), "clause": text("The clause that says so.", "2.4")},
            )),
        },
    ),
}  # fmt: skip
