# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `containers`: ports that are published from containers or translated to elsewhere.

They pass by the INPUT chain and may not show as sockets. No engine is asked: `podman ps` makes its storage on a host
that never ran podman, and a client of docker starts the daemon by its socket. The kernel's rules and the engines'
proxies tell the same.
"""

from __future__ import annotations

from typing import Any

from ..door import Unreadable
from ..reading import Area, Reading

Port = dict[str, Any]
Chain = dict[str, Any]
Fields = dict[str, list[str]]

PROXIES = {
    "docker-proxy": "docker", "rootlessport": "podman", "conmon": "podman", "slirp4netns": "podman", "pasta": "podman",
    "pasta.avx2": "podman", "rootlesskit": "docker",
}  # fmt: skip
CHAIN_PREFIXES = {"DOCKER": "docker", "NETAVARK": "podman", "CNI": "podman", "KUBE": "kubernetes", "nv_": "podman"}
EVERYWHERE = {"ip": "0.0.0.0", "ip6": "::"}
DEPTH = 16
PORT_LIMIT = 2000


def read(host: Reading, area: Area) -> None:
    """Learn `ports`: [{proto, address, port, last, to, engine}].

    port to last is the published range, `to` "address:port" behind it (None where a proxy holds the port), engine
    docker, podman, kubernetes or nat.
    """
    area.learn("ports", published, host)


def published(host: Reading) -> list[Port]:
    """Return what the rules translate and what proxies hold."""
    return translated(host.fact("firewall", "chains")) + proxied(host.fact("sockets", "listening"))


def proxied(listening: list[dict[str, Any]]) -> list[Port]:
    """Return the ports that an engine's proxy holds for a container."""
    return [
        {"proto": one["proto"], "address": one["address"], "port": one["port"], "last": one["port"], "to": None,
         "engine": PROXIES[one["process"]]}
        for one in listening
        if one["process"] in PROXIES
    ]  # fmt: skip


def translated(chains: list[Chain]) -> list[Port]:
    """Return the ports that packets from outside are sent on from, by DNAT or redirect, following jumps."""
    tables: dict[tuple[str, str], dict[str, Any]] = {}
    for chain in chains:
        tables.setdefault((chain["family"], chain["table"]), {})[chain["name"]] = chain
    ports: list[Port] = []
    for chain in chains:
        if chain["type"] == "nat" and chain["hook"] == "prerouting":
            _follow(tables[(chain["family"], chain["table"])], chain, {}, ports, 0)
    return [port for at, port in enumerate(ports) if port not in ports[:at]]


def _follow(table: dict[str, Chain], chain: Chain, known: Fields, ports: list[Port], depth: int) -> None:
    for rule in chain["rules"]:
        fields = _narrowed(known, rule)
        if fields is None:
            continue
        if rule["verdict"] in ("dnat", "redirect"):
            ports += _ports(chain, fields, rule)
        elif rule["verdict"] in ("jump", "goto") and rule["target"] in table and depth < DEPTH:
            _follow(table, table[rule["target"]], fields, ports, depth + 1)
        if len(ports) > PORT_LIMIT:
            raise Unreadable(f"more than {PORT_LIMIT} translated ports")


def _narrowed(known: Fields, rule: dict[str, Any]) -> Fields | None:
    """Return what is known of a packet that `rule` takes; None where it takes none that came this far."""
    fields = dict(known)
    for match in rule["match"]:
        name, values = match["field"], match["values"]
        if match["not"] or name not in ("proto", "daddr", "dport", "family"):
            continue
        both = [value for value in values if value in fields.get(name, values)]
        if not both and name != "daddr" and not any("-" in value for value in (*values, *fields[name])):
            return None
        fields[name] = both or values
    return fields


def _ports(chain: Chain, fields: Fields, rule: dict[str, Any]) -> list[Port]:
    family = chain["family"] if chain["family"] in EVERYWHERE else fields.get("family", ["ip"])[0]
    engine = next((name for prefix, name in CHAIN_PREFIXES.items() if chain["name"].startswith(prefix)), "nat")
    return [
        {"proto": proto, "address": address, "port": first, "last": last, "to": rule["target"], "engine": engine}
        for proto in fields.get("proto", ["tcp", "udp"])
        for address in map(_address, fields.get("daddr", [EVERYWHERE.get(family, "0.0.0.0")]))
        for first, last in map(_range, fields.get("dport", ["1-65535"]))
    ]


def _address(network: str) -> str:
    address, _slash, bits = network.partition("/")
    return address if bits in ("32", "128") else network


def _range(text: str) -> tuple[int, int]:
    first, _dash, last = text.partition("-")
    return (int(first), int(last or first)) if first.isdigit() else (1, 65535)
