# SPDX-License-Identifier: GPL-3.0-or-later
"""Who reaches a port, by rules as iptables-save lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.netfilter import iptables
from ansible_collections.bulwark.msp.plugins.module_utils.netfilter.rule import chain, match, rule
from ansible_collections.bulwark.msp.plugins.module_utils.readers.containers import translated
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import reach
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.judges.network import case
from tests.unit.readers.host import read

RECORDED = Path(__file__).parent / "recorded"
ADMINS = ["198.51.100.0/24"]
HEAD = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT\n-A INPUT -i lo -j ACCEPT\n"


def host(saved: str, *more: dict[str, Any], addresses: tuple[str, ...] = ("192.0.2.5",), **firewall: Any) -> Case:
    chains = iptables.parse(saved, "ip") + list(more)
    facts = {
        "chains": chains,
        "addresses": [{"interface": "eth0", "address": address} for address in addresses],
        "uplinks": {"ip": ["eth0"], "ip6": ["eth0"]},
        **firewall,
    }
    areas = {"firewall": facts, "containers": {"ports": translated(chains)}}
    return case(areas, bulwark_admin_cidrs=ADMINS)


@pytest.mark.parametrize(
    ("rules", "answer"),
    [
        ("", False),
        ("-A INPUT -p tcp --dport 22 -j ACCEPT\n", True),
        ("-A INPUT -p udp --dport 22 -j ACCEPT\n", False),
        ("-A INPUT -p tcp --dport 1:1024 -j ACCEPT\n", True),
        ("-A INPUT -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT\n", False),
        ("-A INPUT ! -s 10.0.0.0/8 -p tcp --dport 22 -j ACCEPT\n", True),
        ("-A INPUT -i eth1 -j ACCEPT\n", False),
        ("-A INPUT -i eth+ -j ACCEPT\n", True),
        ("-A INPUT -d 192.0.2.6 -j ACCEPT\n", False),
        ("-A INPUT -m mark --mark 0x1 -j ACCEPT\n", None),
        ("-A INPUT -p udp -m mark --mark 0x1 -j ACCEPT\n", False),
        ("-A INPUT -m mark --mark 0x1 -j DROP\n", False),
        ("-A INPUT -m mark --mark 0x1 -j DROP\n-A INPUT -p tcp -j ACCEPT\n", None),
        ("-A INPUT -p tcp -m limit --limit 5/min -j ACCEPT\n", True),
        (":ssh - [0:0]\n-A INPUT -p tcp -j ssh\n-A ssh -s 10.0.0.0/8 -j RETURN\n-A ssh -j ACCEPT\n", True),
        (":ssh - [0:0]\n-A INPUT -p tcp -g ssh\n-A INPUT -j ACCEPT\n-A ssh -s 10.0.0.0/8 -j ACCEPT\n", False),
        (":ssh - [0:0]\n-A INPUT -j ssh\n-A ssh -j ssh\n", None),
        ("-A INPUT -p tcp -j NFQUEUE --queue-num 0\n", None),
    ],
)
def test_strangers_and_rules(rules: str, answer: bool | None) -> None:
    declared = "".join(line + "\n" for line in rules.splitlines() if line.startswith(":"))
    saved = HEAD.replace("-A INPUT -m", declared + "-A INPUT -m", 1) + rules.replace(declared, "")
    assert reach.strangers_reach(host(saved), "tcp", 22, "0.0.0.0") is answer


def test_administrators_are_no_strangers() -> None:
    everything = host(HEAD + "-A INPUT -s 0.0.0.0/1 -j ACCEPT\n")
    assert reach.strangers_reach(everything, "tcp", 22, "*") is True
    inside = case({"firewall": everything.facts["firewall"], "containers": {"ports": []}},
                  bulwark_admin_cidrs=["8.0.0.0/8", "91.0.0.0/8", "133.0.0.0/8"])  # fmt: skip
    assert reach.strangers_reach(inside, "tcp", 22, "*") is False


def test_a_filter_for_ipv4_leaves_ipv6_open() -> None:
    assert reach.strangers_reach(host(HEAD), "tcp", 22, "*") is False
    assert reach.strangers_reach(host(HEAD, addresses=("192.0.2.5", "2001:db8::5")), "tcp", 22, "*") is True
    assert reach.strangers_reach(host(HEAD, addresses=("192.0.2.5", "fe80::5")), "tcp", 22, "*") is False


def test_every_base_chain_has_its_say() -> None:
    early = chain("inet", "f", "early", "filter", "prerouting", -300, "accept")
    early["rules"] = [rule([match("dport", ["22"])], "drop")]
    assert reach.strangers_reach(host("", early), "tcp", 22, "*") is False
    assert reach.strangers_reach(host("", early), "tcp", 23, "*") is True


def test_others_are_found_at_the_edges_of_the_networks_that_rules_name() -> None:
    allowed = "-A INPUT -s 198.51.100.0/24 -p tcp --dport 22 -j ACCEPT\n"
    supplier = "-A INPUT -s 203.0.113.0/24 -p tcp --dport 22 -j ACCEPT\n"
    assert reach.reached_by_others(host(HEAD + allowed), "tcp", 22, "*", ADMINS) == {}
    assert reach.reached_by_others(host(HEAD + allowed + supplier), "tcp", 22, "*", ADMINS) == {"203.0.113.0": True}
    wider = "-A INPUT -s 198.51.0.0/16 -p tcp --dport 22 -j ACCEPT\n"
    assert "198.51.0.0" in reach.reached_by_others(host(HEAD + wider), "tcp", 22, "*", ADMINS)
    longer = "-A INPUT -s 198.51.100.0/23 -p tcp --dport 22 -j ACCEPT\n"
    assert reach.reached_by_others(host(HEAD + longer), "tcp", 22, "*", ADMINS) == {"198.51.101.0": True}
    hole = "-A INPUT -s 198.51.0.0/17 -j DROP\n-A INPUT -s 198.51.0.0/16 -p tcp --dport 22 -j ACCEPT\n"
    assert reach.reached_by_others(host(HEAD + hole), "tcp", 22, "*", ADMINS) == {"198.51.128.0": True}


def test_too_many_networks_to_try_are_not_taken_for_none() -> None:
    admit = rule([match("saddr", [f"10.{n // 250}.{n % 250}.1" for n in range(2000)])], "accept")
    base = chain("inet", "f", "in", "filter", "input", 0, "drop")
    base["rules"] = [admit]
    assert reach.reached_by_others(host("", base), "tcp", 22, "*", ADMINS) == {reach.MANY: None}
    many = "".join(f"-A INPUT -s 10.{m}.{n}.0/32 -j ACCEPT\n" for n in range(0, 250, 2) for m in range(5))
    assert reach.reached_by_others(host(HEAD + many), "udp", 1, "*", ADMINS)[reach.MANY] is None


def test_a_large_list_of_blocked_addresses_blocks_no_stranger() -> None:
    block = rule([match("saddr", [f"10.{n // 250}.{n % 250}.1" for n in range(2000)])], "drop")
    base = chain("inet", "f", "in", "filter", "input", 0, "accept")
    base["rules"] = [block]
    assert reach.strangers_reach(host("", base), "tcp", 22, "*") is True


PUBLISHED = """\
*nat
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 8443
-A PREROUTING -p tcp -m tcp --dport 81 -j DNAT --to-destination 10.5.5.5:80
-A PREROUTING -p tcp -m tcp --dport 82 -j DNAT --to-destination 10.5.5.6:80
COMMIT
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
-A INPUT -m conntrack --ctstatus DNAT -j ACCEPT
-A FORWARD -d 10.5.5.5/32 -p tcp -m tcp --dport 80 -j ACCEPT
COMMIT
"""


def test_translated_ports_pass_by_the_input_chain() -> None:
    there = host(PUBLISHED)
    answers = {one["port"]: reach.published_reach(there, one) for one in there.facts["containers"]["ports"]}
    assert answers == {443: True, 81: True, 82: False}
    assert reach.strangers_reach(there, "tcp", 8443, "*") is True, "by the redirect from 443"
    assert reach.strangers_reach(there, "tcp", 80, "*") is False
    several = {"proto": "tcp", "address": "192.0.2.0/30", "port": 81, "to": "10.5.5.5:80"}
    assert reach.published_reach(there, several) is True


fields = st.sampled_from(["proto", "dport", "saddr", "daddr", "iif", "state", "status", "family", "never", "other"])
values = st.lists(st.sampled_from(["tcp", "22", "1-99", "10.0.0.0/8", "x", "eth0", "new", "dnat", "ip"]), max_size=2)
matches = st.builds(match, fields, values, st.booleans())
verdicts = st.sampled_from(["accept", "drop", "return", "jump", "goto", "unknown", "dnat"])
rules = st.builds(rule, st.lists(matches, max_size=2), verdicts, st.sampled_from(["a", "b", None]), st.booleans())


@given(st.lists(rules, max_size=6), st.lists(rules, max_size=6))
def test_any_rules_have_an_answer(first: list[Any], second: list[Any]) -> None:
    base, other = chain("inet", "f", "a", "filter", "input", 0, "drop"), chain("inet", "f", "b", None, None, 0, None)
    base["rules"], other["rules"] = first, second
    assert reach.strangers_reach(host("", base, other), "tcp", 22, "*") in (True, False, None)


def recorded(tmp_path: Path, commands: dict[str, str]) -> Case:
    outputs = {line: (RECORDED / name).read_text(encoding="utf-8") for line, name in commands.items()}
    facts, errors = read(tmp_path, "firewall", {}, outputs)
    assert "chains" not in errors
    network = {"addresses": [{"interface": "eth0", "address": one} for one in ("192.0.2.5", "2001:db8::5")],
               "uplinks": {"ip": ["eth0"], "ip6": ["eth0"]}}  # fmt: skip
    return case({"firewall": {**facts, **network}, "containers": {"ports": translated(facts["chains"])}})


@pytest.mark.parametrize(
    "commands",
    [
        {"nft -j list ruleset": "ufw.json", "iptables-save": "ufw.ip.save", "ip6tables-save": "ufw.ip6.save"},
        {"nft -j list ruleset": "firewalld.json"},
    ],
    ids=["ufw", "firewalld"],
)
def test_rules_as_real_tools_write_them(tmp_path: Path, commands: dict[str, str]) -> None:
    there = recorded(tmp_path, commands)
    answers = {port: reach.strangers_reach(there, "tcp", port, "*") for port in (22, 443, 80, 9999)}
    assert answers == {22: True, 443: True, 80: False, 9999: False}
    assert reach.reached_by_others(there, "tcp", 80, "*", ()) == {"203.0.113.0": True}


def test_a_forwarded_port_of_firewalld_opens_the_one_behind(tmp_path: Path) -> None:
    there = recorded(tmp_path, {"nft -j list ruleset": "firewalld.json"})
    assert reach.strangers_reach(there, "tcp", 81, "*") is True
