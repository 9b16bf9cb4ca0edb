# SPDX-License-Identifier: GPL-3.0-or-later
"""How seeds of one-time codes get to a host: steps name them, and only those that are named travel, as secrets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..steps import Step

PREFIX = "totp:"


def called(account: str) -> str:
    """Return what an account's seed is called among the secrets."""
    return PREFIX + account


def secrets(plan: Iterable[Step], seeds: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that the steps of a plan name, out of bulwark_totp_seeds."""
    known = {called(account): seed for account, seed in seeds.items()}
    named: set[str] = set()
    for step in plan:
        arguments = step.get("arguments", {})
        named.update(arguments.get("enrol", {}).values())
        named.add(arguments.get("seed", ""))
    return {name: known[name] for name in sorted(named & known.keys())}
