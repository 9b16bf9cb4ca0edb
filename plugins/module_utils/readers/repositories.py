# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `repositories`: where packages come from, what of that is checked, and how old the lists of them are.

Addresses of repositories may hold passwords and tokens: what stands before an @ or behind a ? stays on the host, and
long words of letters and digits are masked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ..apt_sources import OFF, ON, Source, deb822, one_line, place
from ..door import Door, Missing
from ..reading import Area, Reading

APT = "/etc/apt/sources.list"
APT_FOLDER = "/etc/apt/sources.list.d"
YUM_FOLDER = "/etc/yum.repos.d"
YUM_MAIN = ("/etc/dnf/dnf.conf", "/etc/yum.conf")
LISTS = "/var/lib/apt/lists"
#: What apt's timers and Ubuntu's notifier leave when lists were fetched.
STAMPS = ("/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/periodic/update-stamp")
DNF_CACHES = ("/var/cache/dnf", "/var/cache/libdnf5")
RELEASES = ("_InRelease", "_Release")
HEAD = 2048
RELEASE_FIELD = re.compile(r"^(Origin|Label|Suite|Codename|Date): *(.*?) *$", re.MULTILINE)
SECTION = re.compile(r"\s*\[([^\]]+)\]\s*")
YUM_OPTIONS = ("gpgcheck", "repo_gpgcheck", "sslverify", "localpkg_gpgcheck")
ADDRESSES = ("baseurl", "mirrorlist", "metalink")


def read(host: Reading, area: Area) -> None:
    """Learn `sources`, `yum`, `yum_main`, `releases`, `fetched` and `tried`.

    sources: [{file, line, scheme, place, suites, careless: {option of CARELESS: true}}] of apt's enabled ones; place is
    the address without scheme and secrets, such as deb.debian.org/debian. yum: [{file, id, gpgcheck, repo_gpgcheck,
    sslverify (None: not said), addresses: [{scheme, place}]}] of the enabled ones; yum_main: the same options for all.
    releases: [{origin, label, suite, codename, date}] of the archives whose lists apt has.
    fetched: when the lists last came, tried: when apt last went for them (seconds since 1970; None: never seen).
    """
    door = host.door
    area.learn("sources", lambda: list(apt(door)))
    area.learn("yum", lambda: list(yum(door)))
    area.learn("yum_main", yum_main, door)
    area.learn("releases", releases, door)
    area.learn("fetched", fetched, door)
    area.learn("tried", lambda: newest(door, [f"{LISTS}/partial"]))


def apt(door: Door) -> Iterator[Source]:
    """Yield apt's enabled sources of binary packages, in either format."""
    for path in [APT, *(f"{APT_FOLDER}/{name}" for name in door.names(APT_FOLDER))]:
        parse = deb822 if path.endswith(".sources") else one_line if path.endswith(".list") else None
        try:
            found = list(parse(door.read(path))) if parse else []
        except Missing:
            continue
        yield from ({"file": path, **source} for source in found)


def yum(door: Door) -> Iterator[Source]:
    """Yield the repositories of yum and dnf that are not switched off."""
    for name in door.names(YUM_FOLDER):
        if name.endswith(".repo"):
            path = f"{YUM_FOLDER}/{name}"
            for repository, options in sections(door.lines(path)).items():
                if options.get("enabled", "1").lower() not in OFF:
                    addresses = [word for key in ADDRESSES for word in options.get(key, "").replace(",", " ").split()]
                    checks = {key: _flag(options, key) for key in YUM_OPTIONS[:3]}
                    yield {"file": path, "id": repository, **checks, "addresses": [place(uri) for uri in addresses]}


def yum_main(door: Door) -> dict[str, Any]:
    """Return what counts for all repositories that don't say otherwise, {} without dnf and yum."""
    for path in YUM_MAIN:
        try:
            main = sections(door.lines(path)).get("main", {})
        except Missing:
            continue
        return {"file": path, **{key: _flag(main, key) for key in YUM_OPTIONS}}
    return {}


def sections(lines: list[str]) -> dict[str, dict[str, str]]:
    """Return {section: {option: value}}; a line without = goes on with the value before it."""
    found: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    key = ""
    for line in lines:
        title = SECTION.fullmatch(line)
        name, equals, value = (part.strip() for part in line.partition("="))
        if title:
            current, key = found.setdefault(title[1].strip(), {}), ""
        elif equals and re.fullmatch(r"\w+", name):
            key = name.lower()
            current[key] = value
        elif key:
            current[key] += " " + line
    return found


def _flag(options: dict[str, str], key: str) -> bool | None:
    said = options.get(key, "").lower()
    return True if said in ON else False if said in OFF else None


def releases(door: Door) -> list[dict[str, str]]:
    """Return what the archives say of themselves at the head of their signed lists."""
    found = []
    for name in door.names(LISTS):
        if name.endswith(RELEASES):
            (head,) = door.pieces(f"{LISTS}/{name}", [(0, HEAD)])
            found.append({key.lower(): value for key, value in RELEASE_FIELD.findall(head.decode("utf-8", "replace"))})
    return found


def fetched(door: Door) -> int | None:
    """Return when lists last came: apt's timers say so, and a list that is new changes the folder."""
    lists = [LISTS] if any(name.endswith(RELEASES) for name in door.names(LISTS)) else []
    if lists:
        return newest(door, [*STAMPS, *lists])
    made = [f"{folder}/{name}" for folder in DNF_CACHES for name in door.names(folder)]
    return newest(door, [path for path in made if path.endswith((".solv", "/last_makecache"))])


def newest(door: Door, paths: list[str]) -> int | None:
    """Return when the last of these was written to, None where there is none."""
    return max((time for time in map(_reader(door), paths) if time is not None), default=None)


def _reader(door: Door) -> Callable[[str], int | None]:
    def modified(path: str) -> int | None:
        try:
            return door.modified(path)
        except Missing:
            return None

    return modified
