# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of section 9: the plan for incidents, its copies on paper, and what was exercised."""

from __future__ import annotations

from ..envelope import Kind
from ..fields import choice, day, entries, optional, past, several, text, texts

ROLES = ("executive", "technical_lead", "procurement", "legal", "communications")
SCENARIOS = ("ransomware", "msp_compromise", "other")
COVERED = ("msp_kill_switch", "restore", "communications", "notification")

KINDS = {
    "ev-ir-plan": Kind(
        "The plan for incidents names who decides, who acts and whom to call",
        {
            "roles": entries(
                "Who does what.",
                {
                    "role": choice("The role.", ROLES, ROLES[0]),
                    "person": text("The person.", "Alice Example"),
                    "deputy": optional(text("Who stands in.", "Bo Example")),
                    "phone": optional(text("A number that works without the network.", "+1 555 0101")),
                },
                [{"role": role} for role in ROLES],
            ),
            "recovery": optional(text("Where the plan says how to recover.", "chapter 5")),
            "supplier_contacts": entries(
                "Whom to call at suppliers.",
                {"name": text("The supplier.", "Northwind"), "contact": text("Whom to call.", "+1 555 0199")},
            ),
            "reporting_duties": texts("To whom an incident has to be reported.", "data protection authority, 72 h"),
        },
    ),
    "ev-ir-hardcopy": Kind(
        "The current plan lies on paper where it can be read without the network",
        {
            "locations": entries(
                "Where the copies are.",
                {
                    "place": text("The place.", "safe, head office"),
                    "holder": text("Who has it.", "Alice Example"),
                    "printed_on": past("The day it was printed.", "2026-11-03"),
                    "plan_version": text("The version of ev-ir-plan that it shows.", "3"),
                    "checked": past("The day somebody last looked that it is there.", "2026-11-03"),
                    "offline_verified_by": optional(text("Who read it with the network down.", "Bo Example")),
                },
                [{}, {"place": "home of the deputy", "holder": "Bo Example"}],
            ),
        },
    ),
    "ev-ir-exercise": Kind(
        "Incidents were exercised, the provider's own compromise and a restore among them",
        {
            "exercises": entries(
                "What was exercised.",
                {
                    "date": past("The day.", "2026-05-20"),
                    "type": choice("How.", ["tabletop", "technical"], "technical"),
                    "scenario": choice("What had happened.", SCENARIOS, "msp_compromise"),
                    "participants": texts("Who took part.", "Alice Example", "Northwind SOC"),
                    "covers": several(choice("What was tried.", COVERED, ""), ["msp_kill_switch", "restore"]),
                    "actions": entries(
                        "What is to be done about it.",
                        {
                            "action": text("What.", "print the list of suppliers"),
                            "owner": text("Who does it.", "Bo Example"),
                            "due": optional(day("Until when.", "2026-07-31")),
                            "closed": optional(past("The day it was done.", "2026-07-14")),
                        },
                    ),
                },
            ),
        },
    ),
}  # fmt: skip
