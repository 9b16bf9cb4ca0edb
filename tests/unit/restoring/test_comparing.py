# SPDX-License-Identifier: GPL-3.0-or-later
"""What came back is held against the snapshot, and against the live file where that is the same by size and time."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.module_utils.restoring.comparing import SHOWN, Compared, compare
from ansible_collections.bulwark.msp.plugins.module_utils.restoring.tools import Entry


def outcome(target: Path, live: Path, entry: Entry, *, vouched: bool = True) -> Compared:
    """Return how one file compares."""
    return compare(str(target), {str(live): entry}, vouched)


def files(folder: Path, restored: bytes, live: bytes | None) -> tuple[Path, Path]:
    """Write a restored file below a target and a live one of the same time; return target and live path."""
    path, target = folder / "live" / "a", folder / "target"
    copy = Path(f"{target}{path}")
    for place, content in ((copy, restored), (path, live)):
        if content is not None:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            os.utime(place, (1000, 1000))
    return target, path


def test_the_same_is_the_same(tmp_path: Path) -> None:
    target, path = files(tmp_path, b"hello", b"hello")
    assert outcome(target, path, Entry(str(path), 5)) == Compared(files=1, bytes=5, verified=1, live=1)
    assert outcome(target, path, Entry(str(path), 5), vouched=False).verified == 0


def test_a_live_file_of_another_time_is_newer(tmp_path: Path) -> None:
    target, path = files(tmp_path, b"hello", b"other")
    os.utime(path, (2000, 2000))
    assert outcome(target, path, Entry(str(path), 5)) == Compared(files=1, bytes=5, verified=1, newer=1)
    path.unlink()
    assert outcome(target, path, Entry(str(path), 5)).newer == 1


def test_a_live_file_of_the_same_time_and_another_content_is_a_fault(tmp_path: Path) -> None:
    target, path = files(tmp_path, b"hello", b"other")
    assert "the live file has another content" in outcome(target, path, Entry(str(path), 5)).faults[0]


def test_what_is_not_the_snapshots_is_a_fault(tmp_path: Path) -> None:
    target, path = files(tmp_path, b"hello", None)
    wrong = hashlib.sha256(b"jello").hexdigest()
    assert (
        "did not come back with the snapshot's content" in outcome(target, path, Entry(str(path), 5, wrong)).faults[0]
    )
    assert "came back with 5 bytes in the place of 6" in outcome(target, path, Entry(str(path), 6)).faults[0]
    assert compare(str(target), {"/gone": Entry("/gone", 1)}, True).faults == ["/gone did not come back"]


def test_a_link_in_the_place_of_a_file_is_not_followed(tmp_path: Path) -> None:
    target, path = files(tmp_path, b"hello", b"hello")
    copy = Path(f"{target}{path}")
    copy.unlink()
    copy.symlink_to(path)
    assert outcome(target, path, Entry(str(path), 5)).faults == [f"{path} did not come back as a file"]


def test_a_thousand_faults_are_counted_and_few_told(tmp_path: Path) -> None:
    found = compare(str(tmp_path), {f"/{number}": Entry(f"/{number}", 1) for number in range(1000)}, True)
    assert (len(found.faults), found.more, found.files) == (SHOWN, 1000 - SHOWN, 0)
