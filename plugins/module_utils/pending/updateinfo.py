# SPDX-License-Identifier: GPL-3.0-or-later
"""The advisories that dnf's repositories came with, and which of them are open here."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ..door import Door, Missing, Unreadable
from . import versions

#: Of dnf, and of dnf 5.
CACHES = ("/var/cache/dnf", "/var/cache/libdnf5")
#: A folder is called by its repository's id and a hash.
REPOSITORY = re.compile(r"(.+)-[0-9a-f]{16}")
FILE = re.compile(r"(?:.*-)?updateinfo\.xml(?:\.\w+)?")
REVISION = re.compile(r"<revision>(\d{1,12})</revision>")
PACKAGE = re.compile(rb"<package\s([^>]*)>")
ATTRIBUTE = re.compile(rb"""(\w+)\s*=\s*["']([^"']*)["']""")
END = b"</update>"
#: Where an advisory is longer, it is none.
ADVISORY_LIMIT = 8 * 1024 * 1024
MODULE = ".module"
FORMS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")


class Advisory(NamedTuple):
    """An advisory and those of its packages that are newer than what is installed: {package: (version, NEVRA)}."""

    id: str
    kind: str
    severity: str
    cves: tuple[str, ...]
    issued: int | None
    packages: dict[str, tuple[str, str]]
    repository: str


def cached(door: Door) -> list[tuple[str, str]]:
    """Return (repository, folder) of the repositories whose lists were fetched, with or without advisories."""
    found = []
    for cache in CACHES:
        for folder in door.names(cache):
            named = REPOSITORY.fullmatch(folder)
            if named:
                found.append((named[1], f"{cache}/{folder}/repodata"))
    return found


def files(door: Door, folders: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return (repository, path) of the advisories in folders that cached() names."""
    return [(name, f"{place}/{file}") for name, place in folders for file in door.names(place) if FILE.fullmatch(file)]


def made(door: Door, path: str) -> int | None:
    """Return when the repository was made that a file of advisories came with (epoch), None where it doesn't say so."""
    try:
        found = REVISION.search(door.read(path.rpartition("/")[0] + "/repomd.xml"))
    except Missing:
        return None
    return int(found[1]) if found else None


def open_advisories(
    content: Iterable[bytes], repository: str, installed: Mapping[str, str], architecture: str
) -> Iterator[Advisory]:
    """Yield the advisories that are open, of a repository's updateinfo.xml."""
    keys = {name: versions.rpm(version) for name, version in installed.items()}
    wanted = {name.encode(): name for name in installed}
    rest = b""
    for block in content:
        *updates, rest = (rest + block).split(END)
        if len(rest) > ADVISORY_LIMIT:
            raise Unreadable(f"an advisory is longer than {ADVISORY_LIMIT} bytes")
        for update in updates:
            newer = _newer(update, wanted, keys, installed, architecture)
            if newer:
                yield _advisory(update[update.rfind(b"<update ") :] + END, repository, newer)


def _newer(
    update: bytes, wanted: Mapping[bytes, str], keys: Mapping[str, Any], installed: Mapping[str, str], architecture: str
) -> dict[str, tuple[str, str]]:
    newer: dict[str, tuple[str, str]] = {}
    for attributes in PACKAGE.findall(update):
        told = dict(ATTRIBUTE.findall(attributes))
        name = wanted.get(told.get(b"name", b""))
        if name is None:
            continue
        epoch, number, release, arch = (
            told.get(key, b"").decode("utf-8", "replace") for key in (b"epoch", b"version", b"release", b"arch")
        )
        # A module's packages are for those who took the module.
        if arch not in (architecture, "noarch") or (MODULE in release and MODULE not in installed[name]):
            continue
        version = f"{number}-{release}" if epoch in ("", "0") else f"{epoch}:{number}-{release}"
        if versions.rpm(version) > max(keys[name], versions.rpm(newer[name][0]) if name in newer else keys[name]):
            newer[name] = (version, f"{name}-{epoch or '0'}:{number}-{release}.{arch}")
    return newer


def _advisory(text: bytes, repository: str, newer: dict[str, tuple[str, str]]) -> Advisory:
    try:
        update = ET.fromstring(text)
    except ET.ParseError:
        raise Unreadable("an advisory is not XML") from None
    issued = update.find("issued")
    cves = {one.get("id", "") for one in update.iter("reference") if one.get("type") == "cve"}
    return Advisory(
        update.findtext("id", ""), update.get("type", ""), update.findtext("severity") or "", tuple(sorted(cves)),
        moment(issued.get("date", "") if issued is not None else ""), newer, repository,
    )  # fmt: skip


def moment(text: str) -> int | None:
    """Return a date of an advisory (UTC) in seconds since 1970; None where it is none."""
    if text.isdigit() and len(text) < 12:
        return int(text)
    for form in FORMS:
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=timezone.utc).timestamp())
        except ValueError:
            continue
    return None
