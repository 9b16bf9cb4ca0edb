# SPDX-License-Identifier: GPL-3.0-or-later
"""lastlog: one record of a fixed size for each uid, at the uid's place (lastlog(8)), mostly holes."""

from __future__ import annotations

import struct
from collections.abc import Iterable

#: time, terminal, host
NARROW = struct.Struct("<i32s256s")
WIDE = struct.Struct("<q32s256s")


def spans(uids: Iterable[int], wide: bool = False) -> list[tuple[int, int]]:
    """Return [(offset, length)] of the uids' records."""
    layout = WIDE if wide else NARROW
    return [(uid * layout.size, layout.size) for uid in uids]


def when(piece: bytes, wide: bool = False) -> int:
    """Return the time of a record; 0 for a hole, and where the file ends before it."""
    layout = WIDE if wide else NARROW
    return max(0, layout.unpack(piece)[0]) if len(piece) == layout.size else 0
