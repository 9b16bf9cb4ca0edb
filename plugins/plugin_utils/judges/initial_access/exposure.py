# SPDX-License-Identifier: GPL-3.0-or-later
"""IC-03: what answers on the network is declared, data stores are not public, nothing speaks in the clear."""

from __future__ import annotations

from ...declared.registers import Listener
from ...evaluators.exposure import Exposure, exposures, is_client, is_private, open_to_strangers
from ...evaluators.facts import Unread
from ...evaluators.patterns import matches
from ...evaluators.reach import EVERY_ADDRESS
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()

#: Processes by the name that their product has in bulwark_data_ports.
DATA_PROCESSES = {
    "postgres": "postgresql", "mysqld": "mysql", "mariadbd": "mysql", "redis-server": "redis", "valkey-server": "redis",
    "mongod": "mongodb", "memcached": "memcached", "etcd": "etcd", "dockerd": "docker",
}  # fmt: skip
COMM_LENGTH = 15
LEVEL = "authpriv"
NO_LEVEL = ("priv", LEVEL)


@JUDGES.of("lin-ic-listeners")
def listeners(case: Case) -> Verdict:
    """Every port that answers beyond the host itself is in bulwark_listeners, and open no wider than declared."""
    unread: list[str] = []
    found = exposures(case, unread)
    declared: tuple[Listener, ...] | None = case.registers.listeners
    expected = "every port that answers on the network is declared in bulwark_listeners, with its zone"
    if declared is None:
        names = ", ".join(str(exposure) for exposure in found) or "none"
        return verdict(expected, unread=[f"bulwark_listeners is not declared for this host; found: {names}", *unread])
    wrong: list[Item] = []
    for exposure in found:
        entries = [entry for entry in declared if _covers(entry, exposure)]
        if not entries:
            wrong.append(item(str(exposure), f"{exposure} is not declared"))
        elif not any(_runs(entry, exposure) for entry in entries):
            wrong.append(item(str(exposure), f"{exposure} is declared for {entries[0].process}"))
        else:
            _check_zone(case, entries[0], exposure, wrong, unread)
    return verdict(expected, wrong, unread, [*map(str, found), *_clients(case)])


def _covers(entry: Listener, exposure: Exposure) -> bool:
    ports = exposure.port == entry.port and exposure.last == entry.port
    everywhere = {entry.address, exposure.address} <= set(EVERY_ADDRESS)
    return entry.proto == exposure.proto and ports and (everywhere or entry.address in (None, exposure.address))


def _runs(entry: Listener, exposure: Exposure) -> bool:
    """Say whether it is the declared process; systemd may hold the socket for it, and a container's isn't known."""
    known = exposure.process not in (None, "systemd") and not exposure.published
    return not entry.process or not known or entry.process[:COMM_LENGTH] == exposure.process


def _check_zone(case: Case, entry: Listener, exposure: Exposure, wrong: list[Item], unread: list[str]) -> None:
    if entry.zone is None:
        return
    zone = next((zone for zone in case.registers.declared("zones") if zone.name == entry.zone), None)
    if zone is None:
        unread.append(f"{exposure}: its zone {entry.zone} is not in bulwark_zones")
    elif not zone.internet:
        answer = open_to_strangers(case, exposure)
        if answer:
            wrong.append(item(f"{exposure} zone {zone.name}", f"{exposure} is declared for zone {zone.name}, "
                              "and the host's firewall lets anybody in"))  # fmt: skip
        elif answer is None:
            unread.append(f"{exposure}: the firewall's rules leave open whether only zone {zone.name} reaches it")


def _clients(case: Case) -> list[str]:
    return [
        f"not counted: udp/{one['port']} {one['process']}, a port from the kernel's range for clients"
        for one in case.facts["sockets"]["listening"]
        if is_client(case, one)
    ]


