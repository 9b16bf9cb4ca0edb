# SPDX-License-Identifier: GPL-3.0-or-later
"""`nft -j list ruleset` (libnftables-json(5)) as chains of the form in rule.py, sets and verdict maps resolved."""

from __future__ import annotations

import itertools
import json
from typing import Any, Optional

from ..door import Unreadable
from .logged import of_nft
from .rule import NEVER, Chain, Match, Rule, add, chain, flags, match, rule

#: A condition as alternatives, each a list of matches; None where it was not understood.
Alternatives = Optional[list[list[Match]]]
Table = tuple[str, str]

PLAIN_VERDICTS = {"accept": "accept", "drop": "drop", "reject": "drop", "return": "return"}
#: Statements that neither choose nor end: a packet goes on to the next statement.
SILENT = ("counter", "log", "mangle", "ct helper", "ct timeout", "notrack", "flow", "masquerade", "snat", "comment")
LIMITS = ("limit", "ct count")
META = {"iifname": "iif", "iif": "iif", "oifname": "oif", "oif": "oif", "l4proto": "proto", "nfproto": "family"}
PAYLOAD = {field: field for field in ("saddr", "daddr", "sport", "dport")} | {"protocol": "proto", "nexthdr": "proto"}
FAMILIES = {"ipv4": "ip", "ipv6": "ip6"}


def parse(text: str) -> tuple[list[Chain], set[Table]]:
    """Return the chains, and which tables (family, name) hold matches of iptables that nft can't spell out."""
    try:
        entries = json.loads(text)["nftables"]
        chains, named = _collect(entries)
        foreign = set()
        for found in (entry["rule"] for entry in entries if "rule" in entry):
            table = (found["family"], found["table"])
            if any("xt" in statement for statement in found["expr"]):
                foreign.add(table)
            add(chains[(*table, found["chain"])], _Rule(table, named).read(found["expr"]), of_nft(found["expr"]))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, StopIteration) as error:
        raise Unreadable(f"nft -j list ruleset: not understood ({type(error).__name__})") from None
    return list(chains.values()), foreign


def _collect(entries: Any) -> tuple[dict[Any, Chain], dict[Any, list[Any]]]:
    chains: dict[Any, Chain] = {}
    named: dict[Any, list[Any]] = {}
    for entry in entries:
        if "chain" in entry:
            found = entry["chain"]
            chains[(found["family"], found["table"], found["name"])] = chain(
                found["family"], found["table"], found["name"], found.get("type"), found.get("hook"),
                found.get("prio", 0), found.get("policy"),
            )  # fmt: skip
        for found in (entry[kind] for kind in ("set", "map") if kind in entry):
            named[(found["family"], found["table"], found["name"])] = found.get("elem", [])
    return chains, named


class _Rule:
    """Reads one listed rule as simple ones: a verdict map or a set of concatenations becomes one for each element."""

    def __init__(self, table: Table, named: dict[Any, list[Any]]) -> None:
        self.table = table
        self.named = named
        self.matches: list[list[Match]] = [[]]
        self.raw = False

    def read(self, statements: list[Any]) -> list[Rule]:
        """Return the simple rules; without a verdict where the listed one has none."""
        for statement in statements:
            kind, body = next(iter(statement.items()))
            if kind == "match":
                self._require(self._condition(body))
            elif kind in ("set", "meter", *LIMITS):
                self._require([[NEVER]] if _beyond(kind, body) else [[]])
            elif kind == "vmap":
                return self._verdict_map(body)
            elif kind == "xt" and body and body.get("type") == "match":
                self.raw = True
            elif kind not in SILENT:
                return self._end(*_verdict(kind, body))
        return self._end(None, None)

    def _require(self, more: Alternatives) -> None:
        self.raw = self.raw or more is None
        self.matches = [known + added for known, added in itertools.product(self.matches, more or [[]])]

    def _end(self, verdict: str | None, target: str | None) -> list[Rule]:
        return [rule(known, verdict, target, self.raw) for known in self.matches]

    def _verdict_map(self, body: Any) -> list[Rule]:
        rules = []
        for key, answer in self._elements(body["data"]):
            more = self._equal(body["key"], key, False)
            kind, inner = next(iter(answer.items()))
            rules += [
                rule(known + added, *_verdict(kind, inner), raw=self.raw or more is None)
                for known, added in itertools.product(self.matches, more or [[]])
            ]
        return rules

    def _condition(self, body: Any) -> Alternatives:
        left, right = body["left"], body["right"]
        if body["op"] not in ("==", "!=", "in"):
            return None
        negate = body["op"] == "!="
        if left.get("fib", {}).get("result") == "oif" and right is False and not negate:
            # Reverse path filter: it takes packets whose source is not behind the interface they came by.
            return [[NEVER]]
        if "&" in left:
            return _flags(left["&"], right, negate)
        if "concat" in left and not negate:
            alternatives = [self._equal(left, element, False) for element in self._elements(right)]
            if any(alternative is None for alternative in alternatives):
                return None
            return [added for alternative in alternatives for added in alternative or []]
        return self._equal(left, right, negate)

    def _equal(self, left: Any, right: Any, negate: bool) -> Alternatives:
        """Return `left == right` as alternatives (one, since a field's values are themselves alternatives)."""
        if "concat" in left:
            if negate or not isinstance(right, dict) or "concat" not in right:
                return None
            parts = [self._equal(one, right["concat"][at], False) for at, one in enumerate(left["concat"])]
            return None if None in parts else [[one for part in parts for one in (part or [[]])[0]]]
        field, implied = _field(left)
        if field is None:
            # The rest is not understood; a packet of another protocol certainly doesn't match.
            self._require([implied])
            return None
        values = [FAMILIES.get(value, value) for value in map(_value, self._elements(right))]
        return [[*implied, match(field, values, negate)]]

    def _elements(self, right: Any) -> list[Any]:
        """Return the elements of an anonymous or named set or map, without their time-outs and comments."""
        if isinstance(right, str) and right.startswith("@"):
            right = self.named[(*self.table, right[1:])]
        if isinstance(right, dict) and "set" in right:
            right = right["set"]
        elements = right if isinstance(right, list) else [right]
        return [_plain(element) for element in elements]


