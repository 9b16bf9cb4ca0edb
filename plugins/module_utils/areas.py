# SPDX-License-Identifier: GPL-3.0-or-later
"""The areas of a Linux host and who reads each, imported with the first use: to compile all takes a quarter second."""

from __future__ import annotations

from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING

from .reading import Reader
from .zipped import compile_once

if TYPE_CHECKING:
    # AnsiballZ packs what it sees imported.
    from .readers import (  # noqa: F401
        access,
        accounts,
        agents,
        application_control,
        audit,
        backup_checks,
        backups,
        cleartext,
        clock,
        collecting,
        confinement,
        containers,
        datastores,
        deep,
        delivery,
        factors,
        failures,
        firewall,
        firmware,
        forwarding,
        hosts_file,
        identity,
        integrity,
        jobs,
        journal,
        keeping,
        keys,
        lockout,
        log_files,
        logons,
        mounts,
        network,
        packages,
        pam,
        passwords,
        permissions,
        profiles,
        recording,
        repositories,
        resolvers,
        rotation,
        running,
        runtimes,
        scans,
        sensors,
        services,
        sessions,
        sockets,
        sshd,
        sudo,
        system,
        throttle,
        trust,
        units,
        updates,
        upgrading,
        vpn,
        watched,
    )

#: Area -> the module of its reader, where that has another name.
ELSEWHERE = {"time": "clock"}
IMPORTING = Lock()


def module(area: str) -> ModuleType:
    """Return the module with the reader of an area; raises KeyError where there is no such area."""
    if area not in AREAS:
        raise KeyError(area)
    # One at a time: to two threads that wait for each other's import, Python gives a module that is half done.
    with IMPORTING:
        compile_once()
        return import_module("%s.readers.%s" % (__package__, ELSEWHERE.get(area, area)))


def _reader(area: str) -> Reader:
    return lambda host, found: module(area).read(host, found)


AREAS: dict[str, Reader] = {
    name: _reader(name)
    for name in (
        "access",
        "accounts",
        "agents",
        "application_control",
        "audit",
        "backup_checks",
        "backups",
        "cleartext",
        "collecting",
        "confinement",
        "containers",
        "datastores",
        "deep",
        "delivery",
        "factors",
        "failures",
        "firewall",
        "firmware",
        "forwarding",
        "hosts_file",
        "identity",
        "integrity",
        "jobs",
        "journal",
        "keeping",
        "keys",
        "lockout",
        "log_files",
        "logons",
        "mounts",
        "network",
        "packages",
        "pam",
        "passwords",
        "permissions",
        "profiles",
        "recording",
        "repositories",
        "resolvers",
        "rotation",
        "running",
        "runtimes",
        "scans",
        "sensors",
        "services",
        "sessions",
        "sockets",
        "sshd",
        "sudo",
        "system",
        "throttle",
        "time",
        "trust",
        "units",
        "updates",
        "upgrading",
        "vpn",
        "watched",
    )
}
