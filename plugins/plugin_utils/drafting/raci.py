# SPDX-License-Identifier: GPL-3.0-or-later
"""A matrix of responsibilities as it is drawn: a row a task, a column a party, and in the cells R, A, C and I."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..declared.checking import shown
from ..declared.parties import is_party
from .rows import TableError

KIND = "ev-raci"
TASK = "task"
#: What each letter says of the column's party, as the record's fields name it.
LETTERS = {"R": "responsible", "A": "accountable", "C": "consulted", "I": "informed"}
CELL = re.compile(r"[RACI\s/,;+&]*", re.ASCII)


def is_matrix(head: Sequence[str]) -> bool:
    """Say whether the first row names a task and then parties."""
    names = [name.strip().casefold() for name in head]
    return len(names) > 1 and names[0] == TASK and all(map(is_party, names[1:]))


def unfolded(rows: Sequence[Sequence[str]]) -> list[list[str]]:
    """Return the rows with a column for each letter that names the parties; raises TableError."""
    parties = [name.strip().casefold() for name in rows[0][1:]]
    problems = []
    made = [[TASK, *LETTERS.values()]]
    for number, row in enumerate(rows[1:], 2):
        if len(row) > len(rows[0]):
            problems.append("row %d has %d cells, and there are %d columns" % (number, len(row), len(rows[0])))
        task, cells = (row[0] if row else ""), [cell.strip().upper() for cell in row[1:]]
        wrong = [index for index, cell in enumerate(cells[: len(parties)]) if not CELL.fullmatch(cell)]
        problems += ["row %d, column %s: must be letters of R, A, C and I, found %s"
                     % (number, parties[index], shown(row[index + 1].strip())) for index in wrong]  # fmt: skip
        named = [";".join(party for party, cell in zip(parties, cells, strict=False) if letter in cell)
                 for letter in LETTERS]  # fmt: skip
        made.append([task, *named])
    if problems:
        raise TableError(problems)
    return made
