# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes the options away from apt's sources that let in what nobody signed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..apt_sources import CARELESS, ON

OPTIONS = re.compile(r"(\s*deb(?:-src)?\s+)\[([^\]]*)\]\s*(.*)", re.DOTALL)


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str | None:
    """Return the text without the options of CARELESS that are on. format: list or deb822, see sources.list(5)."""
    if text is None:
        return None
    lines = text.split("\n")
    if arguments["format"] == "list":
        return "\n".join(map(_one_line, lines))
    return "\n".join(line for line in lines if not _careless(line, ":"))


def _one_line(line: str) -> str:
    found = OPTIONS.fullmatch(line)
    if not found:
        return line
    words = found[2].split()
    kept = [word for word in words if not _careless(word, "=")]
    if kept == words:
        return line
    return found[1] + ("[%s] " % " ".join(kept) if kept else "") + found[3]


def _careless(text: str, between: str) -> bool:
    name, _between, value = text.partition(between)
    return name.strip().lower() in CARELESS and value.strip().lower() in ON and not name.startswith((" ", "\t", "#"))
