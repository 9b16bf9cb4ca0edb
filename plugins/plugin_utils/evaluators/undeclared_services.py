# SPDX-License-Identifier: GPL-3.0-or-later
"""Which units the next boot starts that nobody declared."""

from __future__ import annotations

from .forwarding import COLLECTOR
from .patterns import matches
from .verdict import Case

#: Where packages put their units, and systemd those that it makes itself. What a host's own file says is nobody's base.
OF_PACKAGES = ("/usr/lib/systemd/", "/lib/systemd/", "/run/systemd/generator")
#: What seals a collector's store, and what watches it.
COLLECTING = ("bulwark-log-seal.service", "bulwark-log-alert.service")


def undeclared(case: Case) -> dict[str, str]:
    """Return {unit: its file} of what is enabled and neither of the base system, nor of a function, nor declared.

    What makes the backups of bulwark_backups, and prunes those of bulwark_prunes, is declared by them; what keeps the
    store of a collector, by its function.
    """
    units: dict[str, str] = case.facts["services"]["enabled"]
    packaged, anywhere = _of_packages(case), _declared(case)
    return {
        unit: path
        for unit, path in sorted(units.items())
        if not matches(unit, anywhere)
        and not (path.startswith(OF_PACKAGES) and any(matches(unit, patterns) for patterns in packaged))
    }


def _of_packages(case: Case) -> list[list[str]]:
    """Return the patterns of what belongs to the base system or a function, where packages bring it."""
    policy, registers = case.policy, case.registers
    own = [units for name, units in policy["bulwark_function_units"].items() if registers.has_function(name)]
    return [policy["bulwark_base_units"], *own]


def _declared(case: Case) -> list[str]:
    registers = case.registers
    declared = [service.name for service in registers.services or ()]
    made = [backup.unit for backup in registers.backups or ()]
    pruned = ["bulwark-prune-%s.service" % prune["name"] for prune in case.policy["bulwark_prunes"]]
    kept = COLLECTING if registers.has_function(COLLECTOR) else ()
    for service in (*made, *pruned, *kept):
        declared += [service, service.removesuffix(".service") + ".timer"]
    return declared
