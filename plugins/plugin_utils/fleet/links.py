# SPDX-License-Identifier: GPL-3.0-or-later
"""The `links` of a host's result: what fleet judges compare between hosts, as keyed fingerprints.

`{"key", "entries", "unread"}`, or `{}` of a host that was not read. key: id of the key; results of different keys are
never compared. entries: [{kind, print, mark, name}], of keys and passwords with account and party (None for an account
that is not registered). print: the keyed fingerprint. mark: of the same material, the same in every run and of no use
at another customer, so that a waiver can be bound to it. name: what it is on this host. unread: why not all of a kind
is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from sys import intern
from types import MappingProxyType
from typing import Any, NamedTuple

from ..declared.registers import Undeclared
from ..evaluators.facts import Unread
from ..evaluators.privilege import powers
from ..evaluators.verdict import Case
from ..text import clean
from .fingerprints import Key

SSH_KEY, SSH_CA, PASSWORD = "ssh_key", "ssh_ca", "password"
HOST_KEY, MACHINE_ID, WIREGUARD, IPSEC, AGENT = "host_key", "machine_id", "wireguard", "ipsec", "agent"
CREDENTIALS = (SSH_KEY, SSH_CA)
IDENTITIES = (HOST_KEY, MACHINE_ID, WIREGUARD, IPSEC, AGENT)
KINDS = (*CREDENTIALS, *IDENTITIES, PASSWORD)
#: Entries of one host; where there are more, not all of their kind are known.
MOST = 1000
NAME_LIMIT = 300
NOT_READ, NOT_HERE = "not read", "not in this run"
OFF = "bulwark_compare_hashes is off"


class Link(NamedTuple):
    """One entry of a host's links."""

    kind: str
    print: str
    mark: str
    name: str
    account: str | None = None
    party: str | None = None


def links(case: Case, key: Key) -> dict[str, Any]:
    """Return the links of a host that was read."""
    entries: list[Link] = []
    unread: dict[str, str] = {}
    readers = {
        SSH_KEY: _ssh_keys, SSH_CA: _trusted, HOST_KEY: _host_keys, MACHINE_ID: _machine_id, WIREGUARD: _wireguard,
        IPSEC: _ipsec, AGENT: _agents, PASSWORD: _passwords,
    }  # fmt: skip
    for kind, reader in readers.items():
        try:
            found = list(dict.fromkeys(reader(case, key)))
        except (Unread, Undeclared, _Hidden) as reason:
            unread[kind] = clean(reason, NAME_LIMIT)
            continue
        except Exception as error:  # a hostile state; its other links stay
            unread[kind] = "the host's facts can't be used: %s" % type(error).__name__
            continue
        if len(entries) + len(found) > MOST:
            unread[kind] = "more than %d of them" % MOST
            continue
        entries += found
    return {"key": key.id, "entries": [each._asdict() for each in entries], "unread": unread}


class _Hidden(Exception):
    """Part of what would be compared can't be seen; the text says why."""


def _link(case: Case, key: Key, kind: str, material: str, name: str, account: str | None = None) -> Link:
    registered = case.registers.account(account) if account else None
    # CAs and keys are one kind of material: a key may be trusted as an authority at one place and opened by at another.
    sort = "ssh" if kind in CREDENTIALS else kind
    return Link(
        kind,
        material if kind == PASSWORD else key.fingerprint(sort, material),
        _mark(case.registers.customer, sort, material) if kind != PASSWORD else "",
        clean(name, NAME_LIMIT),
        clean(account, NAME_LIMIT) if account else None,
        registered.party if registered else None,
    )


def _mark(customer: str, kind: str, material: str) -> str:
    return hashlib.sha256("\0".join((customer, kind, material)).encode("utf-8", "replace")).hexdigest()[:16]


def _ssh_keys(case: Case, key: Key) -> Iterator[Link]:
    """Yield the keys that open an administrator's or a provider's account, or carry a provider's name."""
    facts = case.facts["keys"]
    users = {user["name"]: user for user in case.facts["accounts"]["users"]}
    matters: dict[str, bool] = {}

    def of_interest(name: str) -> bool:
        if name not in matters:
            account = case.registers.account(name)
            known = account is not None and (account.admin or account.external)
            matters[name] = known or (name in users and bool(powers(case, users[name])))
        return matters[name]

    for each in facts["authorized"]:
        if each.get("marks") or of_interest(each["user"]):
            name = "line %d of %s" % (each["line"], each["path"])
            yield _link(case, key, SSH_KEY, each["fingerprint"], name, each["user"])
    for name, reason in facts["unreadable"].items():
        if of_interest(name):
            raise _Hidden("keys of %s: %s" % (name, reason))


