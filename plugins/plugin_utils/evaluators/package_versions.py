# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of two package versions is the older one, as dpkg compares them, by the library `univers`."""

from __future__ import annotations

from .facts import Unread

try:
    from univers.debian import Version
except ImportError:
    Version = None


def deb_older(version: str, than: str) -> bool:
    """Say whether dpkg takes `version` for older than the other; raises Unread where that can't be told."""
    if Version is None:
        raise Unread("package versions can't be compared on the controller: pip install univers")
    try:
        return bool(Version.from_string(version) < Version.from_string(than))
    except ValueError as error:
        raise Unread(
            "of the versions %.80r and %.80r the older one can't be told: %.80s" % (version, than, error)
        ) from None
