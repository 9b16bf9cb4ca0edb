# SPDX-License-Identifier: GPL-3.0-or-later
"""A backup tool at work: in a process group of its own, within a time, and what it prints never kept whole."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from .environment import harmless
from .refused import Refused
from .tools import complaint

BLOCK = 256 * 1024
LINE_LIMIT = 64 * 1024
#: Of what a tool says last, which is where it says what went wrong.
TAIL = 4096
REASON_LIMIT = 300


class OutOfTime(Exception):
    """The tool did not end in time."""


class Failed(Exception):
    """The tool ended with an error; the text is the last that it said."""


class Tool:
    """Runs commands with one environment until a deadline. tell: told of each process group before it goes on."""

    def __init__(self, settings: Mapping[str, str], seconds: float, tell: Callable[[int], None]) -> None:
        self.settings = dict(settings)
        self._deadline = time.monotonic() + seconds
        self._tell = tell

    def lines(self, argv: Sequence[str], folder: str = "/") -> Iterator[str]:
        """Yield the lines that a command prints; raises Refused where there is no such program, Failed, OutOfTime."""
        with self._started(argv, folder) as (process, said):
            rest = b""
            for block in self._blocks(process):
                lines = (rest + block).split(b"\n")
                rest = lines.pop()[:LINE_LIMIT]
                for line in lines:
                    yield line[:LINE_LIMIT].decode("utf-8", "replace")
            if rest:
                yield rest.decode("utf-8", "replace")
            self._end(process, said)

    def run(self, argv: Sequence[str], folder: str = "/") -> None:
        """Run a command whose output is nobody's business; raises as lines() does."""
        for _line in self.lines(argv, folder):
            pass

    @contextmanager
    def _started(self, argv: Sequence[str], folder: str) -> Iterator[tuple[subprocess.Popen[bytes], Any]]:
        with os.fdopen(os.memfd_create("bulwark"), "w+b") as said:
            try:
                process = subprocess.Popen(
                    argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said, env=self.settings,
                    cwd=folder, start_new_session=True,
                )  # fmt: skip
            except FileNotFoundError:
                raise Refused("%s is not installed" % argv[0]) from None
            except OSError as error:
                raise Refused("%s can't be run: %s" % (argv[0], os.strerror(error.errno or 0).lower())) from None
            try:
                self._tell(process.pid)
                yield process, said
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                if process.stdout:
                    process.stdout.close()

    def _blocks(self, process: subprocess.Popen[bytes]) -> Iterator[bytes]:
        output: Any = process.stdout
        while True:
            left = self._deadline - time.monotonic()
            if left <= 0 or not select.select([output], [], [], left)[0]:
                raise OutOfTime
            block = os.read(output.fileno(), BLOCK)
            if not block:
                return
            yield block

    def _end(self, process: subprocess.Popen[bytes], said: Any) -> None:
        try:
            rc = process.wait(max(0.1, self._deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise OutOfTime from None
        if rc != 0:
            size = said.seek(0, os.SEEK_END)
            said.seek(max(0, size - TAIL))
            words = said.read(TAIL).decode("utf-8", "replace").split("\n")
            last = next((word.strip() for word in reversed(words) if word.strip()), "no message")
            raise Failed("exited %d: %s" % (rc, harmless(complaint(last), self.settings)[:REASON_LIMIT]))
