# SPDX-License-Identifier: GPL-3.0-or-later
"""A made report of a provider, North, and two of its customers: what the pages are tried and pictured with.

`model()` is the same at every call. Statuses are written down by hand in FAILS, UNKNOWNS and WAIVED; every other judged
control passes. Nothing here is a verdict of a judge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift import standing
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.causes import Causes
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.model import HostPage, ReportModel
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.population import population
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.shapes import (
    KINDS,
    AccountChange,
    Change,
    Coverage,
    Delta,
    Evidence,
    HostGap,
    HostList,
    HostRow,
    LeftOut,
    Loosening,
    Platform,
    PolicyDrift,
    RunInfo,
    TrendPoint,
    Unread,
    Unreadable,
    View,
    WaiverChange,
)
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.all import FLEET_JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.outcomes.tables import outcomes
from ansible_collections.bulwark.msp.plugins.plugin_utils.outcomes.tally import Index, Tally
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.closing import totals

TODAY = date(2026, 11, 22)
BEFORE = date(2026, 11, 20)
RUN, PREVIOUS = "20261122T061500Z-5d41aa", "20261120T061500Z-90c3fe"
PROVIDER = "msp:north"
LEVELS = ("critical", "high", "medium", "low")


@dataclass(frozen=True)
class Machine:
    customer: str
    name: str
    system: str
    problem: str | None = None
    read: bool = True


MACHINES = (
    Machine("acme", "acme-backup", "Debian 12"),
    Machine("acme", "acme-db", "Debian 12"),
    Machine("acme", "acme-web", "Debian 13"),
    Machine("globex", "globex-backup", "Debian 11", "it can't be reached: no route to host", read=False),
    Machine("globex", "globex-db", "Ubuntu 24.04", "without root: sudo asked for a password"),
    Machine("globex", "globex-web", "Rocky Linux 9"),
    Machine("msp", "msp-awx", "Debian 12"),
    Machine("msp", "msp-jump", "Debian 13"),
)

#: host and control: effective severity, responsible party, days open, what became of it, what was found.
Fail = tuple[str, str, int, str, tuple[str, ...]]
FAILS: Mapping[tuple[str, str], Fail] = {
    ("acme-web", "lin-mf-ssh-methods"): ("critical", PROVIDER, 12, "still_open", (
        "deploy from 0.0.0.0/0 logs in with publickey alone", "anna from 10.10.0.0/16 logs in with publickey alone")),
    ("acme-db", "lin-mf-ssh-methods"): ("high", PROVIDER, 12, "still_open", ("anna logs in with publickey alone",)),
    ("acme-web", "lin-ic-listeners"): ("critical", "nobody", 0, "new", (
        "9200/tcp of opensearch listens on 0.0.0.0 and is declared nowhere",)),
    ("acme-web", "lin-mf-web-consoles"): ("high", PROVIDER, 0, "new", ("opensearch-dashboards on 5601 asks nobody",)),
    ("acme-backup", "lin-ic-ssh-no-password"): ("critical", PROVIDER, 0, "waiver_expired", (
        "passwordauthentication is yes for backup from 10.10.20.0/24",)),
    ("acme-db", "lin-aa-key-hygiene"): ("high", "customer", 33, "still_open", (
        "ssh-rsa 2048 of petra, SHA256:8bq0, is shorter than 3072 bits",)),
    ("acme-web", "lin-ns-ssh-listen"): ("high", PROVIDER, 40, "still_open", ("22/tcp is open to every address",)),
    ("acme-db", "lin-aa-session-timeout"): ("medium", "both", 40, "still_open", ("TMOUT is not set for login shells",)),
    ("acme-backup", "lin-lm-ssh-verbose"): ("high", PROVIDER, 0, "new", ("loglevel is INFO, not VERBOSE",)),
    ("globex-web", "lin-mf-ssh-methods"): ("critical", PROVIDER, 61, "still_open", ("ops logs in with a key alone",)),
    ("globex-web", "lin-ic-ssh-crypto"): ("high", PROVIDER, 9, "changed", ("diffie-hellman-group14-sha1 is offered",)),
    ("globex-db", "lin-ic-data-bind"): ("critical", "nobody", 61, "still_open", (
        "5432/tcp of postgres listens on 0.0.0.0",)),
    ("msp-awx", "lin-ic-listeners"): ("critical", PROVIDER, 4, "still_open", (
        "8043/tcp of nginx is open to every address",)),
    ("msp-awx", "lin-mf-web-consoles"): ("high", PROVIDER, 4, "still_open", ("AWX on 8043 asks for a password alone",)),
}  # fmt: skip
#: What only follows from another failure.
FOLLOWS = {("acme-web", "lin-mf-sudo"): "lin-mf-ssh-methods", ("acme-web", "lin-mf-pam-required"): "lin-mf-ssh-methods"}
FIXED = (("acme-db", "lin-ic-faillock"), ("acme-db", "lin-ic-ssh-no-root"), ("acme-backup", "lin-mf-no-nullok"),
         ("acme-web", "lin-ic-no-cleartext"), ("acme-web", "lin-ic-ssh-crypto"), ("acme-db", "lin-mf-no-ignore"),
         ("globex-web", "lin-ic-faillock"))  # fmt: skip
UNKNOWNS: Mapping[tuple[str, str], str] = {
    ("acme-backup", "lin-mf-vpn"): "bulwark_zones is not declared, so it can't be told who is remote",
    ("acme-web", "lin-mf-enrolled"): "bulwark_accounts declares no factors for anna",
    ("acme-db", "lin-mf-enrolled"): "bulwark_accounts declares no factors for anna",
    ("acme-db", "lin-ic-bruteforce-throttle"): "nft -j list ruleset ended after 10 seconds",
}
NEWLY_UNKNOWN = (("acme-db", "lin-ic-bruteforce-throttle"), ("globex-db", "lin-mf-ssh-methods"))
NEEDS_ROOT = ("lin-ic-ssh", "lin-mf", "lin-aa", "lin-ns")
SWITCHED_OFF = "lin-mf-breakglass"
WAIVED = {("acme-web", "lin-ns-ssh-forwarding"): 11}
DOES_NOT_APPLY = {
    "lin-mf-duo-secure": "Duo is not installed",
    "lin-mf-hosts-redirect": "no factor is asked of a service elsewhere",
}
WAIVER = {
    "kind": "alternate_control",
    "owner": "Petra Lang",
    "approved_by": {"name": "Jo Acme", "party": "customer", "on": "2026-09-04"},
    "reason": "the ERP's import opens a tunnel until its vendor delivers version 9",
    "ticket": "ACME-812",
    "compensating": "the tunnel ends on one address",
    "expires": "2026-12-03",
    "days_left": 11,
}


def digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def finding(machine: Machine, control: catalogue.Control) -> dict[str, Any]:
    """Return what the tables above say of one control on one host, in the form of docs/schemas/host-result.json."""
    place = (machine.name, control.id)
    made: dict[str, Any] = {
        "control": control.id,
        "section": control.section,
        "title": control.title,
        "severity": control.severity,
        "effective_severity": control.severity,
        "status": "pass",
        "advisory": list(control.recommendations),
        "responsible": PROVIDER,
        "assurance": "effective" if "ssh" in control.id else "configured",
        "observed_at": "2026-11-22T06:15:42Z",
        "fingerprint": digest(machine.customer, *place),
        "found": digest(),
        "expected": control.passes.split(". ")[0].rstrip(".") + ".",
        "actual": [],
        "reason": "",
        "evidence": ["sshd -T -C user=anna"] if "ssh" in control.id else ["/etc/pam.d/common-auth"],
    }
    if not machine.read:
        made |= {"status": "unknown", "assurance": None, "reason": machine.problem, "evidence": []}
    elif place in FAILS:
        severity, responsible, _, _, actual = FAILS[place]
        made |= {"status": "fail", "effective_severity": severity, "responsible": responsible, "actual": list(actual)}
    elif place in FOLLOWS:
        made |= {"status": "fail", "actual": ["anna has no second factor at all"], "caused_by": FOLLOWS[place]}
    elif place in WAIVED:
        made |= {"status": "waived", "actual": ["allowtcpforwarding is yes for erp"], "waiver": WAIVER}
    elif place in UNKNOWNS:
        made |= {"status": "unknown", "assurance": None, "reason": UNKNOWNS[place]}
    elif machine.problem and control.id.startswith(NEEDS_ROOT):
        made |= {"status": "unknown", "assurance": None, "reason": machine.problem, "evidence": []}
    elif control.id in DOES_NOT_APPLY:
        made |= {"status": "not_applicable", "assurance": None, "reason": DOES_NOT_APPLY[control.id]}
    return made


def change(machine: Machine, finding: Mapping[str, Any]) -> Change | None:
    """Return what became of a finding since the last run, None where it is as it was and not open."""
    place = (machine.name, finding["control"])
    kind, days = None, None
    if place in FAILS:
        _, _, days, kind, _ = FAILS[place]
    elif place in FOLLOWS:
        kind, days = "still_open", 12
    elif place in FIXED:
        kind = "fixed"
    elif place in NEWLY_UNKNOWN or (not machine.read and finding["status"] == "unknown"):
        kind = "newly_unknown"
    if kind is None:
        return None
    before = {"new": "pass", "waiver_expired": "waived", "fixed": "fail", "newly_unknown": "pass"}
    first = finding["actual"][0] if finding["actual"] else ""
    since = None if days is None else TODAY - timedelta(days)
    return Change(
        machine.customer, machine.name, finding["control"], finding["title"], finding["section"], kind,  # type: ignore[arg-type]
        finding["status"], finding["effective_severity"], finding["responsible"], finding["fingerprint"],
        finding["found"], since, PREVIOUS if since else None, days, PREVIOUS, before.get(kind, "fail"),
        finding.get("caused_by"), machine.read, finding["reason"], first,
    )  # fmt: skip


def record(customer: str, id_: str, title: str, section: str, status: str, **more: Any) -> dict[str, Any]:
    """Return a finding of the customer's own: on a record or a host list."""
    return {
        "control": id_, "section": section, "title": title, "severity": "medium", "effective_severity": "medium",
        "status": status, "advisory": ["OA-01"], "responsible": "both", "assurance": "attested",
        "observed_at": "2026-11-22T06:15:00Z", "fingerprint": digest(customer, id_), "found": digest(),
        "expected": "Every host that another source knows is in the inventory.", "actual": [], "reason": "",
        "evidence": ["bulwark_host_lists"], **more,
    }  # fmt: skip


