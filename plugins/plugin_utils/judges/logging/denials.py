# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether it shows who knocked and was not let in, who talked to whom, and which names were asked for."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.checks import gather
from ...evaluators.denials import denying
from ...evaluators.facts import Unread
from ...evaluators.patterns import matches
from ...evaluators.sensors import running
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
GATEWAY, RESOLVER = "gateway", "resolver"


@JUDGES.of("lin-lm-fw-log")
def denied_are_logged(case: Case) -> Verdict:
    """What the firewall denies is logged, so many times a minute; gateways tell of flows, resolvers of questions."""
    expected = "the firewall logs what it denies, limited in rate; a gateway exports flows, a resolver logs questions"
    wrong, unread = gather(case, _input, _flows, _questions)
    return verdict(expected, wrong, unread, ["nft -j list ruleset, iptables-save"])


def _input(case: Case) -> Iterator[Item]:
    hooks = ["input", *(["forward"] if case.registers.has_function(GATEWAY) else [])]
    for hook in hooks:
        found = denying(case, hook)
        if not found:
            text = "the kernel's firewall denies nothing at hook %s, so that nothing of it is logged"
            yield item("%s: nothing" % hook, text % hook)
        for one in found:
            if one.unlimited:
                text = "%s logs without a limit (in %s): who is denied often enough fills the disk"
                yield item("%s: limit" % one.name, text % (one.name, ", ".join(one.unlimited)))
            elif not one.limited:
                yield item("%s: log" % one.name, "%s denies packets and logs none" % one.name)


def _flows(case: Case) -> Iterator[Item]:
    if not case.registers.has_function(GATEWAY):
        return
    exporters = case.policy["bulwark_flow_exporters"]
    if not any(matches(unit, exporters) for unit in case.facts["units"]["active"]) and not running(case, "network"):
        text = "a gateway that exports no flows: neither any of bulwark_flow_exporters nor a known network sensor runs"
        yield item("flows", text)


def _questions(case: Case) -> Iterator[Item]:
    if not case.registers.has_function(RESOLVER):
        return
    servers = case.facts["resolvers"]["servers"]
    if not servers:
        raise Unread("a resolver, and no name server that is known runs here: whether it logs questions isn't read")
    for one in servers:
        if not one["logs"]:
            yield item("%s: questions" % one["name"], "%s logs no questions: nothing in %s says %s" % (
                one["name"], one["place"], one["wanted"]))  # fmt: skip
