# SPDX-License-Identifier: GPL-3.0-or-later
"""What nobody declared is switched off in ways that can be undone: no package is removed, no certificate revoked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...evaluators.ended import ended
from ...evaluators.remote_tools import Presence, approved, differences, present
from ...evaluators.undeclared_services import undeclared
from ...evaluators.verdict import Case
from ...judges.obsolete_accounts import vpn_peers as judge
from ..steps import HEADER, Left, Measures, Step, absent, edit, file, unit

MEASURES = Measures()
#: A unit that lies here as a file can't be masked: the mask would be in its place.
LOCAL = "/etc/systemd/system/"


@MEASURES.of("undeclared_units_off")
def undeclared_units_off(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Stop and disable every unit that nobody declared, where the host's services are declared at all."""
    found = undeclared(case)
    if found and case.registers.services is None:
        raise Left("bulwark_services must say which services the host is to have")
    return [unit(name, active=False, enabled=False) for name in found]


@MEASURES.of("modules_blocked")
def modules_blocked(case: Case, modules: Sequence[str], control: str) -> list[Step]:
    """Let modprobe load none of these modules, where they lie ready for the running kernel."""
    facts = case.facts["services"]
    names = [name.replace("-", "_") for name in modules]
    ready = [name for name in names if name in facts["loadable"]]
    blocked = {one["module"] for one in facts["blocked"] if one["how"] == "install"}
    if not set(ready) - blocked:
        return []
    lines = "".join("install %s /bin/false\nblacklist %s\n" % (name, name) for name in ready)
    return [file("/etc/modprobe.d/bulwark-%s.conf" % control, HEADER % control + lines)]


@MEASURES.of("remote_tools_off")
def remote_tools_off(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Stop, disable and mask the units of tools that are not approved, or talk to another server than approved."""
    found, _unread = present(case)
    foreign = [one for one in found if _foreign(case, one)]
    steps = [step for one in foreign for name, how in sorted(one.units.items()) for step in _off(name, how)]
    if foreign and not steps:
        traces = "; ".join("%s (%s)" % (one.tool.name, ", ".join(one.traces)) for one in foreign)
        raise Left("no unit of the system starts it, so that it has to be removed by hand: %s" % traces)
    return steps


def _foreign(case: Case, presence: Presence) -> bool:
    entry = approved(case, presence.tool)
    if entry is None:
        return case.registers.remote_tools is not None
    if entry.server is None or not case.facts["agents"]["servers"].get(presence.tool.id):
        return False
    return any(differences(case, presence, entry))


def _off(name: str, how: dict[str, Any]) -> list[Step]:
    if "@." in name:
        return []
    if (how["path"] or "").startswith(LOCAL):
        return [unit(name, active=False, enabled=False), absent(how["path"])]
    return [unit(name, active=False, enabled=False, masked=True)]


@MEASURES.of("ended_vpn_clients_off")
def ended_vpn_clients_off(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Disable the OpenVPN clients of those whose account or contract ended, in the server's client-config-dir."""
    steps = []
    for server in case.facts["vpn"]["openvpn"]:
        for client in server["clients"]:
            name = client["name"]
            closed = client["disabled"] or (client["revoked"] and server["crl_there"])
            if closed or not (client["revoked"] or ended(case, name, case.registers.account(name))):
                continue
            if server["ccd"] is None or "/" in name:
                raise Left("%s: %s can't be disabled without client-config-dir" % (server["file"], name))
            steps.append(edit("%s/%s" % (server["ccd"], name), "openvpn_disable", {}))
    return steps


@MEASURES.of("idle_vpn_peers_off")
def idle_vpn_peers_off(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Take WireGuard peers that are wrong out of wg-quick's file, and out of the interface by its reload."""
    wrong: dict[str, list[str]] = {}
    for peer in case.facts["vpn"]["wireguard_peers"]:
        if any(judge.wireguard(case, peer, [])):
            wrong.setdefault(peer["interface"], []).append(peer["fingerprint"])
    steps = []
    for interface, fingerprints in sorted(wrong.items()):
        name = "wg-quick@%s.service" % interface
        if name not in case.facts["units"]["active"]:
            raise Left("%s: wg-quick did not bring it up, so that its peers would be back" % interface)
        path = "/etc/wireguard/%s.conf" % interface
        steps.append(edit(path, "wireguard_peers", {"without": sorted(fingerprints)}, reload=[name], secret=True))
    return steps