OWN = {
    "acme": (record(
        "acme", "lin-oa-inventory", "Every host that another source knows is in the inventory", "obsolete_accounts",
        "fail", actual=["acme-nas is in hypervisor of 21 November 2026 and not in the inventory"]),),
}  # fmt: skip


def page(machine: Machine, known: catalogue.Catalogue) -> HostPage:
    """Return a host in full."""
    on_hosts = (control for control in known.controls.values() if control.judged and control.lane != "record")
    judged = [control for control in on_hosts if control.id != SWITCHED_OFF]
    findings = [finding(machine, control) for control in judged]
    history = {made.control: made for each in findings if (made := change(machine, each))}
    failing: dict[str, int] = {}
    status: dict[str, int] = {}
    for each in findings:
        status[each["status"]] = status.get(each["status"], 0) + 1
        if each["status"] == "fail" and "caused_by" not in each:
            failing[each["effective_severity"]] = failing.get(each["effective_severity"], 0) + 1
    new = sum(each.kind in ("new", "waiver_expired") for each in history.values())
    account = "audit" if machine.read else ""
    row = HostRow(machine.customer, machine.name, machine.system, machine.read, machine.problem, account,
                  "2026-11-22T06:15:42Z", status, failing, new)  # fmt: skip
    document = {
        "schema": "bulwark/host-result/1", "run": RUN, "sequence": 5, "host": machine.name,
        "customer": machine.customer, "parties": [PROVIDER],
        "platform": {"system": machine.system, "family": "debian", "version": "12"},
        "identity": {"account": account, "kind": None}, "collected_at": row.collected_at, "seconds": 1.2,
        "state_sha256": None, "findings": findings, "links": {}, "errors": [],
    }  # fmt: skip
    return HostPage(row, document, history)


