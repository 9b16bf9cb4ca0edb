# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose turn it is, where several test runs of one machine would be at the same."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def one_at_a_time(lock: Path) -> Iterator[None]:
    """Wait until nobody else, thread or process, holds the lock."""
    with lock.open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
