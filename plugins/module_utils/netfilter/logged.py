# SPDX-License-Identifier: GPL-3.0-or-later
"""Which rules log what they see, by nft's or iptables's own listing: [{family, table, chain, limited}].

limited: the rule logs only so many packets in a time, so that nobody fills the disk by being denied.
"""

from __future__ import annotations

import json
import shlex
from typing import Any

from ..door import Unreadable

TARGETS = ("LOG", "NFLOG", "ULOG")
LIMITS = ("limit", "hashlimit")
OPTIONS = ("--limit", "--hashlimit-upto", "--hashlimit")


def of_nft(text: str) -> list[dict[str, Any]]:
    """Return the rules that log of what `nft -j list ruleset` printed, those that iptables wrote into nft with them."""
    try:
        rules = [entry["rule"] for entry in json.loads(text)["nftables"] if "rule" in entry]
        return [
            _entry(rule["family"], rule["table"], rule["chain"], any(map(_limits, rule["expr"])))
            for rule in rules
            if any(map(_logs, rule["expr"]))
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Unreadable(f"nft -j list ruleset: not understood ({type(error).__name__})") from None


def of_iptables(text: str, family: str) -> list[dict[str, Any]]:
    """Return the rules that log of what iptables-save printed; `family` is ip or ip6."""
    found = []
    table = ""
    try:
        for line in text.splitlines():
            if line.startswith("*"):
                table = line[1:].strip()
            elif line.startswith("-A "):
                words = shlex.split(line)
                if "-j" in words and words[words.index("-j") + 1] in TARGETS:
                    found.append(_entry(family, table, words[1], any(option in words for option in OPTIONS)))
    except (ValueError, IndexError):
        raise Unreadable(f"iptables-save: not understood: {line[:80]}") from None
    return found


def _entry(family: str, table: str, chain: str, limited: bool) -> dict[str, Any]:
    return {"family": family, "table": table, "chain": chain, "limited": limited}


def _logs(statement: Any) -> bool:
    return "log" in statement or _xt(statement, "target") in TARGETS


def _limits(statement: Any) -> bool:
    if "limit" in statement or _xt(statement, "match") in LIMITS:
        return True
    # A meter or a dynamic set counts for each address: its statement holds the limit.
    return any("limit" in json.dumps(statement[kind]) for kind in ("meter", "set") if kind in statement)


def _xt(statement: Any, kind: str) -> str:
    body = statement.get("xt")
    return str(body.get("name")) if isinstance(body, dict) and body.get("type") == kind else ""