#: Failing at critical, high and medium in earlier runs; the last fits what was fixed and opened since.
EARLIER = {
    "acme": ((5, 9, 3), (4, 8, 3), (3, 7, 2), (3, 6, 2)),
    "globex": ((2, 3, 1), (2, 3, 0), (2, 2, 0), (2, 2, 0)),
    "msp": ((2, 2, 0), (2, 1, 0), (1, 1, 0), (1, 1, 0)),
}


def trend(customer: str | None) -> tuple[TrendPoint, ...]:
    """Return the runs there were, made up but for the last, which the page counts itself."""
    names = [name for name in EARLIER if customer in (None, name)]
    hosts = sum(machine.customer in names for machine in MACHINES)
    points = []
    for index, day in enumerate((2, 9, 16, 20)):
        counts = [sum(EARLIER[name][index][level] for name in names) for level in range(3)]
        status = {"unknown": hosts + 3 - index, "waived": 2 if "acme" in names else 0}
        status["pass"] = 31 * hosts - sum(counts) - sum(status.values()) - 2 * hosts
        failing = dict(zip(LEVELS, [*counts, 0], strict=True))
        points.append(TrendPoint("run%d" % index, date(2026, 11, day), hosts, hosts, status, failing))
    return tuple(points)


def policy(customer: str | None) -> PolicyDrift:
    if customer == "globex":
        return PolicyDrift(True, (), (), (), ())
    if customer == "msp":
        account = AccountChange("msp", "kai", "person", PROVIDER, "Kai Berg", True, "added")
        return PolicyDrift(True, (), (), (account,), ())
    approved = WAIVER["approved_by"]
    assert isinstance(approved, dict)
    waivers = (
        WaiverChange("acme", "lin-ns-ssh-forwarding", "acme-web", "alternate_control", "Petra Lang", approved,
                     str(WAIVER["reason"]), "ACME-812", str(WAIVER["compensating"]), date(2026, 12, 3), 11,
                     ("expiring",)),
        WaiverChange("acme", "lin-ic-ssh-no-password", "acme-backup", "risk_accepted", "Petra Lang", approved,
                     "the appliance knows no keys", None, None, date(2026, 11, 21), -1, ("expired",)),
        WaiverChange("acme", "lin-mf-code-limits", None, "false_positive", "Sam North",
                     {"name": "Jo Acme", "party": "customer", "on": "2026-10-01"},
                     "the RADIUS server limits tries itself", "ACME-790", None, date(2027, 3, 30), 128, ("unchanged",)),
    )  # fmt: skip
    thresholds = (Loosening("acme", "bulwark_automation_key_days", 180, 90, "DEF", 3, 3, 90),
                  Loosening("acme", "bulwark_faillock_deny", 10, 5, "CIS", 3, 0, 10))  # fmt: skip
    accounts = (AccountChange("acme", "erp-support", "person", "vendor:ledgerworks", "Ida Moss", True, "added"),)
    left_out = (LeftOut(SWITCHED_OFF, "The emergency exemption is small, named and tested", "high", 3, 3),)
    return PolicyDrift(True, thresholds, waivers, accounts, left_out)


