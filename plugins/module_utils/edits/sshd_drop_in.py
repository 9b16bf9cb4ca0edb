# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets options in a drop-in of ours for sshd, for every login and in Match blocks, and leaves its other lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..ssh import config

INDENT = "    "
Criteria = tuple[tuple[str, str], ...]


class _Block:
    """The options of one Match block; `criteria` is empty for those of every login."""

    def __init__(self, match: str) -> None:
        self.match = match
        self.criteria: Criteria = config.criteria(config.split("Match %s" % match)[1]) if match else ()
        self.options: dict[str, str] = {}

    def set(self, line: str) -> None:
        """Take over a line "Option value"; the last one counts, since it is ours that says it."""
        self.options[line.split(None, 1)[0].lower()] = line

    def lines(self) -> list[str]:
        """Return the block as text lines."""
        if not self.match:
            return list(self.options.values())
        return ["Match %s" % self.match, *(INDENT + line for line in self.options.values())]


def edit(text: str | None, arguments: Mapping[str, Any], _secrets: Mapping[str, str]) -> str | None:
    """Return the drop-in with what `arguments` say; None where nothing is left to say.

    header: its first line. sections: [{match: criteria or "", settings: {option: value}}], in the order in which sshd
    has to meet them; one that is new stands behind the one before it in this list. without: options taken out.
    """
    blocks = _parse(text or "")
    place = 0
    for section in arguments.get("sections", ()):
        fresh = _Block(section["match"])
        known = next((index for index, block in enumerate(blocks) if block.criteria == fresh.criteria), None)
        if known is None:
            place += 1
            blocks.insert(place, fresh)
        else:
            place = known
        for option, value in section["settings"].items():
            blocks[place].set("%s %s" % (option, value))
    for option in arguments.get("without", ()):
        for block in blocks:
            block.options.pop(option.lower(), None)
    lines = [line for block in blocks if block.options for line in block.lines()]
    return "%s\n%s\n" % (arguments["header"].rstrip("\n"), "\n".join(lines)) if lines else None


def _parse(text: str) -> list[_Block]:
    """Return the blocks of a drop-in, that of every login first; comments are ours and made anew."""
    blocks = [_Block("")]
    for line in text.split("\n"):
        keyword, _words = config.split(line)
        if keyword == "match":
            blocks.append(_Block(line.split(None, 1)[1].strip()))
        elif keyword:
            blocks[-1].set(line.strip())
    return blocks
