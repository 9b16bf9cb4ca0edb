# SPDX-License-Identifier: GPL-3.0-or-later
"""Which version of a package apt would take: the pins of apt_preferences(5) and the usual priorities."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from ..door import Door, Missing, Unreadable
from .apt_lists import Archive, PackageList

PREFERENCES = "/etc/apt/preferences"
FOLDER = "/etc/apt/preferences.d"
#: What run-parts would take too, as apt says of names in its folders.
NAMED = re.compile(r"[A-Za-z0-9_.-]+")
#: What is installed counts as much as this, wherever it came from.
INSTALLED = 100
#: Of the archive that APT::Default-Release names.
DEFAULT_RELEASE = 990
SETTING = "APT::Default-Release"
KEYS = {"a": "suite", "n": "codename", "o": "origin", "l": "label", "v": "version"}


class Pin(NamedTuple):
    """A record: package patterns, "release", "version" or "origin", what these must be like, priority, its file."""

    packages: tuple[str, ...]
    kind: str
    value: str
    priority: int
    file: str

    @property
    def general(self) -> bool:
        """Say whether it is for every package, and so yields to those that name some."""
        return self.packages == ("*",)


class Priority(NamedTuple):
    """How much a version counts, and the file or setting that says so; "" where nothing but apt's usage does.

    pin: the place of the pin that says so among all, None where none does.
    """

    value: int
    by: str = ""
    pin: int | None = None


def pins(door: Door) -> list[Pin]:
    """Return the pins in the order in which they count."""
    try:
        names = door.list(FOLDER)
    except Missing:
        names = []
    found: list[Pin] = []
    for path in [PREFERENCES, *(f"{FOLDER}/{name}" for name in names if _taken(name))]:
        try:
            found.extend(parse(door.read(path), path))
        except Missing:
            continue
    return found


def _taken(name: str) -> bool:
    return bool(NAMED.fullmatch(name)) and not name.startswith(".") and ("." not in name or name.endswith(".pref"))


def parse(text: str, file: str) -> Iterator[Pin]:
    """Yield the records of a preferences file."""
    for stanza in re.split(r"\n\s*\n", re.sub(r"(?m)^#.*\n?", "", text)):
        fields = {
            key.strip().lower(): value.strip()
            for key, colon, value in (line.partition(":") for line in re.sub(r"\n[ \t]+", " ", stanza).split("\n"))
            if colon
        }
        if "package" not in fields or "pin" not in fields:
            continue
        kind, _space, value = fields["pin"].partition(" ")
        try:
            priority = int(fields.get("pin-priority", ""))
        except ValueError:
            raise Unreadable(f"{file}: a pin without a number as its priority") from None
        yield Pin(tuple(fields["package"].split()), kind.lower(), value.strip().strip("\"'"), priority, file)


class Policy:
    """The priorities of a host. default_release: what APT::Default-Release says, "" where nothing does."""

    def __init__(self, pins: Sequence[Pin], default_release: str = "") -> None:
        self._specific = [(place, pin) for place, pin in enumerate(pins) if not pin.general]
        self._general = [(place, pin) for place, pin in enumerate(pins) if pin.general]
        self._default = default_release

    def of(self, package: str, source: str, version: str, lists: Iterable[PackageList]) -> Priority:
        """Return how much a version that these lists hold counts."""
        lists = list(lists)
        for place, pin in self._specific:
            if _names(pin, package, source) and (
                _like(version, pin.value) if pin.kind == "version" else any(_matches(pin, one) for one in lists)
            ):
                return Priority(pin.priority, pin.file, place)
        return max((self._of_archive(one) for one in lists), default=Priority(0), key=lambda one: one.value)

    def _of_archive(self, listed: PackageList) -> Priority:
        for place, pin in self._general:
            if _matches(pin, listed):
                return Priority(pin.priority, pin.file, place)
        archive = listed.archive
        if self._default and _is_release(archive, self._default):
            return Priority(DEFAULT_RELEASE, SETTING)
        return Priority(archive.usual)


def _is_release(archive: Archive, name: str) -> bool:
    return any(_like(one, name) for one in (archive.suite, archive.codename))


def _names(pin: Pin, package: str, source: str) -> bool:
    return any(
        _like(source, pattern[4:]) if pattern.startswith("src:") else _like(package, pattern)
        for pattern in pin.packages
    )


def _matches(pin: Pin, listed: PackageList) -> bool:
    if pin.kind == "origin":
        return _like(listed.archive.site, pin.value)
    return pin.kind == "release" and all(_release(part.strip(), listed) for part in pin.value.split(","))


def _release(part: str, listed: PackageList) -> bool:
    key, equals, value = part.partition("=")
    if not equals:
        return _is_release(listed.archive, part) or _like(listed.archive.version, part)
    told: Mapping[str, str] = {"c": listed.component.rpartition("_")[2], "b": listed.architecture}
    field = told[key] if key in told else getattr(listed.archive, KEYS[key]) if key in KEYS else ""
    return _like(field, value)


def _like(text: str, pattern: str) -> bool:
    """Say whether a text is what a pin asks for: the same, a glob pattern, or an expression between slashes."""
    if len(pattern) > 1 and pattern.startswith("/") and pattern.endswith("/"):
        # A text of the host's own: what takes long here takes the host's time, which is bounded.
        try:
            return re.search(pattern[1:-1], text) is not None
        except re.error:
            return False
    return fnmatchcase(text, pattern)
