# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `lockout`: the configuration files of pam_faillock (the module's own arguments stand in area `pam`)."""

from __future__ import annotations

from typing import Any

from .. import name_values
from ..door import Door, Missing
from ..reading import Area, Reading
from . import pam

DEFAULT = "/etc/security/faillock.conf"
OPTIONS = frozenset(
    {"deny", "fail_interval", "unlock_time", "root_unlock_time", "even_deny_root", "admin_group", "dir"}
)
AUTHSELECT = "/etc/authselect/authselect.conf"


def read(host: Reading, area: Area) -> None:
    """Learn `configs` and `authselect`.

    configs: {path: {option: value as text}} of faillock.conf(5) and of every file that a conf= argument names; a flag
    has an empty value, a file that isn't there is {}.
    authselect: {profile, features: [str]} as `authselect current` shows, None where authselect manages nothing.
    """
    area.learn("configs", configs, host)
    area.learn("authselect", authselect, host.door)


def configs(host: Reading) -> dict[str, dict[str, str]]:
    """Return the options of each configuration file in use."""
    paths = [DEFAULT]
    for stacks in host.fact("pam", "services").values():
        for entry in pam.modules(entry for entries in stacks.values() for entry in entries):
            if entry["module"] == "pam_faillock":
                paths += [argument[len("conf=") :] for argument in entry["args"] if argument.startswith("conf=")]
    return {path: config(host.door, path) for path in dict.fromkeys(paths)}


def config(door: Door, path: str) -> dict[str, str]:
    """Return the options of one file, none where it doesn't exist."""
    try:
        options = name_values.parse(door.read(path))
    except Missing:
        return {}
    return {name: value for name, value in options.items() if name in OPTIONS}


def authselect(door: Door) -> dict[str, Any] | None:
    """Return authselect's profile and features: the first line and the others of its own file."""
    try:
        lines = door.lines(AUTHSELECT)
    except Missing:
        return None
    return {"profile": lines[0] if lines else "", "features": lines[1:]}
