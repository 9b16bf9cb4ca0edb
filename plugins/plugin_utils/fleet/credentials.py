# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what opens one customer's hosts, or tells them apart, is known to another customer's too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from ..text import clean
from .case import Crossing, FleetCase, FleetVerdict, fleet_verdict
from .compared import Place
from .links import (
    AGENT,
    CREDENTIALS,
    HOST_KEY,
    IDENTITIES,
    IPSEC,
    MACHINE_ID,
    PASSWORD,
    SSH_CA,
    WIREGUARD,
)

#: Hosts that a text names before it says how many more.
NAMED = 8
ANOTHER = "another customer"
IDENTITY_WORDS = {
    HOST_KEY: "SSH host key",
    MACHINE_ID: "machine id",
    WIREGUARD: "WireGuard key",
    IPSEC: "IPsec certificate",
    AGENT: "agent's key",
}


def key_reuse(case: FleetCase) -> FleetVerdict:
    """Judge lin-ns-key-reuse: no key of an administrator or a provider, and no CA, opens hosts of two customers."""
    return fleet_verdict(
        "No SSH key of an administrator or provider, and no trusted CA, opens hosts of more than one customer.",
        (_reused(case, group) for group in case.links.groups(CREDENTIALS, case.customer) if _across(group)),
        gaps(case, CREDENTIALS),
        ["AuthorizedKeysFile and TrustedUserCAKeys of each host"],
        "effective",
    )


def hostkey_reuse(case: FleetCase) -> FleetVerdict:
    """Judge lin-ns-hostkey-reuse: each host's keys, machine id and VPN identities are its own in the whole fleet."""
    return fleet_verdict(
        "Each host's SSH host keys, machine id, WireGuard keys, IPsec certificates and agents' keys are its own.",
        _cloned(case),
        gaps(case, IDENTITIES),
        ["HostKey of each SSH server", "/etc/machine-id", "wg show all public-key"],
        "configured",
    )


def secret_reuse(case: FleetCase) -> FleetVerdict:
    """Judge lin-ns-secret-reuse: no administrator's password hash is another customer's, salt and all."""
    return fleet_verdict(
        "No administrator's password hash, salt and all, is also on a host of another customer.",
        (_same_hash(case, group) for group in case.links.groups((PASSWORD,), case.customer) if _across(group)),
        gaps(case, (PASSWORD,)),
        ["/etc/shadow of each host, by keyed fingerprint"],
        "configured",
    )


def gaps(case: FleetCase, kinds: Iterable[str]) -> Iterator[str]:
    """Yield why what was found may not be all; of other customers nothing is said but that something is missing."""
    missing: dict[str, list[str]] = {}
    others = [host for host in case.links.hosts if host.customer != case.customer]
    own = [host for host in case.links.hosts if host.customer == case.customer]
    for host in own:
        reasons = [host.problem] if host.key is None else [host.unread[kind] for kind in kinds if kind in host.unread]
        for reason in dict.fromkeys(reasons):
            missing.setdefault(reason, []).append(host.host)
    yield from ("%s: %s" % (reason, _listed(hosts)) for reason, hosts in missing.items())
    compared = [host for host in others if host.key is not None]
    if not compared:
        yield "only one customer in this run: what is shared with another isn't known"
    elif len(compared) < len(others) or any(kind in host.unread for host in compared for kind in kinds):
        yield "not every host of the other customers could be compared in this run"
    if len({host.key for host in case.links.hosts if host.key is not None}) > 1:
        yield "hosts were fingerprinted with different keys, which can't be compared; set bulwark_fingerprint_key"


def _across(group: Iterable[Place]) -> bool:
    return len({place.customer for place in group}) > 1


def _reused(case: FleetCase, group: tuple[Place, ...]) -> Crossing:
    own = [place for place in group if place.customer == case.customer]
    what = "the trusted CA" if all(place.link.kind == SSH_CA for place in own) else "the key of %s" % _accounts(own)
    text = "%s on %s (%s) is shared with %s" % (what, _hosts(own), own[0].link.name, ANOTHER)
    return _crossing(group, "key %s" % own[0].link.mark, text, "%s is shared between customers" % what)


def _cloned(case: FleetCase) -> Iterator[Crossing]:
    """Yield each set of hosts with what they share, so that a clone is told once for each kind of identity."""

    def sharers(group: tuple[Place, ...]) -> tuple[str, list[tuple[str, str]]]:
        return group[0].link.kind, sorted({(place.customer, place.host) for place in group})

    groups = sorted(case.links.groups(IDENTITIES, case.customer), key=sharers)
    for (kind, _sharers), same in groupby(groups, key=sharers):
        places = [place for group in same for place in group]
        own = [place for place in places if place.customer == case.customer]
        names = sorted({place.link.name for place in own})
        what = "the same %s (%s)" % (IDENTITY_WORDS[kind], ", ".join(names))
        hosts = list(dict.fromkeys(place.host for place in own))
        text = "%s %s %s" % (_hosts(own), "have" if len(hosts) > 1 else "has", what)
        across = _across(places)
        if across:
            text += ", shared with %s" % ANOTHER
        marks = sorted({place.link.mark for place in own})
        identity = " ".join([kind, *marks, *hosts, *([ANOTHER] if across else [])])
        yield _crossing(places, identity, text, "%s is on more than one host" % what)


def _same_hash(case: FleetCase, group: tuple[Place, ...]) -> Crossing:
    own = [place for place in group if place.customer == case.customer]
    text = "the password hash of %s on %s is shared with %s" % (_accounts(own), _hosts(own), ANOTHER)
    identity = " ".join(sorted({"%s:%s" % (place.host, place.link.account) for place in own}))
    return _crossing(group, identity, text, "the password hash of %s is shared between customers" % _accounts(own))


def _crossing(group: Iterable[Place], identity: str, text: str, told: str) -> Crossing:
    places = sorted(group, key=lambda place: place.customer)
    sides = [(customer, list(own)) for customer, own in groupby(places, key=lambda place: place.customer)]
    named = ["%s: %s" % (customer, _accounts_on(own)) for customer, own in sides]
    return Crossing(
        identity,
        clean(text),
        clean("%s; %s" % (told, "; ".join(named))),
        tuple(sorted({place.host for place in places})),
        tuple(customer for customer, _own in sides),
    )


def _accounts_on(places: Iterable[Place]) -> str:
    by_account: dict[str, list[Place]] = {}
    for place in places:
        by_account.setdefault(place.link.account or "", []).append(place)
    parts = ["%s on %s" % (account, _hosts(on)) if account else _hosts(on) for account, on in by_account.items()]
    return ", ".join(parts)


def _accounts(places: Iterable[Place]) -> str:
    """Return the accounts with the parties that they are registered for."""
    named = dict.fromkeys((place.link.account, place.link.party) for place in places if place.link.account)
    return _listed(["%s (%s)" % (account, party) if party else str(account) for account, party in named])


def _hosts(places: Iterable[Place]) -> str:
    return _listed(list(dict.fromkeys(place.host for place in places)))


def _listed(names: list[str]) -> str:
    if len(names) > NAMED:
        return "%s and %d more" % (", ".join(names[:NAMED]), len(names) - NAMED)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
