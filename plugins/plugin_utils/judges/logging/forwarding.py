# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host logs reaches a collector, under TLS and with its name checked, and waits on disk while it is away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ...declared.parties import CUSTOMER
from ...evaluators import forwarding
from ...evaluators.audit_ways import ways_out
from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
TLS = "lin-lm-forward-tls"
QUEUES = ("linkedlist", "fixedarray", "disk")
SPACE = re.compile(r"[1-9]\d*[kKmMgGtTpPeE]?")


@JUDGES.of(TLS)
def tls(case: Case) -> Verdict:
    """One protected way to a declared collector at least, and none that shows logs to the network."""
    forwarding.obliged(case)
    wrong, unread = gather(case, _exposed, _lost)
    return verdict(
        "%s go to a declared collector, under TLS and with its certificate's name checked; nothing goes in the clear"
        % _facilities(case),
        wrong,
        unread,
        [way.place for way in _ways(case)] or ["/etc/rsyslog.conf", "/etc/syslog-ng/syslog-ng.conf"],
        assurance="configured",
    )


def _facilities(case: Case) -> str:
    return " and ".join(case.policy["bulwark_forward_facilities"])


def _ways(case: Case) -> list[forwarding.Way]:
    try:
        return forwarding.paths(case)
    except Unread:
        return []


def _exposed(case: Case) -> Iterator[Item]:
    """Yield what leaves the host unprotected, wherever it goes."""
    collectors = forwarding.receivers(case)
    for one in forwarding.exposed(case):
        leads = next((collector for collector in collectors if forwarding.leads_to(one, collector)), None)
        for danger in forwarding.dangers(one, leads):
            where = leads.name if leads else _address(one)
            identity = "%s: %s: %s" % (one["program"], where, danger.partition(",")[0])
            yield item(identity, "%s: logs go to %s %s (%s)" % (one["program"], where, danger, one["place"]))


def _address(one: Mapping[str, Any]) -> str:
    return "%s:%s" % (one["address"], one["port"]) if one["address"] else one["place"]


def _lost(case: Case, party: str | None = None) -> Iterator[Item]:
    """Yield the facilities that reach no collector."""
    if not forwarding.receivers(case):
        yield item("nobody", "bulwark_collectors is empty: nobody collects what this host logs")
        return
    lost = [one for one in case.policy["bulwark_forward_facilities"] if not forwarding.forwards(case, one, party)]
    others = ["%s (%s)" % (one["type"], one["place"]) for one in case.facts["forwarding"]["others"]]
    if lost and others:
        raise Unread("whether %s go to a collector can't be told of %s" % (" and ".join(lost), ", ".join(others)))
    for facility in lost:
        why = "; ".join(dict.fromkeys(_idle(case))) or "nothing forwards it"
        yield item(facility, "%s reaches no declared collector safely: %s" % (facility, why))


def _idle(case: Case) -> Iterator[str]:
    """Yield why what is configured doesn't count."""
    states = case.facts["forwarding"]["programs"]
    for one in case.facts["forwarding"]["destinations"]:
        state = states[one["program"]]
        if not state["running"]:
            yield "%s would send to %s and does not run" % (one["program"], _address(one))
        elif not state["enabled"]:
            yield "%s sends to %s and the next boot does not start it" % (one["program"], _address(one))
        elif one["lacks"]:
            yield "%s: %s lacks the line %r" % (one["program"], one["place"], one["lacks"][0])
        else:
            yield "%s sends to %s, by %s" % (one["program"], _address(one), one["place"])


@JUDGES.of("lin-lm-forward-queue")
def queue(case: Case) -> Verdict:
    """What can't be sent waits on disk, within bounds, and is tried again for ever."""
    collectors = forwarding.obliged(case)
    used = [
        one
        for one in case.facts["forwarding"]["destinations"]
        if one["active"] and any(forwarding.leads_to(one, collector) for collector in collectors)
    ]
    wrong = [item(what, text) for one in used for what, text in _careless(one)]
    expected = "each way to a collector has a queue on disk with a bound, kept over a restart, and tries without end"
    if not used:
        nothing = item("nothing", "nothing is sent to a declared collector, so that nothing waits for it")
        return verdict(expected, [nothing], assurance="configured", cause=TLS)
    return verdict(expected, wrong, evidence=[one["place"] for one in used], assurance="configured")


def _audited(case: Case) -> Iterator[Item]:
    """Yield that audit records, where there are any, go elsewhere only."""
    audit = case.facts["audit"]
    if not audit["installed"] or audit["refusal"] or not audit["daemon"]["active"]:
        return
    found, unread = ways_out(case, CUSTOMER)
    if not found and unread:
        raise Unread(unread[0])
    if not found:
        yield item("audit", "audit records reach no collector of the customer's")


def _careless(one: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (identity, text) of what a queue lacks. The journal, which journal-upload sends, is one itself."""
    found = one["queue"]
    if found is None:
        return
    place = "%s, %s" % (one["program"], one["place"])
    where = "%s to %s" % (one["program"], _address(one))
    if found["type"] == "agent":
        if not found["save"]:
            yield "%s: keeps" % where, "%s: the lines by which it keeps what it can't send are not there" % place
        return
    if found["type"] not in QUEUES:
        yield "%s: queue" % where, "%s: what can't be sent is not queued (queue.type %s)" % (place, found["type"])
    if not found["filename"]:
        yield "%s: disk" % where, "%s: the queue has no files (queue.filename), so that a restart empties it" % place
    elif not found["save"]:
        yield "%s: restart" % where, "%s: what waits in memory is lost on a restart (queue.saveOnShutdown)" % place
    if found["filename"] and not SPACE.fullmatch(found["space"] or ""):
        yield "%s: bound" % where, "%s: the queue may fill the disk (queue.maxDiskSpace)" % place
    if found["retries"] != "-1":
        times = "%s: it gives up after %s tries (action.resumeRetryCount)" % (place, found["retries"])
        yield "%s: retries" % where, times


@JUDGES.of("lin-lm-dual-dest")
def dual_dest(case: Case) -> Verdict:
    """What a provider does on a host it manages is told to the customer, and not to the provider alone."""
    if not case.registers.declared("msp_managed"):
        raise NotApplicable("bulwark_msp_managed names nobody: the customer manages the host")
    collectors = forwarding.obliged(case)
    wrong, unread = gather(case, lambda case: _lost(case, CUSTOMER), _audited)
    if collectors and not any(one.party == CUSTOMER for one in collectors):
        wrong = [item("none", "no entry of bulwark_collectors is the customer's")]
    ways = [way for way in _ways(case) if way.collector.party == CUSTOMER]
    return verdict(
        "%s go to a collector of the customer's, whoever else gets them" % _facilities(case),
        wrong,
        unread,
        [way.place for way in ways],
        assurance="configured",
        cause=TLS if wrong and not _ways(case) and collectors else None,
    )
