# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of several customers as fleet judges see them, without any host."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.compared import HostLinks
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.fingerprints import Key
from ansible_collections.bulwark.msp.plugins.plugin_utils.fleet.links import Link
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.fleet_findings import Made, findings

KNOWN = catalogue.load()
KEY = Key("a key of the whole fleet")
CONTROLS = ["lin-ns-key-reuse", "lin-ns-hostkey-reuse", "lin-ns-secret-reuse"]


def link(kind: str, material: str, name: str = "", account: str | None = None, party: str | None = None) -> Link:
    """Return an entry whose mark tells the material, so that a leak shows."""
    sort = "ssh" if kind.startswith("ssh") else kind
    return Link(kind, KEY.fingerprint(sort, material), material, name or material, account, party)


def host(name: str, *links: Link, key: Key = KEY, unread: Mapping[str, str] | None = None) -> HostLinks:
    """Return a host that was read; its customer is what its name begins with."""
    return HostLinks(name.partition("-")[0], name, key.id, links, unread or {})


def judge(
    read: Iterable[HostLinks], control: str, targeted: Iterable[str] = (), left: Iterable[str] = (),
    policy: Mapping[str, Any] | None = None, **registers: Any,
) -> dict[str, Made]:  # fmt: skip
    """Return the findings of a control by customer. targeted: hosts that left no result; left: those not targeted.

    policy: in force for all of them, as run.json has it.
    """
    hosts = list(read)
    names = [*(one.host for one in hosts), *targeted]
    about = {
        "date": date(2026, 11, 23).isoformat(),
        "began": "2026-11-23T02:00:00Z",
        "policies": {"": policy or {}},
        "controls": {"judged": [control]},
        "targeted": [
            {"host": name, "customer": name.partition("-")[0], "policy": "", "other_platform": None} for name in names
        ],
        "not_targeted": [{"host": name, "customer": name.partition("-")[0]} for name in left],
    }
    return {made.customer: made for made in findings(about, registers, hosts, KNOWN)}
