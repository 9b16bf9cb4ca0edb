# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of section 11: the contract, who does what, what is bought and what not, and who approved the registers."""

from __future__ import annotations

from ..envelope import APPROVAL, CUSTOMER, PROVIDER, Kind, signatures
from ..fields import choice, count, day, entries, flag, group, optional, party, past, several, sha256, text, texts

TOPICS = (
    "mfa_services", "mfa_msp_accounts", "no_credential_reuse", "sem_coverage", "log_visibility", "least_privilege",
    "updates", "backup", "ir_recovery", "security_expectations", "responsibilities", "audit_right", "subcontractors",
    "exit",
)  # fmt: skip
TASKS = (
    "hardening", "patching", "detection", "log_retention", "backup", "restore", "incident_response", "notification",
    "identity", "account_removal", "network_boundary", "supplier_risk",
)  # fmt: skip
APPROVED = ("accounts", "listeners", "zones", "waivers", "policy")

KINDS = {
    "ev-contract": Kind(
        "The contract with the provider is in force and has a clause for each topic",
        {
            "contract_id": text("The contract, as bulwark_contracts has its id.", "C-2026-17"),
            "msp": party("The provider.", PROVIDER),
            "start": day("The first day.", "2026-01-01"),
            "end": day("The last day.", "2027-12-31"),
            "clauses": entries(
                "What the contract says about each topic.",
                {
                    "topic": choice("The topic.", TOPICS, TOPICS[0]),
                    "present": flag("Whether the contract says it.", True),
                    "reference": optional(text("The clause.", "4.2")),
                },
                [{"topic": topic, "reference": "4.%d" % number} for number, topic in enumerate(TOPICS, 1)],
            ),
            "schedule": optional(entries(
                "The thresholds that its schedule promises, as the report's contract-schedule.md lists them.",
                {
                    "threshold": text("The variable of the policy.", "bulwark_log_retention_days"),
                    "value": count("Its value.", 180),
                },
            )),
        },
    ),
    "ev-raci": Kind(
        "For each task one party is accountable and one at least does it, signed by both sides",
        {
            "matrix": entries(
                "The tasks.",
                {
                    "task": text("The task.", TASKS[0]),
                    "responsible": several(party("Who does it.", ""), [PROVIDER]),
                    "accountable": several(party("Who answers for it; exactly one.", ""), [CUSTOMER]),
                    "consulted": optional(texts("Who is asked.", "security officer")),
                    "informed": optional(texts("Who is told.", "management")),
                },
                [{"task": task} for task in TASKS],
            ),
            "signed_by": signatures(),
        },
    ),
    "ev-risk-dialogue": Kind(
        "Customer and provider talked about risks within the year, and since the contract changed",
        {
            "meetings": entries(
                "When they met.",
                {
                    "date": past("The day.", "2026-11-02"),
                    "attendees": entries(
                        "Who was there.",
                        {"name": text("Who.", "Alice Example"), "party": party("Of which party.", CUSTOMER)},
                        [{}, {"name": "Jo Example", "party": PROVIDER}],
                    ),
                },
            ),
            "risk_tolerance": text("What the customer can live with.", "a day without the shop, no lost orders"),
            "decisions": texts("What was decided.", "offline copy each week"),
            "gaps": entries(
                "What is left.",
                {"gap": text("What.", "one administrator only"), "owner": optional(text("Whose it is.", "Bo Example"))},
            ),
        },
    ),
    "ev-services-statement": Kind(
        "The customer knows what it bought, what it didn't, and what happens in an emergency",
        {
            "contract_version": text("The version of ev-contract that it belongs to.", "3"),
            "services_in": texts("What is bought.", "patching", "monitoring"),
            "services_out": texts("What is not.", "backups of laptops"),
            "ir_contingencies": texts("What the provider does in an incident, and what that costs.", "8 h included"),
            "recovery_contingencies": texts("The same for recovery.", "restores billed by the hour"),
            "customer_acknowledged": optional(group("Who of the customer's acknowledged it.", APPROVAL)),
        },
    ),
    "ev-register-approval": Kind(
        "The customer approved the registers and the policy that are in force",
        {
            "approvals": entries(
                "What was approved.",
                {
                    "what": choice("The register, or the policy.", APPROVED, APPROVED[0]),
                    "digest": sha256("Its SHA-256, as the finding of ev-register-approval tells it.", "00" * 32),
                    "approver": text("Who approved it.", "Alice Example"),
                    "party": party("The approver's party.", CUSTOMER),
                    "date": past("The day.", "2026-11-02"),
                    "signature": optional(text("The file with a signature.", None)),
                },
                [{"what": what} for what in APPROVED],
            ),
        },
    ),
}  # fmt: skip
