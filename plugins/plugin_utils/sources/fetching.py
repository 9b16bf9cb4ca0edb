# SPDX-License-Identifier: GPL-3.0-or-later
"""A file of the controller, or one behind a URL, opened for reading and never larger than allowed."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timezone
from pathlib import Path
from typing import IO, NamedTuple
from urllib.parse import urlsplit

from ansible.module_utils.urls import open_url

CONNECT_SECONDS = 30
#: What the whole of a file may take to arrive.
LONGEST_SECONDS = 300
PIECE = 1 << 20


class SourceError(Exception):
    """A source can't be had or used; the text names it and says why."""


def unusable(source: str, what: str, error: Exception) -> SourceError:
    """Return the error of a source that is not `what` it should be; a library's reason may be long."""
    return SourceError("%s: is no %s: %.200s" % (source, what, " ".join(str(error).split())))


class Opened(NamedTuple):
    """An open file that can be sought in. written: the day it was last written, None where it was just fetched."""

    stream: IO[bytes]
    written: date | None


def is_url(source: str) -> bool:
    """Say whether a source is a URL rather than a path."""
    return "://" in source


@contextmanager
def opened(source: str, limit: int) -> Iterator[Opened]:
    """Open what `source` names, a path or an https URL, of at most `limit` bytes; raises SourceError."""
    try:
        if is_url(source):
            with tempfile.TemporaryFile() as copy:
                _fetch(source, limit, copy)
                yield Opened(copy, None)
        else:
            with open(Path(source).expanduser(), "rb", opener=_without_waiting) as file:
                yield Opened(file, _written(source, limit, os.fstat(file.fileno())))
    except OSError as error:
        raise SourceError("%s: %s" % (source, error.strerror or error)) from None


def _without_waiting(path: str, flags: int) -> int:
    """Open a path as open() does, but for a pipe, for whose writer it would wait."""
    return os.open(path, flags | os.O_NONBLOCK)


def _written(source: str, limit: int, status: os.stat_result) -> date:
    if not stat.S_ISREG(status.st_mode):
        raise SourceError("%s: is no regular file" % source)
    if status.st_size > limit:
        raise _too_large(source, limit)
    return day_of(status)


def day_of(status: os.stat_result) -> date:
    """Return the day (UTC) on which a file was last written."""
    return datetime.fromtimestamp(status.st_mtime, timezone.utc).date()


def _fetch(url: str, limit: int, copy: IO[bytes]) -> None:
    until = time.monotonic() + LONGEST_SECONDS
    try:
        with open_url(url, timeout=CONNECT_SECONDS, http_agent="bulwark.msp", follow_redirects="safe") as answer:
            if urlsplit(answer.geturl()).scheme != "https":
                raise SourceError("%s: leads away from https" % url)
            while piece := answer.read(PIECE):
                if copy.tell() + len(piece) > limit:
                    raise _too_large(url, limit)
                if time.monotonic() > until:
                    raise SourceError("%s: did not arrive within %d seconds" % (url, LONGEST_SECONDS))
                copy.write(piece)
    except (SourceError, OSError):
        raise
    except Exception as error:
        # open_url lets through whatever its libraries raise: of TLS, of HTTP, of Ansible.
        raise SourceError("%s: %s" % (url, error)) from None
    copy.seek(0)


def _too_large(source: str, limit: int) -> SourceError:
    return SourceError("%s: is larger than %d MiB" % (source, limit >> 20))
