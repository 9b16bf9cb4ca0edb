# SPDX-License-Identifier: GPL-3.0-or-later
"""lin-lm-time-sync: the clock is kept by chrony, or by timesyncd where that is there, and by the declared servers."""

from __future__ import annotations

from typing import Any

from ...declared.collectors import MACHINE
from ...evaluators.clock import approved, clock, keepers
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case
from ..steps import HEADER, Left, Measures, Step, edit, file, package, unit

MEASURES = Measures()
CHRONY_CONF = {"debian": "/etc/chrony/sources.d/bulwark.sources", "redhat": "/etc/chrony.conf"}
CHRONY_UNIT = {"debian": "chrony.service", "redhat": "chronyd.service"}
TIMESYNCD_CONF = "/etc/systemd/timesyncd.conf.d/50-bulwark.conf"
KEPT = ("chrony", "timesyncd")


@MEASURES.of("clock_kept")
def clock_kept(case: Case, arguments: Any, control: str) -> list[Step]:
    """Have one program keep the clock. arguments: servers, host names or addresses that it asks beside its own."""
    running = keepers(case)
    foreign = [one["unit"] for one in running if one["name"] not in KEPT]
    if foreign:
        raise Left("%s keeps the clock: take it away first, or waive" % ", ".join(foreign))
    if len(running) > 1:
        raise Left("several programs set the clock, and which is to stay is somebody's decision: %s"
                   % ", ".join(one["unit"] for one in running))  # fmt: skip
    there = running or [one for one in case.facts["time"]["programs"] if one["name"] in KEPT]
    name = there[0]["name"] if there else "chrony"
    family = "redhat" if case.facts["system"]["family"] == "redhat" else "debian"
    service = there[0]["unit"] if there else CHRONY_UNIT[family]
    steps = [] if there else [package("chrony", ["/usr/sbin/chronyd", "/usr/bin/chronyc"])]
    if not running or not _enough(case, name):
        steps += _asking(name, family, service, arguments["servers"], control)
    return [*steps, unit(service, active=True, enabled=True, masked=False)]


def _enough(case: Case, name: str) -> bool:
    try:
        good, others, machine = approved(case, clock(case, name)["sources"])
    except Unread:
        return False
    if others:
        raise Left("the clock is set by %s: put it into bulwark_time_sources, or take it out of its configuration"
                   % ", ".join(others))  # fmt: skip
    return machine or len(good) >= case.policy["bulwark_time_sources_min"]


def _asking(name: str, family: str, service: str, servers: list[str], control: str) -> list[Step]:
    """Return the steps by which a program asks the declared servers; without any it keeps what its package names."""
    if not servers:
        return []
    for server in servers:
        if not MACHINE.fullmatch(server):
            raise Left("bulwark_time_servers: %s is no host name and no IP address" % server)
    if name == "timesyncd":
        return [file(TIMESYNCD_CONF, HEADER % control + "[Time]\nNTP=%s\n" % " ".join(servers), restart=[service])]
    lines = ["server %s iburst" % server for server in servers]
    if family == "redhat":
        return [edit(CHRONY_CONF[family], "add_lines", {"lines": lines}, restart=[service])]
    return [file(CHRONY_CONF[family], HEADER % control + "".join(line + "\n" for line in lines), restart=[service])]
