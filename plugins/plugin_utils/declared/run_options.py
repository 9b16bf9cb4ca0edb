# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of a run whose values are of the right type and wrong all the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..results import RUN_NAME
from . import work_windows
from .checking import Problem, shown

#: Option -> its least and greatest value; None: no bound.
BOUNDS: Mapping[str, tuple[int, int | None]] = {
    "bulwark_read_seconds": (1, None),
    "bulwark_deep_seconds": (1, 86400),
    "bulwark_deep_days": (1, None),
    "bulwark_confirm_seconds": (10, 3600),
    "bulwark_disable_least": (0, None),
    "bulwark_disable_percent": (0, 100),
    "bulwark_restore_seconds": (1, 604800),
    "bulwark_snapshot_days": (1, None),
    "bulwark_snapshot_runs": (1, None),
    "bulwark_patch_seconds": (60, 86400),
    "bulwark_health_seconds": (1, 3600),
    "bulwark_reboot_seconds": (30, 7200),
    "bulwark_canary_log_seconds": (1, 3600),
}
#: Characters of a key that nobody guesses: 64 bits in hex.
LEAST_KEY = 16
RING = re.compile(r"[1-9]\d{0,5}|([1-9]\d?|100)%")
UNIT = re.compile(r"[A-Za-z0-9:_.@\\][A-Za-z0-9:_.@\\-]*\.(service|socket|timer|mount|path|target)")
#: A health check asks the host itself, and nobody else through it.
OWN_URL = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?(/[!-~]*)?")
#: What may be fetched; a run's results show it to all who read them.
URL = re.compile(r"https://[^/@\s]+(/\S*)?")
#: The runs that restore knows by other words than their id.
RUNS = ("newest", "first")


def problems_with(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with the declared options, and what would be right."""
    for name, (least, most) in BOUNDS.items():
        value = values.get(name, least)
        if value < least or (most is not None and value > most):
            yield Problem(name, "must be %s" % ("at least %d" % least if most is None else "%d to %d" % (least, most)))
    if values.get("bulwark_rings") == []:
        yield Problem("bulwark_rings", "must name one ring at least, such as 100%")
    for index, ring in enumerate(values.get("bulwark_rings") or ()):
        if not RING.fullmatch(ring):
            yield Problem(
                "bulwark_rings[%d]" % index,
                "%s is no number of hosts and no part of them; write 5 or 10%%" % shown(ring),
            )
    key = values.get("bulwark_fingerprint_key")
    if key and len(key) < LEAST_KEY:
        text = "must have %d characters at least; make one with: openssl rand -hex 32" % LEAST_KEY
        yield Problem("bulwark_fingerprint_key", text)
    run = values.get("bulwark_restore_run")
    if run is not None and run not in RUNS and not RUN_NAME.fullmatch(run):
        yield Problem("bulwark_restore_run", "%s is no run; write its id, first or newest" % shown(run))
    yield from _of_sources(values.get("bulwark_kev") or "", values.get("bulwark_cve_data") or ())
    yield from work_windows.problems("bulwark_windows", values.get("bulwark_windows") or ())
    yield from _health(values.get("bulwark_health") or ())


def _health(checks: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    for index, check in enumerate(checks):
        place = "bulwark_health[%d]" % index
        if len([value for value in check.values() if value is not None]) != 1:
            yield Problem(place, "must be one of unit, port and url")
        elif check.get("port") is not None and not 0 < check["port"] < 65536:
            yield Problem(place + ".port", "%s is no port" % shown(check["port"]))
        elif check.get("unit") is not None and not UNIT.fullmatch(check["unit"]):
            yield Problem(place + ".unit", "%s is no unit; write it as nginx.service" % shown(check["unit"]))
        elif check.get("url") is not None and not OWN_URL.fullmatch(check["url"]):
            text = "%s is not on the host itself; write it as http://127.0.0.1:8080/health"
            yield Problem(place + ".url", text % shown(check["url"]))


def _of_sources(kev: str, cve_data: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    named = {"bulwark_kev": kev}
    named.update({"bulwark_cve_data[%d].source" % index: entry["source"] for index, entry in enumerate(cve_data)})
    for place, source in named.items():
        if "://" in source and not URL.fullmatch(source):
            yield Problem(place, "must be a path or an https URL without user and password")
    systems = [entry["system"] for entry in cve_data]
    for system in sorted({system for system in systems if systems.count(system) > 1}):
        yield Problem("bulwark_cve_data", "names two sources for %s; give one" % system)
