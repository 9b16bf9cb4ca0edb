# SPDX-License-Identifier: GPL-3.0-or-later
"""Which part a host has in backups: it makes them (a source), keeps those of others (a keeper), or prunes."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from ..declared.backups import Backup
from .packet import first_address
from .reach import EVERY_ADDRESS, reached_by_others, within
from .verdict import Case, NotApplicable

KEEPER = "backup"
#: Object storage, which locks objects or not, and doesn't tell those who write.
BUCKETS = ("s3:", "b2:", "azure:", "gs:", "swift:", "rclone:")


def sources(case: Case) -> tuple[Backup, ...]:
    """Return what the host is declared to back up."""
    return case.registers.backups or ()


def keeps(case: Case) -> bool:
    """Say whether the host keeps backups of others."""
    facts = case.facts["keeping"]
    served = any(one["served"] for one in facts["repositories"])
    return bool(facts["servers"] or facts["serves"] or served or case.registers.has_function(KEEPER))


def take_part(case: Case, pruning: bool = False) -> None:
    """Raise NotApplicable where the host has no part in backups, Undeclared where nobody said whether it has.

    pruning: removing old snapshots is a part, too.
    """
    facts = case.facts["keeping"]
    if sources(case) or keeps(case) or (pruning and (facts["jobs"] or facts["pruners"])):
        return
    case.registers.declared("backups")
    raise NotApplicable("bulwark_backups is empty, and nothing here serves or holds backups of others")


def nothing_served(case: Case) -> list[str]:
    """Return why a keeper can't be judged: nothing that serves backups was found."""
    facts = case.facts["keeping"]
    if not keeps(case) or facts["servers"] or facts["serves"]:
        return []
    return ["the host keeps backups, and neither a REST server of restic nor a key that forces borg serve was found"]


def local_path(repository: str) -> str | None:
    """Return the path of a repository in the host's own files, None for one that lies elsewhere."""
    text = repository.removeprefix("local:").removeprefix("file://")
    return text.rstrip("/") if text.startswith("/") else None


def plain(repository: str) -> str:
    """Return a repository's address without whom one logs in as."""
    return re.sub(r"//[^/@]*@", "//", repository)


def host_of(repository: str) -> str:
    """Return the host that an address names, "" where it names none."""
    text = repository.removeprefix("rest:").removeprefix("sftp:")
    if "://" in text or text.startswith("//"):
        try:
            return urlsplit(text).hostname or ""
        except ValueError:
            return ""
    # user@host:path, as scp writes it.
    found = re.match(r"(?:[^/@:]*@)?([^/@:]+):", text)
    return found.group(1) if found and not repository.startswith(BUCKETS) else ""


def is_here(case: Case, host: str) -> bool:
    """Say whether a name, such as its inventory's, or address is this host's own."""
    own = str(case.facts["system"].get("hostname") or "").lower()
    name = host.lower().rstrip(".")
    if name and name in ("localhost", case.host.lower(), own, own.partition(".")[0]):
        return True
    try:
        found = ipaddress.ip_address(name)
    except ValueError:
        return False
    return found.is_loopback or any(one["address"] == name for one in case.facts["firewall"]["addresses"])


def port_of(server: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return (address, port) where a server listens, None for a socket in the file system."""
    address, _colon, port = server["listen"].rpartition(":")
    if server["listen"].startswith("unix:") or not port.isdigit():
        return None
    address = address.strip("[]")
    return address if address not in ("", "*") else "*", int(port)


def others_reach(case: Case, server: Mapping[str, Any], networks: Iterable[str]) -> bool | None:
    """Say whether somebody outside the networks reaches a server; None where that can't be told."""
    place, networks = port_of(server), tuple(networks)
    if place is None:
        return None
    address, port = place
    if address not in EVERY_ADDRESS:
        try:
            loopback = first_address(address).is_loopback
        except ValueError:
            return None
        if loopback:
            # Whatever runs here reaches it, such as a proxy that answers to others.
            return not within(address, networks)
    answers = reached_by_others(case, "tcp", port, address, networks).values()
    return True if any(answer is True for answer in answers) else None if answers else False


def only_from(options: Iterable[str], networks: Iterable[str]) -> bool:
    """Say whether a key's options let it come from these networks alone."""
    allowed = [ipaddress.ip_network(one, strict=False) for one in networks]
    named = [one for option in options if option.startswith("from=") for one in option[6:-1].split(",")]
    return bool(named) and all(_inside(one, allowed) for one in named if not one.startswith("!"))


def _inside(text: str, allowed: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        found: Any = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False  # a name or a pattern: whose address that is, its owner decides
    return any(found.version == one.version and found.subnet_of(one) for one in allowed)
