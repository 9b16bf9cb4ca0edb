# SPDX-License-Identifier: GPL-3.0-or-later
"""A small fleet whose runs are made up: begun and finished by the collection itself, judged by the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.declared import declare
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift import documents, finish, history, model
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.model import ReportModel
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Run, Store
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs import begin
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.finding import digest

KNOWN = catalogue.load()
FIRST = date(2026, 11, 1)
#: Controls with judges, shortened for the tests.
METHODS, PAM = "lin-mf-ssh-methods", "lin-mf-pam-required"
ROOT_LOGIN, TRIES = "lin-ic-ssh-no-root", "lin-ic-ssh-max-tries"
OPTIONS = declare({}, KNOWN, FIRST).policy
#: Of a host: a control's status, or keys of its finding. None: it could not be read.
Host = Mapping[str, Any] | None


def finding(customer: str, host: str, control: str, given: Any, at: str) -> dict[str, Any]:
    """Return a finding with a status, or with the keys given."""
    keys = {"status": given} if isinstance(given, str) else dict(given)
    entry = KNOWN.control(control)
    what = keys.pop("what", "broken")
    failing = keys["status"] in ("fail", "waived")
    made = {
        "control": control,
        "section": entry.section,
        "title": entry.title,
        "severity": entry.severity,
        "effective_severity": entry.severity,
        "status": "pass",
        "advisory": list(entry.recommendations),
        "responsible": "nobody",
        "assurance": "effective",
        "observed_at": at,
        "fingerprint": digest(customer, host, control),
        "found": digest(*([what] if failing else [])),
        "expected": entry.title,
        "actual": [what] if failing else [],
        "reason": "not read" if keys["status"] in ("unknown", "not_applicable") else "",
        "evidence": [],
        **keys,
    }
    if made["status"] == "waived":
        made.setdefault("waiver", waiver(date(2026, 12, 31)))
    return made


def waiver(expires: date) -> dict[str, Any]:
    """Return a waiver as a finding shows it."""
    return {
        "kind": "risk_accepted", "owner": "Eve", "reason": "r",
        "approved_by": {"name": "Ann", "party": "customer", "on": "2026-10-30"},
        "ticket": None, "compensating": None, "expires": expires.isoformat(), "days_left": 1,
    }  # fmt: skip


@dataclass
class Fleet:
    """A results directory, and the variables of each customer. late: what went wrong after the last seal.

    links: what each host that is read has to be compared with others.
    """

    folder: Path
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    links: dict[str, Any] = field(default_factory=dict)

    def run(self, day: int, hosts: Mapping[str, Host], left: tuple[str, ...] = (), complete: bool = True) -> Run:
        """Return a run, `day` days after the first, of hosts named customer-host. left: hosts not targeted."""
        now = datetime(2026, 11, 1, 2, tzinfo=timezone.utc) + timedelta(days=day)
        at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        plan = begin.check(hosts, self._declared, lambda _: None, lambda _: hosts, KNOWN, now.date())
        plan.not_targeted = [{"host": host, "customer": customer_of(host)} for host in left]
        run, sequence = begin.start(plan, Store(self.folder), KNOWN, now, {"bulwark.msp": "0.1.0"}, [], "audit")
        for host, controls in hosts.items():
            links = {} if controls is None else self.links
            run.write_host({**result(run.name, sequence, host, controls, at), "links": links})
        if complete:
            self.late = finish.finish(run, {**OPTIONS, **self.options}, KNOWN, at).late
        return run

    def model(self, run: Run) -> ReportModel:
        """Return the report of a run."""
        return model.build(run, history.read(self.folder, documents.about_run(run)), KNOWN)

    def _declared(self, host: str) -> dict[str, Any]:
        return {"bulwark_customer": customer_of(host), **self.variables.get(customer_of(host), {})}


def customer_of(host: str) -> str:
    """Return the customer that a host's name begins with."""
    return host.partition("-")[0]


def result(run: str, sequence: int, host: str, controls: Host, at: str) -> dict[str, Any]:
    """Return a host's result document."""
    customer = customer_of(host)
    judged: Mapping[str, Any] = dict.fromkeys((METHODS, ROOT_LOGIN), "unknown") if controls is None else controls
    return {
        "schema": "bulwark/host-result/1",
        "run": run,
        "sequence": sequence,
        "host": host,
        "customer": customer,
        "parties": ["customer"],
        "platform": {"system": "Debian GNU/Linux 13", "family": "debian", "version": "13"},
        "identity": {"account": "" if controls is None else "audit", "kind": None},
        "collected_at": at,
        "seconds": None if controls is None else 1.5,
        "state_sha256": None,
        "findings": [finding(customer, host, control, given, at) for control, given in judged.items()],
        "links": {},
        "errors": [{"area": None, "fact": None, "reason": "unreachable"}] if controls is None else [],
    }
