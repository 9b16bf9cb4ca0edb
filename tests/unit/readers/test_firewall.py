# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.netfilter import iptables, nft
from ansible_collections.bulwark.msp.plugins.module_utils.netfilter.rule import share
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

NFT = "nft -j list ruleset"
INPUT = {"family": "inet", "table": "f", "name": "in", "type": "filter", "hook": "input", "prio": 0, "policy": "drop"}
DPORT = {"payload": {"protocol": "tcp", "field": "dport"}}
SADDR = {"payload": {"protocol": "ip", "field": "saddr"}}


def listing(*expressions: list[Any], sets: tuple[dict[str, Any], ...] = ()) -> str:
    entries: list[Any] = [{"metainfo": {}}, {"table": {"family": "inet", "name": "f"}}, {"chain": INPUT}]
    entries += [{"set": {"family": "inet", "table": "f", **one}} for one in sets]
    entries += [{"rule": {"family": "inet", "table": "f", "chain": "in", "expr": one}} for one in expressions]
    return json.dumps({"nftables": entries})


def matched(left: Any, right: Any, op: str = "==") -> dict[str, Any]:
    return {"match": {"op": op, "left": left, "right": right}}


def rules(*expressions: list[Any], sets: tuple[dict[str, Any], ...] = ()) -> list[Any]:
    (chain,), _foreign = nft.parse(listing(*expressions, sets=sets))
    return list(chain["rules"])


def fields(rule: dict[str, Any]) -> dict[str, Any]:
    return {("!" if one["not"] else "") + one["field"]: one["values"] for one in rule["match"]}


def test_a_rule_says_what_it_takes_and_what_it_does() -> None:
    (rule,) = rules([matched(DPORT, {"set": [22, {"range": [8000, 8010]}]}), {"counter": {}}, {"accept": None}])
    assert fields(rule) == {"proto": ["tcp"], "dport": ["22", "8000-8010"]}
    assert (rule["verdict"], rule["raw"]) == ("accept", False)


def test_named_sets_are_resolved_without_their_timeouts() -> None:
    elements = [{"prefix": {"addr": "10.0.0.0", "len": 8}}, {"elem": {"val": "192.0.2.1", "timeout": 60}}]
    (rule,) = rules([matched(SADDR, "@admins", "!="), {"drop": None}], sets=({"name": "admins", "elem": elements},))
    assert fields(rule) == {"family": ["ip"], "!saddr": ["10.0.0.0/8", "192.0.2.1"]}


def test_a_verdict_map_becomes_a_rule_for_each_element() -> None:
    data = {"set": [["established", {"accept": None}], ["invalid", {"drop": None}], ["new", {"jump": {"target": "n"}}]]}
    found = rules([{"vmap": {"key": {"ct": {"key": "state"}}, "data": data}}])
    shown = [(fields(rule), rule["verdict"], rule["target"]) for rule in found]
    assert shown[0] == ({"state": ["established"]}, "accept", None)
    assert shown[2] == ({"state": ["new"]}, "jump", "n")


def test_a_set_of_pairs_becomes_a_rule_for_each_pair() -> None:
    pairs = {"set": [{"concat": ["192.0.2.1", 22]}, {"concat": ["192.0.2.2", 23]}]}
    found = rules([matched({"concat": [SADDR, DPORT]}, pairs), {"accept": None}])
    assert [fields(rule)["dport"] for rule in found] == [["22"], ["23"]]
    assert [fields(rule)["saddr"] for rule in found] == [["192.0.2.1"], ["192.0.2.2"]]


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        ({"limit": {"rate": 10, "per": "second"}}, True),
        ({"limit": {"rate": 10, "per": "second", "inv": True}}, False),
        ({"set": {"op": "add", "elem": "x", "set": "@y", "stmt": [{"limit": {"rate": 1, "inv": True}}]}}, False),
        ({"set": {"op": "add", "elem": "x", "set": "@y"}}, True),
        ({"ct count": {"val": 5, "inv": True}}, False),
        ({"match": {"op": "==", "left": {"fib": {"result": "oif", "flags": ["saddr", "iif"]}}, "right": False}}, False),
        ({"match": {"op": "!=", "left": {"&": [{"payload": {"protocol": "tcp", "field": "flags"}},
                                               ["fin", "syn", "rst", "ack"]]}, "right": "syn"}}, False),
        ({"match": {"op": "==", "left": {"&": [{"payload": {"protocol": "tcp", "field": "flags"}},
                                               {"|": ["fin", "syn"]}]}, "right": "syn"}}, True),
    ],
)  # fmt: skip
def test_limits_and_flags_are_those_of_a_first_packet(statement: dict[str, Any], holds: bool) -> None:
    (rule,) = rules([statement, {"drop": None}])
    assert ("never" not in fields(rule)) is holds
    assert not rule["raw"]


