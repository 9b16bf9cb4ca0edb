# SPDX-License-Identifier: GPL-3.0-or-later
"""Restore tests noted in the record ev-restore-test, which the collection keeps itself."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ..declared.signatures import SUFFIX
from ..results import ResultsError, write_text
from .dumping import dumped
from .records import SUFFIXES, load
from .yaml_file import LARGEST, RecordError

KIND = "ev-restore-test"
#: Tests that are kept of one backup of one host: who asks since when restores work looks at more than the last.
KEPT = 6
HEADING = (
    "# Restore tests as bulwark.msp.restore_test made them, the newest last. The file is written anew by each of its\n"
    "# runs, which keep what is entered by hand, but no comments and no signature.\n"
)


def note(
    folder: Path, customer: str, tests: Iterable[Mapping[str, Any]], today: date, owner: str, review_days: int
) -> Path:
    """Add tests (as kinds/backups.py has them) to a customer's record and return its file; raises RecordError.

    owner: who answers for the record where nobody did yet.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _locked(folder):
            before = load(folder, KIND, customer) or {}
            path = next((folder / (KIND + end) for end in SUFFIXES if (folder / (KIND + end)).exists()),
                        folder / (KIND + SUFFIXES[0]))  # fmt: skip
            record = {
                "id": KIND,
                "customer_id": customer,
                "owner": owner,
                "version": "0",
                **before,
                "date": today.isoformat(),
                "next_review": (today + timedelta(days=review_days)).isoformat(),
                "tests": _kept([*before.get("tests", ()), *(dict(test) for test in tests)]),
            }
            record["version"] = _next(str(record["version"]))
            text = HEADING + dumped(record)
            if len(text.encode()) > LARGEST:
                raise RecordError("%s would grow beyond %d bytes; move old tests elsewhere" % (path, LARGEST))
            write_text(path, text)
            # Whoever signed the version before has not seen this one.
            path.with_name(path.name + SUFFIX).unlink(missing_ok=True)
            return path
    except OSError as error:
        raise RecordError("%s can't be written to: %s" % (folder, os.strerror(error.errno or 0).lower())) from None
    except ResultsError as error:
        raise RecordError(str(error)) from None


def _kept(tests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the last tests of each backup, in their order."""
    left: dict[tuple[Any, Any], int] = {}
    kept = []
    for test in reversed(tests):
        key = (test["system"], test["backup"])
        left[key] = left.get(key, 0) + 1
        if left[key] <= KEPT:
            kept.append(test)
    return kept[::-1]


def _next(version: str) -> str:
    return str(int(version) + 1) if version.isascii() and version.isdigit() else version


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder: tests of several hosts end at once, each in a process of its own."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
