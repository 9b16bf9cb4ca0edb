# SPDX-License-Identifier: GPL-3.0-or-later
"""Which scenarios are played together: each batch is as many as there are hosts at a time, and one worker's.

An audit changes nothing, so that scenarios which differ in what is declared alone share a host. There is one guest at a
time, so that each way of setting it up is a batch, and all of those are one worker's. It is slow: what is mended of a
batch is mended together.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from .scenario import Scenario, load_all

HOSTS = 8
#: What one playbook judges at a time; more would keep the other workers waiting at the end.
MOST = 24
#: sshd turns away some of more logins that come at once: its MaxStartups is 10:30:100.
LOGINS = 10

Batch = tuple[Scenario, ...]


def batches(control: str = "") -> list[Batch]:
    """Return all scenarios, or those of the controls that match a pattern such as lin-lm-*.

    Those that are mended come first, by themselves: they take long.
    """
    files = [file for file in load_all() if fnmatchcase(file.control, control or "*")]
    scenarios = [one for file in files for one in file.scenarios]
    guests = [one for one in scenarios if one.on_guest]
    mended = [one for one in scenarios if one.mend is not None and not one.on_guest]
    audited = sorted((one for one in scenarios if one.mend is None and not one.on_guest), key=host_of)
    return _alike(guests) + _packed(mended) + _packed(audited)


def host_of(scenario: Scenario) -> tuple[str, str, str]:
    """Return what two scenarios have in common that play on one host.

    A host that is changed is nobody else's; nor is one whose disks are walked, which it does once at a time.
    """
    changed = scenario.mend is not None and not scenario.on_guest
    alone = changed or scenario.sends or scenario.then or scenario.vars.get("bulwark_deep")
    return scenario.system, scenario.setup, scenario.id if alone else ""


def _alike(scenarios: Iterable[Scenario]) -> list[Batch]:
    alike: dict[tuple[str, str, str], list[Scenario]] = {}
    for scenario in scenarios:
        alike.setdefault(host_of(scenario), []).append(scenario)
    return [tuple(batch) for batch in alike.values()]


def _packed(scenarios: Iterable[Scenario]) -> list[Batch]:
    packed: list[list[Scenario]] = []
    for scenario in scenarios:
        hosts = [host_of(one) for one in packed[-1]] if packed else []
        here = host_of(scenario)
        if not packed or len(hosts) == MOST or hosts.count(here) == LOGINS or len({*hosts, here}) > HOSTS:
            packed.append([])
        packed[-1].append(scenario)
    return [tuple(batch) for batch in packed]
