# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes lines of a PAM service's file: their controls, whether they stand there, and which file takes their place.

Lines are told by what they say, not by their number, so that edits of one file may follow each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..pam_file import INCLUDE_ALL, INCLUDES, Line, control_of, facility_of, join, masked, module_of, parse
from .refused import Refused


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text with each of `changes` made in the lines of `facility`.

    A change has `lines`, [{include: file} or {module, control, args}] as the reader of PAM files tells them, and one of
    control (which they get instead of theirs), drop (true: they go) and include (the file that takes the place of the
    first of them, the others go).
    Raises Refused where there is neither a line that is to go nor the include that takes its place.
    """
    if text is None:
        raise Refused("there is no such file")
    for change in arguments["changes"]:
        text = _changed(text, arguments["facility"], change)
    return text


def _changed(text: str, facility: str, change: Mapping[str, Any]) -> str:
    raw = text.split("\n")
    lines = parse(text)
    found = [line for line in lines if any(_is(line, facility, wanted) for wanted in change["lines"])]
    if "include" in change and not found and not any(_includes(line, facility, change["include"]) for line in lines):
        raise Refused("it has changed since it was read")
    for line in reversed(found):
        raw[line.number - 1 : line.last] = _instead(raw, line, change, line is found[0])
    return "\n".join(raw)


def _is(line: Line, facility: str, wanted: Mapping[str, Any]) -> bool:
    if "include" in wanted:
        return _includes(line, facility, wanted["include"])
    tokens = line.tokens
    return (
        facility_of(tokens) == facility
        and control_of(tokens) == wanted["control"]
        and module_of(tokens) == wanted["module"]
        and masked(wanted["module"], tokens[3:]) == list(wanted["args"])
    )


def _includes(line: Line, facility: str, name: str) -> bool:
    tokens = line.tokens
    if tokens[0].lower() == INCLUDE_ALL:
        return tokens[1:2] == [name]
    return facility_of(tokens) == facility and control_of(tokens) in INCLUDES and tokens[2:3] == [name]


def _instead(raw: list[str], line: Line, change: Mapping[str, Any], first: bool) -> list[str]:
    tokens = line.tokens
    if "control" in change:
        comment = raw[line.last - 1].partition("#")
        return [join([tokens[0], change["control"], *tokens[2:]]) + ("\t" + "".join(comment[1:]) if comment[1] else "")]
    if "include" in change and first:
        if tokens[0].lower() == INCLUDE_ALL:
            return ["%s %s" % (INCLUDE_ALL, change["include"])]
        return [join([facility_of(tokens), INCLUDES[0], change["include"]])]
    return []
