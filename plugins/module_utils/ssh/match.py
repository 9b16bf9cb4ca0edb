# SPDX-License-Identifier: GPL-3.0-or-later
"""Which logins `sshd -T -C` must be asked about so that every Match block shows.

Match criteria part all possible logins into classes: two logins that meet and miss the same criteria get the same
settings. So one login of each class is asked, whoever else is in the class. Patterns follow ssh_config(5), PATTERNS.
"""

from __future__ import annotations

import ipaddress
import itertools
import math
import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from ..door import Unreadable
from .config import Match

LIMIT = 200
#: Criteria about where a login comes from and arrives, with the keyword `sshd -T -C` knows them by.
PLACES = {"address": "addr", "host": "host", "localaddress": "laddr", "localport": "lport", "rdomain": "rdomain"}
KNOWN = {*PLACES, "user", "group", "all", "invalid-user"}
#: Old releases of sshd want these whatever it is asked about.
ALWAYS = ("address", "host")
#: A login from nowhere in particular: addresses and names kept for documentation (RFC 5737, RFC 2606).
ELSEWHERE = {"address": ["192.0.2.1"], "host": ["host.invalid"], "localaddress": ["192.0.2.2"], "rdomain": ["none"]}


class Login(NamedTuple):
    """One login to ask sshd about: a user, its groups and {place criterion: value}; `users`: all in its class."""

    user: str
    users: tuple[str, ...]
    groups: tuple[str, ...]
    places: dict[str, str]

    def specification(self) -> str:
        """Return the argument of `sshd -T -C`."""
        places = ["%s=%s" % (PLACES[name], value) for name, value in self.places.items()]
        return ",".join(["user=%s" % self.user, *places])


def logins(
    matches: Iterable[Match], users: list[dict[str, Any]], subjects: list[dict[str, Any]], ports: list[str]
) -> list[Login]:
    """Return one Login of each class.

    users: [{name, groups}]. subjects: [{user, addresses}], named by the controller. ports: where sshd listens.
    Raises Unreadable for a criterion this code doesn't know and for more than LIMIT classes: what sshd was not asked
    about can't be judged.
    """
    named = [(name, value, match) for match in matches for name, value in match.criteria]
    for name, _value, match in named:
        if name not in KNOWN:
            raise Unreadable("%s line %d: Match %s is not understood" % (match.file, match.line, name))
    groups = {user["name"]: tuple(user["groups"]) for user in users}
    known = {"address": [address for subject in subjects for address in subject["addresses"]], "localport": ports}
    dimensions: list[list[tuple[str, str]]] = []
    for place in PLACES:
        patterns = list(dict.fromkeys(value for name, value, _match in named if name == place))
        if patterns or place in ALWAYS:
            values = [*known.get(place, []), *ELSEWHERE.get(place, [])]
            if place != "localport":
                values += [value for pattern in patterns for value in representatives(place, pattern)]
            matches_list = address_matches if "address" in place else list_matches
            dimensions.append([(place, value) for value in _one_of_each(values, patterns, matches_list)])
    people = _people(named, groups)
    count = len(people) * math.prod(len(values) for values in dimensions)
    if count > LIMIT:
        raise Unreadable("the Match blocks tell %d kinds of logins apart; %d are asked at most" % (count, LIMIT))
    return [
        Login(alike[0], tuple(alike), groups.get(alike[0], ()), dict(places))
        for alike in people
        for places in itertools.product(*dimensions)
    ]


def met(matches: Iterable[Match], login: Login) -> list[Match]:
    """Return the Match lines that a login meets."""
    return [match for match in matches if all(_holds(name, patterns, login) for name, patterns in match.criteria)]


def _holds(name: str, patterns: str, login: Login) -> bool:
    if name == "all":
        return True
    if name == "user":
        return list_matches(login.user, patterns)
    if name == "group":
        return group_matches(login.groups, patterns)
    # "invalid-user" is no place: it holds for names that no account has.
    matches = address_matches if "address" in name else list_matches
    return matches(login.places.get(name, ""), patterns)


