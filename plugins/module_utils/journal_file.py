# SPDX-License-Identifier: GPL-3.0-or-later
"""The header of a journal file: from when to when its entries are, and how much of it is written.

Layout: systemd's JOURNAL_FILE_FORMAT. What is read here has stood at the same place since the format exists.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, Optional

#: Bytes of a file that have to be read.
LENGTH = 208
SIGNATURE = b"LPKSHHRH"
#: Number of entries; times of the first and last one in microseconds since 1970; place of the last object.
_LAST_OBJECT, _ENTRIES, _TIMES = 136, 152, 184


class Header(NamedTuple):
    """What a journal file holds. oldest, newest: seconds since 1970, None without an entry. written: bytes."""

    oldest: Optional[int]
    newest: Optional[int]
    entries: int
    written: int


def parse(content: bytes) -> Header | None:
    """Return what the first LENGTH bytes of a file say, None where it is no journal file."""
    if len(content) < LENGTH or not content.startswith(SIGNATURE):
        return None
    (written,) = struct.unpack_from("<Q", content, _LAST_OBJECT)
    (entries,) = struct.unpack_from("<Q", content, _ENTRIES)
    oldest, newest = (moment // 1000000 for moment in struct.unpack_from("<QQ", content, _TIMES))
    if not entries or not 0 < oldest <= newest:
        return Header(None, None, 0, written)
    return Header(oldest, newest, entries, written)
