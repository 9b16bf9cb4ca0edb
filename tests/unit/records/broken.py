# SPDX-License-Identifier: GPL-3.0-or-later
"""For each rule of each kind of record, a change that breaks this rule and no other."""

from __future__ import annotations

from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.signatures import Signed
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.records.case import Seen

from .room import REGISTERS, Change, World, again, put, register

LONG_AGO, LAST_YEAR = "2020-01-01", "2025-10-01"
ACCOUNTS = REGISTERS["bulwark_accounts"]
(LEAVER,) = REGISTERS["bulwark_leavers"]
OF_LEAVER = {"name": "sam-admin", "kind": "person", "party": "customer", "person": LEAVER["person"]}
CLAIMED = [{**account, "tier": 0} for account in ACCOUNTS]


def host(name: str) -> Change:
    """Return a change that adds a host to the inventory."""

    def change(world: World, tested: str) -> None:
        world.hosts = (*world.hosts, name)

    return change


def fails(control: str, *hosts: str) -> Change:
    """Return a change by which a control fails."""

    def change(world: World, tested: str) -> None:
        world.promised[control] = Seen(hosts, tuple(sorted({*world.hosts} - {*hosts})))

    return change


def names_another(world: World, tested: str) -> None:
    """Add an entry about another customer."""
    entries = world.records[tested]["customers"]
    entries.append({**entries[0], "id": "globex"})


def planned_twice(**changed: str) -> Change:
    """Return a change by which each system stands in the plan for backups a second time, otherwise."""

    def change(world: World, tested: str) -> None:
        systems = world.records["ev-backup-plan"]["systems"]
        systems += [{**each, **changed} for each in systems]

    return change


def has_signature(state: str) -> Change:
    """Return a change by which somebody looked at the record's signature, and found this."""

    def change(world: World, tested: str) -> None:
        world.signatures[tested] = Signed(state, reason="the file was changed after it was signed")

    return change


#: What breaks the rules that all kinds share.
SHARED = {
    "approved": (put("approved_by", None),),
    "signature": (has_signature("altered"),),
    "reviewed": (put("next_review", "2026-11-10"),),
}
RECENT = (put("date", LONG_AGO), put("approved_by.on", "2026-11-02"))