def _plain(element: Any) -> Any:
    if isinstance(element, list):
        return [_plain(part) for part in element]
    return element["elem"]["val"] if isinstance(element, dict) and "elem" in element else element


def _field(left: Any) -> tuple[str | None, list[Match]]:
    """Return the field an expression reads (None: another) and what reading it implies about the packet."""
    if "meta" in left:
        return META.get(left["meta"]["key"]), []
    if "ct" in left:
        return {"state": "state", "status": "status"}.get(left["ct"]["key"]), []
    if "fib" in left and left["fib"]["result"] == "type" and left["fib"]["flags"] == ["daddr"]:
        return "daddr_type", []
    if "payload" in left and "protocol" in left["payload"]:
        protocol, field = left["payload"]["protocol"], left["payload"]["field"]
        if protocol in ("ip", "ip6"):
            return PAYLOAD.get(field), [match("family", [protocol])]
        return PAYLOAD.get(field), [] if protocol == "th" else [match("proto", [protocol])]
    return None, []


def _value(right: Any) -> str:
    if isinstance(right, dict) and "prefix" in right:
        return "{}/{}".format(right["prefix"]["addr"], right["prefix"]["len"])
    if isinstance(right, dict) and "range" in right:
        return "{}-{}".format(*tuple(right["range"]))
    if isinstance(right, (str, int)):
        return str(right)
    raise ValueError("neither a value, a prefix nor a range")


def _flags(operands: list[Any], right: Any, negate: bool) -> Alternatives:
    field = operands[0].get("payload", {})
    if (field.get("protocol"), field.get("field")) != ("tcp", "flags"):
        return None
    return [[match("proto", ["tcp"]), *flags(_names(operands[1]), _names(right), negate)]]


def _names(value: Any) -> set[str]:
    """Return the names in a flag expression: one, a list, or `|` nested either way; 0 is none."""
    if isinstance(value, dict):
        return {name for part in value["|"] for name in _names(part)}
    if isinstance(value, list):
        return set(value)
    return {value} if isinstance(value, str) else set()


def _beyond(kind: str, body: Any) -> bool:
    """Say whether a limit, also one kept for each address in a set or meter, holds only once it is exceeded."""
    if kind in LIMITS:
        return bool(body.get("inv"))
    nested = body.get("stmt", [])
    statements = nested if isinstance(nested, list) else [nested]
    return any(bool(statement[limit].get("inv")) for statement in statements for limit in LIMITS if limit in statement)


def _verdict(kind: str, body: Any) -> tuple[str, str | None]:
    if kind in PLAIN_VERDICTS:
        return PLAIN_VERDICTS[kind], None
    if kind in ("jump", "goto"):
        return kind, body["target"]
    if kind in ("dnat", "redirect"):
        address, port = (body or {}).get("addr"), (body or {}).get("port")
        known = isinstance(address, (str, type(None))) and isinstance(port, (int, type(None)))
        return kind, (address or "") + (f":{port}" if port else "") if known else None
    return "unknown", None
