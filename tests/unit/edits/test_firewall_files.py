# SPDX-License-Identifier: GPL-3.0-or-later
"""What is denied gets logged; nothing else of a firewall's files changes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.edits import add_lines, nft_log, ufw_logging
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from hypothesis import given
from hypothesis import strategies as st

RULE = 'limit rate 30/minute burst 20 packets log prefix "denied: "'
WHERE = {"family": "inet", "table": "filter", "chain": "input", "rule": RULE, "tables": [["inet", "filter"]]}
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
        (FILE, {"tables": [["inet", "filter"], ["ip", "docker"]]}, "flushes what others put .*: table ip docker"),
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
        once = nft_log.edit(text, {**WHERE, "tables": []}, {})
        assert nft_log.edit(once, {**WHERE, "tables": []}, {}) == once
        assert [line for line in once.split("\n") if line.strip() != RULE] == [
            line for line in text.split("\n") if line.strip() != RULE
        ]


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
