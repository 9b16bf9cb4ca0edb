# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets values in files of "name value" or "name = value" lines with "#" comments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..name_values import LINE


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text with every line of a name saying the value asked for; comments and other lines stay.

    values: {name: value}, an empty value for a name that stands alone. between: what is written between name and
    value. Every line of a name is set, so that it doesn't matter whether the owning program lets the first or the last
    win. A name without a line gets one below the commented-out example that many such files hold, else at the end.
    """
    lines = (text or "").split("\n")
    if lines[-1] == "":
        lines.pop()
    for name, value in arguments["values"].items():
        _set(lines, name, name + (arguments.get("between", " = ") + value if value else ""), value)
    return "".join(line + "\n" for line in lines)


def _set(lines: list[str], name: str, wanted: str, value: str) -> None:
    present = False
    for at, line in enumerate(lines):
        code, mark, comment = line.partition("#")
        found = LINE.fullmatch(code.strip())
        if found and found[1] == name:
            present = True
            if found[2] != value:
                lines[at] = wanted + (" " + mark + comment if mark else "")
    if not present:
        lines.insert(_place(lines, name), wanted)


def _place(lines: list[str], name: str) -> int:
    """Return the place below the last example of a name, else behind the last line that isn't blank."""
    example = re.compile(r"\s*#\s*%s\s*(=.*|\s\S+\s*|)" % re.escape(name))
    examples = [at for at, line in enumerate(lines) if example.fullmatch(line)]
    said = [at for at, line in enumerate(lines) if line.strip()]
    return (examples or said or [-1])[-1] + 1
