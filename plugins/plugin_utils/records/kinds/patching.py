# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of section 7: how fast the provider closes what is open."""

from __future__ import annotations

from ..envelope import Kind
from ..fields import choice, count, day, entries, optional, past, text

#: What is patched, each with a longest time of its own.
CLASSES = ("exploited", "online_services", "internal_systems", "office_apps", "other_apps", "firmware")

KINDS = {
    "ev-update-policy": Kind(
        "The provider patches no slower than the customer asks for, and reports it",
        {
            "policy": text("Where the provider's policy stands.", "patch policy 2026, annex A"),
            "time_frames": entries(
                "How fast an update is installed after its release.",
                {
                    "class": choice("What it is for.", CLASSES, CLASSES[0]),
                    "hours": count("Most hours until it is installed.", 48),
                },
                [{"class": name, "hours": hours}
                 for name, hours in zip(CLASSES, (48, 336, 720, 336, 720, 720), strict=True)],
            ),
            "kev_rule": text("What is done about flaws that CISA lists as exploited.", "48 hours where exposed"),
            "exceptions": optional(entries(
                "What is not patched.",
                {
                    "what": text("What it is.", "acme-lab: PostgreSQL 12"),
                    "reason": text("Why.", "migration"),
                    "until": day("The last day.", "2027-01-31"),
                },
            )),
            "last_report": past("The day of the last monthly report.", "2026-11-01"),
        },
    ),
}  # fmt: skip
