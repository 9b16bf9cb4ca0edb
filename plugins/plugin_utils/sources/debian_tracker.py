# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's security tracker (https://security-tracker.debian.org/tracker/data/json), read as a stream.

Its form: {source package: {CVE: {"releases": {codename: {"status": "resolved" | "open" | "undetermined",
"fixed_version": version, "0" where the release was never affected}}}}}.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from typing import IO, Any

from .cve_data import Gathered, Malformed, mapping, version
from .exploited import Data, Fix
from .fetching import SourceError, unusable

UNDETERMINED = "Debian has not determined whether it is affected"
NOT_AFFECTED = "0"
EVERY_FLAW = "every flaw"
PIECE = 1 << 18
#: Parts of one entry; the longest of the tracker has some hundreds.
MOST_PARTS = 20_000
TOO_LONG = "longer than any entry"
OPENING = ("start_map", "start_array")
CLOSING = ("end_map", "end_array")


def read(source: str, stream: IO[bytes], written: date | None, wanted: Collection[str]) -> Data:
    """Return what the tracker says of the wanted flaws; raises SourceError where it is none or breaks off."""
    try:
        import ijson
    except ImportError:
        raise SourceError("%s: can't be read on the controller: pip install ijson" % source) from None
    gathered = Gathered()
    try:
        for package, cve, entry in _entries(ijson.basic_parse(stream, buf_size=PIECE), wanted, gathered, ijson):
            _take(gathered, package, cve, entry)
    except (ijson.JSONError, ValueError) as error:
        raise unusable(source, "tracker data of Debian", error) from None
    if not gathered.cves:
        raise SourceError("%s: is no tracker data of Debian: it holds no CVE" % source)
    return gathered.data("debian", source, written)


def _entries(
    events: Iterator[tuple[str, Any]], wanted: Collection[str], gathered: Gathered, ijson: Any
) -> Iterator[tuple[str, str, Any]]:
    """Yield the entries of wanted flaws as (source package, CVE, entry); of all others only the releases are noted."""
    path = ["", "", "", ""]
    depth = 0
    if next(events, None) != ("start_map", None):
        raise Malformed("its top is no object")
    for event, value in events:
        if event == "map_key":
            if depth < len(path):
                path[depth] = value.strip()
            if depth == 1:
                gathered.cves += path[1].startswith("CVE-")
                if path[1] in wanted:
                    yield path[0], path[1], _built(events, ijson)
            elif depth == 3 and path[2] == "releases":
                gathered.seen.add(path[3])
            continue
        if depth == 0 and event not in ("start_map", "end_map"):
            gathered.unreadable(path[0], EVERY_FLAW, "is no object")
        depth += (event in OPENING) - (event in CLOSING)


def _built(events: Iterator[tuple[str, Any]], ijson: Any) -> Any:
    """Return the value that the next events make."""
    builder, depth, parts = ijson.ObjectBuilder(), 0, 0
    for event, value in events:
        parts += 1
        if parts <= MOST_PARTS:
            builder.event(event, value)
        depth += (event in OPENING) - (event in CLOSING)
        if depth == 0 and event != "map_key":
            break
    return builder.value if parts <= MOST_PARTS else TOO_LONG


def _take(gathered: Gathered, package: str, cve: str, entry: Any) -> None:
    try:
        releases = mapping(mapping(entry, "%.60r" % (entry,)).get("releases"), "releases")
    except Malformed as error:
        gathered.unreadable(package, cve, error)
        return
    for key, about in releases.items():
        release = key.strip()
        gathered.seen.add(release)
        try:
            fix = _fix(cve, mapping(about, release))
        except Malformed as error:
            gathered.unreadable(package, cve, error, release)
        else:
            if fix:
                gathered.add(release, package, fix)


def _fix(cve: str, about: Any) -> Fix | None:
    """Return how a release stands to a flaw, None where it was never affected."""
    status = about.get("status")
    if status == "open":
        return Fix(cve)
    if status == "undetermined":
        return Fix(cve, unclear=UNDETERMINED)
    if status != "resolved":
        raise Malformed("%.60r is no status" % (status,))
    fixed = version(about.get("fixed_version"))
    return Fix(cve, fixed) if fixed != NOT_AFFECTED else None
