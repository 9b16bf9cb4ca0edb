# SPDX-License-Identifier: GPL-3.0-or-later
"""From where pam_access lets an account in: access.conf(5) as login_access of pam_access.c walks it.

The first rule that means the account and the place decides; without one the account is let in. True and False are
certain, None is "can't tell": netgroups, names of hosts.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ...module_utils.readers.access import access_options
from .facts import Facts, Unread
from .packet import every, some

Rule = Mapping[str, Any]

#: A login at the host itself, rather than from an address.
CONSOLE = None
#: A login from wherever it is let in.
ANYWHERE = ""
EXCEPT = "except"
PREFIX = re.compile(r"(\d{1,3}\.){1,3}")
TERMINAL = re.compile(r"local|none|tty\w*|pts/\d+|console|:\d.*", re.IGNORECASE)


def admits(facts: Facts, arguments: Sequence[str], user: Mapping[str, Any], place: str | None) -> bool | None:
    """Say whether a line of pam_access lets the account in from `place`: an address, ANYWHERE or CONSOLE.

    arguments: those of the line. Raises Unread where what it reads is not known.
    """
    rules = rules_of(facts, arguments)
    if rules is None:
        return False
    groups = "nodefgroup" not in arguments
    if place == ANYWHERE:
        return some(let_in(rules, user, one, groups) for one in edges(rules))
    return let_in(rules, user, place, groups)


def rules_of(facts: Facts, arguments: Iterable[str]) -> Sequence[Rule] | None:
    """Return the rules that a line of pam_access reads, None where it finds no file; raises Unread."""
    file, fieldsep, listsep = access_options(arguments)
    for found in facts["access"]["access"]:
        if (found["file"], found["fieldsep"], found["listsep"]) == (file, fieldsep, listsep):
            if "unread" in found:
                raise Unread(found["unread"])
            rules: Sequence[Rule] | None = found["rules"]
            return rules
    raise Unread("what pam_access reads was not read")


def let_in(rules: Iterable[Rule], user: Mapping[str, Any], place: str | None, groups: bool = True) -> bool | None:
    """Say whether the rules let the account in from an address or at the console.

    groups: whether a bare name may be a group's (without nodefgroup).
    """
    answers: list[bool | None] = []
    for rule in rules:
        meant = every([
            _listed(rule["users"], lambda token: _means(token, user, groups)),
            _listed(rule["origins"], lambda token: _comes(token, place)),
        ])  # fmt: skip
        if meant is not False:
            answers.append(rule["allow"])
        if meant:
            break
    else:
        answers.append(True)
    return answers[0] if len(set(answers)) == 1 else None


def edges(rules: Iterable[Rule], more: Iterable[str] = ()) -> list[str]:
    """Return an address of each part of the world that the rules, or the networks `more`, tell apart.

    Such a part begins where a network begins, or behind its last address.
    """
    tokens = [token for rule in rules for token in rule["origins"]]
    found: dict[str, None] = {"0.0.0.1": None, "::2": None}
    for network in (_network(token) for token in (*tokens, *more)):
        if network is not None:
            found[str(network[0])] = None
            if int(network[-1]) < 2**network.max_prefixlen - 1:
                found[str(network[-1] + 1)] = None
    return list(found)


def _listed(tokens: Sequence[str], means: Callable[[str], bool | None]) -> bool | None:
    """Say whether a list means something: one of its tokens, and none behind EXCEPT, where a list follows again."""
    at = next((at for at, token in enumerate(tokens) if token.lower() == EXCEPT), len(tokens))
    answers = [some(map(means, tokens[:at]))]
    if at < len(tokens):
        rest = _listed(tokens[at + 1 :], means)
        answers.append(None if rest is None else not rest)
    return every(answers)


def _means(token: str, user: Mapping[str, Any], groups: bool) -> bool | None:
    """Say whether a token of the users' field means the account."""
    if token.startswith("(") and token.endswith(")"):
        return token[1:-1] in user["groups"] or (None if token[1:-1].isdigit() else False)
    if "@" in token:
        return None
    if token.lower() in ("all", user["name"].lower()):
        return True
    # Linux-PAM 1.7 takes numbers of accounts and groups, earlier releases don't.
    return (groups and token in user["groups"]) or (None if token == str(user["uid"]) else False)


def _comes(token: str, place: str | None) -> bool | None:
    """Say whether a token of the origins' field means the place."""
    lower = token.lower()
    if lower == "all":
        return True
    if place is CONSOLE:
        return lower == "local" or (False if _network(token) else None)
    if lower == place.lower():
        return True
    if token.startswith("."):
        return place.endswith(token)
    network = _network(token)
    if network is not None:
        return ipaddress.ip_address(place) in network
    # Of a name nobody knows here which addresses are behind it.
    return False if TERMINAL.fullmatch(token) else None


def _network(token: str) -> Any:
    """Return the network that a token is, None where it is none: an address, a network, or "192.0.2."."""
    if PREFIX.fullmatch(token):
        octets = token.rstrip(".").split(".")
        token = "%s/%d" % (".".join([*octets, "0", "0", "0"][:4]), 8 * len(octets))
    try:
        network = ipaddress.ip_network(token, strict=False)
    except ValueError:
        return None
    # A mask of no bits is taken for none at all (number_to_netmask of pam_access.c).
    return network if network.prefixlen else ipaddress.ip_network(network.network_address)
