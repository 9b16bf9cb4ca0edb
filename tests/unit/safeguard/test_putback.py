# SPDX-License-Identifier: GPL-3.0-or-later
"""Putting back: whatever was done to files, they are byte for byte what they were, however often it is done."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard import putback, store
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.putback import Home
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = ("one", "two", "deep/one", "deep/two", "deep/er/one")
CHANGES = st.lists(
    st.tuples(st.sampled_from(NAMES), st.sampled_from(["write", "remove", "mode", "link"]), st.binary(max_size=20)),
    max_size=12,
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(str(tmp_path / "state"))
    store.prepare(made)
    return made


def pending_run(home: Home, paths: list[dict[str, Any]], **more: Any) -> None:
    record = {"run": "r1", "state": "armed", "number": 1, "units": {}, "services": {}, "trees": {}, **more}
    putback.save(home.run("r1"), {**record, "paths": paths})
    putback.save(home.pending, {"run": "r1", "folders": [], "boot": putback.boot_id(), "monotonic": time.monotonic()})


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CHANGES, CHANGES)
def test_a_folder_is_what_it_was(tmp_path: Path, home: Home, first: Any, then: Any) -> None:
    folder = tmp_path / os.urandom(4).hex()
    folder.mkdir()
    _do(folder, first)
    before = store.capture_tree(home, str(folder))
    _do(folder, then)
    for _twice in range(2):
        _done, failed = putback.put_paths(home, {"paths": [], "trees": {str(folder): before}})
        assert failed == []
        assert putback.differences(before, putback.index(str(folder))) == []


def _do(folder: Path, changes: list[tuple[str, str, bytes]]) -> None:
    for name, what, content in changes:
        path = folder / name
        if what == "write":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.write_bytes(content)
        elif what == "link":
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            path.symlink_to(content.hex() or "x")
        elif what == "remove":
            path.unlink(missing_ok=True)
        elif path.exists() and not path.is_symlink():
            path.chmod(0o600 | (len(content) & 0o77))


def test_a_run_is_put_back_once(tmp_path: Path, home: Home) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    os.utime(path, ns=(1, 1_000_000_007))
    before = store.capture(home, str(path))
    path.write_text("new")
    pending_run(home, [store.path_item(str(path), before)])
    assert putback.put_back(home, "why", wanted=lambda pending: pending["run"] == "r2") == []
    assert putback.put_back(home, "why") == [str(path)]
    assert path.read_text() == "old"
    assert path.stat().st_mtime_ns == 1_000_000_007
    assert putback.put_back(home, "why") == []
    assert putback.load(home.reverted)["reason"] == "why"
    assert putback.load(home.run("r1"))["state"] == "reverted"


@pytest.mark.parametrize(
    ("before", "now", "stays"),
    [("1", "2", True), ("", "2", True), ("2", "2", False), ("1", "1", False), ("", "", False)],
)
def test_a_lock_that_the_run_loaded_is_told(
    home: Home, monkeypatch: pytest.MonkeyPatch, before: str, now: str, stays: bool
) -> None:
    """No file that is put back opens it; one that was there before is none of this run's."""
    told = [putback.LOCKED_RULES] if stays else []
    monkeypatch.setattr(putback, "audit_enabled", lambda: now)
    pending_run(home, [], audit=before)
    putback.put_back(home, "why")
    assert putback.load(home.reverted)["after_reboot"] == putback.after_reboot(home, "r1") == told
    assert putback.after_reboot(home, "r2") == []
    pending_run(home, [], audit=before)
    putback.put_back(home, "why", at_boot=True)
    assert putback.after_reboot(home, "r1") == []


def test_what_cannot_be_put_back_keeps_waiting(tmp_path: Path, home: Home) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    before = store.capture(home, str(path))
    path.write_text("new")
    pending_run(home, [store.path_item(str(path), before)])
    (Path(home.objects) / before["sha256"]).write_text("tampered")
    with pytest.raises(putback.Unfinished, match="damaged"):
        putback.put_back(home, "why")
    assert path.read_text() == "new"
    (Path(home.objects) / before["sha256"]).write_text("old")
    putback.put_back(home, "why")
    assert path.read_text() == "old"
    assert putback.load(home.pending) is None