def test_what_is_not_understood_is_marked() -> None:
    (rule,) = rules([matched({"meta": {"key": "mark"}}, 7), {"accept": None}])
    assert rule["raw"]
    (queue,) = rules([{"queue": {"num": 1}}])
    assert queue["verdict"] == "unknown"


def test_a_large_set_is_carried_as_its_share_of_all_addresses() -> None:
    many = [f"10.{high}.{low}.1" for high in range(8) for low in range(256)]
    (rule,) = rules([matched(SADDR, {"set": many}), {"drop": None}])
    assert rule["match"][-1]["values"] == []
    assert 0 < rule["match"][-1]["share"] < 0.001


def test_shares() -> None:
    assert share(["0.0.0.0/1", "192.0.2.0-192.0.2.255"]) == pytest.approx(0.5 + 2**-24)
    assert share(["::/0"]) == 1.0


SAVED = """\
*filter
:INPUT DROP [0:0]
:users - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT ! -s 10.0.0.0/8 -p tcp -m multiport --dports 22,8000:8010 -m comment --comment "a -j b" -j users
-A INPUT -p tcp -m recent --update --seconds 30 --hitcount 6 --name DEFAULT --rsource -j DROP
-A INPUT -m set --match-set blocked src -j DROP
-A INPUT -p tcp -j LOG --log-prefix "x"
-A users -g users
COMMIT
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080
COMMIT
"""


def test_iptables_rules_have_the_same_form() -> None:
    chains = {(one["table"], one["name"]): one for one in iptables.parse(SAVED, "ip")}
    taken = chains[("filter", "INPUT")]
    assert (taken["hook"], taken["policy"], taken["type"]) == ("input", "drop", "filter")
    first, users, recent, blocked = taken["rules"]
    assert fields(first) == {"iif": ["lo"]}
    assert fields(users) == {"!saddr": ["10.0.0.0/8"], "proto": ["tcp"], "dport": ["22", "8000-8010"]}
    assert (users["verdict"], users["target"], users["raw"]) == ("jump", "users", False)
    assert "never" in fields(recent)
    assert blocked["raw"]
    assert chains[("filter", "users")]["rules"][0]["verdict"] == "goto"
    redirect = chains[("nat", "PREROUTING")]["rules"][0]
    assert (redirect["verdict"], redirect["target"]) == ("redirect", ":8080")


LIMIT = {"limit": {"rate": 5, "per": "minute"}}


@pytest.mark.parametrize(
    ("expression", "logs"),
    [
        ([matched(DPORT, 22), LIMIT, {"log": {"prefix": "ssh ok "}}, {"accept": None}], [("accept", True)]),
        ([{"log": None}, {"reject": None}], [("drop", False)]),
        ([LIMIT, {"log": None}], [(None, True)]),
        ([{"log": None}, LIMIT, {"drop": None}], [("drop", False)]),
        ([LIMIT, {"drop": None}], []),
        ([{"xt": {"type": "match", "name": "limit"}}, {"xt": {"type": "target", "name": "LOG"}}], [("unknown", True)]),
    ],
)
def test_a_rule_that_logs_says_what_it_does_besides(expression: list[Any], logs: list[Any]) -> None:
    (chain,), _foreign = nft.parse(listing([matched(DPORT, 80), {"accept": None}], [{"counter": {}}], expression))
    assert [(one["verdict"], one["limited"]) for one in chain["logs"]] == logs
    assert all(one["before"] == 1 for one in chain["logs"])
    assert all(one["verdict"] for one in chain["rules"])


