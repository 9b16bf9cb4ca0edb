# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host's firewall denies, and which of its rules log that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .verdict import Case

DROPS = "drop"
ON = ("jump", "goto")
#: Verdicts that let a packet pass, and those behind which it comes to no further rule of the chain.
LETS = ("accept", "dnat", "redirect")
ENDS = (*LETS, DROPS, "return", "goto")
Chains = Mapping[Any, Mapping[str, Any]]


@dataclass(frozen=True)
class Denying:
    """A chain that packets enter, and that denies some. limited, unlimited: chains that log what is denied."""

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
    found = []
    for base in chains.values():
        if base["hook"] != hook or base["type"] != "filter":
            continue
        reached = _reached(chains, base)
        rules = [rule for one in reached.values() for rule in one["rules"]]
        drops = [rule for rule in rules if rule["verdict"] == DROPS]
        closes = base["policy"] == DROPS or any(not rule["match"] and not rule["raw"] for rule in drops)
        if not closes and not drops:
            continue
        here = [(key[2], log) for key, one in reached.items() for log in one["logs"] if _of_denied(reached, key, log)]
        limited, unlimited = (
            tuple(sorted({name for name, log in here if log["limited"] is wanted})) for wanted in (True, False)
        )
        found.append(Denying(base, closes, limited, unlimited))
    return [one for one in found if one.closes] or found


def _of_denied(reached: Chains, key: Any, log: Mapping[str, Any]) -> bool:
    """Say whether what a rule logs may be denied after that: by the rule itself, or by one that comes later.

    What it lets in is not, nor what the next rule does that is as wide; and a log behind one as wide sees nothing.
    """
    before = reached[key]["rules"][: log["before"]]
    if any(rule["verdict"] in ENDS and _takes(rule, log) for rule in before):
        return False
    return _denies(reached, key, log["before"], log, set())


def _denies(reached: Chains, key: Any, at: int, log: Mapping[str, Any], seen: set[Any]) -> bool:
    """Say whether what a rule logged may be denied from a chain's rule `at` on, or where the chain was entered from."""
    if (key, at) in seen:
        return False
    seen.add((key, at))
    chain = reached[key]
    for rule in chain["rules"][at:]:
        if rule["verdict"] == DROPS or (rule["verdict"] in ON and _drops(reached, _key(chain, rule["target"]))):
            return True
        if rule["verdict"] in ENDS and _takes(rule, log):
            if rule["verdict"] in LETS:
                return False
            break
    if chain["hook"]:
        return bool(chain["policy"] == DROPS)
    return any(_denies(reached, *place, log, seen) for place in _behind(reached, key))


def _takes(rule: Mapping[str, Any], log: Mapping[str, Any]) -> bool:
    """Say whether a rule takes all that another logs: it asks for nothing more, or it is that rule."""
    if rule["raw"]:
        return all(rule[name] == log[name] for name in rule)
    return all(one in log["match"] for one in rule["match"])


def _drops(reached: Chains, key: Any) -> bool:
    """Say whether a chain, or one that it leads to, denies anything."""
    return key in reached and any(
        rule["verdict"] == DROPS for one in _reached(reached, reached[key]).values() for rule in one["rules"]
    )


def _behind(reached: Chains, key: Any) -> Iterator[tuple[Any, int]]:
    """Yield (chain, rule) where a packet goes on that comes to a chain's end."""
    for other, chain in reached.items():
        for at, rule in enumerate(chain["rules"]):
            if rule["verdict"] in ON and _key(chain, rule["target"]) == key:
                yield other, at + 1 if rule["verdict"] == "jump" else len(chain["rules"])


def _reached(chains: Chains, base: Mapping[str, Any]) -> dict[Any, Mapping[str, Any]]:
    """Return the chain and all those that packets may come to from it."""
    seen: dict[Any, Mapping[str, Any]] = {}
    ahead = [_key(base, base["name"])]
    while ahead:
        key = ahead.pop()
        if key in seen or key not in chains:
            continue
        seen[key] = chains[key]
        ahead += [_key(base, rule["target"]) for rule in chains[key]["rules"] if rule["verdict"] in ON]
    return seen


def _key(of: Mapping[str, Any], name: str) -> tuple[str, str, str]:
    return of["family"], of["table"], name
