# SPDX-License-Identifier: GPL-3.0-or-later
"""Where profiles begin in the files of AppArmor (apparmor.d(5)), as edits and readers look for them."""

from __future__ import annotations

import re

#: A name, or a path with its patterns, the attachment, and flags in parentheses, up to the brace.
HEADER = re.compile(
    r"^[ \t]*(?:profile[ \t]+(?P<named>\"[^\"\n]+\"|[^\s{(]+)|(?P<path>\"/[^\"\n]*\"|/(?:[^\s{(]|\{[^}\s]*\})*))"
    r"(?P<rest>(?:[^\n{(]|\{[^}\s]*\})*?(?:\((?P<flags>[^)\n]*)\))?)[ \t]*\{[ \t]*(?:#.*)?$",
    re.MULTILINE,
)


def profiles(text: str) -> list[tuple[str, list[str]]]:
    """Return (name, flags) of the profiles that begin in a text."""
    return [(named(found), re.split(r"[\s,]+", (found["flags"] or "").strip())) for found in HEADER.finditer(text)]


def named(found: re.Match[str]) -> str:
    """Return the name of a profile that begins here; one without a name of its own is called by its path."""
    return str(found["named"] or found["path"]).strip('"')