def coverage(customer: str | None) -> Coverage:
    everything = {
        "acme": Coverage(
            "3 of 5 known hosts seen (directory of 20 November 2026, hypervisor of 21 November 2026); 1 missing from "
            "the inventory: acme-nas; Windows 0 of 1 judged; Microsoft 365 not seen", 5, 3,
            (HostList("acme", "directory", date(2026, 11, 20), 2, 4, ()),
             HostList("acme", "hypervisor", date(2026, 11, 21), 1, 4, ("acme-nas",))),
            ("acme-nas",), (), (), (Platform("Windows", ("acme-dc",)),), (), ("Microsoft 365",)),
        "globex": Coverage(
            "2 of 4 known hosts seen (no list of another source to compare the inventory with); 1 not read: "
            "globex-backup; network device 0 of 1 judged; Microsoft 365 not seen", 4, 2, (), (),
            (Unread("globex", "globex-backup", "it can't be reached: no route to host", date(2026, 11, 20), 2),),
            ("globex-db",), (Platform("network device", ("globex-switch",)),), (), ("Microsoft 365",)),
        "msp": Coverage("2 of 2 known hosts seen (directory of 20 November 2026); Microsoft 365 not seen", 2, 2,
                        (HostList("msp", "directory", date(2026, 11, 20), 2, 2, ()),), (), (), (), (), (),
                        ("Microsoft 365",)),
    }  # fmt: skip
    if customer:
        return everything[customer]
    parts = list(everything.values())
    lists = ("lists", "missing", "unread", "without_root", "other_platforms", "not_targeted")
    together: dict[str, Any] = {name: tuple(item for part in parts for item in getattr(part, name)) for name in lists}
    line = (
        "7 of 11 known hosts seen (directory of 20 November 2026, hypervisor of 21 November 2026); 1 missing from the "
        "inventory: acme-nas; 1 not read: globex-backup; Windows 0 of 1 judged; network device 0 of 1 judged; "
        "Microsoft 365 not seen"
    )
    return Coverage(line=line, known=11, seen=7, never_seen=("Microsoft 365",), **together)


