# SPDX-License-Identifier: GPL-3.0-or-later
"""Names against lists of shell patterns, each list made into one expression once a process."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Say whether a name matches one of the patterns."""
    return bool(one_of(tuple(patterns)).match(name))


@lru_cache(maxsize=1024)
def one_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches a whole name where one of the patterns does; none of them match nothing."""
    return re.compile("|".join(map(translate, patterns)) or r"(?!)")
