# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a rule of nft's or iptables's own listing logs what it sees, and whether only so many packets in a time.

Without a limit whoever sends enough fills the disk.
"""

from __future__ import annotations

import json
from typing import Any

TARGETS = ("LOG", "NFLOG", "ULOG")
LIMITS = ("limit", "hashlimit")
OPTIONS = ("--limit", "--hashlimit-upto", "--hashlimit")


def of_nft(statements: list[Any]) -> bool | None:
    """Say whether a rule's log is limited, None where it logs nothing."""
    at = next((at for at, statement in enumerate(statements) if _logs(statement)), None)
    # Statements are done in turn: a limit behind the log limits what comes after it.
    return None if at is None else any(map(_limits, statements[:at]))


def of_iptables(words: list[str]) -> bool | None:
    """Say the same of a rule's words."""
    target = words[words.index("-j") + 1 :][:1] if "-j" in words else []
    return any(option in words for option in OPTIONS) if set(target) & set(TARGETS) else None


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
