# SPDX-License-Identifier: GPL-3.0-or-later
"""What is denied gets logged; nothing else of a firewall's files changes."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.edits import add_lines, nft_log, ufw_logging
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from ansible_collections.bulwark.msp.plugins.module_utils.netfilter import written
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures import ssh_firewall
from hypothesis import given
from hypothesis import strategies as st

RULE = 'limit rate 30/minute burst 20 packets log prefix "denied: "'
WHERE = {"family": "inet", "table": "filter", "chain": "input", "rule": RULE}
FILE = """\
#!/usr/sbin/nft -f
flush ruleset
table inet filter {
	set admins { # of everybody {
		elements = { 192.0.2.1,
			192.0.2.2 }
	}
	chain input {
		type filter hook input priority filter; policy drop;
		tcp dport { 22, 443 } accept comment "in { here"
	}
	chain forward { type filter hook forward priority filter; policy drop; }
}
"""
UFW = """\
:ufw-user-input - [0:0]
### RULES ###
-A x
### LOGGING ###
-I ufw-user-logging-input -j RETURN
### END LOGGING ###
COMMIT
"""
LINES = [
    "flush ruleset",
    "table inet filter {",
    "chain input {",
    "}",
    "drop",
    "accept",
    "counter reject",
    "#{",
    '"{"',
    "  }",
]


def test_the_rule_stands_at_the_end_of_its_chain() -> None:
    after = nft_log.edit(FILE, WHERE, {})
    assert after == FILE.replace('"in { here"\n', f'"in {{ here"\n\t\t{RULE}\n')
    assert nft_log.edit(after, WHERE, {}) == after


@pytest.mark.parametrize("last", ["drop", "counter drop", "reject with icmpx type port-unreachable"])
def test_it_stands_before_a_last_rule_that_denies_all(last: str) -> None:
    text = FILE.replace("\t}\n\tchain forward", f"\t\t{last}\n\t}}\n\tchain forward")
    assert f"\t\t{RULE}\n\t\t{last}\n\t}}" in nft_log.edit(text, WHERE, {})


@pytest.mark.parametrize(
    ("text", "more", "why"),
    [
        (None, {}, "no such file"),
        (FILE.replace("flush ruleset", "#"), {}, "would double them"),
        (FILE, {"chain": "forward"}, "one rule a line"),
        (FILE, {"chain": "other"}, "one rule a line"),
    ],
)
def test_it_is_left_where_that_would_do_more(text: str | None, more: dict[str, object], why: str) -> None:
    with pytest.raises(Refused, match=why):
        nft_log.edit(text, {**WHERE, **more}, {})


@given(st.lists(st.sampled_from(LINES) | st.text(max_size=20), max_size=12).map("\n".join))
def test_a_file_of_nftables_is_left_or_gets_one_line_once(text: str) -> None:
    with suppress(Refused):
        once = nft_log.edit(text, WHERE, {})
        assert nft_log.edit(once, WHERE, {}) == once
        assert [line for line in once.split("\n") if line.strip() != RULE] == [
            line for line in text.split("\n") if line.strip() != RULE
        ]


#: What the kernel holds of FILE, beside our own table, as `nft -j list ruleset` tells it.
IN, FORWARD = ({"family": "inet", "table": "filter", "name": name} for name in ("input", "forward"))
ADMINS = {**IN, "name": "admins", "type": "ipv4_addr", "elem": ["192.0.2.1", "192.0.2.2"]}
ACCEPTS = {"family": "inet", "table": "filter", "chain": "input", "expr": [{"accept": None}]}
OURS = {"family": "inet", "table": "bulwark_ssh"}
HELD: list[dict[str, Any]] = [
    {"metainfo": {"version": "1.0.6"}},
    {"table": {"family": "inet", "name": "bulwark_ssh"}},
    {"chain": {**OURS, "name": "input"}},
    {"rule": {**OURS, "chain": "input", "expr": []}},
    {"table": {"family": "inet", "name": "filter"}},
    {"set": ADMINS},
    {"chain": {**IN, "hook": "input"}},
    {"chain": {**FORWARD, "hook": "forward"}},
    {"rule": ACCEPTS},
]


def lost(*more: dict[str, Any], text: str = FILE, held: list[dict[str, Any]] = HELD) -> str | None:
    return written.lost(text, json.dumps({"nftables": [*held, *more]}))


def test_a_file_that_says_all_that_the_kernel_holds_loses_nothing() -> None:
    assert lost() is None
    assert written.OURS == ssh_firewall.TABLE
    more = FILE.replace("tcp dport", "iif lo accept; ip saddr {\n 10.0.0.1,\n 10.0.0.2 } drop # two\n tcp dport")
    assert lost({"rule": ACCEPTS}, {"rule": ACCEPTS}, text=more) is None
    again = FILE + 'table inet filter {\n chain input {\n udp dport 53 accept \\\n comment "x"\n }\n}\n'
    assert lost({"rule": ACCEPTS}, text=again) is None


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"rule": ACCEPTS}, "chain inet filter input has 2 rules in the kernel and 1 in the file"),
        ({"table": {"family": "ip", "name": "docker"}}, "table ip docker is in the kernel and not in the file"),
        ({"chain": {**IN, "name": "f2b-sshd"}}, "chain inet filter f2b-sshd is in the kernel"),
        ({"set": {**ADMINS, "name": "banned", "flags": ["timeout"]}}, "set inet filter banned is in the kernel"),
        ({"set": {**ADMINS, "elem": ["192.0.2.9"]}}, "set inet filter admins has 1 elements in the kernel and 2 in"),
        ({"set": {**ADMINS, "flags": ["dynamic"]}}, "set inet filter admins is filled by packets"),
        ({"map": {**ADMINS, "name": "to"}}, "map inet filter to is in the kernel"),
    ],
)
def test_what_only_the_kernel_holds_would_be_lost(more: dict[str, Any], why: str) -> None:
    assert (lost(more) or "").startswith(why)


@pytest.mark.parametrize(
    "said", ["add rule inet filter input drop", 'include "/etc/nftables.d/*"', "table inet filter {\nchain new {\n}\n}"]
)
def test_what_is_not_written_as_a_table_with_its_chains_is_not_counted(said: str) -> None:
    assert lost(text="flush ruleset\n" + said) == "chain inet filter forward is in the kernel and not in the file"
    more = lost({"rule": ACCEPTS}, text=FILE + "add rule inet filter input drop\n")
    assert more == "chain inet filter input has 2 rules in the kernel and 1 in the file"


def test_variables_and_filled_sets_are_not_counted() -> None:
    for said in ("elements = $known", "elements = { $known, 192.0.2.1 }", "flags dynamic,timeout", "timeout 1h"):
        text = re.sub(r"elements = \{[^}]*\}", lambda _found, said=said: said, FILE)  # type: ignore[misc]
        assert lost(text=text) == "set inet filter admins is filled by packets or by something else than the file"
    with pytest.raises(Unreadable):
        written.lost(FILE, "[]")


@pytest.mark.parametrize("family", ["ufw", "ufw6"])
def test_ufw_logs_as_at_its_level_low(family: str) -> None:
    before = UFW.replace("ufw-", family + "-")
    after = ufw_logging.edit(before, {}, {})
    assert after.count("LOG --log-prefix") == after.count("--limit 3/min") - 1 == 4
    assert "RETURN\n###" not in after and after.startswith(before.partition("### LOGGING")[0])
    assert ufw_logging.edit(after, {}, {}) == after


@pytest.mark.parametrize("text", [None, "", "### LOGGING ###\n### END LOGGING ###\n"])
def test_ufw_that_was_never_enabled_is_left(text: str | None) -> None:
    with pytest.raises(Refused, match="ufw enable"):
        ufw_logging.edit(text, {}, {})


@given(st.text(), st.lists(st.text(alphabet="ab ", min_size=1).map(str.strip).filter(bool)))
def test_lines_are_added_once(text: str, lines: list[str]) -> None:
    once = add_lines.edit(text, {"lines": lines}, {})
    assert add_lines.edit(once, {"lines": lines}, {}) == once
    assert once.startswith(text) and {*lines} <= {line.strip() for line in once.split("\n")}
