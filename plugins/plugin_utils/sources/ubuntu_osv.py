# SPDX-License-Identifier: GPL-3.0-or-later
"""Ubuntu's security data as OSV records (https://github.com/canonical/ubuntu-security-notices): a folder of them, an
archive (https://storage.googleapis.com/osv-vulnerabilities/Ubuntu/all.zip), or a file with a record or a list of them.

A record: {"id": "UBUNTU-CVE-...", "affected": [{"package": {"ecosystem": "Ubuntu:22.04:LTS", "name": source package},
"ranges": [{"events": [{"introduced": "0"}, {"fixed": version}]}]}]}. Those of notices (USN-) repeat what these say.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import IO, Any

from .cve_data import Gathered, Malformed, mapping, version
from .exploited import Data, Fix
from .fetching import SourceError, day_of, unusable

ECOSYSTEM = re.compile(r"Ubuntu:(?P<pro>Pro:)?(?P<release>\d\d\.\d\d)(:LTS)?", re.ASCII)
NAME = re.compile(r"(?:UBUNTU-)?(CVE-\d{4}-\d{4,19})", re.ASCII)
#: The longest record is that of a kernel.
RECORD_LIMIT = 16 << 20
MOST_FILES = 400_000
BLANK = b" \t\r\n"


def read_folder(source: str, wanted: Collection[str]) -> Data:
    """Return what the records below a folder say of the wanted flaws; raises SourceError."""
    gathered, newest = Gathered(), None
    for number, path in enumerate(sorted(Path(source).expanduser().rglob("*.json"))):
        _count(source, number)
        if _is_wanted(path.name, wanted, gathered) and path.is_file():
            try:
                day = day_of(path.stat())
                content = path.read_bytes() if path.stat().st_size <= RECORD_LIMIT else b""
            except OSError as error:
                raise SourceError("%s: %s" % (path, error.strerror)) from None
            newest = max(newest or day, day)
            _take_text(gathered, path.name, content, wanted)
    return _done(gathered, source, newest)


def read(source: str, stream: IO[bytes], written: date | None, wanted: Collection[str]) -> Data:
    """Return what a file says of the wanted flaws: an archive, a record or a list of them; raises SourceError."""
    gathered = Gathered()
    try:
        if zipfile.is_zipfile(stream):
            _take_archive(gathered, source, stream, wanted)
        else:
            stream.seek(0)
            for record in _records(source, stream):
                gathered.cves += isinstance(record, dict) and bool(NAME.fullmatch(str(record.get("id")).strip()))
                _take(gathered, "a record", record, wanted)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        raise unusable(source, "usable archive", error) from None
    return _done(gathered, source, written)


def _done(gathered: Gathered, source: str, written: date | None) -> Data:
    if not gathered.cves:
        raise SourceError("%s: holds no OSV record of Ubuntu" % source)
    return gathered.data("ubuntu", source, written)


def _count(source: str, number: int) -> None:
    if number >= MOST_FILES:
        raise SourceError("%s: holds more than %d files" % (source, MOST_FILES))


def _is_wanted(name: str, wanted: Collection[str], gathered: Gathered) -> bool:
    """Say whether a file of that name is to be read: most are known by it to be of other flaws."""
    match = NAME.match(name)
    gathered.cves += bool(match)
    return match is not None and match[1] in wanted


def _take_archive(gathered: Gathered, source: str, stream: IO[bytes], wanted: Collection[str]) -> None:
    with zipfile.ZipFile(stream) as archive:
        for number, member in enumerate(archive.infolist()):
            _count(source, number)
            name = member.filename.rpartition("/")[2]
            if name.endswith(".json") and _is_wanted(name, wanted, gathered):
                with archive.open(member) as file:
                    content = file.read(RECORD_LIMIT + 1)
                _take_text(gathered, name, content if len(content) <= RECORD_LIMIT else b"", wanted)


def _take_text(gathered: Gathered, name: str, content: bytes, wanted: Collection[str]) -> None:
    try:
        record = json.loads(content)
    except (ValueError, RecursionError):
        record = None
    if isinstance(record, dict):
        _take(gathered, name, record, wanted)
    else:
        match = NAME.match(name)
        gathered.broken(match[1] if match else name)


def _records(source: str, stream: IO[bytes]) -> Iterator[Any]:
    """Yield the record of a file, or those of its list."""
    try:
        import ijson
    except ImportError:
        raise SourceError("%s: can't be read on the controller: pip install ijson" % source) from None
    start = stream.read(1)
    while start and start in BLANK:
        start = stream.read(1)
    stream.seek(0)
    try:
        yield from ijson.items(stream, "item" if start == b"[" else "", use_float=True)
    except (ijson.JSONError, ValueError) as error:
        raise unusable(source, "list of OSV records", error) from None


def _take(gathered: Gathered, name: str, record: Any, wanted: Collection[str]) -> None:
    """Take up a record, where it is one of a wanted flaw."""
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        gathered.broken(name)
        return
    match = NAME.fullmatch(record["id"].strip())
    if not match or match[1] not in wanted or record.get("withdrawn"):
        return
    if not isinstance(record.get("affected"), list):
        gathered.broken(match[1])
        return
    for affected in record["affected"]:
        try:
            package = mapping(mapping(affected, "affected").get("package"), "package")
            ecosystem = ECOSYSTEM.fullmatch(str(package.get("ecosystem")).strip())
            source_package = str(package["name"]).strip()
        except (Malformed, KeyError):
            gathered.broken(match[1])
            continue
        if ecosystem:
            _take_affected(gathered, match[1], source_package, ecosystem, affected)


def _take_affected(gathered: Gathered, cve: str, package: str, ecosystem: re.Match[str], affected: Any) -> None:
    """Take up how a release stands to a flaw, with and without the support that is paid for."""
    release = ecosystem["release"]
    gathered.seen.add(release)
    try:
        fixed = _fixed(affected)
    except Malformed as error:
        gathered.unreadable(package, cve, error, release)
        return
    known = gathered.fixes.get(release, {}).get(package, {})
    before = known.get(cve)
    if ecosystem["pro"]:
        if before is None:
            gathered.add(release, package, Fix(cve, None, fixed))
        else:
            known[cve] = replace(before, extended=fixed)
    elif before is not None and before.extended and not before.fixed:
        known[cve] = replace(before, fixed=fixed)
    else:
        gathered.add(release, package, Fix(cve, fixed))


def _fixed(affected: Any) -> str | None:
    """Return the version that the last range of a package ends with, None where it goes on."""
    last: str | None = None
    ranges = affected.get("ranges")
    if not isinstance(ranges, list) or not ranges:
        raise Malformed("it has no ranges")
    for span in ranges:
        events = mapping(span, "a range").get("events")
        if not isinstance(events, list):
            raise Malformed("events is no list")
        for event in events:
            if "fixed" in mapping(event, "an event"):
                last = version(event["fixed"])
            elif "introduced" in event:
                last = None
    return last
