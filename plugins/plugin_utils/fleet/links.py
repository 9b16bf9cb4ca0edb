# SPDX-License-Identifier: GPL-3.0-or-later
"""The `links` of a host's result: what fleet judges compare between hosts, as keyed fingerprints.

`{"key", "entries", "unread"}`, or `{}` of a host that was not read; with "points" (points.py) where the host serves
something together with others. key: id of the key; results of different keys are
never compared. entries: [{kind, print, mark, name}], of keys and passwords with account and party (None for an account
that is not registered). print: the keyed fingerprint. mark: of the same material, the same in every run and of no use
at another customer, so that a waiver can be bound to it. name: what it is on this host. unread: why not all of a kind
is known.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ..declared.registers import Undeclared
from ..evaluators.facts import Unread
from ..evaluators.privilege import privileged
from ..evaluators.verdict import Case
from ..text import clean
from .fingerprints import Key
from .points import points

SSH_KEY, SSH_CA, PASSWORD = "ssh_key", "ssh_ca", "password"
HOST_KEY, MACHINE_ID, WIREGUARD, IPSEC, AGENT = "host_key", "machine_id", "wireguard", "ipsec", "agent"
#: What they are made from.
AREAS = ("accounts", "backups", "identity", "keys", "sudo", "system")
CREDENTIALS = (SSH_KEY, SSH_CA)
IDENTITIES = (HOST_KEY, MACHINE_ID, WIREGUARD, IPSEC, AGENT)
KINDS = (*CREDENTIALS, *IDENTITIES, PASSWORD)
#: Entries of one host; where there are more, not all are known.
MOST = 1000
NAME_LIMIT = 300
HEX = re.compile("[0-9a-f]{64}")
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
    readers: dict[str, Callable[[Case, Key], Iterator[Link]]] = {
        SSH_KEY: _ssh_keys, SSH_CA: _trusted, HOST_KEY: _host_keys, MACHINE_ID: _machine_id, WIREGUARD: _wireguard,
        IPSEC: _ipsec, AGENT: _agents, PASSWORD: _passwords,
    }  # fmt: skip
    for kind, reader in readers.items():
        try:
            for link in reader(case, key):
                if len(entries) == MOST:
                    raise _Hidden("there are more than %d" % MOST)
                entries.append(link)
        except (Unread, Undeclared, _Hidden) as reason:
            unread[kind] = clean(reason, NAME_LIMIT)
        except Exception as error:  # a hostile state; its other links stay
            unread[kind] = "the host's facts can't be used: %s" % type(error).__name__
    made = {"key": key.id, "entries": [each._asdict() for each in entries], "unread": unread}
    together = points(case)
    return {**made, "points": together} if together else made


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
    unsure: list[str] = []

    def of_interest(name: str) -> bool:
        if name not in matters:
            account = case.registers.account(name)
            try:
                known = account is not None and (account.admin or account.external)
                matters[name] = known or (name in users and privileged(case, users[name]))
            except (Unread, Undeclared) as reason:
                unsure.append(str(reason))
                matters[name] = False
        return matters[name]

    for each in facts["authorized"]:
        if each.get("marks") or of_interest(each["user"]):
            name = "line %d of %s" % (each["line"], each["path"])
            yield _link(case, key, SSH_KEY, each["fingerprint"], name, each["user"])
    unsure += ["keys of %s: %s" % (name, reason) for name, reason in facts["unreadable"].items() if of_interest(name)]
    if unsure:
        raise _Hidden("; ".join(dict.fromkeys(unsure)))


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
        made = found["accounts"].get(user["name"])
        if made and privileged(case, user):
            if not HEX.fullmatch(made):
                raise _Hidden("the state has no usable fingerprint of a password hash")
            yield _link(case, key, PASSWORD, made[:32], "password", user["name"])
