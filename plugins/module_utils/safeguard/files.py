# SPDX-License-Identifier: GPL-3.0-or-later
"""Files as a plan shapes them: read once from the host, changed step after step, compared in the end."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from ..door import FILE_LIMIT
from ..edits.refused import Refused


class File(NamedTuple):
    """A file's content (None: it isn't there), permission bits and owner."""

    content: bytes | None
    mode: int = 0o644
    uid: int = 0
    gid: int = 0

    def text(self) -> str | None:
        """Return the content as text that `of` turns back into the same bytes."""
        return None if self.content is None else self.content.decode("utf-8", "surrogateescape")

    def rights(self) -> str:
        """Return mode and owner for a reader."""
        return "" if self.content is None else "%04o %d:%d" % (self.mode, self.uid, self.gid)


ABSENT = File(None)


def content_of(text: str | None) -> bytes | None:
    """Return the bytes of a text that came from File.text()."""
    return None if text is None else text.encode("utf-8", "surrogateescape")


def read(path: str) -> File:
    """Return the file at `path`, whose links were followed before."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    except OSError as error:
        raise Refused("%s can't be read: %s" % (path, (error.strerror or "").lower())) from None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise Refused("%s is not a regular file" % path)
        content = file.read(FILE_LIMIT + 1)
    if len(content) > FILE_LIMIT:
        raise Refused("%s is larger than %d bytes" % (path, FILE_LIMIT))
    return File(content, stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)


class Files:
    """The host's files with what a plan makes of them."""

    def __init__(self) -> None:
        self._before: dict[str, File] = {}
        self._now: dict[str, File] = {}

    def __getitem__(self, path: str) -> File:
        if path not in self._now:
            self._now[path] = self._before.setdefault(path, read(path))
        return self._now[path]

    def __setitem__(self, path: str, file: File) -> None:
        self[path]  # what it was must be known
        self._now[path] = file

    def changed(self) -> dict[str, File]:
        """Return the files that are not to stay as they are."""
        return {path: file for path, file in self._now.items() if file != self._before[path]}
