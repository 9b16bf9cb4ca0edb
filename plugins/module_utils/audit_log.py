# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd's log as a series of files: how much there is, from when to when, and how many events a day.

Records tell command lines, which may hold secrets. Nothing of them is taken but moments, serial numbers and keys.
"""

from __future__ import annotations

import re
import zlib
from typing import Any

from .door import Door, Missing
from .log_series import series

#: The beginning of each record: seconds, milliseconds and the event's serial number.
STAMP = re.compile(rb"\bmsg=audit\((\d{1,12})\.\d+:(\d+)\)")
KEY = re.compile(rb'\bkey="([^"]{1,128})"')
#: auditd writes several keys of one rule as one text, in hexadecimal digits, with this between them.
HEX_KEY = re.compile(rb"\bkey=((?:[0-9A-F]{2}){1,256})\b")
BETWEEN = b"\x01"
NUMBERED = re.compile(r"\.(\d+)(?:\.gz)?")
HEAD = 16 * 1024
#: Of the newest records only so many bytes are gone through, and so many seconds before the last one.
SAMPLE = 2 * 1024 * 1024
SAMPLE_SECONDS = 7 * 86400
DAY = 86400
HOUR = 3600
KEYS_LIMIT = 200


def newest_first(door: Door, path: str) -> list[str]:
    """Return the log and what was rotated of it, by auditd (.1 is the newest) or with a date in its name."""
    folder, _slash, name = path.rpartition("/")
    try:
        names = [one for one in door.list(folder) if one == name or one.startswith((name + ".", name + "-"))]
    except Missing:
        return []

    def age(one: str) -> tuple[int, int, str]:
        number = NUMBERED.fullmatch(one[len(name) :])
        return (0, 0, "") if one == name else (1, int(number[1]), "") if number else (2, 0, one)

    dated = sorted((one for one in names if age(one)[0] == 2), reverse=True)
    return ["%s/%s" % (folder, one) for one in (*sorted((one for one in names if age(one)[0] < 2), key=age), *dated)]


def measure(door: Door, files: list[str]) -> dict[str, Any]:
    """Return {bytes, files, oldest, newest, daily_bytes, gap} of a log's files, newest first.

    gap: when what lies behind a gap was last written, which is no part of the log; None where there is none.
    """
    ends = {path: door.modified(path) for path in files}
    sizes = {path: door.stat(path).size for path in files}
    begins = {path: _first(door, path) for path in files if sizes[path]}
    whole, gap = series(files, ends.__getitem__, lambda path: begins.get(path) or ends[path])
    held = [path for path in files if path in whole and sizes[path]]
    last = next((moment for moment in (_last(door, path) for path in held) if moment is not None), None)
    oldest = min((moment for moment in (begins[path] for path in held) if moment is not None), default=None)
    span = last - oldest if last is not None and oldest is not None else 0
    total = sum(sizes[path] for path in held)
    return {
        "bytes": total, "files": len(whole), "oldest": oldest, "newest": last,
        "daily_bytes": int(total * DAY / span) if span >= HOUR else None, "gap": gap,
    }  # fmt: skip


def rated(door: Door, files: list[str]) -> dict[str, Any] | None:
    """Return {seconds, bytes, events, a_day, by_key} of the newest records; None where there are none."""
    left, texts = SAMPLE, []
    for path in files:
        if left <= 0 or path.endswith(".gz"):
            break
        texts.append(door.tail(path, left))
        left -= len(texts[-1])
    return count(texts)


def count(texts: list[bytes]) -> dict[str, Any] | None:
    """Return the rate of pieces of log, the newest first. An event is counted once, however many records it has."""
    keys: dict[tuple[int, int], bytes | None] = {}
    newest = None
    for text in texts:
        for line in text.split(b"\n"):
            stamp = STAMP.search(line)
            if stamp is None:
                continue
            event = (int(stamp[1]), int(stamp[2]))
            newest = event[0] if newest is None else max(newest, event[0])
            keys[event] = _key(line) or keys.get(event)
    if newest is None:
        return None
    late = {event: key for event, key in keys.items() if event[0] >= newest - SAMPLE_SECONDS}
    seconds = max(1, newest - min(event[0] for event in late))
    totals: dict[str, int] = {}
    for key in late.values():
        for name in (key or b"").split(BETWEEN):
            if name:
                text_of = name.decode("utf-8", "replace")
                totals[text_of] = totals.get(text_of, 0) + 1
    most = sorted(totals.items(), key=lambda one: (-one[1], one[0]))[:KEYS_LIMIT]
    return {
        "seconds": seconds, "bytes": sum(map(len, texts)), "events": len(late),
        "a_day": round(len(late) * DAY / seconds),
        "by_key": {name: round(number * DAY / seconds) for name, number in most},
    }  # fmt: skip


def _key(line: bytes) -> bytes | None:
    plain = KEY.search(line)
    if plain:
        return plain[1]
    packed = HEX_KEY.search(line)
    return bytes.fromhex(packed[1].decode()) if packed else None


def _first(door: Door, path: str) -> int | None:
    head = door.pieces(path, [(0, HEAD)])[0]
    if path.endswith(".gz"):
        try:
            head = zlib.decompressobj(wbits=31).decompress(head, HEAD)
        except zlib.error:
            return None
    found = STAMP.search(head)
    return int(found[1]) if found else None


def _last(door: Door, path: str) -> int | None:
    if path.endswith(".gz"):
        return None
    found = STAMP.findall(door.tail(path, HEAD))
    return int(found[-1][0]) if found else None
