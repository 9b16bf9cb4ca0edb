# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import gzip
import json
import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.log_times import moment
from ansible_collections.bulwark.msp.plugins.module_utils.readers import log_files
from hypothesis import given
from hypothesis import strategies as st

from .host import read

NOW = int(datetime(2026, 11, 23, 8, tzinfo=timezone.utc).timestamp())
DAY = 86400
LINE = "2026-06-01T00:00:00.5+02:00 web sshd[1]: hello\n"


def host(root: Path, files: dict[str, str | bytes], owners: dict[str, Any] | None = None) -> tuple[Any, Any]:
    """Return facts and errors of a host with these logs, each last written a day before the one ahead of it."""
    stands: dict[str, Any] = {}
    for at, (path, content) in enumerate(files.items()):
        place = root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        stands[path] = {"modified": NOW - at * DAY}
    for path, more in (owners or {}).items():
        stands.setdefault(path, {}).update(more)
    (root / "owners.json").write_text(json.dumps(stands))
    return read(root, "log_files", {})


def test_what_was_rotated_belongs_to_its_log(tmp_path: Path) -> None:
    packed = gzip.compress(LINE.encode() + b"y" * 1000)
    said = int(datetime(2026, 5, 31, 22, tzinfo=timezone.utc).timestamp())
    files: dict[str, str | bytes] = {
        "/var/log/auth.log": "new\n",
        "/var/log/auth.log.1": "x" * 10,
        "/var/log/auth.log.2.gz": packed,
        "/var/log/nginx/access.log-20261101.xz": b"packed",
        "/var/log/app-20261101.log": "a",
    }
    facts, errors = host(tmp_path, files)
    assert not errors
    assert facts["logs"] == {
        "/var/log/auth.log": {"live": True, "rotated": 2, "bytes": 14 + len(LINE) + 1000, "newest": NOW,
                              "stored": 14 + len(packed),
                              "packed": {"bytes": len(packed), "seconds": NOW - 2 * DAY - said}},
        "/var/log/nginx/access.log": {"live": False, "rotated": 1, "bytes": None, "newest": NOW - 3 * DAY,
                                      "stored": 6, "packed": {"bytes": 6, "seconds": 0}},
        "/var/log/app.log": {"live": False, "rotated": 1, "bytes": 1, "newest": NOW - 4 * DAY, "stored": 1,
                             "packed": None},
    }  # fmt: skip
    assert facts["gaps"] == {}
    assert facts["oldest"] == {
        "/var/log/auth.log": said,
        "/var/log/nginx/access.log": NOW - 3 * DAY,
        "/var/log/app.log": NOW - 4 * DAY,
    }


def test_what_was_left_over_from_another_way_of_rotating_is_no_part_of_a_log(tmp_path: Path) -> None:
    """Twenty days are held; a file with a number in its name is left over from before there were dates in them."""

    def at(days: int) -> str:
        return datetime.fromtimestamp(NOW - days * DAY, timezone.utc).isoformat() + " web sshd[1]: hello\n"

    files: dict[str, str | bytes] = {
        "/var/log/auth.log": at(6), "/var/log/auth.log-20261117.gz": gzip.compress(at(13).encode()),
        "/var/log/auth.log-20261110.gz": gzip.compress(at(20).encode()),
        "/var/log/auth.log.4.gz": gzip.compress(at(407).encode() + b"x" * 9000),
    }  # fmt: skip
    names = list(files)
    written = {names[1]: 6, names[2]: 13, names[3]: 400}
    facts, errors = host(tmp_path, files, {name: {"modified": NOW - days * DAY} for name, days in written.items()})
    assert not errors
    assert facts["oldest"] == {"/var/log/auth.log": NOW - 20 * DAY}
    assert facts["gaps"] == {"/var/log/auth.log": NOW - 400 * DAY}
    log = facts["logs"]["/var/log/auth.log"]
    assert (log["rotated"], log["bytes"]) == (2, sum(len(at(days)) for days in (6, 13, 20)))
    assert log["packed"]["seconds"] == 14 * DAY and log["stored"] < 300
    assert [one["names"] for one in facts["files"]] == [sorted(name[9:] for name in names)]


def test_a_log_that_is_empty_on_this_side_of_the_gap_holds_nothing(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"/var/log/auth.log": "", "/var/log/auth.log.1": LINE}
    facts, errors = host(tmp_path, files, {"/var/log/auth.log.1": {"modified": NOW - 100 * DAY}})
    assert not errors
    assert (facts["oldest"], facts["gaps"]) == ({}, {"/var/log/auth.log": NOW - 100 * DAY})