def view(customer: str | None, pages: Sequence[HostPage], known: catalogue.Catalogue) -> View:
    """Return what one page shows of these hosts."""
    tally, causes = standing.Tally(), Causes()
    index, assessed = Index(known, FLEET_JUDGES), Tally()
    own = [
        each if customer else {**each, "customers": [name]}
        for name, items in OWN.items() if customer in (None, name) for each in items
    ]  # fmt: skip
    for name, items in OWN.items():
        if customer in (None, name):
            for each in items:
                tally.add(each, name, "")
            causes.add(name, "", list(items), {})
            assessed.add_own(name, index.answers(items, own=True))
    for host in pages:
        for item in host.document["findings"]:
            tally.add(item, host.row.customer, host.row.host)
        causes.add(host.row.customer, host.row.host, host.document["findings"], host.history)
        assessed.add_host(host.row.customer, index.answers(host.document["findings"], own=False))
    changes = [made for each in pages for made in each.history.values()]
    changes.sort(key=lambda made: (LEVELS.index(made.severity), made.customer, made.host, made.control))
    counts = {kind: sum(made.kind == kind and not made.caused_by for made in changes) for kind in KINDS}
    gone = (HostGap("acme", "acme-nas", PREVIOUS, BEFORE, 3),) if customer in (None, "acme") else ()
    unread = tuple(each.row.host for each in pages if not each.row.read)
    failing = {level: tally.failing[level] for level in LEVELS}
    now = TrendPoint(RUN, TODAY, len(pages), len(pages) - len(unread), dict(tally.status), failing)
    return View(
        customer=customer,
        line=standing.sentence(tally, len(pages) - len(unread), len(unread)),
        coverage=coverage(customer),
        sections=standing.sections(tally, known),
        tactical=standing.tactical(tally, known),
        by_party=dict(sorted(tally.by_party.items())),
        delta=Delta(PREVIOUS, BEFORE, counts, tuple(changes), gone, (), (), unread),
        trend=(*trend(customer), now),
        policy=policy(customer),
        actions=causes.actions(known),
        findings=tuple(own),
        unreadable=tuple(
            Unreadable("sshd", "without root: sudo asked for a password", (each.row.host,))
            for each in pages if each.row.read and each.row.problem
        ),
        hosts=tuple(each.row for each in pages),
        problems=(),
        outcomes=outcomes(index, assessed, population(coverage(customer)), known),
    )  # fmt: skip


def model() -> ReportModel:
    """Return the report."""
    known = catalogue.load()
    pages = [page(machine, known) for machine in MACHINES]

    def of(customer: str | None) -> list[HostPage]:
        return [each for each in pages if customer in (None, each.row.customer)]

    def documents(customer: str | None) -> Iterator[HostPage]:
        return iter(of(customer))

    versions = {"ansible-core": "2.19.4", "bulwark.msp": "0.1.0"}
    began, ended = "2026-11-22T06:15:00Z", "2026-11-22T06:15:51Z"
    run = RunInfo(RUN, 5, TODAY, began, ended, True, "audit", versions, (), ())
    evidence = Evidence(digest("manifest"), digest("previous"), 12, None)
    customers = tuple(view(name, of(name), known) for name in ("acme", "globex", "msp"))
    counted = tuple(totals(page.document) for page in pages)
    return ReportModel(run, {}, (), evidence, view(None, pages, known), customers, counted, documents)
