# SPDX-License-Identifier: GPL-3.0-or-later
"""The beginning of a run: everything declared is checked for every host before the first connection is made."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from ..catalogue.catalogue import Catalogue
from ..declared.declared import Declaration, DeclarationError, declare
from ..declared.host_lists import HostListError, resolved
from ..declared.registers import NO_CUSTOMER
from ..declared.selection import selected
from ..fleet.all import FLEET_JUDGES, chosen
from ..judges.all import JUDGES
from ..results import ResultsError, Run, Store, encoded
from . import exploited, permission
from .finding import digest
from .signed_files import Signing, entries_of, looked_at

SCHEMA = "bulwark/run/1"
CUSTOMER_SCHEMA = "bulwark/customer/1"
#: Options of the whole run: hosts of one run may not differ in them.
RUN_WIDE = ("bulwark_report_dir", "bulwark_history_dir", "bulwark_keep_runs", "bulwark_fail_on",
            "bulwark_fail_on_new", "bulwark_fail_on_unreachable", "bulwark_sign_key", "bulwark_state_dir",
            "bulwark_keep_state")  # fmt: skip
REGISTERS = ("bulwark_accounts", "bulwark_listeners", "bulwark_zones", "bulwark_admin_cidrs", "bulwark_contracts",
             "bulwark_responsibilities", "bulwark_waivers", "bulwark_host_lists", "bulwark_leavers",
             "bulwark_services", "bulwark_remote_tools", "bulwark_work_orders", "bulwark_backups",
             "bulwark_collectors", "bulwark_log_agents", "bulwark_sensors", "bulwark_host_functions")  # fmt: skip
#: Playbooks that judge nothing, so that there is nothing to keep of them as a run.
WITHOUT_RUN = ("canary",)
MAX_SHOWN = 40


class BeginError(Exception):
    """The run can't begin; the text lists every reason, one a line."""


@dataclass(frozen=True)
class Target:
    """One targeted host. policy: a key of Plan.policies. controls: how many are judged. other_platform: not Linux."""

    host: str
    customer: str
    policy: str
    controls: int
    other_platform: str | None


@dataclass
class Plan:
    """A run to be: a few words a host, and what hosts share only once, so that a fleet of any size fits.

    registers: by customer and variable, the entries by their canonical JSON. not_targeted: the hosts of the inventory
    that this run leaves out, each as {host, customer}. evidence: by customer the folders with its records. signing: by
    customer whose signatures count, and which files of the inventory carry one.
    """

    targets: list[Target] = field(default_factory=list)
    policies: dict[str, dict[str, Any]] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    registers: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    not_targeted: list[dict[str, str]] = field(default_factory=list)
    evidence: dict[str, set[str]] = field(default_factory=dict)
    signing: dict[str, Signing] = field(default_factory=dict)

    def hosts(self) -> dict[str, list[str]]:
        """Return the targeted hosts by customer."""
        found: dict[str, list[str]] = {}
        for target in self.targets:
            found.setdefault(target.customer, []).append(target.host)
        return found


class _Outcome(NamedTuple):
    """What the variables of a host, or of many that share them, come to."""

    problems: tuple[str, ...] = ()
    customer: str = ""
    policy: str = ""
    controls: int = 0
    options: str = ""


def check(
    hosts: Iterable[str],
    variables_of: Callable[[str], Mapping[str, Any]],
    platform_of: Callable[[str], str | None],
    hosts_of: Callable[[str], Collection[str]],
    catalogue: Catalogue,
    today: date,
    playbook: str = "",
) -> Plan:
    """Return the plan; raises BeginError with every problem of every host.

    hosts_of: the hosts of the inventory that an Ansible pattern covers. playbook: what the run is for.
    """
    plan = Plan()
    run_wide = RUN_WIDE + (permission.RUN_WIDE if playbook in permission.ENFORCING else ())
    known: dict[str, _Outcome] = {}
    problems: dict[str, list[str]] = {}
    options: dict[str, str] = {}
    for host in hosts:
        try:
            variables = variables_of(host)
        except DeclarationError as error:
            outcome = _Outcome(tuple(str(problem) for problem in error.problems))
        else:
            key = digest(json.dumps(variables, sort_keys=True))
            if key not in known:
                known[key] = _add(plan, variables, catalogue, today, run_wide, playbook)
            outcome = known[key]
        for text in (*outcome.problems, *_bad_names(host, outcome.customer)):
            problems.setdefault(text, []).append(host)
        if not outcome.problems:
            plan.targets.append(Target(host, outcome.customer, outcome.policy, outcome.controls, platform_of(host)))
            options.setdefault(outcome.options, host)
    _check_options(run_wide, options, problems)
    _resolve_host_lists(plan, problems)
    _check_patterns(plan, hosts_of, problems)
    if problems:
        raise BeginError("\n".join(_listed(problems)))
    plan.options = json.loads(next(iter(options), "{}"))
    return plan