@JUDGES.of("lin-ic-data-bind")
def data_bind(case: Case) -> Verdict:
    """No data store answers on a public address, Redis keeps its protected mode, Docker's TCP asks for certificates."""
    unread: list[str] = []
    stores = [(_product(case, one), one) for one in exposures(case, unread, loopback=True) if _product(case, one)]
    if not stores and not unread:
        raise NotApplicable("no data store listens, by its port or its process")
    wrong: list[Item] = []
    for product, exposure in stores:
        guarded = is_private(exposure.address) or (product == "docker" and not _docker(case))
        answer = False if guarded else open_to_strangers(case, exposure)
        if answer:
            wrong.append(item(str(exposure), f"{product}: {exposure} is open to anybody"))
        elif answer is None:
            unread.append(f"{product}: the firewall's rules leave open who reaches {exposure}")
    for product in sorted({str(product) for product, _exposure in stores} & set(GUARDS)):
        try:
            wrong += GUARDS[product](case)
        except Unread as reason:
            unread.append(f"{product}: {reason}")
    expected = "data stores listen on loopback or private addresses, or behind a firewall that keeps strangers out"
    return verdict(expected, wrong, unread, [f"{product}: {exposure}" for product, exposure in stores])


def _product(case: Case, exposure: Exposure) -> str | None:
    if exposure.process in DATA_PROCESSES:
        return DATA_PROCESSES[exposure.process]
    ports = case.policy["bulwark_data_ports"]
    return next((product for product, numbers in ports.items() if exposure.ports.intersection(numbers)), None)


def _redis(case: Case) -> list[Item]:
    return [
        item(f"protected-mode {entry['place']}", f"redis: protected-mode no in {entry['place']}")
        for entry in case.facts["datastores"]["redis"]
        if not entry["protected"]
    ]


def _docker(case: Case) -> list[Item]:
    if (case.facts["datastores"]["docker"] or {}).get("tlsverify"):
        return []
    return [item("docker without tlsverify", "docker: TCP without tlsverify, which asks for certificates")]


GUARDS = {"redis": _redis, "docker": _docker}


@JUDGES.of("lin-ic-no-cleartext")
def no_cleartext(case: Case) -> Verdict:
    """No service sends passwords in the clear, no FTP without a name, SNMP only with authentication and encryption."""
    running = {*case.facts["units"]["active"], *case.facts["units"]["enabled"]}
    units = [unit for unit in sorted(running) if _cleartext(case, unit)]
    wrong = [item(f"unit {unit}", f"{unit} runs or starts at boot") for unit in units]
    wrong += [
        item(f"process {one['process']}", f"{one['process']} listens on {one['proto']}/{one['port']}")
        for one in case.facts["sockets"]["listening"]
        if one["process"] and _cleartext(case, one["process"])
    ]
    if _any(running, "*inetd.service", "inetd.service"):
        wrong += [
            item(f"inetd {entry['program']}", f"{entry['place']}: {entry['program']} for {entry['service']}")
            for entry in case.facts["cleartext"]["inetd"]
            if _cleartext(case, entry["program"])
        ]
    wrong += [
        item(f"anonymous ftp {server}", f"{place}: {server} lets anybody in without a name")
        for server, place in sorted(case.facts["cleartext"]["anonymous_ftp"].items())
        if _any(running, f"{server}*.service")
    ]
    wrong += _snmp(case) if _any(running, "snmpd.service") else []
    expected = "no telnet, r-services, tftp, NIS, xinetd or anonymous FTP; SNMP only as version 3 with authPriv"
    return verdict(expected, wrong, evidence=["systemctl list-units", "ss -tulpn", "/etc/inetd.conf", "/etc/snmp"])


def _snmp(case: Case) -> list[Item]:
    snmp = case.facts["cleartext"]["snmp"] or {"communities": [], "users": []}
    return [
        item(f"snmp {entry['directive']}", f"{entry['place']}: {entry['directive']} is SNMP without a user")
        for entry in snmp["communities"]
    ] + [
        item(f"snmp user {entry['place']}", f"{entry['place']}: level {entry['level']}, authPriv is required")
        for entry in snmp["users"] if entry["level"] not in NO_LEVEL
    ]  # fmt: skip


def _cleartext(case: Case, name: str) -> bool:
    return matches(name, case.policy["bulwark_cleartext_services"])


def _any(names: set[str], *patterns: str) -> bool:
    return any(matches(name, patterns) for name in names)
