# SPDX-License-Identifier: GPL-3.0-or-later
"""Only the management network reaches the SSH ports: a table of our own in the kernel's firewall, beside all others.

Listen addresses stay as they are: an sshd that binds to an address which isn't up yet doesn't start at boot.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

from ...evaluators.exposure import is_loopback, ssh_listeners
from ...evaluators.reach import within
from ...evaluators.verdict import Case
from ...judges.segregation.listen import ssh_listen
from ..steps import HEADER, Left, Measures, Step, file, package, unit

MEASURES = Measures()
NFT = "/usr/sbin/nft"
RULES = "/etc/bulwark/ssh.nft"
UNIT = "bulwark-ssh-firewall.service"
TABLE = "inet bulwark_ssh"
FAMILIES = {"ip": 4, "ip6": 6}
LOG = 'limit rate 30/minute burst 20 packets log prefix "bulwark denied ssh: "'
SERVICE = """\
[Unit]
Description=Only the management network reaches SSH
After=nftables.service
Wants=network-pre.target
Before=network-pre.target shutdown.target
Conflicts=shutdown.target
DefaultDependencies=no

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={nft} -f {rules}
ExecReload={nft} -f {rules}
ExecStop=-{nft} delete table {table}

[Install]
WantedBy=sysinit.target
"""
#: nftables.service flushes every table there is, also somebody else's, whenever it starts, reloads or stops.
BESIDE = "/etc/systemd/system/nftables.service.d/bulwark-ssh.conf"
AGAIN = """\
[Service]
ExecStartPost=-{nft} -f {rules}
ExecReload=-{nft} -f {rules}
ExecStopPost=-{nft} -f {rules}
"""


@MEASURES.of("ssh_firewall")
def ssh_firewall(case: Case, _arguments: Any, control: str) -> list[Step]:
    """Let only bulwark_admin_cidrs open connections to the SSH ports; connections that stand are not cut."""
    if ssh_listen(case).status == "pass":
        return []
    cidrs: tuple[str, ...] = case.registers.declared("admin_cidrs")
    if not case.facts["system"]["systemd"]:
        raise Left("systemd does not run this host, and nothing else would load the rules at boot")
    peer = case.facts["system"]["peer"]
    if peer and not within(peer, cidrs):
        raise Left("this run comes from %s, which is not in bulwark_admin_cidrs: it would shut itself out" % peer)
    ports = sorted({int(one["port"]) for one in ssh_listeners(case) if not is_loopback(one["address"])})
    service, again = (HEADER % control + text.format(nft=NFT, rules=RULES, table=TABLE) for text in (SERVICE, AGAIN))
    return [
        package("nftables", [NFT]),
        file(RULES, HEADER % control + rules(ports, cidrs), mode="0600", reload=[UNIT]),
        file("/etc/systemd/system/" + UNIT, service, boot_test=True),
        file(BESIDE, again),
        unit(UNIT, active=True, enabled=True),
    ]


def rules(ports: Iterable[int], cidrs: Iterable[str]) -> str:
    """Return the table as nft reads it; it replaces an earlier one of its name in one go."""
    networks: list[Any] = [ipaddress.ip_network(one, strict=False) for one in cidrs]
    dport = "tcp dport { %s }" % ", ".join(map(str, ports))
    lines = ["ct state established,related accept", "iif lo accept"]
    for family, version in FAMILIES.items():
        # Networks that overlap are an error to nft.
        own = ipaddress.collapse_addresses(one for one in networks if one.version == version)
        listed = ", ".join(map(str, own))
        lines += ["%s %s saddr { %s } accept" % (dport, family, listed)] if listed else []
    # Who is denied is told, and can't fill the disk by it.
    lines += ["%s %s" % (dport, LOG), "%s drop" % dport]
    body = "".join("        %s\n" % line for line in lines)
    chain = "    chain input {\n        type filter hook input priority -5; policy accept;\n%s    }\n" % body
    return "table %s\ndelete table %s\ntable %s {\n%s}\n" % (TABLE, TABLE, TABLE, chain)