def test_no_link_is_followed(tmp_path: Path, home: Home) -> None:
    """A user who swaps a folder of theirs for a link gets nothing written elsewhere."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "target").mkdir()
    path = tmp_path / "mine" / "file"
    path.write_text("old")
    before = store.capture(home, str(path))
    path.unlink()
    (tmp_path / "mine").rmdir()
    (tmp_path / "mine").symlink_to(tmp_path / "target")
    pending_run(home, [store.path_item(str(path), before)])
    with pytest.raises(putback.Unfinished):
        putback.put_back(home, "why")
    assert list((tmp_path / "target").iterdir()) == []


def test_what_a_killed_writer_left_is_swept(tmp_path: Path, home: Home) -> None:
    litter = tmp_path / ".bulwark-0123456789ab.tmp"
    litter.write_text("x")
    other = tmp_path / ".bulwark-notes.tmp"
    other.write_text("x")
    putback.put_paths(home, {"paths": [store.path_item(str(tmp_path / "new"), putback.ABSENT)], "trees": {}})
    assert not litter.exists()
    assert other.exists()


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_text("old")
    full = OSError(28, "No space left on device")

    def no_space(_handle: int, _content: bytes) -> int:
        raise full

    monkeypatch.setattr(os, "write", no_space)
    with pytest.raises(OSError, match="No space"), putback.parent(str(path)) as (folder, name):
        putback.write(folder, name, b"new", {"mode": 0o644})
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["file", "state"]


def test_one_at_a_time(home: Home) -> None:
    with putback.alone(home) as first, putback.alone(home, 0.1) as second:
        assert first
        assert not second


def test_no_time_is_left_after_a_reboot() -> None:
    now = time.monotonic()
    assert 9 < putback.left({"boot": putback.boot_id(), "monotonic": now + 10}) <= 10
    assert putback.left({"boot": "another", "monotonic": now + 10}) == 0


def test_the_listener_is_told_from_sessions() -> None:
    assert putback.LISTENER.match("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups")
    assert not putback.LISTENER.match("sshd: alice [priv]")


@pytest.mark.parametrize(("refuses", "ended"), [("yes", True), ("no", False)])
def test_what_nobody_may_stop_by_hand_is_ended(monkeypatch: pytest.MonkeyPatch, refuses: str, ended: bool) -> None:
    """auditd is such a unit; others that don't stop are left, and told."""
    asked: list[str] = []

    def command(argv: list[str], _seconds: float = 0) -> tuple[int, str]:
        asked.append(argv[1])
        running = "kill" not in asked
        answers = {"stop": (4, "refused"), "show": (0, refuses + "\n"), "kill": (0, "")}
        return answers.get(argv[1], (0 if running else 3, "active\n" if running else "inactive\n"))

    monkeypatch.setattr(putback, "command", command)
    assert putback.stop("auditd.service")[0] is ended
    assert ("kill" in asked) is ended


@pytest.mark.parametrize(("enabled", "told"), [("1", True), ("0", False), ("2", False)])
def test_the_kernels_audit_outlives_a_restart_of_the_journal(
    monkeypatch: pytest.MonkeyPatch, enabled: str, told: bool
) -> None:  # fmt: skip
    """Debian's journald ends it as it starts, unless it is locked."""
    asked: list[list[str]] = []

    def command(argv: list[str], _seconds: float = 0) -> tuple[int, str]:
        asked.append(argv)
        return 0, "enabled %s\nfailure 1\n" % enabled

    monkeypatch.setattr(putback, "command", command)
    monkeypatch.setattr(putback, "has_systemd", lambda: True)
    assert putback.take_up("restart", "systemd-journald")[0]
    assert (["auditctl", "-e", "1"] in asked) is told
    asked.clear()
    putback.take_up("restart", "cron")
    assert asked == [["systemctl", "try-restart", "cron"]]
