# SPDX-License-Identifier: GPL-3.0-or-later
"""MF-01, MF-05: users who come by VPN or web console prove themselves with two factors."""

from __future__ import annotations

import re
from typing import Any

from ...evaluators.exposure import Exposure, exposures, open_to_strangers
from ...evaluators.pam_stack import mfa_modules
from ...evaluators.patterns import matches
from ...evaluators.reach import reached_by_others
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

#: OpenVPN plugins that ask a second authority: PAM, RADIUS, a directory, an identity provider.
OPENVPN_CHECKS = re.compile(r"auth-pam|radius|ldap|duo|okta|saml|oauth2|management-client-auth", re.IGNORECASE)
KEY_METHODS = ("pubkey", "rsa", "ecdsa", "eap-tls", "cert")
OTHER_METHODS = ("eap-mschapv2", "eap-md5", "eap-gtc", "eap-ttls", "eap-peap", "eap-radius", "xauth")
#: Services that put an identity provider in front of WireGuard.
GATES = ("netbird*.service", "firezone*.service", "defguard*.service", "tailscaled.service")


@JUDGES.of("lin-mf-vpn")
def vpn(case: Case) -> Verdict:
    """Each VPN for users asks for a certificate or key and for a second factor, and doesn't let in without."""
    facts = case.facts["vpn"]
    wrong: list[Item] = []
    unread: list[str] = []
    for server in facts["openvpn"]:
        _openvpn(server, wrong, unread)
    for connection in facts["ipsec"]:
        _ipsec(connection, wrong, unread)
    users = [interface for interface in facts["wireguard"] if interface["users"]]
    for interface in users:
        _wireguard(case, interface, wrong, unread)
    if not (facts["openvpn"] or facts["ipsec"] or users):
        raise NotApplicable("no OpenVPN server, no IPsec address pool and no WireGuard peer with a single address")
    expected = "VPN users need a certificate or key and a second factor"
    evidence = [*(server["file"] for server in facts["openvpn"]), *(one["file"] for one in facts["ipsec"]),
                *(f"wg show {interface['interface']}" for interface in users)]  # fmt: skip
    return verdict(expected, wrong, unread, evidence, assurance="configured")


def _openvpn(server: dict[str, Any], wrong: list[Item], unread: list[str]) -> None:
    file = server["file"]
    known = [check for check in server["checks"] if OPENVPN_CHECKS.search(check)]
    if not server["certificate"]:
        wrong.append(item(f"{file} certificate", f"{file}: users need no certificate (verify-client-cert)"))
    if not server["checks"]:
        wrong.append(item(f"{file} second factor", f"{file}: a certificate is all that users need"))
    elif server["optional"]:
        wrong.append(item(f"{file} optional", f"{file}: auth-user-pass-optional makes the second factor optional"))
    elif not known:
        unread.append(f"{file}: what {', '.join(server['checks'])} asks for is not known")


def _ipsec(connection: dict[str, Any], wrong: list[Item], unread: list[str]) -> None:
    where = f"{connection['file']}: connection {connection['connection']}"
    keys = [method for method in connection["auth"] if method.startswith(KEY_METHODS)]
    others = [method for method in connection["auth"] if method.startswith(OTHER_METHODS)]
    if keys and others:
        return
    if any("radius" in method for method in others):
        unread.append(f"{where} leaves it to its RADIUS server what users are asked")
    else:
        wrong.append(item(where, f"{where} asks for {' and '.join(connection['auth'])} alone"))


def _wireguard(case: Case, interface: dict[str, Any], wrong: list[Item], unread: list[str]) -> None:
    """A peer with one address is a user's device where the host is a VPN gateway; elsewhere it may be a machine."""
    name = interface["interface"]
    if any(matches(unit, GATES) for unit in case.facts["units"]["active"]):
        return
    if case.registers.functions is None:
        unread.append(f"{name}: whether its peers are users isn't known; declare bulwark_host_functions")
    elif case.registers.has_function("vpn"):
        wrong.append(item(f"wireguard {name}", f"{name}: a key is all that its users need"))


@JUDGES.of("lin-mf-web-consoles")
def web_consoles(case: Case) -> Verdict:
    """Each console that administers hosts asks for a second factor, or only the management network reaches it."""
    unread: list[str] = []
    found = [(product, one, certain) for one in exposures(case, unread) for product, certain in _products(case, one)]
    if not found and not unread:
        raise NotApplicable("no web console of bulwark_web_consoles listens on the network")
    wrong: list[Item] = []
    for product, exposure, certain in found:
        if product == "cockpit" and mfa_modules(case.facts, case.policy, "cockpit"):
            continue
        if certain and open_to_strangers(case, exposure):
            wrong.append(item(f"{product} {exposure.name}", f"{product}: {exposure} asks anybody for one factor only"))
            continue
        others = _reached(case, exposure)
        if certain and True in others:
            wrong.append(
                item(f"{product} {exposure.name}", f"{product}: {exposure} is open beyond bulwark_admin_cidrs")
            )
        elif others:
            what = "who reaches it" if certain else "whether it is that, and what it asks for,"
            unread.append(f"{product}: {what} can't be told of {exposure}")
    expected = "web consoles ask for a second factor, or only bulwark_admin_cidrs reach them"
    return verdict(expected, wrong, unread, [f"{product}: {exposure}" for product, exposure, _certain in found])


def _products(case: Case, exposure: Exposure) -> list[tuple[str, bool]]:
    """Return (product, certain) of what a port may serve: certain by its unit, else only by its number."""
    consoles = case.policy["bulwark_web_consoles"]
    by_unit = [(name, True) for name, console in consoles.items() if exposure.unit in console["units"]]
    if by_unit or exposure.unit:
        return by_unit
    by_port = [name for name, console in consoles.items() if exposure.ports.intersection(console["ports"])]
    return [("/".join(by_port), False)] if by_port else []


def _reached(case: Case, exposure: Exposure) -> set[bool | None]:
    """Return True and None as outsiders to bulwark_admin_cidrs reach it or may; empty where none does."""
    allowed = case.registers.declared("admin_cidrs")
    if exposure.published:
        return {open_to_strangers(case, exposure)} - {False}
    return set(reached_by_others(case, exposure.proto, exposure.port, exposure.address, allowed).values())
