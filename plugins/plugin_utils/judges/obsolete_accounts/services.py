# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing starts that the host's purpose doesn't ask for, and what would be dangerous is not even there."""

from __future__ import annotations

from collections.abc import Iterable

from ...declared.registers import Undeclared
from ...evaluators.checks import gather
from ...evaluators.patterns import matches
from ...evaluators.undeclared_services import undeclared
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()


@JUDGES.of("lin-oa-services")
def services(case: Case) -> Verdict:
    """Enabled units are declared, no unwanted package is installed, rare kernel modules can't be loaded."""
    units, unread = gather(case, _units)
    packages, no_packages = gather(case, _packages)
    modules, no_modules = gather(case, _modules)
    expected = (
        "what the next boot starts is of the base system, of a declared function or in bulwark_services; none of "
        "bulwark_unwanted_packages is installed; none of bulwark_blocked_modules can be loaded"
    )
    severity = None if units else "medium" if packages else "low" if modules else None
    evidence = ["/etc/systemd/system", "/run/systemd/generator", "modprobe.d", "the package manager"]
    unread += [*no_packages, *no_modules]
    return verdict(expected, [*units, *packages, *modules], unread, evidence, "configured", severity)


def _units(case: Case) -> Iterable[Item]:
    found = undeclared(case)
    if found and case.registers.services is None:
        raise Undeclared("bulwark_services is not declared for this host; found: " + ", ".join(found))
    return [item(unit, f"{unit} starts at boot ({path}) and nobody declared it") for unit, path in found.items()]


def _packages(case: Case) -> Iterable[Item]:
    patterns = case.policy["bulwark_unwanted_packages"]
    return [
        item(f"package {name}", f"package {name} is installed; remove it where nobody needs it")
        for name in sorted(case.facts["packages"]["installed"])
        if matches(name, patterns)
    ]


def _modules(case: Case) -> Iterable[Item]:
    facts = case.facts["services"]
    blocked = {one["module"] for one in facts["blocked"] if one["how"] == "install"}
    for module in (name.replace("-", "_") for name in case.policy["bulwark_blocked_modules"]):
        if module in facts["loaded"]:
            yield item(f"module {module} loaded", f"kernel module {module} is loaded")
        elif module in facts["loadable"] and module not in blocked:
            yield item(f"module {module}", f"kernel module {module} can be loaded: modprobe isn't told otherwise")
