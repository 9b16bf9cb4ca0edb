# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets and drops options in sections of an ini file, such as Duo's. What stands there beside them stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..factor_files import SECTION
from .refused import Refused


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text with `set` ({option: value}) set and `drop` ([option]) gone in the sections asked for.

    sections: the beginnings of their names, all in lower case. Of an option that stands twice both are set. Raises
    Refused where there is no such section.
    """
    if text is None:
        raise Refused("there is no such file")
    lines: list[str] = []
    missing: dict[str, str] = {}
    inside = found = False
    for line in text.split("\n"):
        title = SECTION.match(line.strip())
        if title:
            _add(lines, missing)
            inside = title[1].strip().lower().startswith(tuple(arguments["sections"]))
            found = found or inside
            missing = dict(arguments.get("set", {})) if inside else {}
        name, equals, value = line.partition("=")
        option = name.strip().lower()
        if inside and equals and option in arguments.get("drop", ()):
            continue
        if inside and equals and option in arguments.get("set", {}):
            missing.pop(option, None)
            wanted = arguments["set"][option]
            line = line if value.strip() == wanted else "%s= %s" % (name, wanted)
        lines.append(line)
    _add(lines, missing)
    if not found:
        raise Refused("it has no section %s" % " or ".join(arguments["sections"]))
    return "\n".join(lines)


def _add(lines: list[str], missing: Mapping[str, str]) -> None:
    """Put what is missing behind the section's last line that says something."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    lines[end:end] = ["%s = %s" % option for option in missing.items()]
