# SPDX-License-Identifier: GPL-3.0-or-later
"""The document that a record stands for: found in the folder of records, and compared by its SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..declared.checking import shown

#: Bytes of a document; a larger one is compared by hand.
LARGEST = 256 * 1024 * 1024
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
PIECE = 1024 * 1024


class DocumentError(Exception):
    """The document is not the one that the record stands for; `field` is at fault, the text says what to do."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def compared(folder: Path, record: Mapping[str, Any]) -> str:
    """Return what became of comparing a record's document with its sha256, in words; raises DocumentError.

    A path without a scheme names a file in the folder; whatever lies elsewhere is not looked at.
    """
    place, wanted = record.get("source_uri"), record.get("sha256")
    if place is None:
        return "no document is named (source_uri), so none was compared"
    if ADDRESS.match(place) or place.startswith("//"):
        return "the document at %s is not in the folder of records and was not compared" % shown(place)
    found = _digest(folder, place)
    if found is None:
        return "the document %s is larger than %d bytes and was not compared" % (shown(place), LARGEST)
    if wanted is None:
        return "the document %s was not compared: the record has no sha256, and now it would be %s" % (
            shown(place), found
        )  # fmt: skip
    if found != wanted:
        text = "the document %s has another one, %s; it was changed, or another one is meant"
        raise DocumentError("sha256", text % (shown(place), found))
    return "the document %s has the sha256 of the record" % shown(place)


def _digest(folder: Path, place: str) -> str | None:
    """Return the SHA-256 of a file in the folder, None where it is too large; raises DocumentError."""
    try:
        home = folder.resolve()
        path = (home / place).resolve()
        if Path(place).is_absolute() or home not in path.parents:
            raise DocumentError("source_uri", "%s leads out of the folder of records; put it there" % shown(place))
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        text = "there is no file %s in the folder of records; put it there, or name its address"
        raise DocumentError("source_uri", text % shown(place)) from None
    except (OSError, ValueError, RuntimeError) as error:
        why = os.strerror(error.errno or 0).lower() if isinstance(error, OSError) else str(error)
        raise DocumentError("source_uri", "%s can't be read: %s" % (shown(place), why)) from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise DocumentError("source_uri", "%s is no regular file; name a document" % shown(place))
    with os.fdopen(handle, "rb") as file:
        found, read = hashlib.sha256(), 0
        while piece := file.read(PIECE):
            read += len(piece)
            if read > LARGEST:
                return None
            found.update(piece)
    return found.hexdigest()
