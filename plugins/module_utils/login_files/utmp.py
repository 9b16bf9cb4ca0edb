# SPDX-License-Identifier: GPL-3.0-or-later
"""wtmp: the records of utmp(5), one after the other, the oldest first."""

from __future__ import annotations

import re
import struct

from .record import BOOT, LOGON, OTHER, SHUTDOWN, Record

#: type, pid, line, id, user, host, exit, session, seconds, microseconds, address, unused
NARROW = struct.Struct("<hxxi32s4s32s256s4xiii16s20x")
WIDE = struct.Struct("<hxxi32s4s32s256s4xqqq16s20x4x")
EMPTY, RUN_LEVEL, BOOT_TIME, USER_PROCESS = 0, 1, 2, 7
#: Windows of tmux and screen: whoever opens one has logged in before, which other files don't repeat.
WINDOW = re.compile(r"tmux\(|:pts/|.*:S\.\d+$")


def parse(content: bytes, wide: bool = False) -> list[Record]:
    """Return the records of a wtmp file, or of its end; what is left of a record cut off at the start is skipped."""
    layout = WIDE if wide else NARROW
    records = []
    for fields in layout.iter_unpack(content[len(content) % layout.size :]):
        kind, _pid, _line, _id, user, host, _session, seconds = fields[:8]
        if kind == EMPTY or seconds <= 0:
            continue
        name = text(user)
        if kind == BOOT_TIME:
            records.append(Record(BOOT, "", seconds))
        elif kind == RUN_LEVEL and name == "shutdown":
            records.append(Record(SHUTDOWN, "", seconds))
        elif kind == USER_PROCESS and name and not WINDOW.match(text(host)):
            records.append(Record(LOGON, name, seconds))
        else:
            records.append(Record(OTHER, "", seconds))
    return records


def text(field: bytes) -> str:
    """Return what stands before the first zero byte."""
    return field.split(b"\0", 1)[0].decode("utf-8", "replace")
