# SPDX-License-Identifier: GPL-3.0-or-later
"""Systems, runtimes and databases that still get security fixes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date

from ...catalogue.end_of_support import Product, System, end_of_support
from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.patterns import matches
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
#: Systems whose versions of a product have dates of their own, each: what isn't the base's is nobody's guess.
STREAMS = ("rhel", "rocky", "almalinux", "centos", "ol")


@JUDGES.of("lin-oa-eol")
def supported(case: Case) -> Verdict:
    """The system and the runtimes and databases on it are before the last day of their support."""
    data = end_of_support()
    release: Mapping[str, str] = case.facts["system"]["release"]
    system = data.system(release)
    unread = [] if system else [f"{release.get('pretty_name', 'this system')} is not in end_of_support.yml"]
    wrong = list(_system(case, system)) if system else []
    items, unknown = gather(case, lambda of: _products(of, system, unread))
    expected = f"every system, runtime and database has support today, by end_of_support.yml of {data.dated}"
    return verdict(expected, [*wrong, *items], [*unread, *unknown], ["/etc/os-release", "the package manager"])


def _system(case: Case, system: System) -> Iterator[Item]:
    if case.today <= system.until:
        return
    last, kind = system.until, ""
    for extended in system.extended:
        if extended.until >= last and _taken(case, extended.by):
            last, kind = extended.until, f" with {extended.name}"
    if case.today > last:
        later = [f"{one.name} until {one.until}" for one in system.extended if one.until >= case.today]
        offer = f" (there is {', '.join(later)}, which this host doesn't take)" if later else ""
        yield item(system.id, f"{system.name} has had no support{kind} since {last}{offer}")


def _taken(case: Case, by: tuple[str, ...]) -> bool:
    pro = case.facts["runtimes"]["pro"]
    services = [f"pro {name}" for name in pro["services"]] if pro and pro["attached"] else []
    taken = [*case.facts["runtimes"]["archives"], *services]
    return any(matches(one, by) for one in taken)


def _products(case: Case, system: System | None, unread: list[str]) -> Iterator[Item]:
    seen: set[tuple[str, str]] = set()
    for package, version in sorted(case.facts["packages"]["installed"].items()):
        for product in end_of_support().products:
            branch = _branch(product, package, version)
            if branch is None or (product.id, branch) in seen or _own(system, product, branch, version):
                continue
            seen.add((product.id, branch))
            try:
                last = _last(system, product, branch, version)
            except Unread as reason:
                unread.append(f"{product.name} {branch} ({package} {version}): {reason}")
                continue
            if last is not None and case.today > last:
                yield item(
                    f"{product.id} {branch}",
                    f"{product.name} {branch} ({package} {version}) has had no support since {last}",
                )


def _branch(product: Product, package: str, version: str) -> str | None:
    for pattern in product.named:
        found = pattern.fullmatch(package)
        if found:
            return found.group(1)
    if package in product.packages:
        numbers = re.match(r"(?:\d+:)?(\d+(?:\.\d+)*)", version)
        return ".".join(numbers.group(1).split(".")[: product.parts]) if numbers else None
    return None


def _own(system: System | None, product: Product, branch: str, version: str) -> bool:
    """Say whether a package shares the system's dates; of a system that isn't known, everything that may be its own."""
    return not _foreign(version) and (system is None or branch in system.own.get(product.id, ()))


def _foreign(version: str) -> bool:
    return matches(version, end_of_support().foreign)


def _last(system: System | None, product: Product, branch: str, version: str) -> date | None:
    if system and system.os in STREAMS and not _foreign(version):
        raise Unread("end_of_support.yml doesn't know the last day of the system's own stream")
    if branch not in product.branches:
        raise Unread("end_of_support.yml doesn't know this version")
    return product.branches[branch]
