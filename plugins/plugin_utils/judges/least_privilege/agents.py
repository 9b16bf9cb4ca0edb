# SPDX-License-Identifier: GPL-3.0-or-later
"""What a provider or vendor has running on a host runs with as little power as it can."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...catalogue.remote_tools import remote_tools
from ...evaluators.patterns import matches
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
ROOT = ("root", "0")
WRITABLE = ("no", "")


@JUDGES.of("lin-lp-agent-user")
def agents(case: Case) -> Verdict:
    """Agents run as users of their own, can't gain privileges and can't write to the system."""
    confined: Mapping[str, Mapping[str, Any]] = case.facts["agents"]["confined"]
    known = (case.policy["bulwark_agent_units"], *(tool.units for tool in remote_tools().tools))
    found = {unit: how for unit, how in sorted(confined.items()) if any(matches(unit, patterns) for patterns in known)}
    if not found:
        raise NotApplicable("no agent runs: no active service matches bulwark_agent_units or a known remote tool")
    accepted = case.policy["bulwark_root_agents"]
    wrong = [one for unit, how in found.items() for one in _loose(unit, how, matches(unit, accepted))]
    expected = (
        "agents run as users of their own (but for bulwark_root_agents), with NoNewPrivileges, and with "
        "ProtectSystem on"
    )
    high_risk = [unit for unit, how in found.items() if how["user"] in ROOT and matches(unit, accepted)]
    return verdict(expected, wrong, evidence=["systemctl show", *(f"{unit}: root, as accepted" for unit in high_risk)])


def _loose(unit: str, how: Mapping[str, Any], accepted: bool) -> Iterator[Item]:
    root = how["user"] in ROOT
    if root and accepted:
        return
    if root:
        yield item(f"{unit} root", f"{unit} runs as root: high risk")
    if not how["no_new_privileges"]:
        yield item(f"{unit} NoNewPrivileges", f"{unit} may gain privileges: NoNewPrivileges is off")
    if how["protect_system"] in WRITABLE:
        yield item(f"{unit} ProtectSystem", f"{unit} may write to /usr and /boot: ProtectSystem is off")
