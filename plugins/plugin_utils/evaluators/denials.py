# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's firewall denies, and which of its rules log that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .verdict import Case

DROPS = "drop"
ON = ("jump", "goto")


@dataclass(frozen=True)
class Denying:
    """A chain that packets enter, and that denies some. limited, unlimited: chains it leads to whose rules log."""

    chain: Mapping[str, Any]
    closes: bool
    limited: tuple[str, ...]
    unlimited: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return family, table and chain."""
        return "%s %s %s" % (self.chain["family"], self.chain["table"], self.chain["name"])


def denying(case: Case, hook: str) -> list[Denying]:
    """Return the chains at a hook (input, forward) that deny what nothing lets in; without any, those that deny."""
    chains = {_key(one, one["name"]): one for one in case.facts["firewall"]["chains"]}
    logged = case.facts["firewall"]["logged"]
    found = []
    for base in chains.values():
        if base["hook"] != hook or base["type"] != "filter":
            continue
        reached = _reached(chains, base)
        rules = [rule for one in reached for rule in one["rules"]]
        drops = [rule for rule in rules if rule["verdict"] == DROPS]
        closes = base["policy"] == DROPS or any(not rule["match"] and not rule["raw"] for rule in drops)
        if not closes and not drops:
            continue
        keys = {_key(one, one["name"]) for one in reached}
        here = [one for one in logged if _key(one, one["chain"]) in keys]
        limited, unlimited = (
            tuple(sorted({one["chain"] for one in here if one["limited"] is wanted})) for wanted in (True, False)
        )
        found.append(Denying(base, closes, limited, unlimited))
    return [one for one in found if one.closes] or found


def _reached(chains: Mapping[Any, Mapping[str, Any]], base: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the chain and all those that packets may come to from it."""
    seen: dict[Any, Mapping[str, Any]] = {}
    ahead = [_key(base, base["name"])]
    while ahead:
        key = ahead.pop()
        if key in seen or key not in chains:
            continue
        seen[key] = chains[key]
        ahead += [_key(base, rule["target"]) for rule in chains[key]["rules"] if rule["verdict"] in ON]
    return list(seen.values())


def _key(of: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    return of["family"], of["table"], name
