# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that several groups contribute to: Ansible would let one hide the other, here every entry counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.validation import check_type_list

from .checking import Problem

#: Lists that several groups may contribute to, each by a variable of its own: the name plus "_<anything>".
MERGED = ("bulwark_accounts", "bulwark_listeners", "bulwark_zones", "bulwark_contracts", "bulwark_waivers",
          "bulwark_host_lists", "bulwark_admin_cidrs", "bulwark_leavers", "bulwark_services", "bulwark_remote_tools",
          "bulwark_work_orders", "bulwark_backups", "bulwark_collectors", "bulwark_log_agents",
          "bulwark_sensors")  # fmt: skip
#: What makes two entries of a merged list the same entry.
IDENTITY = {
    "bulwark_accounts": ("name",),
    "bulwark_listeners": ("proto", "port", "address", "process"),
    "bulwark_zones": ("name",),
    "bulwark_services": ("name",),
    "bulwark_remote_tools": ("name",),
    "bulwark_backups": ("name",),
    "bulwark_collectors": ("name",),
    "bulwark_log_agents": ("name",),
    "bulwark_sensors": ("name",),
}


@dataclass
class Merged:
    """Variables with each merged list put together. `places` says where each of its entries was declared."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def entries(self, name: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield (place, entry) of a merged list as `values` has it."""
        return zip(self.places.get(name, ()), values.get(name) or (), strict=True)


def merge(given: Mapping[str, Any]) -> Merged:
    """Return the variables with each merged list concatenated from all that contribute, and what clashes."""
    merged = Merged()
    owners: dict[tuple[str, ...], str] = {}
    for name in sorted(given):
        target = target_of(name)
        if target is None:
            merged.values[name] = given[name]
            continue
        values = merged.values.setdefault(target, [])
        entries = given[name] if isinstance(given[name], list) else check_type_list(given[name])
        for index, entry in enumerate(as_meant(entries)):
            place = "%s[%d]" % (name, index)
            identity = _identity(target, entry)
            if identity in owners:
                text = "%s is declared in %s already; keep one of them" % (_words(identity), owners[identity])
                merged.problems.append(Problem(place, text))
            elif identity:
                owners[identity] = place
            merged.places.setdefault(target, []).append(place)
            values.append(entry)
    return merged


def target_of(name: str) -> str | None:
    """Return the merged list that a variable contributes to, if any."""
    return next((target for target in MERGED if name == target or name.startswith(target + "_")), None)


def _identity(target: str, entry: Any) -> tuple[str, ...]:
    if not isinstance(entry, Mapping):
        return ()
    keys = IDENTITY.get(target, ())
    return (target, *(str(entry.get(key)) for key in keys)) if keys else ()


def _words(identity: tuple[str, ...]) -> str:
    return "/".join(part for part in identity[1:] if part != "None")


def as_meant(value: Any) -> Any:
    """Return a copy of an entry, or a list of them, without keys that are empty, and its approval's day under "on"."""
    if isinstance(value, list):
        return [as_meant(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    # YAML reads an unquoted on as true, in a key too.
    names = {True: "on", "true": "on"} if "party" in value else {}
    return {names.get(key, key): as_meant(item) for key, item in value.items() if item is not None}
