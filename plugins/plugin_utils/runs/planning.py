# SPDX-License-Identifier: GPL-3.0-or-later
"""A play's hosts and their variables become the plan of a run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ..catalogue.catalogue import Catalogue
from . import playtime
from .begin import Plan, check


def plan(loader: Any, variables: Mapping[str, Any], catalogue: Catalogue, today: date, playbook: str = "") -> Plan:
    """Return what the variables of a play's hosts come to; raises BeginError with every problem of every host.

    variables: those of the task. playbook: what the run is for.
    """
    hostvars = variables["hostvars"]
    made = check(
        variables["ansible_play_hosts_all"],
        lambda host: playtime.declared_variables(hostvars[host]),
        lambda host: playtime.other_platform(hostvars[host]),
        playtime.host_patterns(loader, variables["groups"]),
        catalogue,
        today,
        playbook,
    )
    made.not_targeted = playtime.not_targeted(variables)
    return made
