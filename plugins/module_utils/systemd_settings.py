# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration files of systemd's programs with their drop-ins (systemd.syntax(7)), and the values in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from .door import Door, Missing

#: Of files and drop-ins with one name the first counts.
FOLDERS = ("/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd")
#: Values of TrustedCertificateFile= that stand for no authority at all: any certificate is taken.
ANYBODY = ("-", "all")
SECTION = re.compile(r"\[([^\[\]]+)\]")
#: Multiples of bytes, and of seconds (systemd.time(7)).
SIZES = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40, "p": 1 << 50, "e": 1 << 60}
SPANS = {
    **dict.fromkeys(("us", "usec", "µs", "μs"), 1e-6), **dict.fromkeys(("ms", "msec"), 1e-3),
    **dict.fromkeys(("", "s", "sec", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "minute", "minutes"), 60.0), **dict.fromkeys(("h", "hr", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0), **dict.fromkeys(("w", "week", "weeks"), 604800.0),
    **dict.fromkeys(("M", "month", "months"), 2629800.0), **dict.fromkeys(("y", "year", "years"), 31557600.0),
}  # fmt: skip
PART = re.compile(r"\s*([0-9]{1,18}(?:\.[0-9]{1,18})?)\s*([A-Za-zµμ]*)")


class Setting(NamedTuple):
    """The last value of an option, and the file and line that says it."""

    value: str
    place: str


def effective(door: Door, name: str, section: str) -> dict[str, Setting]:
    """Return {option: Setting} of a section of /etc/systemd/<name> and its drop-ins, as they are in force together.

    An option that is set to nothing has an empty value. Raises Unreadable.
    """
    found: dict[str, Setting] = {}
    for path in _files(door, name):
        try:
            text = door.read(path)
        except Missing:
            continue
        found.update((option, Setting(value, place)) for option, value, place in parse(text, path, section))
    return found


def _files(door: Door, name: str) -> Iterator[str]:
    """Yield what is read, in the order of reading; what leads to /dev/null masks the others of its name."""
    mains = ("%s/%s" % (folder, name) for folder in FOLDERS)
    chosen = [next((path for path in mains if door.exists(path)), None)]
    parts: dict[str, str] = {}
    for folder in FOLDERS:
        try:
            names = door.list("%s/%s.d" % (folder, name))
        except Missing:
            continue
        for one in names:
            if one.endswith(".conf"):
                parts.setdefault(one, "%s/%s.d/%s" % (folder, name, one))
    for path in (*chosen, *(parts[one] for one in sorted(parts))):
        if path is not None and door.real(path) != "/dev/null":
            yield path


def parse(text: str, path: str, section: str) -> Iterator[tuple[str, str, str]]:
    """Yield (option, value, "path:line") of one section of a file; a line that ends with a backslash goes on."""
    current, begun, start = "", "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip()
        if line.startswith(("#", ";")) or (not line and not begun):
            continue
        start = start if begun else number
        if line.endswith("\\"):
            begun += line[:-1] + " "
            continue
        line, begun = begun + line, ""
        title = SECTION.fullmatch(line)
        if title:
            current = title[1]
        elif current == section and "=" in line:
            option, _equals, value = line.partition("=")
            yield option.strip(), value.strip(), "%s:%d" % (path, start)


def size(text: str) -> int | None:
    """Return a number of bytes such as 500M or 1.5G, None where systemd would not take it."""
    total = _sum(text.lower(), SIZES)
    return None if total is None else int(total)


def seconds(text: str) -> float | None:
    """Return a span of time such as 180d or "1y 2w" in seconds, infinity too, None where systemd would not take it."""
    return float("inf") if text == "infinity" else _sum(text, SPANS)


def _sum(text: str, units: Mapping[str, float]) -> float | None:
    total, place, text = 0.0, 0, text.strip()
    while place < len(text):
        part = PART.match(text, place)
        if part is None or part[2] not in units:
            return None
        total += float(part[1]) * units[part[2]]
        place = part.end()
    return total if text else None
