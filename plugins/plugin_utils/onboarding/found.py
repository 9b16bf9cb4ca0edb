# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host was found with, as entries of registers that somebody has yet to approve.

A baseline taken on a compromised host blesses the intruder. Every entry is therefore a proposal, which makes no control
pass until a person writes under it who approved it and when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..declared.parties import CUSTOMER
from ..declared.registers import Undeclared
from ..evaluators.exposure import is_loopback
from ..evaluators.facts import Unread
from ..evaluators.logins import NO_SHELL
from ..evaluators.privilege import powers
from ..evaluators.verdict import Case

#: What an approval is made of; empty lines say nothing until somebody fills them in.
PROPOSED = {"status": "proposed", "approved_by": None, "approved_on": None}
#: States of a password that may open an account.
OPENS = ("usable", "empty", None)

Entry = dict[str, Any]


@dataclass(frozen=True)
class Proposal:
    """One entry of a register, and what a person should know before approving it."""

    entry: Entry
    remark: str = ""


@dataclass
class Found:
    """A host's proposals by register, and why some could not be made."""

    proposals: dict[str, list[Proposal]] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)


def found(case: Case) -> Found:
    """Return what a host's state proposes."""
    result = Found()
    for register, propose in PROPOSERS.items():
        try:
            result.proposals[register] = list(propose(case))
        except (Unread, Undeclared) as reason:
            result.unread.append("%s: %s" % (register, reason))
    return result


def accounts(case: Case) -> Iterator[Proposal]:
    """Propose every account that something opens, or that could do something if it were opened."""
    keys: dict[str, list[str]] = {}
    for key in case.facts["keys"]["authorized"]:
        keys.setdefault(key["user"], []).append(key["fingerprint"])
    connecting = case.facts["system"].get("account")
    for user in case.facts["accounts"]["users"]:
        name, own = user["name"], list(dict.fromkeys(keys.get(user["name"], ())))
        rights = _powers(case, user)
        shell = user["shell"].rsplit("/", 1)[-1] not in NO_SHELL
        if not (
            own or (shell and user.get("password") in OPENS) or (rights and user["uid"] != 0) or _second_root(user)
        ):
            continue
        kind = "automation" if name == connecting else "person" if shell else "service"
        entry: Entry = {"name": name, "kind": kind, "party": CUSTOMER, "admin": bool(rights)}
        if own:
            entry["keys"] = [{"fingerprint": fingerprint} for fingerprint in own]
        yield Proposal({**entry, **PROPOSED}, "; ".join(["uid %d" % user["uid"], *rights]))


def _second_root(user: Mapping[str, Any]) -> bool:
    return bool(user["uid"] == 0 and user["name"] != "root")


def _powers(case: Case, user: Mapping[str, Any]) -> list[str]:
    try:
        return powers(case, user)
    except Unread as reason:
        return ["what it may do is not known: %s" % reason]


def listeners(case: Case) -> Iterator[Proposal]:
    """Propose everything that can be reached from beyond the host itself."""
    first, last = case.facts["sockets"]["client_ports"]
    seen: set[tuple[Any, ...]] = set()
    for one in case.facts["sockets"]["listening"]:
        # A program that asks others for something takes their answers on such a port, and has another one tomorrow.
        passing = one["proto"] == "udp" and first <= one["port"] <= last
        identity = (one["proto"], one["port"], one["process"])
        if is_loopback(one["address"]) or passing or identity in seen:
            continue
        seen.add(identity)
        entry = {"proto": one["proto"], "port": one["port"]}
        if one["process"]:
            entry["process"] = one["process"]
        yield Proposal({**entry, **PROPOSED}, "on %s" % one["address"])


def zones(case: Case) -> Iterator[Proposal]:
    """Propose a zone for each network that the host is in."""
    for cidr in case.facts["network"]["networks"]:
        name = "net_" + "".join(each if each.isalnum() else "_" for each in cidr)
        yield Proposal({"name": name, "cidrs": [cidr], **PROPOSED})


#: Variable -> who proposes its entries.
PROPOSERS = {"bulwark_accounts": accounts, "bulwark_listeners": listeners, "bulwark_zones": zones}
