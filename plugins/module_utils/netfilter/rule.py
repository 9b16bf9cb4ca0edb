# SPDX-License-Identifier: GPL-3.0-or-later
"""The one form in which firewall rules leave a host, whichever program listed them.

A chain is {"family": "ip"|"ip6"|"inet"|..., "table", "name", "type", "hook", "priority", "policy", "rules", "logs"};
type, hook and policy are None for a chain that is only jumped to. A rule is
{"match": [{"field", "not": bool, "values": [str], "share"?: float}], "verdict", "target", "raw": bool}:

- all matches must hold; `raw` says that the rule has a further condition that was not understood;
- fields: family, iif, oif, proto, saddr, daddr (addresses, networks, "a-b"), sport, dport ("22", "80-90"),
  state (of connection tracking), status ("dnat"), daddr_type (local, multicast, ...);
- conditions on TCP flags, rates and counts are resolved for the first packet of a connection, sent by somebody who is
  below every limit: they vanish, or become the field `never`;
- `share` stands for a set too large to carry: the part of the address space that it covers, values empty;
- verdicts: accept, drop, return, jump and goto (to chain `target`), dnat and redirect (to `target`: "address:port",
  ":port" or "address"), unknown (a packet handed to a program, say).

`logs` are the rules that log, of the same form, with `before`, how many of the chain's rules stand before it, and
`limited`: it logs only so many packets in a time. One with a verdict is the next of those rules itself; the verdict is
None where a packet just goes on.
"""

from __future__ import annotations

import ipaddress
from typing import Any

Match = dict[str, Any]
Rule = dict[str, Any]
Chain = dict[str, Any]

SET_LIMIT = 1000
ADDRESS_FIELDS = ("saddr", "daddr")
NEVER: Match = {"field": "never", "not": False, "values": []}
FIRST_PACKET = {"syn"}


def match(field: str, values: list[str], negate: bool = False) -> Match:
    """Return one condition; a large set of addresses is replaced by the share of the address space it covers."""
    if len(values) > SET_LIMIT and field in ADDRESS_FIELDS:
        return {"field": field, "not": negate, "values": [], "share": share(values)}
    return {"field": field, "not": negate, "values": values}


def flags(mask: set[str], values: set[str], negate: bool = False) -> list[Match]:
    """Return the condition `(flags & mask) == values`, resolved for the packet that opens a TCP connection."""
    return [] if ((FIRST_PACKET & mask) == values) != negate else [NEVER]


def rule(matches: list[Match], verdict: str | None, target: str | None = None, raw: bool = False) -> Rule:
    """Return one rule; without a verdict, one after which a packet goes on."""
    return {"match": matches, "verdict": verdict, "target": target, "raw": raw}


def chain(
    family: str, table: str, name: str, kind: str | None, hook: str | None, priority: int, policy: str | None
) -> Chain:
    """Return a chain that has no rules yet."""
    return {
        "family": family, "table": table, "name": name, "type": kind, "hook": hook, "priority": priority,
        "policy": policy, "rules": [], "logs": [],
    }  # fmt: skip


def add(to: Chain, rules: list[Rule], limited: bool | None) -> None:
    """Add to a chain what one listed rule comes to. limited: whether its log is, None where it logs nothing."""
    for one in rules:
        if limited is not None:
            to["logs"].append({**one, "before": len(to["rules"]), "limited": limited})
        if one["verdict"] is not None:
            to["rules"].append(one)


def share(values: list[str]) -> float:
    """Return the part (0 to 1) of their address space that addresses and networks cover; overlaps count twice."""
    return min(1.0, sum(_part(value) for value in values))


def _part(value: str) -> float:
    first, _dash, last = value.partition("-")
    try:
        if last:
            low, high = ipaddress.ip_address(first), ipaddress.ip_address(last)
            return (int(high) - int(low) + 1) / 2.0**low.max_prefixlen
        return 2.0 ** -ipaddress.ip_network(value, strict=False).prefixlen
    except ValueError:
        return 1.0
