# SPDX-License-Identifier: GPL-3.0-or-later
"""The package lists that apt fetched last: which archives they are of, and which versions those hold."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

from ..door import Door, Missing, Unreadable

LISTS = "/var/lib/apt/lists"
RELEASE = re.compile(r"(.+)_(?:In)?Release")
PACKAGES = re.compile(
    r"(?:(?P<component>.+?)_)?(?:binary-(?P<architecture>[a-z0-9-]+)_)?Packages(?:\.(?P<packed>\w+))?"
)
FIELD = re.compile(
    r"^(Origin|Label|Suite|Codename|Version|Date|NotAutomatic|ButAutomaticUpgrades): *(.*?) *$", re.MULTILINE
)
HEAD = 4096
SECURITY = re.compile(r"(.*[-/])?security(/updates)?", re.IGNORECASE)
UNPACKERS: dict[str, Callable[[], Any]] = {
    "gz": lambda: zlib.decompressobj(47),
    "xz": lzma.LZMADecompressor,
    "bz2": bz2.BZ2Decompressor,
}
#: Where a stanza is longer, it is no list of packages.
STANZA_LIMIT = 1024 * 1024
UNPACKED_LIMIT = 1024 * 1024 * 1024


class Archive(NamedTuple):
    """One archive.

    site: its host; name: the suite by which it is fetched; at: when it was made (epoch; None:
    unsaid); usual: the priority that apt gives it.
    """

    origin: str
    label: str
    suite: str
    codename: str
    version: str
    site: str
    name: str
    at: int | None
    usual: int

    @property
    def security(self) -> bool:
        """Say whether it is one that security updates come from."""
        names = (self.name, self.suite, self.codename)
        return any(map(SECURITY.fullmatch, names)) or self.label.lower().endswith("-security")


class PackageList(NamedTuple):
    """A list of one component's packages for one architecture ("" where the archive doesn't tell them apart)."""

    path: str
    archive: Archive
    component: str
    architecture: str


def package_lists(door: Door) -> list[PackageList]:
    """Return the lists that are there."""
    try:
        names = door.list(LISTS)
    except Missing:
        return []
    archives = {found.group(1): archive(door, name) for name in names for found in [RELEASE.fullmatch(name)] if found}
    lists = []
    for name in names:
        base = max((base for base in archives if name.startswith(base + "_")), key=len, default=None)
        found = PACKAGES.fullmatch(name[len(base) + 1 :]) if base is not None else None
        if base is not None and found:
            known = archives[base]
            lists.append(PackageList(f"{LISTS}/{name}", known, found["component"] or "", found["architecture"] or ""))
    return lists


def archive(door: Door, name: str) -> Archive:
    """Return the archive that a Release file speaks of."""
    (head,) = door.pieces(f"{LISTS}/{name}", [(0, HEAD)])
    fields = dict(FIELD.findall(head.decode("utf-8", "replace")))
    site, _underscore, rest = name.partition("_")
    _root, dists, suite = rest.rpartition("dists_")
    usual = 500
    if fields.get("NotAutomatic") == "yes":
        usual = 100 if fields.get("ButAutomaticUpgrades") == "yes" else 1
    return Archive(
        fields.get("Origin", ""), fields.get("Label", ""), fields.get("Suite", ""), fields.get("Codename", ""),
        fields.get("Version", ""), site, suite.rpartition("_")[0] if dists else "", moment(fields.get("Date", "")),
        usual,
    )  # fmt: skip


def moment(date: str) -> int | None:
    """Return a Release file's Date in seconds since 1970, None where there is none."""
    try:
        return int(parsedate_to_datetime(date).timestamp())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def blocks(door: Door, path: str) -> Iterator[bytes]:
    """Hand over the content of a file, unpacked, block by block."""
    packed = path.rpartition(".")[2]
    if packed in ("lz4", "zst"):
        raise Unreadable(f"{path}: no program of Python's own unpacks {packed}")
    if packed not in UNPACKERS:
        yield from door.blocks(path)
        return
    unpack = UNPACKERS[packed]()
    came = 0
    try:
        for block in door.blocks(path):
            content = b"" if unpack.eof else unpack.decompress(block)
            came += len(content)
            if came > UNPACKED_LIMIT:
                raise Unreadable(f"{path} unpacks to more than {UNPACKED_LIMIT} bytes")
            yield content
        if not unpack.eof:
            raise Unreadable(f"{path} ends before its end")
    except (zlib.error, lzma.LZMAError, OSError, EOFError):
        raise Unreadable(f"{path} can't be unpacked") from None


def versions(content: Iterable[bytes], wanted: Mapping[bytes, str]) -> Iterator[tuple[str, str]]:
    """Yield (package, version) of the stanzas whose packages are keys of `wanted`."""
    rest = b""
    for block in content:
        *stanzas, rest = (rest + block).split(b"\n\n")
        if len(rest) > STANZA_LIMIT:
            raise Unreadable(f"a stanza is longer than {STANZA_LIMIT} bytes")
        yield from _versions(stanzas, wanted)
    yield from _versions([rest], wanted)


def _versions(stanzas: Iterable[bytes], wanted: Mapping[bytes, str]) -> Iterator[tuple[str, str]]:
    # Tens of thousands of stanzas, most of which are of packages that are not here.
    for stanza in stanzas:
        if stanza[:9] != b"Package: ":
            stanza = stanza[stanza.find(b"\nPackage: ") + 1 :]
        name = stanza[9 : stanza.find(b"\n")]
        if name in wanted:
            _before, found, behind = stanza.partition(b"\nVersion: ")
            if found:
                yield wanted[name], behind.partition(b"\n")[0].strip().decode("utf-8", "replace")
