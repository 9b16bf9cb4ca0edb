# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes sshd read our drop-ins before anything else.

sshd takes the first value it meets, so that what ours say counts only where nothing is set before them. Debian and RHEL
include the drop-ins' folder on the first line; other main files (of hardening projects, of an installer) may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from ..ssh import config
from .refused import Refused


def edit(text: str | None, arguments: Mapping[str, Any], _secrets: Mapping[str, str]) -> str | None:
    """Return the main file with an Include of our drop-ins before all it sets.

    arguments: `pattern`, the absolute glob pattern of our drop-ins; `first`, whether they have to come before the other
    drop-ins too, because one of those sorts before ours.
    """
    if text is None:
        raise Refused("the SSH server's main configuration file is not there")
    pattern = str(arguments["pattern"])
    keyword, words = next((found for found in map(config.split, text.split("\n")) if found[0]), ("", []))
    included = words[0] if keyword == "include" and words else ""
    if not included.startswith("/"):
        included = "%s/%s" % (config.FOLDER, included)
    if included == pattern or (not arguments["first"] and fnmatchcase(pattern, included)):
        return text
    return "Include %s\n%s" % (pattern, text)
