# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a run, once every host has a result: fleet judges, records, index, reasons to fail, seal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from ..catalogue.catalogue import Catalogue
from ..declared.waivers import Waiver
from ..fleet.compared import HostLinks, of_document
from ..results import ResultsError, Run, Store
from ..runs import closing, fleet_findings, record_findings, rings, signed_files
from ..runs.closing import HostTotals
from ..runs.memory import history_folder
from ..text import clean
from . import history, index, signing
from .delta import newly_failing
from .documents import about_run, customer_documents, host_documents
from .history import History, Moment
from .index import HostStates, host_states, own_states
from .shapes import Problem


class Finished(NamedTuple):
    """late: what went wrong after the seal, which run.json can't hold any more. earlier: what older runs knew, where
    they all are there still."""

    late: list[str]
    earlier: History | None


def finish(
    run: Run,
    policy: Mapping[str, Any],
    catalogue: Catalogue,
    at: str,
    troubled: Mapping[str, str] = MappingProxyType({}),
) -> Finished:
    """Judge what shows across hosts, complete run.json and seal the run; the hosts' files are left as they are.

    policy: run options in force. at: now, as YYYY-MM-DDTHH:MM:SSZ. troubled: why hosts failed, beyond what their
    results say. Raises ResultsError.
    """
    about = about_run(run)
    day = date.fromisoformat(about["date"])
    problems: dict[str, Problem] = {}
    earlier = history.read(history_folder(run, policy), about)
    moment, threshold = Moment(run.name, day), policy["bulwark_fail_on_new"]
    hosts: list[HostTotals] = []
    own: list[HostTotals] = []
    links: list[HostLinks] = []
    findings: list[dict[str, Any]] = []
    fresh: dict[str, int] = {}
    shown = record_findings.Shown()

    def seen() -> Iterator[HostStates]:
        for document in host_documents(run, about, problems):
            hosts.append(closing.totals(document))
            links.append(of_document(document))
            shown.add_host(document)
            yield host_states(document)
        # Only now are all hosts known, and what shows across them.
        for document in _judge_customers(run, about, links, catalogue, findings, problems, shown):
            own.append(_totals(document))
            yield own_states(document)

    def noted() -> Iterator[HostStates]:
        for host in earlier.dated(seen(), moment):
            fresh.update(newly_failing((host,), earlier, moment, threshold))
            yield host

    index.write(run, about, noted())
    others = [target["host"] for target in about["targeted"] if target["other_platform"]]
    reasons = closing.reasons_to_fail([*hosts, *own], others, policy)
    reasons += [
        "%s: %d newly failing at %s or above (bulwark_fail_on_new)" % (clean(name), number, threshold)
        for name, number in fresh.items()
    ]
    reasons += ["%s %s" % (each.path, each.reason) for each in problems.values()]
    reasons += rings.reasons(troubled, closing.without_result(run, about))
    closing.complete(run, hosts, list(dict.fromkeys(reasons)), at, findings)
    pruned = Store(run.folder.parent).complete(run, int(policy["bulwark_keep_runs"]), day)
    late: list[str] = []
    try:
        if policy["bulwark_sign_key"]:
            signing.sign(run, Path(policy["bulwark_sign_key"]).expanduser())
    except ResultsError as error:
        late.append(str(error))
    return Finished(late, None if pruned else earlier)


def _judge_customers(
    run: Run,
    about: Mapping[str, Any],
    links: Iterable[HostLinks],
    catalogue: Catalogue,
    told: list[dict[str, Any]],
    problems: dict[str, Problem],
    shown: record_findings.Shown,
) -> Iterator[dict[str, Any]]:
    """Write each customer's own findings into its document and yield that; those of fleet.json are added to `told`."""
    documents = {document["customer"]: document for document in customer_documents(run, about, problems)}
    registers = {customer: document["registers"] for customer, document in documents.items()}

    def signed(waiver: Waiver, entry: Mapping[str, Any], customer: str) -> Waiver:
        return signed_files.checked(waiver, entry, documents.get(customer, {}))

    judged: dict[str, list[dict[str, Any]]] = {customer: [] for customer in documents}
    for made in fleet_findings.findings(about, registers, links, catalogue, signed):
        if made.customer in judged:
            judged[made.customer].append(made.own)
            told.append(made.fleet)
            shown.add_fleet(made, record_findings.own_hosts(about, made.customer))
    for customer, finding in record_findings.findings(about, registers, shown, catalogue):
        if customer in judged:
            judged[customer].append(finding)
    for customer, findings in judged.items():
        document = {**documents[customer], "findings": findings}
        run.write_customer(document)
        yield document


def _totals(document: Mapping[str, Any]) -> HostTotals:
    """Return the totals of a customer's own findings, by the customer's name."""
    total = HostTotals(document["customer"], document["customer"], "")
    total.failing.update(each["effective_severity"] for each in document["findings"] if each["status"] == "fail")
    return total
