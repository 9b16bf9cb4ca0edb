# SPDX-License-Identifier: GPL-3.0-or-later
"""Account files are taken back line by line: a password that somebody changed since must not come back with them."""

from __future__ import annotations

from collections.abc import Container

FILES = frozenset(
    "/etc/%s%s" % (name, backup)
    for name in ("passwd", "shadow", "group", "gshadow", "subuid", "subgid")
    for backup in ("", "-")
)


def undone(before: str, after: str, now: str, held: Container[str] = ()) -> str:
    """Return `now` without what happened between `before` and `after`, line by line, as named by their first field.

    A line that is as it was after becomes what it was before; any other was changed since and stays, and so does that
    of an account which is kept out, as `held` names them.
    """
    if now == after and not held:
        return before
    then, made = _lines(before), _lines(after)
    kept = []
    present = _lines(now)
    for name, line in present.items():
        if name in held or line != made.get(name) or line == then.get(name):
            kept.append(line)
        elif name in then:
            kept.append(then[name])
    # What was taken away between, and nobody made anew.
    kept += [line for name, line in then.items() if name not in made and name not in present]
    return "".join(kept)


def _lines(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines(keepends=True):
        name = line.split(":", 1)[0]
        # The second of two lines of one name is kept too.
        found[name if name not in found else line] = line
    return found