def test_files_of_one_kind_are_told_together(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = dict.fromkeys(["/var/log/a", "/var/log/b", "/var/log/d/e"], "x")
    owners = {"/var/log/b": {"mode": "0666", "uid": 5}, "/var/log/d": {"mode": "0750", "gid": 4}}
    facts, errors = host(tmp_path, files, owners)
    assert not errors
    assert facts["files"] == [
        {"folder": "/var/log", "mode": "0644", "uid": 0, "gid": 0, "names": ["a"]},
        {"folder": "/var/log", "mode": "0666", "uid": 5, "gid": 0, "names": ["b"]},
        {"folder": "/var/log/d", "mode": "0644", "uid": 0, "gid": 0, "names": ["e"]},
    ]
    assert {"path": "/var/log/d", "mode": "0750", "uid": 0, "gid": 4} in facts["folders"]


def test_records_of_sudo_are_not_walked_and_links_not_followed(tmp_path: Path) -> None:
    (tmp_path / "var/log").mkdir(parents=True)
    (tmp_path / "var/log/round").symlink_to("/var")
    facts, errors = host(tmp_path, {"/var/log/sudo-io/00/00/01/ttyout": "x"}, {"/var/log/sudo-io": {"mode": "0700"}})
    assert not errors
    assert facts["files"] == []
    assert [folder["path"] for folder in facts["folders"]] == ["/var/log", "/var/log/sudo-io"]


def test_an_old_folder_of_logrotates_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/logrotate").touch(mode=0o755)
    files: dict[str, str | bytes] = {
        "/var/log/auth.log": "x",
        "/srv/old/auth.log.1": "y",
        "/etc/logrotate.conf": "/var/log/auth.log {\nolddir /srv/old\n}\n",
    }
    facts, errors = host(tmp_path, files)
    assert not errors
    assert facts["logs"]["/var/log/auth.log"]["rotated"] == 1


def test_too_many_files_are_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "FILES_LIMIT", 1)
    _facts, errors = host(tmp_path, {"/var/log/a": "x", "/var/log/b": "x"})
    assert errors == {None: "there are more than 1 files of logs"}


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("auth.log", "auth.log"), ("auth.log.1", "auth.log"), ("auth.log.12.gz", "auth.log"),
        ("secure-20261101", "secure"), ("secure-20261101.gz", "secure"), ("php8.2-fpm.log.1", "php8.2-fpm.log"),
        ("app-2026-11-01_00.log.gz", "app.log"), ("eipp.log.xz", "eipp.log.xz"), ("1", "1"),
    ],
)  # fmt: skip
def test_names_of_rotated_files(name: str, of: str) -> None:
    assert log_files.belongs(name) == of


@given(st.text(min_size=1, max_size=60))
def test_every_name_belongs_somewhere(name: str) -> None:
    of = log_files.belongs(name)
    assert of == name or (of and len(of) < len(name))


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-01T10:00:00Z x", "2026-11-01T12:00:00.123+02:00 x", "<34>2026-11-01T10:00:00Z x",
        '1.2.3.4 - - [01/Nov/2026:12:00:00 +0200] "GET /', "type=LOGIN msg=audit(1793527200.123:5): pid=1",
        "node=web type=LOGIN msg=audit(1793527200.123:5): pid=1",
    ],
)  # fmt: skip
def test_times_with_a_zone(line: str) -> None:
    found = moment(line, NOW)
    expected = int(datetime(2026, 11, 1, 10, tzinfo=timezone.utc).timestamp())
    assert found == (None if line.startswith("<") else expected)


@pytest.mark.parametrize(
    "line",
    ["Nov  1 10:00:00 web x", "<34>Nov 01 10:00:00 web", "2026-11-01 10:00:00,5 x", "2026/11/01 10:00:00 [error]",
     "Sun Nov 01 10:00:00 2026 x", "[Sun Nov 01 10:00:00.5 2026] [core:error]"],
)  # fmt: skip
def test_times_without_a_zone_are_the_hosts(line: str) -> None:
    assert moment(line, NOW) == int(time.mktime((2026, 11, 1, 10, 0, 0, 0, 0, -1)))


def test_a_time_without_a_year_is_the_last_such_one() -> None:
    assert moment("Dec 24 10:00:00 web x", NOW) == int(time.mktime((2025, 12, 24, 10, 0, 0, 0, 0, -1)))
    assert moment("2027-01-01T00:00:00Z x", NOW) is None


@given(st.text(max_size=80) | st.from_regex(r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d([+-]\d\d:\d\d)?"), st.integers(0, 2**31))
def test_arbitrary_lines_have_a_time_or_none(line: str, written: int) -> None:
    found = moment(line, written)
    assert found is None or found <= written + DAY
