# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of section 4: networks and what may pass between them, tenants, trusts and vaults."""

from __future__ import annotations

from ..envelope import Kind, signatures
from ..fields import choice, count, day, entries, flag, group, optional, past, text, texts

KINDS = {
    "ev-zone-map": Kind(
        "Both sides know the zones and every connection between them",
        {
            "zones": entries(
                "The networks, as bulwark_zones has them.",
                {
                    "name": text("The zone.", "office"),
                    "cidrs": texts("Its networks.", "198.51.100.0/24"),
                    "msp_boundary": flag("Whether the provider meets the customer in it.", False),
                },
                [{}, {"name": "transit", "cidrs": ["203.0.113.0/28"], "msp_boundary": True}],
            ),
            "critical_systems": texts("What the business can't do without, by inventory names.", "acme-db"),
            "flows": entries(
                "What may pass from one zone to another.",
                {
                    "src": text("The zone it comes from.", "transit"),
                    "dst": text("The zone it goes to.", "office"),
                    "proto": choice("The protocol.", ["tcp", "udp", "icmp", "any"], "tcp"),
                    "port": count("The port; 0 where the protocol has none.", 22),
                    "purpose": text("What it is for.", "administration"),
                    "owner": optional(text("Who answers for it.", "Kim Example")),
                    "expires": optional(day("The last day it may pass.", "2027-03-31")),
                },
            ),
            "high_risk": group(
                "What needs to be kept apart most of all.",
                {
                    "devices": texts("Devices.", "building control"),
                    "services": texts("Services.", "remote support"),
                    "users": texts("People.", "finance"),
                },
            ),
            "signed_by": signatures(),
        },
    ),
    "ev-tenant-separation": Kind(
        "The provider's other customers can't be reached, and somebody tried",
        {
            "design": text("Where the design stands.", "tenant-design.pdf, chapter 2"),
            "layers": entries(
                "What keeps customers apart.",
                {"layer": text("The layer.", "network"), "control": text("What separates there.", "VRF a customer")},
            ),
            "last_test": past("The day somebody last tried to get across.", "2026-04-01"),
            "result": choice("What came of it.", ["isolated", "crossed"], "isolated"),
        },
    ),
    "ev-trust-register": Kind(
        "Every trust in somebody else's identities is known, owned and wanted",
        {
            "trusts": entries(
                "Whom the customer's directories and services trust.",
                {
                    "name": text("The trust, as the directory or service names it.", "northwind-gdap"),
                    "kind": choice(
                        "What it is.",
                        ["identity_provider", "trust", "delegated_admin", "federation", "api_consent"],
                        "delegated_admin",
                    ),
                    "direction": choice("Who may act where.", ["inbound", "outbound", "both"], "inbound"),
                    "scope": text("What it allows.", "help desk administrator"),
                    "owner": optional(text("Who answers for it.", "Kim Example")),
                    "expires": optional(day("The last day it holds.", "2027-05-01")),
                },
            ),
            "discovered": texts("The trusts that the directories and services listed themselves.", "northwind-gdap"),
            "discovered_on": past("The day of that list.", "2026-11-01"),
        },
    ),
    "ev-credential-vault": Kind(
        "No secret opens two customers, and shared secrets change with the people",
        {
            "vault": text("Where the customer's secrets are.", "vault of acme, apart from all others"),
            "rotations": entries(
                "The shared secrets.",
                {
                    "secret": text("The secret's name, never the secret.", "router enable"),
                    "rotated": past("The day it was last changed.", "2026-10-20"),
                    "members_changed": optional(past("The day somebody last left or joined those who know it.",
                                                     "2026-10-20")),
                },
            ),
            "reuse": group(
                "The vault's own comparison of all customers' secrets.",
                {"date": past("The day.", "2026-11-01"), "found": count("Secrets that stand twice.", 0)},
            ),
        },
    ),
}  # fmt: skip
