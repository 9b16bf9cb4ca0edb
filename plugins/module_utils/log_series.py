# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of a log make one series: one that was left behind long ago tells nothing of the time in between."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

File = TypeVar("File")
#: So long nothing may be logged at all: the longest usual period of rotation, a month, and some days.
QUIET = 35 * 86400


def series(
    files: Iterable[File], end: Callable[[File], int], begin: Callable[[File], int]
) -> tuple[list[File], int | None]:
    """Return (the files that follow each other without a gap, the newest first; when what lies behind a gap ends).

    end, begin: when the newest and the oldest line of a file were written. The second is None where there is no gap.
    A log that is rotated seldom may be silent for as long as two of its periods.
    """
    found: list[File] = []
    pauses: list[int] = []
    for one in sorted(files, key=end, reverse=True):
        if found:
            # No gap is longer than the pause between two ends, so that most files need not be opened.
            pause = end(found[-1]) - end(one)
            if pause > QUIET and begin(found[-1]) - end(one) > max(QUIET, 2 * _usual(pauses)):
                return found, end(one)
            pauses.append(pause)
        found.append(one)
    return found, None


def _usual(pauses: list[int]) -> int:
    return sorted(pauses)[len(pauses) // 2] if pauses else 0
