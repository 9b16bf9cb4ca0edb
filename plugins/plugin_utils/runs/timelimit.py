# SPDX-License-Identifier: GPL-3.0-or-later
"""A limit on how long a host may keep a worker of Ansible busy."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

REMIND_SECONDS = 5


class OutOfTime(BaseException):
    """The host did not answer in time. No Exception, since connections retry after any of those."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise OutOfTime in the body after `seconds`, and end the programs (ssh) that it leaves behind then.

    A worker runs one task in its main thread, so a signal reaches it.
    """

    def out_of_time(_signal: int, _frame: Any) -> None:
        raise OutOfTime

    previous = signal.signal(signal.SIGALRM, out_of_time)
    # Again and again: what a connection does to clean up can hang as well.
    signal.setitimer(signal.ITIMER_REAL, seconds, REMIND_SECONDS)
    try:
        yield
    except OutOfTime:
        _end_children()
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _end_children() -> None:
    with suppress(OSError):  # a controller without Linux's /proc
        for thread in Path("/proc/self/task").iterdir():
            for child in (thread / "children").read_text(encoding="ascii").split():
                os.kill(int(child), signal.SIGTERM)
