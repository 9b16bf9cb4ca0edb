# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory declares of the log collectors: where a host sends what it logs, and who rules over it there."""

from __future__ import annotations

import ipaddress
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .checking import Problem, shown
from .parties import CUSTOMER, PARTY_TEXT, is_party

#: It becomes part of names of files and queues.
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
#: What may stand in a configuration file between quotes, and names a machine.
MACHINE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.:_-]{0,253}[A-Za-z0-9])?")
PEER = re.compile(r"(\*\.)?[A-Za-z0-9]([A-Za-z0-9.:_-]{0,253}[A-Za-z0-9])?")
#: What a path may hold that is written into a configuration file.
PATH = re.compile(r"(/[A-Za-z0-9._@+-]+)+")
#: Protocol -> the port that is meant where none is declared: RFC 5425's for syslog over TLS, rsyslog's usual one for
#: RELP, and systemd-journal-remote's.
PORTS = {"relp": 2514, "tls": 6514, "https": 19532}
PATHS = ("ca", "certificate", "key", "store")
#: Folders in which others keep files as well. A store takes to itself whatever lies in it.
SHARED = frozenset((
    "/home", "/media", "/mnt", "/opt", "/root", "/srv", "/var", "/var/backups", "/var/cache", "/var/lib", "/var/local",
    "/var/log", "/var/log/audit", "/var/log/journal", "/var/mail", "/var/opt", "/var/spool", "/var/www",
))  # fmt: skip
#: Below these nothing is kept that is received, or it doesn't outlive a boot.
ELSEWHERE = re.compile(r"/(bin|boot|dev|etc|lib[^/]*|proc|run|sbin|sys|tmp|usr|var/(lock|run|tmp))(/.*)?")


@dataclass(frozen=True)
class Collector:
    """An entry of bulwark_collectors.

    protocol: relp (RELP over TLS), tls (syslog over TLS) or https (systemd's journal-upload). peers: the names that the
    collector's certificate may bear. party: whose it is. host: its inventory name, where it is one of ours. admins: the
    accounts that administer it. ca, certificate, key: files on the sender; without the latter two the sender shows no
    certificate of its own. store: the folder on the collector where what is received lies.
    """

    name: str
    address: str
    protocol: str
    port: int
    peers: tuple[str, ...]
    party: str = CUSTOMER
    host: str | None = None
    admins: tuple[str, ...] = ()
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    store: str | None = None


def collector(entry: Mapping[str, Any]) -> Collector:
    """Return the Collector of a valid entry."""
    protocol = entry.get("protocol") or "relp"
    return Collector(
        name=entry["name"],
        address=entry["address"],
        protocol=protocol,
        port=entry.get("port") or PORTS[protocol],
        peers=tuple(entry.get("peers") or ()) or (entry["address"],),
        party=entry.get("party") or CUSTOMER,
        host=entry.get("host"),
        admins=tuple(entry.get("admins") or ()),
        ca=entry.get("ca"),
        certificate=entry.get("certificate"),
        key=entry.get("key"),
        store=entry.get("store"),
    )


def problems(place: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with an entry whose keys are of the right types."""
    if not NAME.fullmatch(entry["name"]):
        yield Problem(place + ".name", "%s must be of a-z, 0-9, dot, dash and underscore" % shown(entry["name"]))
    if not MACHINE.fullmatch(entry["address"]):
        yield Problem(place + ".address", "%s is no host name and no IP address" % shown(entry["address"]))
    for index, peer in enumerate(entry.get("peers") or ()):
        if not PEER.fullmatch(peer):
            text = "%s is no name that a certificate bears, such as logs.acme.example"
            yield Problem("%s.peers[%d]" % (place, index), text % shown(peer))
    if entry.get("port") is not None and not 0 < entry["port"] < 65536:
        yield Problem(place + ".port", "%s is no port; 1 to 65535" % shown(entry["port"]))
    if entry.get("party") is not None and not is_party(entry["party"]):
        yield Problem(place + ".party", "%s is no party; write %s" % (shown(entry["party"]), PARTY_TEXT))
    for key in PATHS:
        yield from path_problems("%s.%s" % (place, key), entry.get(key))
    for key, other in (("certificate", "key"), ("key", "certificate")):
        if entry.get(key) and not entry.get(other):
            yield Problem("%s.%s" % (place, other), "is missing; %s stands beside it" % key)


def path_problems(place: str, path: str | None) -> Iterator[Problem]:
    """Yield why a path, where one is declared, can't be written into a collector's or a sender's configuration."""
    if path and (not PATH.fullmatch(path) or ".." in path.split("/")):
        yield Problem(place, "%s is no absolute path of letters, digits and ._@+-" % shown(path))


def store_problems(place: str, path: str | None) -> Iterator[Problem]:
    """Yield why a collector can't keep in a folder what it receives."""
    yield from path_problems(place, path)
    meant = posixpath.normpath(path or "")
    if meant in SHARED or ELSEWHERE.fullmatch(meant):
        text = "%s is a folder of the system's; give what is received one of its own, such as /srv/logs"
        yield Problem(place, text % shown(path))


def sender_problems(place: str, senders: Iterable[Mapping[str, Any]]) -> Iterator[Problem]:
    """Yield what is wrong with the senders of a collector, whose keys are of the right types."""
    taken: dict[str, str] = {}
    for index, sender in enumerate(senders):
        each = "%s[%d]" % (place, index)
        if not NAME.fullmatch(sender["name"]):
            yield Problem(each + ".name", "%s must be of a-z, 0-9, dot, dash and underscore" % shown(sender["name"]))
        if not PEER.fullmatch(sender["peer"]) or "*" in sender["peer"]:
            text = "%s is no name that a certificate bears, such as web.acme.example"
            yield Problem(each + ".peer", text % shown(sender["peer"]))
        address = as_address(sender["address"])
        if address is None:
            text = "%s is no IP address; write the one that its connections come from, such as 192.0.2.20"
            yield Problem(each + ".address", text % shown(sender["address"]))
        elif taken.setdefault(address, each) != each:
            text = "%s is the address of %s too; give each sender its own"
            yield Problem(each + ".address", text % (shown(sender["address"]), taken[address]))


def as_address(text: str) -> str | None:
    """Return an IP address as a program prints the one that a connection comes from, None where it is none."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else str(getattr(found, "ipv4_mapped", None) or found)
