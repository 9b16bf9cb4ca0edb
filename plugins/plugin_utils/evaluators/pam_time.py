# SPDX-License-Identifier: GPL-3.0-or-later
"""When pam_time lets an account in: time.conf(5) as check_account of pam_time.c walks it.

Minutes are those of a week by the host's own clock, Monday's first at 0, as the bits of a whole number. Each rule that
means a login lets it in at its times alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from ...module_utils.readers.access import time_file
from .facts import Facts, Unread

DAY = 24 * 60
WEEK = 7 * DAY
ALWAYS = (1 << WEEK) - 1
NEVER = 0
#: sshd's terminal is called so until it has one.
SSH_TERMINAL = "ssh"
MEMBER = re.compile(r"[A-Za-z0-9*_\-./:]+|[&|!]")
MARKED = re.compile(r"[A-Za-z]*")
SPAN = re.compile(r"(\d{0,4})-(\d{4})")
DAYS = {
    "mo": 1, "tu": 2, "we": 4, "th": 8, "fr": 16, "sa": 32, "su": 64, "wk": 31, "wd": 96, "al": 127,
}  # fmt: skip
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Open(NamedTuple):
    """The minutes in which somebody gets in: surely, and perhaps (those too that can't be told)."""

    surely: int = ALWAYS
    perhaps: int = ALWAYS


def minutes(facts: Facts, arguments: Iterable[str], service: str, terminal: str, user: str) -> Open:
    """Return when a line of pam_time lets the account in; arguments: those of the line. Raises Unread."""
    file = time_file(arguments)
    for found in facts["access"]["time"]:
        if found["file"] == file:
            if "unread" in found:
                raise Unread(found["unread"])
            return allowed(found["rules"], service, terminal, user)
    raise Unread("what pam_time reads was not read")


def allowed(rules: Iterable[Mapping[str, Any]], service: str, terminal: str, user: str) -> Open:
    """Return when the rules let the account in."""
    surely, perhaps = ALWAYS, ALWAYS
    for rule in rules:
        good = [
            _logic(rule["services"], lambda word: _same(service, word), 1),
            _logic(rule["ttys"], lambda word: _same(terminal, word), 1),
        ]
        netgroup = rule["users"].startswith("@")
        if not netgroup:
            good.append(_logic(rule["users"], lambda word: _same(user, word), 1))
        if all(good):
            times = _logic(rule["times"], _span, ALWAYS)
            surely &= times
            perhaps &= ALWAYS if netgroup else times
    return Open(surely, perhaps)


def _logic(field: str, agrees: Callable[[str], int], everything: int) -> int:
    """Return what a field comes to, from left to right; one that pam_time can't read is never met."""
    left, inverse, both, wants_value = NEVER, NEVER, False, True
    for member in MEMBER.findall(field):
        if wants_value and member == "!":
            inverse ^= everything
        elif wants_value and member not in "&|":
            right = inverse ^ agrees(member)
            left = left & right if both else left | right
            wants_value = False
        elif not wants_value and member in "&|":
            both, wants_value, inverse = member == "&", True, NEVER
        else:
            return NEVER
    return left


def _same(name: str, word: str) -> int:
    """Say whether a word, which may hold one "*", means a name."""
    start, star, end = word.partition("*")
    if not star:
        return int(name == word)
    return int(name.startswith(start) and name.endswith(end))


def _span(word: str) -> int:
    """Return the minutes of a word like MoTu0800-1800; one without a day is never, one without times always."""
    letters = "".join(MARKED.findall(word)[:1])
    marked = 0
    for code in (letters[at : at + 2].lower() for at in range(0, len(letters), 2)):
        if code not in DAYS:
            return NEVER
        marked ^= DAYS[code]
    if not marked:
        return NEVER
    span = SPAN.match(word, len(letters))
    if not span:
        return ALWAYS
    start, end = int(span[1] or 0), int(span[2])
    if start < end:
        return _on(marked, _between(start, end))
    following = ((marked << 1) | (marked >> 6)) & DAYS["al"]
    # The minute at the end still counts on the second day.
    return _on(marked, _between(start, 2400)) | _on(following, _between(0, end + 1))


@lru_cache(maxsize=256)
def _between(start: int, end: int) -> int:
    """Return the minutes of a day from `start` to before `end`, both as hours and minutes in digits."""
    return sum(1 << at for at in range(DAY) if start <= at // 60 * 100 + at % 60 < end)


def _on(days: int, minutes: int) -> int:
    return sum(minutes << (day * DAY) for day in range(7) if days >> day & 1)


def first(found: int) -> str:
    """Return the first of some minutes in words, such as "Monday 00:00"."""
    at = (found & -found).bit_length() - 1
    return "%s %02d:%02d" % (NAMES[at // DAY], at % DAY // 60, at % 60)


def written(found: int) -> str:
    """Return the field of times that stands for some minutes, each day's spans by themselves."""
    words: list[str] = []
    for day, code in enumerate(tuple(DAYS)[:7]):
        bits = found >> (day * DAY) & ((1 << DAY) - 1)
        at = 0
        while bits >> at:
            at += (bits >> at & -(bits >> at)).bit_length() - 1
            length = (~(bits >> at) & ((bits >> at) + 1)).bit_length() - 1
            words.append("%s%s-%s" % (code.title(), _digits(at), _digits(at + length)))
            at += length
    return "|".join(words)


def _digits(minute: int) -> str:
    return "%02d%02d" % (minute // 60, minute % 60)


def among(spans: Sequence[tuple[int, int]]) -> int:
    """Return the minutes of spans (begin, length) in minutes of the week; what runs over its end begins it anew."""
    found = NEVER
    for begin, length in spans:
        bits = ((1 << min(length, WEEK)) - 1) << (begin % WEEK)
        found |= (bits | bits >> WEEK) & ALWAYS
    return found