def _trusted(case: Case, key: Key) -> Iterator[Link]:
    for each in case.facts["keys"]["trusted_cas"]:
        yield _link(case, key, SSH_CA, each["fingerprint"], "line %d of %s" % (each["line"], each["path"]))


def _host_keys(case: Case, key: Key) -> Iterator[Link]:
    for each in case.facts["identity"]["host_keys"]:
        yield _link(case, key, HOST_KEY, each["fingerprint"], each["type"])


def _machine_id(case: Case, key: Key) -> Iterator[Link]:
    found = case.facts["identity"]["machine_id"]
    if found:
        yield _link(case, key, MACHINE_ID, found, "/etc/machine-id")


def _wireguard(case: Case, key: Key) -> Iterator[Link]:
    for each in case.facts["identity"]["wireguard"]:
        yield _link(case, key, WIREGUARD, each["fingerprint"], each["interface"])


def _ipsec(case: Case, key: Key) -> Iterator[Link]:
    for each in case.facts["identity"]["ipsec"]:
        yield _link(case, key, IPSEC, each["fingerprint"], each["file"])


def _agents(case: Case, key: Key) -> Iterator[Link]:
    for each in case.facts["identity"]["agents"]:
        yield _link(case, key, AGENT, each["fingerprint"], each["agent"])


def _passwords(case: Case, key: Key) -> Iterator[Link]:
    """Yield the administrators' passwords, fingerprinted on the host."""
    if not case.policy["bulwark_compare_hashes"]:
        raise _Hidden(OFF)
    found = case.facts["identity"]["secrets"]
    if found["key"] != key.id_for_hosts:
        raise _Hidden("the state's password hashes were fingerprinted with another key")
    for user in case.facts["accounts"]["users"]:
        if user["name"] in found["accounts"] and powers(case, user):
            yield _link(case, key, PASSWORD, found["accounts"][user["name"]][:32], "password", user["name"])


class HostLinks(NamedTuple):
    """A host as fleet judges see it. key: None where nothing of it is known, and `problem` says why."""

    customer: str
    host: str
    key: str | None
    entries: tuple[Link, ...] = ()
    unread: Mapping[str, str] = MappingProxyType({})
    problem: str = ""


class Place(NamedTuple):
    """Where something was found that another host has too."""

    customer: str
    host: str
    link: Link


class AllLinks:
    """The links of all hosts, grouped by what they share."""

    def __init__(self, hosts: Iterable[HostLinks]) -> None:
        self.hosts = tuple(hosts)
        self._groups: dict[tuple[str, ...], list[tuple[Place, ...]]] = {}

    def groups(self, kinds: tuple[str, ...], customer: str) -> Iterator[tuple[Place, ...]]:
        """Yield what more than one host has, a host of the customer among them, in the order of the hosts' names."""
        if kinds not in self._groups:
            self._groups[kinds] = list(self._grouped(kinds))
        for group in self._groups[kinds]:
            if any(place.customer == customer for place in group):
                yield group

    def _grouped(self, kinds: tuple[str, ...]) -> Iterator[tuple[Place, ...]]:
        groups: dict[str, list[Place]] = {}
        for host in self.hosts:
            for link in host.entries:
                if link.kind in kinds:
                    groups.setdefault(link.print, []).append(Place(host.customer, host.host, link))
        for places in groups.values():
            if len({(place.customer, place.host) for place in places}) > 1:
                yield tuple(sorted(places, key=lambda place: (place.customer, place.host, place.link.name)))


def of_document(document: Mapping[str, Any]) -> HostLinks:
    """Return the links of a checked host result; its words are shared, since a fleet has few of them."""
    found = document["links"]
    if not found:
        return HostLinks(document["customer"], document["host"], None, problem=NOT_READ)
    entries = tuple(Link(**{key: value and intern(value) for key, value in each.items()}) for each in found["entries"])
    return HostLinks(document["customer"], document["host"], intern(found["key"]), entries, found["unread"])
