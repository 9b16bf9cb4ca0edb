# SPDX-License-Identifier: GPL-3.0-or-later
"""Comments out whole lines, or puts other words in their place, by regular expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def edit(text: str | None, arguments: Mapping[str, Any], secrets: Mapping[str, str]) -> str | None:
    """Return the text with the lines changed that match as a whole, whatever the case of their letters.

    comment: [pattern], lines to put a "#" before. replace: [[pattern, template]], what else to make of a line, where
    the template refers to the pattern's groups and its outcome doesn't match the pattern any more.
    """
    if text is None:
        return None
    comment = [re.compile(pattern, re.IGNORECASE) for pattern in arguments.get("comment", ())]
    replace = [(re.compile(pattern, re.IGNORECASE), put) for pattern, put in arguments.get("replace", ())]

    def changed(line: str) -> str:
        if any(pattern.fullmatch(line) for pattern in comment):
            return "#" + line
        for pattern, put in replace:
            found = pattern.fullmatch(line)
            if found:
                return found.expand(put)
        return line

    return "\n".join(map(changed, text.split("\n")))
