# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of an SQLite database that somebody else wrote, read from its bytes so that it is neither locked nor changed."""

from __future__ import annotations

from typing import Any

from ..door import Unreadable

try:
    import sqlite3
except ImportError:  # a part of Python that minimal systems leave out
    sqlite3 = None  # type: ignore[assignment]

ROWS_LIMIT = 20000
#: Steps of SQLite's machine, in thousands, after which a query is ended: some seconds of a slow host.
STEPS_LIMIT = 50000


class NoSqlite(Unreadable):
    """The host's Python has no sqlite3."""


def rows(content: bytes, what: str, *queries: str) -> list[list[tuple[Any, ...]]]:
    """Return the rows of each query on the database in `content`; `what` names it in errors."""
    if not hasattr(sqlite3, "Connection") or not hasattr(sqlite3.Connection, "deserialize"):
        raise NoSqlite("%s can't be read: the host's Python lacks the module sqlite3 or is older than 3.11" % what)
    database = sqlite3.connect(":memory:")
    try:
        steps = iter(range(STEPS_LIMIT))
        database.set_progress_handler(lambda: next(steps, None) is None, 1000)
        database.text_factory = lambda text: text.decode("utf-8", "replace")
        database.deserialize(content)
        return [database.execute(query).fetchmany(ROWS_LIMIT) for query in queries]
    except (sqlite3.Error, ValueError, OverflowError) as error:
        raise Unreadable("%s is not the database it should be: %s" % (what, error)) from None
    finally:
        database.close()