def test_each_way_of_a_rule_that_logs_is_that_rule() -> None:
    data = {"set": [[22, {"accept": None}], [23, {"drop": None}]]}
    (chain,), _foreign = nft.parse(listing([{"log": None}, {"vmap": {"key": DPORT, "data": data}}]))
    assert [{name: one[name] for name in chain["rules"][0]} for one in chain["logs"]] == chain["rules"]
    assert [one["before"] for one in chain["logs"]] == [0, 1]


def test_the_log_of_iptables_does_nothing_else() -> None:
    saved = SAVED.replace("-A users -g", "-A users -p tcp -m limit --limit 3/min -j NFLOG\n-A users -g")
    chains = {one["name"]: one for one in iptables.parse(saved, "ip")}
    assert [(one["verdict"], one["limited"], one["before"]) for one in chains["INPUT"]["logs"]] == [(None, False, 4)]
    (log,) = chains["users"]["logs"]
    assert (fields(log), log["limited"], log["before"]) == ({"proto": ["tcp"]}, True, 0)


def test_tables_that_iptables_wrote_are_read_from_iptables(tmp_path: Path) -> None:
    chain = {**INPUT, "family": "ip", "table": "filter", "name": "INPUT"}
    rule = {"family": "ip", "table": "filter", "chain": "INPUT", "expr": [{"xt": {"type": "match", "name": "x"}}]}
    ruleset = json.dumps({"nftables": [{"chain": chain}, {"rule": rule}]})
    saved = SAVED.partition("*nat")[0]
    facts, _errors = read(tmp_path, "firewall", {}, {NFT: ruleset, "iptables-save": saved})
    assert [(one["name"], len(one["rules"])) for one in facts["chains"]] == [("INPUT", 4), ("users", 1)]


def test_rules_may_not_be_read_without_root(tmp_path: Path) -> None:
    (tmp_path / "commands.json").write_text(json.dumps({NFT: {"rc": 1, "stderr": "Operation not permitted"}}))
    facts, errors = Reading(Door(str(tmp_path)), AREAS).state(["firewall"], 10)
    assert "chains" not in facts["firewall"]
    assert any("Operation not permitted" in error["reason"] for error in errors)


@pytest.mark.parametrize(("modules", "known"), [("ext4 1 0 - Live 0x0\n", True), ("nf_tables 1 2 - Live 0x0\n", False)])
def test_without_any_tool_rules_are_ruled_out_by_the_kernels_modules(tmp_path: Path, modules: str, known: bool) -> None:
    facts, errors = read(tmp_path, "firewall", {"proc/modules": modules})
    assert ("chains" in facts) is known
    assert known or "neither nft nor iptables" in errors["chains"]


def test_addresses_and_uplinks(tmp_path: Path) -> None:
    links = [{"ifname": "eth0", "addr_info": [{"local": "10.0.0.5", "prefixlen": 24}]}]
    files = {
        "proc/net/route": "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n"
        "eth0 00000000 0100580A 0003 0 0 100 00000000 0 0 0\neth0 0000580A 00000000 0001 0 0 0 0000FFFF 0 0 0\n",
        "proc/net/ipv6_route": f"{'0' * 32} 00 {'0' * 32} 00 {'0' * 32} 00000400 00000001 00000000 00000003     eth1\n",
    }
    facts, _errors = read(tmp_path, "firewall", files, {"ip -j address": json.dumps(links)})
    assert facts["addresses"] == [{"interface": "eth0", "address": "10.0.0.5"}]
    assert facts["uplinks"] == {"ip": ["eth0"], "ip6": ["eth1"]}


KEYS = (
    "match op left right payload protocol field set vmap key data elem val & concat prefix range accept jump target xt"
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=3),
)


@given(st.text() | st.lists(json_values).map(lambda expression: listing(expression)))
def test_any_listing_of_nft_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        nft.parse(text)


@given(st.text() | st.lists(st.sampled_from([*SAVED.split(), "!", "\n", "--sport", '"'])).map(" ".join))
def test_any_listing_of_iptables_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        iptables.parse(text, "ip")
