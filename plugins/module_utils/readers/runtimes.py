# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `runtimes`: where the system's updates come from, which decides how long it is supported."""

from __future__ import annotations

import json
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

#: What `pro` itself wrote down last; asking it would go out to the network.
PRO = "/var/lib/ubuntu-advantage/status.json"
PRO_TOKEN = "/var/lib/ubuntu-advantage/private/machine-token.json"


def read(host: Reading, area: Area) -> None:
    """Learn `archives` and `pro`.

    archives: the suites that apt takes packages from (such as bookworm-security), or the ids of the enabled
    repositories of yum and dnf; never their addresses, which may hold passwords. pro: None without the client of
    Ubuntu Pro, else {attached: bool, services: [names of the enabled ones]}.
    """
    area.learn("archives", archives, host)
    area.learn("pro", pro, host.door)


def archives(host: Reading) -> list[str]:
    """Return the suites of apt's sources and the ids of the repositories of yum and dnf."""
    suites = {suite for source in host.fact("repositories", "sources") for suite in source["suites"]}
    return sorted(suites | {repository["id"] for repository in host.fact("repositories", "yum")})


def pro(door: Door) -> dict[str, Any] | None:
    """Return whether the host is attached to Ubuntu Pro, and what is enabled of it."""
    try:
        text = door.read(PRO)
    except Missing:
        if not door.which("pro"):
            return None
        # Only that it is there: the token is a secret.
        return {"attached": door.exists(PRO_TOKEN), "services": []}
    try:
        status = json.loads(text)
        services = [one["name"] for one in status.get("services", []) if one.get("status") == "enabled"]
        return {"attached": bool(status["attached"]), "services": [str(name) for name in services]}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unreadable(f"{PRO}: not the status of Ubuntu Pro") from None
