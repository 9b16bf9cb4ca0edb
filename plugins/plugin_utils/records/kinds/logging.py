# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of section 2: who watches, what is logged and for how long, and who is told of an incident."""

from __future__ import annotations

from ..envelope import CUSTOMER, PROVIDER, Kind
from ..fields import count, entries, flag, optional, party, past, several, text, texts

KINDS = {
    "ev-notification": Kind(
        "The provider tells the customer of incidents in time, at any hour",
        {
            "channel": text("How the other side is told.", "telephone, then a signed message"),
            "contacts": entries(
                "Who is told, on each side.",
                {
                    "party": party("Whose contact it is.", CUSTOMER),
                    "name": text("Who answers.", "Duty officer"),
                    "phone": text("The number.", "+1 555 0100"),
                    "always": flag("Whether somebody answers at any hour.", True),
                },
                [{}, {"party": PROVIDER, "name": "SOC desk", "phone": "+1 555 0199"}],
            ),
            "max_hours_confirmed": count("Most hours until the customer knows of a confirmed incident.", 8),
            "max_hours_suspected": count("Most hours until the customer knows of a suspected one.", 20),
            "provider_infrastructure": flag("Whether incidents at the provider itself count too.", True),
            "soc_route": optional(text("How the customer's SOC learns of it.", "ticket queue SOC, priority 1")),
            "last_test": past("The day the way was last tried.", "2026-05-05"),
        },
    ),
    "ev-soc": Kind(
        "Somebody watches every managed host, and the customer hears of it each month",
        {
            "soc": text("Who watches.", "Northwind SOC"),
            "hours": text("When they watch.", "24x7"),
            "hosts": texts("The hosts that are watched, by their inventory names.", "acme-web", "acme-db"),
            "excluded": optional(entries(
                "Hosts that are not watched.",
                {"host": text("The host.", "acme-lab"), "reason": text("Why not.", "holds no data of anybody")},
            )),
            "log_sources": texts("What they see.", "auth", "audit", "firewall"),
            "use_cases": texts("What they look for.", "logon of a provider outside its hours"),
            "reviews": several(past("The days of the monthly reviews.", ""), ["2026-10-08", "2026-11-05"]),
        },
    ),
    "ev-log-plan": Kind(
        "For each function of a host it is written what is logged, why and for how long",
        {
            "sources": entries(
                "What is logged.",
                {
                    "name": text("The source.", "sshd"),
                    "function": text("The function of hosts, as bulwark_host_functions has it.", "web"),
                    "why": text("What it shows.", "who logged on from where"),
                    "retention_days": count("Days it is kept.", 365),
                    "owner": text("Who answers for it.", "Kim Example"),
                    "contract_reference": optional(text("The clause that asks for it.", "7.2")),
                },
                [{}, {"name": "postgresql", "function": "database", "why": "who read which table"}],
            ),
        },
    ),
    "ev-net-monitor": Kind(
        "Each network in which the provider meets the customer is watched",
        {
            "sensors": entries(
                "What watches the networks.",
                {
                    "name": text("The sensor.", "suricata-1"),
                    "location": text("Where it is.", "mirror port of the core switch"),
                    "zones": texts("The zones that it sees, as bulwark_zones names them.", "office", "transit"),
                },
            ),
            "ruleset": text("Where its rules come from.", "Emerging Threats Open"),
            "tuned": past("The day somebody last went through its rules.", "2026-07-01"),
        },
    ),
}  # fmt: skip