BROKEN: dict[str, dict[str, tuple[Change, ...]]] = {
    "ev-remote-access-choice": {
        "decided": (put("decided", LONG_AGO),),
        "supported": (put("supported_until", "2026-11-22"),),
        "standard": (put("standard", "other"),),
    },
    "ev-vuln-mgmt": {
        "cadence": (put("scopes.0.cadence_days", 2),),
        "external-review": (put("external_review", LAST_YEAR),),
    },
    "ev-web-credential-stuffing": {"protected": (put("apps.0.mfa", False),)},
    "ev-phishing": {
        "training": (put("training", LAST_YEAR),),
        "reach": (put("reach_percent", 94),),
        "route-tested": (put("route_tested", LAST_YEAR),),
    },
    "ev-notification": {
        "confirmed": (put("max_hours_confirmed", 13),),
        "suspected": (put("max_hours_suspected", 25),),
        "legal-clock": (lambda world, _: world.policy["bulwark_customer_clock_hours"].update(value=23),),
        "contacts": (put("contacts.1.always", False),),
        "provider-scope": (put("provider_infrastructure", False),),
        "soc-route": (put("soc_route", None),),
        "tested": (put("last_test", LAST_YEAR),),
    },
    "ev-soc": {
        "hosts": (host("acme-new"),),
        "log-sources": (put("use_cases", []),),
        "monthly": (put("reviews", ["2026-10-08"]),),
    },
    "ev-log-plan": {
        "functions": (register("bulwark_host_functions", "web", "mail"),),
        "retention": (put("sources.1.retention_days", 179),),
    },
    "ev-net-monitor": {
        "boundary": (put("sensors.0.zones", ["office"]),),
        "zones": (put("sensors.0.zones", ["transit", "cellar"]),),
        "tuned": (put("tuned", LAST_YEAR),),
    },
    "ev-mfa-advice": {
        "own": (names_another,),
        "advised": (put("customers", []),),
        "recent": (put("customers.0.date", LAST_YEAR),),
        "refusals": (put("customers.0.answer", "refused"),),
    },
    "ev-mfa-reset": {
        "call-back": (put("call_back", "given_by_caller"),),
        "second-person": (put("second_person", False),),
        "tier-0": (put("resets.0.account", "deploy"), put("resets.0.channel", "phone"),
                   register("bulwark_accounts", *CLAIMED)),
        "tickets": (put("resets.0.ticket", None),),
        "test-call": (put("last_test_call", LAST_YEAR),),
    },
    "ev-zone-map": {
        "recent": RECENT,
        "zones": (put("zones.0.cidrs", ["198.51.100.0/25"]),),
        "critical": (put("critical_systems", []),),
        "flows-owned": (put("flows.0.owner", None),),
        "flows-current": (put("flows.0.expires", "2026-11-22"),),
        "flows-zones": (put("flows.0.src", "cellar"),),
        "signed": (put("signed_by.1", None),),
    },
    "ev-tenant-separation": {
        "tested": (put("last_test", LAST_YEAR),),
        "isolated": (put("result", "crossed"),),
        "layers": (put("layers", []),),
    },
    "ev-trust-register": {
        "recent": RECENT,
        "discovered": (put("discovered", ["northwind-gdap", "old-forest"]),),
        "listed-recently": (put("discovered_on", LAST_YEAR),),
        "owned": (put("trusts.0.owner", None),),
        "current": (put("trusts.0.expires", "2026-11-22"),),
    },
    "ev-credential-vault": {
        "reuse": (put("reuse.found", 2),),
        "compared": (put("reuse.date", LAST_YEAR),),
        "rotated": (put("rotations.0.members_changed", "2026-10-25"),),
    },
    "ev-access-review": {
        "complete": (register("bulwark_accounts", *ACCOUNTS, {**ACCOUNTS[0], "name": "root2"}),),
        "agree": (put("accounts.1.party", "customer"),),
        "privileged": (put("accounts.0.date", LAST_YEAR),),
        "providers": (put("accounts.1.date", "2026-08-01"),),
        "reviewer": (put("accounts.1.reviewer_party", "msp:northwind"),),
        "applied": (put("accounts.0.decision", "reduce"),),
    },
    "ev-admin-tiers": {
        "recent": RECENT,
        "hosts": (host("acme-new"),),
        "accounts": (register("bulwark_accounts", *ACCOUNTS, {**ACCOUNTS[0], "name": "root2"}),),
        "agree": (register("bulwark_accounts", *CLAIMED),),
    },
    "ev-leavers": {
        "disabled": (put("transitions.0.disabled_at", "2026-09-01"),),
        "rotated": (put("transitions.0.shared_secrets_rotated_at", None),),
        "listed": (register("bulwark_leavers", {"person": "Pat Example", "left": "2026-09-30"}),),
        "agree": (register("bulwark_leavers", {"person": "Sam Example", "left": "2026-06-30"}),),
    },
    "ev-managed-service-register": {
        "recent": RECENT,
        "accounts": (register("bulwark_accounts", ACCOUNTS[0]),),
        "contracts": (register("bulwark_contracts"),),
        "ended": (put("services.0.contract_end", "2026-10-31"),
                  register("bulwark_contracts", {**REGISTERS["bulwark_contracts"][0], "end": "2026-10-31"})),
        "restricted": (put("services.0.restriction_confirmed", None),),
        "assessed": (put("services.0.next_assessment", "2026-11-22"),),
    },
    "ev-scan-declared": {
        "recent": RECENT,
        "listeners": (register("bulwark_listeners", {"proto": "tcp", "port": 443}),),
        "hosts": (host("acme-new"),),
    },
    "ev-coverage": {
        "another-source": (put("lists.0.source", "inventory"),),
        "recent": (put("lists.0.date", "2026-10-01"),),
        "seen": (put("out_of_scope", []),),
    },
    "ev-update-policy": {
        "time-frames": (put("time_frames.0.hours", 49),),
        "exceptions": (put("exceptions.0.until", "2026-11-22"),),
        "reported": (put("last_report", "2026-10-01"),),
    },
    "ev-backup-plan": {
        "systems": (put("systems", []), put("critical_systems", [], "ev-zone-map")),
        "critical-listed": (put("critical_systems", ["acme-db", "acme-erp"], "ev-zone-map"),),
        "key-apart": (put("systems.0.key_location", "Backup.example.org "),),
        "key-offline": (put("systems.0.key_offline", False),),
        "offline-copy": (put("systems.0.offline", None),),
        "offline-recent": (put("systems.0.offline", "2026-10-01"),),
    },
    "ev-restore-test": {
        "critical-tested": (put("systems.1.critical", True, "ev-backup-plan"),
                            put("systems.1.system", "acme-erp", "ev-backup-plan")),
        "critical-recent": (put("tests.0.date", "2026-08-01"),),
        "recent": (put("tests.1.date", LAST_YEAR),),
        "passed": (put("tests.1.result", "failed"),),
        "in-time": (put("tests.0.seconds", 4 * 3600 + 1),),
        "tester": (put("tests.1.tester.name", "Kim Example"),),
        "customer-started": (put("tests.0.tester.party", "msp:northwind"), put("tests.1.tester.party", None)),
    },
    "ev-gold-image": {
        "functions": (register("bulwark_host_functions", "web", "mail"),),
        "recent": (put("images.0.built", "2026-08-01"),),
        "tried": (put("images.0.boot_tested", "2026-10-01"),),
        "apart": (put("images.1.isolated", False),),
    },
    "ev-customer-encouragement": {
        "own": (names_another,),
        "topics": (put("customers.2", None),),
        "recent": (put("customers.1.date", LAST_YEAR),),
    },
    "ev-ir-plan": {
        "recent": RECENT,
        "roles": (put("roles.2", None),),
        "reachable": (put("roles.3.phone", None),),
        "recovery": (put("recovery", None),),
        "contacts": (put("reporting_duties", []),),
    },
    "ev-ir-hardcopy": {
        "current": (put("version", "4", "ev-ir-plan"),),
        "places": (put("locations.1", None),),
        "checked": (put("locations.0.checked", LAST_YEAR), put("locations.0.printed_on", LAST_YEAR)),
        "since-printed": (put("locations.0.checked", "2026-06-01"),),
        "offline": (put("locations.0.offline_verified_by", None),),
    },
    "ev-ir-exercise": {
        "recent": (put("exercises.0.date", LAST_YEAR),),
        "kill-switch": (put("exercises.0.covers", ["restore"]),),
        "restore": (put("exercises.0.covers", ["msp_kill_switch"]),),
        "actions": (put("exercises.0.actions.0.closed", None),),
    },
    "ev-supplier-register": {
        "listed": (put("suppliers", []),),
        "assessed": (put("suppliers.0.date", LAST_YEAR),),
        "subcontractors": (put("suppliers.0.subcontractors", None),),
        "certificates": (put("suppliers.0.certificate_expiry", "2026-11-22"),),
        "signed": (put("signatures.1", None),),
    },
    "ev-supplier-risk": {
        "recent": RECENT,
        "listed": (put("risks", []), put("suppliers.0.criticality", "high", "ev-supplier-register")),
        "critical": (put("risks.0.supplier", "Contoso"),),
        "owned": (put("risks.0.owner", None),),
    },
    "ev-expectations": {
        "recent": RECENT,
        "answered": (put("answer", None),),
        "gaps-owned": (put("gaps.0.owner", None),),
    },
    "ev-contract": {
        "topics": (put("clauses.4.present", False),),
        "in-force": (put("end", "2026-10-31"),
                     register("bulwark_contracts", {**REGISTERS["bulwark_contracts"][0], "end": "2026-10-31"})),
        "registered": (put("msp", "msp:contoso"),),
        "kept": (fails("lin-bk-fresh", "acme-web"),),
        "schedule": (put("schedule.0.value", 181),),
        "recent": RECENT,
    },
    "ev-raci": {
        "tasks": (put("matrix.3", None),),
        "accountable": (put("matrix.0.accountable", ["customer", "msp:northwind"]),),
        "responsible": (put("matrix.0.responsible", []),),
        "signed": (put("signed_by.0", None),),
        "named": (lambda world, kind: world.unnamed.update(mfa=("lin-mf-ssh-methods",)),),
        "recent": RECENT,
    },
    "ev-risk-dialogue": {
        "both-sides": (put("meetings.0.attendees.1", None),),
        "met": (put("meetings.0.date", LAST_YEAR), put("date", LONG_AGO, "ev-contract")),
        "after-contract": (put("date", "2026-11-05", "ev-contract"),),
        "gaps-owned": (put("gaps.0.owner", None),),
    },
    "ev-services-statement": {
        "complete": (put("services_out", []),),
        "acknowledged": (put("customer_acknowledged", None),),
        "contract-version": (put("version", "4", "ev-contract"),),
    },
    "ev-register-approval": {
        "complete": (put("approvals.4", None),),
        "customer": (put("approvals.0.party", "msp:northwind"),),
        "digest": (put("approvals.0.digest", "ab" * 32),),
        "recent": (put("approvals.1.date", "2026-08-01"),),
    },
    "ev-canary-hunt": {
        "recent": (put("hunts.0.date", "2026-08-01"),),
        "after-suspicion": (lambda world, kind: world.records[kind].update(suspected="2026-11-01"),),
        "off-network": (put("hunts.0.off_network", False),),
        "accounts": (put("hunts.0.accounts", []),),
    },
}  # fmt: skip

