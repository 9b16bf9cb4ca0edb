# SPDX-License-Identifier: GPL-3.0-or-later
"""The rows of a CSV, whichever character parts its cells."""

from __future__ import annotations

import csv
import io

#: Problems that are told of one file.
SHOWN = 40


class TableError(Exception):
    """A CSV can't be imported; `problems` has each with its place."""

    def __init__(self, problems: list[str]) -> None:
        more = ["and %d more" % (len(problems) - SHOWN)] if len(problems) > SHOWN else []
        super().__init__("\n".join([*problems[:SHOWN], *more]))
        self.problems = problems


def rows(text: str) -> list[list[str]]:
    """Return the rows; the parting character is the one that the first row has more of."""
    text = text.removeprefix("\ufeff")
    head = text.split("\n", 1)[0]
    parting = max(",;\t", key=head.count)
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=parting, strict=True))
    except csv.Error as error:
        raise TableError(["it is no CSV: %s" % error]) from None
    if not found or not any(cell.strip() for cell in found[0]):
        raise TableError(["the first row must name the columns"])
    return found
