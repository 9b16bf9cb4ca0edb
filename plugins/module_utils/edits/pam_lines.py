# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts modules into a PAM file that people keep by hand, and changes the options of those that stand there.

A jump ("success=2") counts lines, so each that leads over a new line becomes one longer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..pam_file import INCLUDE_ALL, INCLUDES, Line, control_of, facility_of, join, module_of, parse
from .refused import Refused

JUMP = re.compile(r"(=\s*)(\d+)")


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
    """Return the text with the modules and options asked for in one facility.

    insert: [{control, module, options: [str], before: [names]}], each put before the first line of one of the modules
    or included files `before`, unless the module stands there already with the first of the options (whatever its
    value).
    options: [{module, remove: [names], add: [str]}], for every line of the module.
    Raises Refused where it isn't certain what a new line would do.
    """
    if text is None:
        raise Refused("there is no such file")
    for wanted in arguments.get("insert", ()):
        text = _insert(text, arguments["facility"], wanted)
    for wanted in arguments.get("options", ()):
        for line in parse(text):
            if facility_of(line.tokens) == arguments["facility"] and module_of(line.tokens) == wanted["module"]:
                options = _changed(line.tokens[3:], wanted.get("remove", ()), wanted.get("add", ()))
                text = _put(text, line, [*line.tokens[:3], *options])
    return text


def _insert(text: str, facility: str, wanted: Mapping[str, Any]) -> str:
    lines = [line for line in parse(text) if facility_of(line.tokens) in (facility, INCLUDE_ALL)]
    mark = {_name(option) for option in wanted["options"][:1]}
    if any(module_of(line.tokens) == wanted["module"] and mark <= set(map(_name, line.tokens[3:])) for line in lines):
        return text
    index = next((index for index, line in enumerate(lines) if _called(line) in wanted["before"]), None)
    if index is None:
        raise Refused("it holds no line of %s to put %s before" % (" or ".join(wanted["before"]), wanted["module"]))
    included = any(_includes(line) for line in lines)
    for number, line in enumerate(lines[:index]):
        control = _lengthened(control_of(line.tokens), number, index)
        if JUMP.search(control) and included:
            raise Refused("its jumps may lead over lines of other files, so that where they end isn't known")
        if control != control_of(line.tokens):
            text = _put(text, line, [line.tokens[0], control, *line.tokens[2:]])
    raw = text.split("\n")
    new = join([facility, wanted["control"], wanted["module"] + ".so", *wanted["options"]])
    return "\n".join([*raw[: lines[index].number - 1], new, *raw[lines[index].number - 1 :]])


def _called(line: Line) -> str:
    """Return the module of a line, or the file that it includes."""
    return line.tokens[-1] if facility_of(line.tokens) == INCLUDE_ALL else module_of(line.tokens)


def _includes(line: Line) -> bool:
    return facility_of(line.tokens) == INCLUDE_ALL or control_of(line.tokens) in INCLUDES


def _lengthened(control: str, number: int, index: int) -> str:
    """Return the control of line `number` for a new line at `index`; a jump right to that place ends at the new one."""

    def longer(jump: re.Match[str]) -> str:
        length = int(jump[2])
        return jump[1] + str(length + 1 if number + 1 + length > index else length)

    return JUMP.sub(longer, control) if control.startswith("[") else control


def _changed(options: Sequence[str], remove: Sequence[str], add: Sequence[str]) -> list[str]:
    kept = [option for option in options if _name(option) not in remove or option in add]
    return kept + [option for option in add if option not in kept]


def _name(option: str) -> str:
    return option.partition("=")[0]


def _put(text: str, line: Line, tokens: list[str]) -> str:
    """Return the text with other tokens on a line, its comment kept and as many lines as before."""
    if tokens == line.tokens:
        return text
    raw = text.split("\n")
    _code, mark, comment = raw[line.last - 1].partition("#")
    blank = [""] * (line.last - line.number)
    raw[line.number - 1 : line.last] = [join(tokens) + ("\t" + mark + comment if mark else ""), *blank]
    return "\n".join(raw)