#: Other ways to break a rule, each of which once passed: what hides behind a better entry, and what was done too early.
ALSO: tuple[tuple[str, str, tuple[Change, ...]], ...] = (
    ("ev-vuln-mgmt", "cadence", (again("scopes.2", cadence_days=60),)),
    ("ev-vuln-mgmt", "cadence", (put("scopes.2.cadence_days", 0),)),
    ("ev-update-policy", "time-frames", (again("time_frames.1", hours=9000),)),
    ("ev-backup-plan", "offline-recent", (again("systems.0", offline="2026-10-01"),)),
    ("ev-backup-plan", "offline-recent", (again("systems.0", offline="2026-10-01", critical=False),)),
    ("ev-restore-test", "in-time", (put("tests.0.seconds", 4 * 3600 + 1), planned_twice(rto="90d"))),
    ("ev-restore-test", "tester", (put("tests.1.tester.name", "Kim Example"), planned_twice(operator="Jo Example"))),
    ("ev-restore-test", "tester", (put("tests.1.tester.name", " kim  example"),)),
    ("ev-contract", "topics", (again("clauses.4", present=False),)),
    ("ev-raci", "responsible", (put("matrix.0.responsible", ["vendor:contoso"]),)),
    ("ev-raci", "signed", (put("signed_by.0.on", "2026-11-01"),)),
    ("ev-raci", "signed", (put("signed_by.1.on", "2026-11-01"),)),
    ("ev-zone-map", "signed", (put("signed_by.1.on", "2026-11-01"),)),
    ("ev-supplier-register", "signed", (put("signatures.1.date", "2026-11-01"),)),
    ("ev-services-statement", "acknowledged", (put("customer_acknowledged.on", "2026-11-01"),)),
    ("ev-access-review", "agree", (put("accounts.0.privileged", False),)),
    ("ev-access-review", "agree", (register("bulwark_accounts", {**ACCOUNTS[0], "admin": False}, ACCOUNTS[1]),)),
    ("ev-leavers", "agree", (register("bulwark_leavers", {**LEAVER, "accounts": ["sam", "sam-admin"]}),)),
    ("ev-leavers", "agree", (register("bulwark_accounts", *ACCOUNTS, OF_LEAVER),)),
    ("ev-net-monitor", "boundary", (put("zones.1.msp_boundary", False, "ev-zone-map"),)),
)  # fmt: skip