def _people(named: list[tuple[str, str, Match]], groups: dict[str, tuple[str, ...]]) -> list[list[str]]:
    """Return the users in classes that no User or Group criterion tells apart, each with an existing one first."""
    by_user = list(dict.fromkeys(value for name, value, _match in named if name == "user"))
    by_group = list(dict.fromkeys(value for name, value, _match in named if name == "group"))
    strangers = [name for pattern in by_user for name in representatives("user", pattern) if name not in groups]
    classes: dict[tuple[bool, ...], list[str]] = {}
    for name in [*groups, *strangers]:
        key = tuple(list_matches(name, pattern) for pattern in by_user)
        key += tuple(group_matches(groups.get(name, ()), pattern) for pattern in by_group)
        if askable(name):
            classes.setdefault(key, []).append(name)
    return list(classes.values())


def _one_of_each(values: list[str], patterns: list[str], matches: Callable[[str, str], bool]) -> list[str]:
    found: dict[tuple[bool, ...], str] = {}
    for value in filter(askable, values):
        found.setdefault(tuple(matches(value, pattern) for pattern in patterns), value)
    return list(found.values())


def askable(value: str) -> bool:
    """Say whether `sshd -T -C` can be asked about a value: its own syntax knows no quoting."""
    return not re.search(r"[,\x00-\x20\x7f]", value)


def glob_matches(value: str, pattern: str) -> bool:
    """Say whether a pattern of `*` and `?` matches the whole value."""
    parts = [".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in re.sub(r"\*+", "*", pattern)]
    return re.fullmatch("".join(parts), value, re.DOTALL) is not None


def list_matches(value: str, patterns: str) -> bool:
    """Say whether a comma-separated pattern list matches: one pattern does, and no negated one. Nothing never does."""
    return bool(value) and _any_of(patterns, lambda pattern: glob_matches(value, pattern))


def group_matches(groups: Iterable[str], patterns: str) -> bool:
    """Say whether a pattern list matches one of the groups and none of them by a negated pattern."""
    held = list(groups)
    return _any_of(patterns, lambda pattern: any(glob_matches(group, pattern) for group in held))


def address_matches(address: str, patterns: str) -> bool:
    """Say whether a list of addresses, networks and wildcard patterns matches an address."""

    def one(pattern: str) -> bool:
        if not address:
            return False
        try:
            return ipaddress.ip_address(address) in ipaddress.ip_network(pattern, strict=False)
        except ValueError:
            return glob_matches(address.lower(), pattern.lower())

    return _any_of(patterns, one)


def _any_of(patterns: str, matches: Callable[[str], bool]) -> bool:
    found = False
    for pattern in patterns.split(","):
        if pattern.startswith("!"):
            if matches(pattern[1:]):
                return False
        elif matches(pattern):
            found = True
    return found


def representatives(place: str, patterns: str) -> list[str]:
    """Return values that the patterns of a list match, those of negated ones too."""
    values: list[str] = []
    for pattern in (pattern.lstrip("!") for pattern in patterns.split(",")):
        if "address" in place:
            values += _addresses(pattern)
        elif pattern:
            values.append(re.sub(r"\*+", "x", pattern).replace("?", "x"))
    return values


def _addresses(pattern: str) -> list[str]:
    try:
        network = ipaddress.ip_network(pattern, strict=False)
    except ValueError:
        return _wild_addresses(pattern)
    # The second and the last but one: a narrower network that is named as well often begins or ends where this does.
    last = network.num_addresses - 1
    return list(dict.fromkeys(str(network[place]) for place in (min(1, last), max(last - 1, 0), last // 2)))


def _wild_addresses(pattern: str) -> list[str]:
    tried = (
        pattern.replace("*", filler).replace("?", "1") for filler in ("1", "1.1", "1.1.1", "1.1.1.1", "1:1", "1::1")
    )
    return [address for address in tried if _is_address(address)][:1]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
