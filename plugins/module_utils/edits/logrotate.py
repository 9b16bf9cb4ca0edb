# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes directives in stanzas of a file of logrotate's; everything else stays as it is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from ..logrotate_conf import SCRIPTS, Bad, directive, parts
from .refused import Refused


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text with the stanzas changed that name a pattern.

    stanzas: {pattern: {set: {directive: value}, drop: [directive], replace: {word: other word}, mode: the one that
    `create` gives}}. A directive that is set stands once, at the end of its stanza, where it has the last word.

    Raises Refused where there is no such stanza, or it stands in one line.
    """
    if text is None:
        raise Refused("there is no such file")
    lines = text.split("\n")
    for pattern, change in arguments["stanzas"].items():
        begin, end = _body(lines, pattern)
        lines[begin:end] = _changed(lines[begin:end], change)
    return "\n".join(lines)


def _body(lines: list[str], pattern: str) -> tuple[int, int]:
    """Return the first line of a stanza's body, and that of the brace that ends it."""
    try:
        found = [number for number, names, _body in parts("\n".join(lines)) if names and pattern in shlex.split(names)]
    except (Bad, ValueError):
        found = []
    if not found:
        raise Refused("no stanza names %s" % pattern)
    opened = next(at for at in range(found[0] - 1, len(lines)) if "{" in lines[at])
    if lines[opened].partition("{")[2].strip():
        raise Refused("the stanza of %s begins in the line of its brace" % pattern)
    script = False
    for at in range(opened + 1, len(lines)):
        line = lines[at].strip()
        if line.startswith("}") and not script:
            return opened + 1, at
        if re.search(r"\s\}", line) and not script and not line.startswith("#"):
            break
        script = line in SCRIPTS or (script and line.split()[:1] != ["endscript"])
    raise Refused("the stanza of %s ends in no line of its own" % pattern)


def _changed(body: list[str], change: Mapping[str, Any]) -> list[str]:
    found, script = [], False
    for line in body:
        name = directive(line.strip())[0]
        inside, script = script, line.strip() in SCRIPTS or (script and line.split()[:1] != ["endscript"])
        if inside or script:
            found.append(line)
        elif name in change.get("set", {}) or name in change.get("drop", ()):
            continue
        elif name in change.get("replace", {}):
            found.append(line.replace(name, change["replace"][name], 1))
        elif name == "create" and "mode" in change:
            found.append(re.sub(r"(create[ \t=]+)0?[0-7]{3,4}", r"\g<1>" + change["mode"], line))
        else:
            found.append(line)
    indent = next((re.match(r"\s*", line)[0] for line in found if line.strip()), "    ")  # type: ignore[index]
    return [*found, *(("%s%s %s" % (indent, *one)).rstrip() for one in change.get("set", {}).items())]
