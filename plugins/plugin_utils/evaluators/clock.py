# SPDX-License-Identifier: GPL-3.0-or-later
"""By whom a host's clock is set, and who of them is approved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .facts import Unread
from .patterns import matches
from .verdict import Case


def keepers(case: Case) -> list[dict[str, Any]]:
    """Return the programs that keep the clock now."""
    return [one for one in case.facts["time"]["programs"] if one["active"]]


def clock(case: Case, name: str) -> Mapping[str, Any]:
    """Return what a program says of the clock; raises Unread where it can't be asked."""
    found: Mapping[str, Any] | None = case.facts["time"]["clocks"].get(name)
    if found is None:
        why = case.facts["time"].reason("clocks.%s" % name)
        raise Unread(why or "how well %s keeps the clock can't be read" % name)
    return found


def approved(case: Case, sources: list[dict[str, Any]]) -> tuple[list[str], list[str], bool]:
    """Return (approved servers that answer, other servers that are used, whether an approved machine clock is used)."""
    policy = case.policy
    platform = policy["bulwark_time_platform_sources"]
    names = [*policy["bulwark_time_sources"], *policy["bulwark_time_servers"]]
    usable = [one for one in sources if one["usable"]]
    servers = [one["name"] for one in usable if not one["platform"] and not matches(one["name"], platform)]
    own = any(matches(one["name"], platform) for one in usable)
    return ([name for name in servers if matches(name, names)],
            [name for name in servers if not matches(name, names)], own)  # fmt: skip
