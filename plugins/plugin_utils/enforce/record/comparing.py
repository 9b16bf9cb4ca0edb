# SPDX-License-Identifier: GPL-3.0-or-later
"""A change of a text as a unified diff that stays readable: bounded, without hidden characters, secrets masked."""

from __future__ import annotations

from difflib import SequenceMatcher
from itertools import takewhile

from ...text import clean
from .masking import masked

LINE_LIMIT = 300
CONTEXT = 3
TAB = 4
#: Lines of each side that are compared, from the first that differs on: comparing takes their product in time.
MOST_COMPARED = 400
#: Characters of a text that are looked at: no configuration is longer.
MOST_TEXT = 256 * 1024


def unified(before: str | None, after: str | None, room: int) -> list[str]:
    """Return the lines of the diff without its head, at most `room` and one that counts the rest.

    before, after: None where there was or will be nothing. A line that begins with a backslash is a remark.
    """
    if (before or "") == (after or ""):
        return []
    old, new = _lines(before), _lines(after)
    start = max(0, _same(old, new) - CONTEXT)
    tail = max(0, min(_same(old[::-1], new[::-1]), len(old) - start, len(new) - start) - CONTEXT)
    sides = [side[start : len(side) - tail] for side in (old, new)]
    lines = _hunks(sides[0][:MOST_COMPARED], sides[1][:MOST_COMPARED], start)
    if not lines:
        lines = ["\\ only the end of the last line differs"]
    unseen = sum(max(0, len(side) - MOST_COMPARED) for side in sides)
    if unseen:
        lines.append("\\ and %d more lines that were not compared" % unseen)
    if len(lines) > room:
        lines = [*lines[:room], "\\ and %d more lines of this diff" % (len(lines) - room)]
    return lines


def _same(old: list[str], new: list[str]) -> int:
    """Return how many lines are the same from the beginning on."""
    return len(list(takewhile(lambda pair: pair[0] == pair[1], zip(old, new, strict=False))))


def _lines(text: str | None) -> list[str]:
    lines = (text or "")[:MOST_TEXT].split("\n")
    return lines if lines[-1] else lines[:-1]


def _hunks(old: list[str], new: list[str], start: int) -> list[str]:
    lines: list[str] = []
    for group in SequenceMatcher(None, old, new).get_grouped_opcodes(CONTEXT):
        _tag, first, _last, beginning, _end = group[0]
        _tag, _first, last, _beginning, end = group[-1]
        lines.append("@@ -%s +%s @@" % (_range(first, last, start), _range(beginning, end, start)))
        for tag, left, right, low, high in group:
            if tag == "equal":
                lines += [_line(" ", line) for line in old[left:right]]
                continue
            lines += [_line("-", line) for line in old[left:right]]
            lines += [_line("+", line) for line in new[low:high]]
    return lines


def _range(first: int, last: int, start: int) -> str:
    """Return the place of a hunk as diff writes it: its first line, counted from 1, and how many."""
    number = last - first
    line = start + first + (1 if number else 0)
    return str(line) if number == 1 else "%d,%d" % (line, number)


def _line(sign: str, line: str) -> str:
    # Cut before it is searched, so that no line is too long for that.
    return sign + clean(masked(line[: 2 * LINE_LIMIT]).expandtabs(TAB), LINE_LIMIT)
