# SPDX-License-Identifier: GPL-3.0-or-later
"""UP-01, SC-03: packages come from approved places, signed, and what is known of them is of today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import Any

from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
OFF = ("0", "no", "false", "off", "disable", "without", "")
#: Nothing comes from there by itself.
BY_HAND = ("cdrom",)


@JUDGES.of("lin-up-repo-trust")
def trusted(case: Case) -> Verdict:
    """Every enabled repository is approved and signed, and the lists of packages are fresh."""
    wrong, unread = gather(case, careless, unsigned, unapproved, outdated)
    return verdict(
        "every repository is one of bulwark_repositories or bulwark_repositories_approved and its packages' signatures "
        "are checked; lists at most %d h old" % case.policy["bulwark_repository_age_hours"],
        wrong, unread, ["apt's sources", "apt-config dump", "/etc/yum.repos.d", "/var/lib/apt"],
    )  # fmt: skip


def careless(case: Case) -> Iterator[Item]:
    """Yield where apt is told to take what nobody signed."""
    for source in case.facts["repositories"]["sources"]:
        for option in source["careless"]:
            where = f"{source['file']}:{source['line']}"
            yield item(f"{source['file']} {source['place']}: {option}", f"{where}: {source['place']} has {option}=yes")
    for name in sorted(loose_settings(case)):
        yield item(name, f"apt's configuration sets {name}")


def loose_settings(case: Case) -> list[str]:
    """Return the settings of apt that let unsigned packages or lists in; others of its settings are no such."""
    settings: Mapping[str, list[str]] = case.facts["upgrading"]["apt"] or {}
    ends = ("allowunauthenticated", "allowinsecurerepositories", "allowdowngradetoinsecurerepositories")
    return [name for name, said in settings.items() if name.endswith(ends) and said and said[-1].lower() not in OFF]


def unsigned(case: Case) -> Iterator[Item]:
    """Yield dnf's repositories whose packages aren't checked, or whose lists anybody on the way may change."""
    main, silent = case.facts["repositories"]["yum_main"], []
    for one in case.facts["repositories"]["yum"]:
        checked = effective(one, main, "gpgcheck")
        if checked is False:
            yield item(f"{one['id']}: gpgcheck", f"{one['file']}: [{one['id']}] gpgcheck is off")
        elif checked is None:
            silent.append(one["id"])
        if not effective(one, main, "repo_gpgcheck"):
            verified = effective(one, main, "sslverify") is not False
            bare = [address for address in one["addresses"] if address["scheme"] != "file"
                    and not (address["scheme"] == "https" and verified)]  # fmt: skip
            for address in bare:
                why = "without its certificate being checked" if address["scheme"] == "https" else "unsigned lists"
                text = f"{one['file']}: [{one['id']}] {address['scheme']}://{address['place']}: {why}"
                yield item(f"{one['id']}: {address['scheme']}", text)
    if silent:
        raise Unread("gpgcheck is said nowhere for %s" % ", ".join(silent))


def effective(one: Mapping[str, Any], main: Mapping[str, Any], option: str) -> bool | None:
    """Return what counts for one repository: its own word, else that for all of them."""
    own: bool | None = one.get(option)
    return own if own is not None else main.get(option)


def unapproved(case: Case) -> Iterator[Item]:
    """Yield the places that packages come from and nobody approved."""
    facts = case.facts["repositories"]
    patterns = [*case.policy["bulwark_repositories"], *case.policy["bulwark_repositories_approved"]]
    places = [(one["file"], one) for one in facts["sources"]]
    places += [(f"{one['file']} [{one['id']}]", address) for one in facts["yum"] for address in one["addresses"]]
    for where, address in dict.fromkeys((where, (one["scheme"], one["place"])) for where, one in places):
        scheme, place = address
        if scheme not in BY_HAND and not any(matches(place, pattern) for pattern in patterns):
            yield item(f"{where}: {place}", f"{where}: {place} is not approved (bulwark_repositories_approved)")


def matches(place: str, pattern: str) -> bool:
    """Say whether an address matches a pattern, its host and its path each for themselves."""
    (host, _slash, path), (hosts, _slash, paths) = place.partition("/"), pattern.partition("/")
    return fnmatchcase(host, hosts) and fnmatchcase(path, paths)


def outdated(case: Case) -> Iterator[Item]:
    """Yield that the lists are too old; raises Unread where they may be old only because nothing was new."""
    facts, hours = case.facts["repositories"], case.policy["bulwark_repository_age_hours"]
    if not facts["sources"] and not facts["yum"]:
        raise Unread("no repository of apt or dnf was found here, so that nothing can be said of packages")
    now, fetched = case.facts["system"]["now"], facts["fetched"]
    if fetched is None:
        if facts["sources"]:
            yield item("lists", "apt has no lists of packages: they were never fetched")
            return
        raise Unread("when dnf's metadata was fetched isn't known")
    if now - fetched > hours * 3600:
        if facts["tried"] is not None and now - facts["tried"] <= hours * 3600:
            raise Unread(f"apt's lists last changed on {_day(fetched)}; that it looked since, and found nothing new "
                         "rather than nobody, only apt-daily.timer would have noted")  # fmt: skip
        yield item("lists", f"the lists of packages were last fetched on {_day(fetched)}")


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, timezone.utc):%Y-%m-%d %H:%M} UTC"
