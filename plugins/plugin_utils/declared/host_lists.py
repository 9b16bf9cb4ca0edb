# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of hosts that other sources keep (bulwark_host_lists): read from files on the controller, names compared."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

#: More than any export of names; a larger file is a mistake.
LARGEST = 16 * 1024 * 1024
MOST_NAMES = 100_000
#: The column of a table that holds the names.
COLUMNS = ("host", "hostname", "name", "computer", "fqdn", "dnshostname")
LONGEST_NAME = 255


class HostListError(Exception):
    """A list of hosts can't be used; the text says what would be right."""


def resolved(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return an entry of bulwark_host_lists with the names of its file in `hosts`; raises HostListError."""
    given, file = entry.get("hosts"), entry.get("file")
    if (given is None) == (file is None):
        raise HostListError("needs either hosts or file, and not both")
    names = given if file is None else names_in(Path(os.path.abspath(os.path.expanduser(str(file)))))
    return {**entry, "hosts": sorted(dict.fromkeys(str(name).strip() for name in names or () if str(name).strip()))}


def names_in(path: Path) -> list[str]:
    """Return the names in a file: one a line (# begins a remark), or a table with a column host.

    Raises HostListError.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise HostListError("%s is larger than %d bytes; it should hold names alone" % (path, LARGEST))
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise HostListError("%s: %s" % (path, (error.strerror or str(error)).lower())) from None
    except UnicodeDecodeError:
        raise HostListError("%s is not UTF-8 text; export it as a plain list or CSV in UTF-8" % path) from None
    names = _names(text, path)
    if not names:
        raise HostListError("%s holds no name" % path)
    if len(names) > MOST_NAMES:
        raise HostListError("%s holds more than %d names" % (path, MOST_NAMES))
    for name in names:
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise HostListError("%s: %r is no name of a host" % (path, name[:40]))
    return names


def _names(text: str, path: Path) -> list[str]:
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    if not lines or not any(mark in lines[0] for mark in ",;\t"):
        return lines[1:] if lines and lines[0].lower() in COLUMNS else lines
    mark = max(",;\t", key=lines[0].count)
    try:
        rows = list(csv.reader(io.StringIO("\n".join(lines)), delimiter=mark))
    except csv.Error as error:
        raise HostListError("%s is no table: %s" % (path, error)) from None
    header = [cell.strip().lower() for cell in rows[0]]
    column = next((header.index(name) for name in COLUMNS if name in header), None)
    if column is None:
        right = "name a column host, or give one name a line"
        raise HostListError("%s: no column of its first line is one of %s; %s" % (path, ", ".join(COLUMNS), right))
    return [row[column].strip() for row in rows[1:] if len(row) > column and row[column].strip()]


def distinct(names: Iterable[str]) -> list[str]:
    """Return the names without doubles: case is ignored, and a short name is the same host as its full one."""
    made = {name.casefold().rstrip("."): name for name in sorted(names, reverse=True)}
    full = {name.partition(".")[0] for name in made if "." in name}
    return sorted(name for key, name in made.items() if "." in key or key not in full)


def missing(names: Iterable[str], inventory: Iterable[str]) -> list[str]:
    """Return the names that the inventory doesn't have. Case is ignored; a short name stands for any of its domain."""
    known = {name.casefold().rstrip(".") for name in inventory}
    short = {name.partition(".")[0] for name in known}
    bare = {name for name in known if "." not in name}

    def has(name: str) -> bool:
        wanted = name.casefold().rstrip(".")
        return wanted in known or (wanted in short if "." not in wanted else wanted.partition(".")[0] in bare)

    return sorted({name for name in names if not has(name)})
