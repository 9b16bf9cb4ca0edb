# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever administers a host doesn't administer where its logs go, and only known senders get in there."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ...declared.collectors import Collector
from ...declared.registers import Undeclared
from ...evaluators import collecting
from ...evaluators.checks import Check, gather
from ...evaluators.facts import Unread
from ...evaluators.privilege import powers
from ...evaluators.standing import enabled, is_system, keys
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
ROOT = "root"


@JUDGES.of("lin-lm-collector-segregated")
def segregated(case: Case) -> Verdict:
    """No administrator of a sender is one of its collectors; a collector has its own, and takes logs by certificate."""
    collectors: tuple[Collector, ...] = case.registers.declared("collectors")
    here, own = collecting.collects(case), collecting.own(case)
    others = [one for one in collectors if one is not own]
    if not (here or others):
        raise NotApplicable("bulwark_collectors is empty, and nothing here takes logs of others")
    checks: list[Check] = [partial(_sender, collector=one) for one in others]
    checks += [_named, _administrators, _place, _inputs] if here else []
    wrong, unread = gather(case, *checks)
    return verdict(
        "each collector lies outside bulwark_admin_cidrs, its admins are none of those of the hosts that send to it, "
        "and it takes logs under TLS from senders whose certificates it names",
        wrong,
        unread,
        ["bulwark_collectors", "sudo", "authorized_keys", *(["ss -tulpn", "/etc/rsyslog.conf"] if here else [])],
        "effective" if here else "configured",
    )


def _sender(case: Case, collector: Collector) -> Iterator[Item]:
    """Yield what makes an administrator of this host one of the collector."""
    name = collector.name
    if _inside(case, collector.address):
        text = "%s (%s) lies in bulwark_admin_cidrs, where this host is administered from"
        yield item("%s: zone" % name, text % (name, collector.address))
    if not collector.admins:
        raise Undeclared("bulwark_collectors must say who administers %s (admins)" % name)
    registered = [account for account in map(case.registers.account, collector.admins) if account]
    people = {account.person: account.name for account in registered if account.person}
    fingerprints = {key: account.name for account in registered for key in account.keys}
    for user in _privileged(case):
        account = case.registers.account(user["name"])
        if user["name"] in collector.admins:
            yield item("%s: %s" % (name, user["name"]), "%s administers this host, and %s too" % (user["name"], name))
        elif account and account.person in people:
            text = "%s administers this host as %s, and %s as %s"
            person = people[account.person]
            yield item("%s: %s" % (name, user["name"]), text % (account.person, user["name"], name, person))
        for one in (key["fingerprint"] for key in keys(case, user)):
            if one in fingerprints:
                text = "the key %s opens %s here, and %s on %s"
                yield item("%s: %s" % (name, one), text % (one, user["name"], fingerprints[one], name))


def _named(case: Case) -> Iterator[Item]:
    if collecting.own(case) is None:
        raise Undeclared("no entry of bulwark_collectors names this host, by host or address")
    yield from ()


def _administrators(case: Case) -> Iterator[Item]:
    """Yield who can become root here and is not one of the collector's admins, or of another party."""
    own = collecting.own(case)
    if own is None:
        return
    for user in _privileged(case):
        account = case.registers.account(user["name"])
        if user["name"] not in own.admins:
            whose = " (%s)" % account.party if account else ""
            text = "%s%s can become root here (%s), and is none of the admins of %s"
            yield item(user["name"], text % (user["name"], whose, powers(case, user)[0], own.name))
        elif account and account.party != own.party:
            text = "%s, an admin of %s, is of %s; the collector is the %s's"
            yield item(user["name"], text % (user["name"], own.name, account.party, own.party))
    registered = [account for account in map(case.registers.account, own.admins) if account]
    theirs = {key for account in registered for key in account.keys}
    for user in case.facts["accounts"]["users"]:
        for one in (key["fingerprint"] for key in keys(case, user)) if user["uid"] == 0 else ():
            if one not in theirs:
                text = "the key %s opens %s, and is of none of the admins of %s"
                yield item("%s: %s" % (user["name"], one), text % (one, user["name"], own.name))


def _place(case: Case) -> Iterator[Item]:
    for one in case.facts["firewall"]["addresses"]:
        if _inside(case, one["address"]):
            text = "its address %s lies in bulwark_admin_cidrs, where hosts are administered from"
            yield item("zone", text % one["address"])


def _inputs(case: Case) -> Iterator[Item]:
    sockets = collecting.receivers(case)
    if not sockets:
        raise Unread("the host is a collector, and nothing that takes logs was found listening")
    configured = case.facts["collecting"]["inputs"]
    strange = []
    for process, port, proto in dict.fromkeys((one["process"], one["port"], one["proto"]) for one in sockets):
        found = [one for one in configured if one["port"] == str(port) and (one["kind"] == "udp") is (proto == "udp")]
        if not found:
            strange.append("%s at %s port %d" % (process, proto, port))
        for one in found:
            why = _open_to(one)
            if why:
                yield item("%s port %d" % (proto, port), "%s: port %d takes logs %s" % (one["place"], port, why))
    if strange:
        raise Unread("how %s takes logs could not be read" % ", ".join(strange))


def _open_to(one: Mapping[str, Any]) -> str:
    """Return whom an input lets in who is no named sender, nothing where nobody."""
    if not one["tls"]:
        return "in the clear (%s)" % one["kind"]
    if one["peer_check"] == "none":
        return "under TLS, from anybody"
    if one["peer_check"] == "ca" and one["program"] == "rsyslog":
        return "from whoever its authority vouches for; name the senders (permittedPeer)"
    if one["peer_check"] == "name" and (not one["peers"] or any("*" in peer for peer in one["peers"])):
        return "from names that it doesn't list one by one"
    return ""


def _privileged(case: Case) -> Iterator[Mapping[str, Any]]:
    """Yield the accounts in use that can become root, but for root itself."""
    for user in case.facts["accounts"]["users"]:
        if user["name"] != ROOT and not is_system(case, user) and enabled(case, user) and powers(case, user):
            yield user


def _inside(case: Case, address: str) -> bool:
    networks = case.registers.declared("admin_cidrs")
    try:
        found = ipaddress.ip_address(address)
        return any(found in ipaddress.ip_network(one, strict=False) for one in networks)
    except ValueError:
        return False  # a name: the collector itself is judged by its addresses