def _add(
    plan: Plan, variables: Mapping[str, Any], catalogue: Catalogue, today: date, run_wide: Iterable[str], playbook: str
) -> _Outcome:
    """Add to the plan what is declared by these variables, and return what comes of it for a host that has them."""
    try:
        declaration = declare(variables, catalogue, today)
    except DeclarationError as error:
        return _Outcome(tuple(str(problem) for problem in error.problems))
    lacking = permission.lacking(playbook, declaration)
    if lacking:
        return _Outcome(tuple(lacking))
    controls = selected(declaration.policy, catalogue, JUDGES)
    plan.judged.update(controls, chosen(declaration.policy, catalogue))
    plan.judged.update(selected(declaration.policy, catalogue, catalogue.records))
    policy = _policy(declaration, catalogue)
    key = digest(json.dumps(policy, sort_keys=True))[:16]
    plan.policies.setdefault(key, policy)
    customer = declaration.registers.customer
    registers = plan.registers.setdefault(customer, {})
    if declaration.policy["bulwark_evidence_dir"]:
        folder = Path(declaration.policy["bulwark_evidence_dir"]).expanduser().absolute()
        plan.evidence.setdefault(customer, set()).add(str(folder))
    plan.signing.setdefault(customer, Signing()).add(declaration.policy)
    for name in REGISTERS:
        for text, entry in entries_of(declaration.values, name).items():
            registers.setdefault(name, {}).setdefault(text, entry)
    options = json.dumps({name: declaration.policy.get(name) for name in run_wide})
    return _Outcome((), customer, key, len(controls), options)


def _bad_names(*names: str) -> Iterator[str]:
    for name in names:
        try:
            encoded(name or NO_CUSTOMER)
        except ResultsError as error:
            yield str(error)


def _check_options(run_wide: Iterable[str], options: Mapping[str, str], problems: dict[str, list[str]]) -> None:
    for name in run_wide:
        hosts = {json.dumps(json.loads(text)[name]): host for text, host in options.items()}
        if len(hosts) > 1:
            text = "%s: must be the same for every host of a run, found %s" % (name, " and ".join(sorted(hosts)))
            problems.setdefault(text, []).extend(hosts.values())


def _check_patterns(plan: Plan, hosts_of: Callable[[str], Collection[str]], problems: dict[str, list[str]]) -> None:
    """A waiver that covers no host would be taken for one that does."""
    for customer, registers in sorted(plan.registers.items()):
        for entry in registers.get("bulwark_waivers", {}).values():
            if entry.get("hosts") and not hosts_of(entry["hosts"]):
                text = "bulwark_waivers: hosts: %r of the waiver of %s covers no host of the inventory"
                problems.setdefault(text % (entry["hosts"], entry["control"]), []).append("customer %s" % customer)


def _resolve_host_lists(plan: Plan, problems: dict[str, list[str]]) -> None:
    """Put the names of their files into the host lists, and hold each list to one customer.

    Its names go into the customer's results: a list for all customers would tell each of the others' hosts.
    """
    owners: dict[str, str] = {}
    for customer, registers in sorted(plan.registers.items()):
        entries = registers.get("bulwark_host_lists", {})
        for key, entry in entries.items():
            try:
                entries[key] = resolved(entry)
            except HostListError as error:
                problems.setdefault("bulwark_host_lists: %s" % error, []).append("customer %s" % customer)
            if owners.setdefault(key, customer) != customer:
                text = "bulwark_host_lists: the list of %s is declared for %s too; give each customer a list of its own"
                problems.setdefault(text % (entry["source"], owners[key]), []).append("customer %s" % customer)


