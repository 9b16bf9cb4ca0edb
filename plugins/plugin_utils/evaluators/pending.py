# SPDX-License-Identifier: GPL-3.0-or-later
"""Security updates that a host has not taken: how long each has been out, and which of them are critical."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import Any

from .exploited import hits
from .facts import Unread
from .verdict import Case

CONTROL = "lin-up-pending"
#: How a moment is remembered and told.
FORM = "%Y-%m-%d %H:%M"
#: Red Hat's word; Debian and Ubuntu rate no update like that.
CRITICAL = "critical"


@dataclass(frozen=True)
class Update:
    """The security updates of one source package (rpm: of one package) that wait.

    packages: the entries of updates.pending. since: when the first of them was out at the latest (epoch), None where
    nothing tells; dated: whether that is when it came out or was first seen, and not only the age of the lists.
    critical: why it is, "" where it isn't.
    """

    name: str
    packages: tuple[Mapping[str, Any], ...]
    since: int | None
    dated: bool
    critical: str

    def __str__(self) -> str:
        first, more = self.packages[0], len(self.packages) - 1
        names = first["package"] + (f" and {more} more" if more else "")
        held = next((f", held back by {one['by']}" for one in self.packages if one["held"]), "")
        return f"{names} {first['installed']}, {first['archive']} has {first['candidate']}{held}"


def shown(moment: int) -> str:
    """Return a moment (epoch) as text, in UTC."""
    return datetime.fromtimestamp(moment, timezone.utc).strftime(FORM)


def waiting(case: Case, unread: list[str], told: list[str]) -> list[Update]:
    """Return the security updates that wait, by source package; what can't be told of them is added to `unread`."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in case.facts["updates"]["pending"]:
        if one["security"]:
            found.setdefault(one["source"] or one["package"], []).append(one)
    exploited = _exploited(case, unread if found else [], told)
    return [
        Update(name, tuple(packages), *since(case, packages), _critical(case, name, packages, exploited))
        for name, packages in sorted(found.items())
    ]


def since(case: Case, packages: list[Mapping[str, Any]]) -> tuple[int | None, bool]:
    """Return when the first of these updates was out at the latest, and whether that isn't only the age of a list."""
    made = {(one["origin"], one["archive"]): one["at"] for one in case.facts["updates"]["lists"]}
    dated = [moment for moment in (_out(case, one) for one in packages) if moment is not None]
    # A list can't name an update that wasn't out when it was made.
    lists = [made.get((one["origin"], one["archive"])) for one in packages]
    known = [*dated, *(moment for moment in lists if moment is not None)]
    return min(known, default=None), bool(dated)


def _out(case: Case, update: Mapping[str, Any]) -> int | None:
    """Return when an update came out, else when a run first saw it; None where no earlier run looked."""
    if update["issued"] is not None:
        return int(update["issued"])
    earlier = (case.context.earlier or {}).get(CONTROL)
    if earlier is None:
        return None
    now: int = case.facts["system"]["now"]
    try:
        seen = datetime.strptime(earlier.get(key(update), ""), FORM).replace(tzinfo=timezone.utc)
    except ValueError:
        return now
    return min(int(seen.timestamp()), now)


def key(update: Mapping[str, Any]) -> str:
    """Return by what an update is remembered: as long as a version stays, its first update counts."""
    return f"{update['package']}={update['installed']}"


def _exploited(case: Case, unread: list[str], told: list[str]) -> Mapping[str, str]:
    """Return {package or source package: CVE} of what is known to be exploited."""
    if case.context.exploited is None:
        told.append("bulwark_kev is not set: which flaws are exploited isn't known here")
        return {}
    try:
        found = hits(case)
    except Unread as reason:
        unread.append(f"whether any of them is exploited: {reason}")
        return {}
    return {name: hit.cve for hit in found for name in (hit.package, *hit.binaries)}


def _critical(case: Case, name: str, packages: list[Mapping[str, Any]], exploited: Mapping[str, str]) -> str:
    names = [name, *(one["package"] for one in packages)]
    if cve := next((exploited[one] for one in names if one in exploited), None):
        return f"{cve} is exploited"
    if any(one["severity"] == CRITICAL for one in packages):
        return "the vendor calls it critical"
    return next(_declared(case, names), "")


def _declared(case: Case, names: list[str]) -> Iterator[str]:
    for pattern in case.policy["bulwark_patch_critical"]:
        if any(fnmatchcase(name, pattern) for name in names):
            yield f"{pattern} is in bulwark_patch_critical"
