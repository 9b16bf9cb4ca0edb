# SPDX-License-Identifier: GPL-3.0-or-later
"""VPN peers and certificates that nobody uses, or nobody may use any more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timezone
from typing import Any

from ...declared.registers import Account
from ...evaluators.checks import gather
from ...evaluators.ended import ended
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
Facts = Mapping[str, Any]


@JUDGES.of("lin-oa-vpn-peers")
def vpn_peers(case: Case) -> Verdict:
    """Every VPN peer had a handshake lately and is somebody's who may still get in."""
    facts = case.facts["vpn"]
    peers, servers = facts["wireguard_peers"], facts["openvpn"]
    if not (peers or servers or facts["ipsec"]):
        raise NotApplicable("no WireGuard peer, no OpenVPN server and no IPsec users were found")
    unread: list[str] = []
    wrong, unseen = gather(
        case,
        lambda of: (found for peer in peers for found in wireguard(of, peer, unread)),
        lambda of: (found for server in servers for found in openvpn(of, server, unread)),
    )
    unread += [f"{one['file']}: IPsec keeps no record of when {one['connection']} was used" for one in facts["ipsec"]]
    days = case.policy["bulwark_vpn_idle_days"]
    expected = f"no VPN peer without a handshake for {days} days, and none of somebody whose account or contract ended"
    evidence = ["wg show all latest-handshakes", *(server["file"] for server in servers)]
    return verdict(expected, wrong, [*unread, *unseen], evidence)


def wireguard(case: Case, peer: Facts, unread: list[str]) -> Iterator[Item]:
    """Yield what is wrong with one of vpn.wireguard_peers."""
    name = f"{peer['interface']}: peer {peer['fingerprint']}"
    account = _holder(case, peer["fingerprint"])
    reason = ended(case, account.name, account) if account else None
    seen, days = peer["handshake"] or peer["since"], case.policy["bulwark_vpn_idle_days"]
    if reason:
        yield item(name, f"{name} belongs to {account.name if account else ''}: {reason}")
    elif seen is None:
        unread.append(f"{name} had no handshake since the interface came up, and when that was can't be seen")
    elif (case.today - _day(seen)).days > days:
        yield item(name, f"{name} had no handshake for more than {days} days")
    elif peer["handshake"] is None:
        unread.append(f"{name} had no handshake since {_day(seen)}, when the interface came up")


def openvpn(case: Case, server: Facts, unread: list[str]) -> Iterator[Item]:
    """Yield what is wrong with the clients of one OpenVPN server, which keeps no record of when each came last."""
    for client in server["clients"]:
        name = f"{server['file']}: client {client['name']}"
        if client["disabled"] or (client["revoked"] and server["crl_there"]):
            continue
        reason = ended(case, client["name"], case.registers.account(client["name"]))
        if client["revoked"]:
            yield item(name, f"{name} is revoked, and the server looks at no list of revoked certificates (crl-verify)")
        elif reason:
            yield item(name, f"{name} can still log in: {reason}")
        elif not client["connected"]:
            unread.append(f"{name}: OpenVPN keeps no record of when it was used last")


def _holder(case: Case, fingerprint: str) -> Account | None:
    return next((account for account in case.registers.accounts or () if fingerprint in account.keys), None)


def _day(seconds: int) -> date:
    return datetime.fromtimestamp(seconds, timezone.utc).date()