def _listed(problems: Mapping[str, list[str]]) -> list[str]:
    lines = []
    for text, hosts in list(problems.items())[:MAX_SHOWN]:
        named = ", ".join(hosts[:3]) + (" and %d more" % (len(hosts) - 3) if len(hosts) > 3 else "")
        lines.append("%s: %s" % (named, text))
    if len(problems) > MAX_SHOWN:
        lines.append("and %d more problems" % (len(problems) - MAX_SHOWN))
    return lines


def history(plan: Plan, store: Store) -> Path:
    """Return the folder with the earlier runs, beside which the canary's record lies; raises BeginError.

    One that is not there yet holds no run.
    """
    given = str(plan.options.get("bulwark_history_dir") or "")
    if not given:
        return store.folder
    folder = Path(given).expanduser().absolute()
    try:
        with os.scandir(folder):
            return folder
    except FileNotFoundError:
        return folder
    except OSError as error:
        text = "bulwark_history_dir: %s can't be read: %s; name the folder with the results of earlier runs"
        raise BeginError(text % (folder, os.strerror(error.errno or 0).lower())) from None


def start(
    plan: Plan,
    store: Store,
    catalogue: Catalogue,
    now: datetime,
    versions: Mapping[str, str],
    warnings: list[str],
    playbook: str,
    check_mode: bool = False,
) -> tuple[Run, int]:
    """Make the run's folder, write run.json and the customers' registers; return the run and its sequence.

    Raises BeginError where the run may not change what it is meant to change, or can't know what was before.
    """
    refused = permission.refusals(playbook, plan.hosts(), plan.options, now, check_mode)
    if refused:
        raise BeginError("\n".join(refused))
    history(plan, store)
    run, sequence = store.begin(now)
    run.make_key()
    judged = sorted(plan.judged)
    warnings = [*warnings, *exploited.gather(run, plan.policies.values(), judged, catalogue)]
    run.write(
        "run.json",
        {
            "schema": SCHEMA,
            "run": run.name,
            "sequence": sequence,
            "state": "running",
            "playbook": playbook,
            "check": check_mode,
            "change": plan.options.get("bulwark_change") or None,
            "rings": plan.options.get("bulwark_rings"),
            "began": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ended": None,
            "date": now.date().isoformat(),
            "versions": dict(versions),
            "targeted": [asdict(target) for target in plan.targets],
            "not_targeted": plan.not_targeted,
            "policies": plan.policies,
            "evidence": {customer: sorted(folders) for customer, folders in sorted(plan.evidence.items())},
            "signing": {customer: signing.told() for customer, signing in sorted(plan.signing.items())},
            "controls": {
                "judged": judged,
                "left_out": [id_ for id_ in (*JUDGES, *FLEET_JUDGES, *catalogue.records) if id_ not in judged],
                "planned": _planned(catalogue),
            },
            "warnings": warnings,
            "coverage": None,
            "totals": None,
            "reasons": None,
        },
    )
    for customer, registers in sorted(plan.registers.items()):
        merged = {name: list(entries.values()) for name, entries in registers.items()}
        signing = plan.signing[customer]
        files = looked_at(signing, registers, catalogue)
        run.write_customer(customer_document(customer, run, sequence, merged, files, signing.required))
    return run, sequence


def _planned(catalogue: Catalogue) -> dict[str, int]:
    """Return how many controls of each section have no judge yet."""
    judged = {*JUDGES, *FLEET_JUDGES}
    return dict(Counter(control.section for control in catalogue.controls.values() if control.id not in judged))


def _policy(declaration: Declaration, catalogue: Catalogue) -> dict[str, Any]:
    defaults = catalogue.defaults("baseline")
    return {
        name: {"value": declaration.policy[name], "default": defaults[name], "origin": threshold.origin}
        for name, threshold in sorted(catalogue.thresholds.items())
    }


def customer_document(
    customer: str, run: Run, sequence: int, registers: Mapping[str, list[Any]],
    signed_files: Iterable[Mapping[str, Any]], signatures_required: bool,
) -> dict[str, Any]:  # fmt: skip
    """Return a customer's document: its registers under their sha256, and no finding yet."""
    canonical = json.dumps(registers, sort_keys=True, separators=(",", ":"))
    return {
        "schema": CUSTOMER_SCHEMA,
        "run": run.name,
        "sequence": sequence,
        "customer": customer,
        "findings": [],
        "registers": registers,
        "signed_files": list(signed_files),
        "signatures_required": signatures_required,
        "registers_sha256": hashlib.sha256(canonical.encode()).hexdigest(),
    }
