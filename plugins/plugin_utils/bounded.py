# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of other people's read as bytes: bounded, and never a device or a pipe that would not end."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class FileError(Exception):
    """A file can't be read; the text names it. refused: it is there and readable, and no such file as is read here."""

    def __init__(self, text: str, refused: bool = True) -> None:
        super().__init__(text)
        self.refused = refused


class TooLarge(FileError):
    """It holds more than is read."""


def read(path: Path, largest: int) -> bytes | None:
    """Return what a file holds, at most `largest` bytes, None where there is none; raises FileError."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        why = os.strerror(error.errno or 0).lower() if isinstance(error, OSError) else str(error)
        raise FileError("%s: %s" % (path, why), refused=False) from None
    # Looked at before it is opened as a stream, which a folder can't be.
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise FileError("%s is no regular file" % path)
    with os.fdopen(handle, "rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise TooLarge("%s is larger than %d bytes" % (path, largest))
    return content
