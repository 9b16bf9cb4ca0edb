# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import sqlite3
import struct
from datetime import datetime, timezone

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.login_files import (
    database,
    lastlog,
    lastlog2,
    uptime,
    utmp,
    wtmpdb,
)
from ansible_collections.bulwark.msp.plugins.module_utils.login_files.record import (
    BOOT,
    LOGON,
    OTHER,
    SHUTDOWN,
    Record,
    last_of,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.logon_files import lastlog2_db, wtmp_record, wtmpdb_db

NOW = 1_795_000_000
DAY = 86400


def test_records_of_both_layouts_have_the_sizes_that_glibc_gives_them() -> None:
    assert (utmp.NARROW.size, utmp.WIDE.size) == (384, 400)
    assert (lastlog.NARROW.size, lastlog.WIDE.size) == (292, 296)


@pytest.mark.parametrize("wide", [False, True])
def test_wtmp_tells_starts_ends_and_logons(wide: bool) -> None:
    content = b"".join(
        wtmp_record(kind, user, when, host, wide)
        for kind, user, when, host in [
            (2, "reboot", NOW, "6.1.0"), (7, "anna", NOW + 1, "192.0.2.1"), (8, "", NOW + 2, ""),
            (7, "anna", NOW + 3, "tmux(4711).%0"), (7, "leo", NOW + 4, ":1:S.0"), (1, "runlevel", NOW + 5, ""),
            (1, "shutdown", NOW + 6, ""), (0, "", NOW + 7, ""), (7, "zero", 0, ""),
        ]
    )  # fmt: skip
    assert utmp.parse(content[7:], wide)[0] == Record(LOGON, "anna", NOW + 1), "the rest of a cut record is skipped"
    assert utmp.parse(content, wide) == [
        Record(BOOT, "", NOW), Record(LOGON, "anna", NOW + 1), Record(OTHER, "", NOW + 2), Record(OTHER, "", NOW + 3),
        Record(OTHER, "", NOW + 4), Record(OTHER, "", NOW + 5), Record(SHUTDOWN, "", NOW + 6),
    ]  # fmt: skip


def test_the_last_logon_is_the_latest_not_the_one_that_comes_last() -> None:
    records = [Record(LOGON, "anna", NOW), Record(LOGON, "anna", NOW - 5), Record(BOOT, "", NOW + 9)]
    assert last_of(records) == {"anna": NOW}


@given(st.binary(max_size=2000), st.booleans())
def test_any_bytes_are_parsed_without_a_crash(content: bytes, wide: bool) -> None:
    utmp.parse(content, wide)
    lastlog.when(content, wide)
    for parse in (lastlog2.parse, wtmpdb.parse):
        with pytest.raises(Unreadable):
            parse(content or b"x", "the file")


@given(st.text(max_size=500))
def test_any_text_is_parsed_without_a_crash(text: str) -> None:
    lastlog2.printed(text)
    uptime.listed(text)


def test_a_uid_of_four_billion_is_a_place_not_a_size() -> None:
    assert lastlog.spans([0, 2**32 - 2]) == [(0, 292), (292 * (2**32 - 2), 292)]
    assert lastlog.when(struct.pack("<i32s256s", NOW, b"", b"")) == NOW
    assert [lastlog.when(piece) for piece in (b"", b"\0" * 292, b"\1" * 100, b"\xff" * 292)] == [0, 0, 0, 0]


def test_lastlog2_leaves_out_what_programs_did() -> None:
    content = lastlog2_db(
        [("anna", NOW, "sshd"), ("backup", NOW, "cron"), ("odd", None, "sshd"), ("far", 2**50, "sshd")]
    )
    assert lastlog2.parse(content, "the file") == ({"anna": NOW}, ["backup"])


def test_lastlog2_as_its_program_prints_it() -> None:
    text = (
        "Username         Port     From                                       Latest\n"
        "root             **Never logged in**\n"
        "anna             ssh      127.0.0.1                                  Mon Nov 23 00:05:32 +0100 2026\n"
        "leo              tty1                                                Xxx Nov 99 00:05:32 +0000 2026\n"
    )
    assert lastlog2.printed(text) == {"anna": int(datetime(2026, 11, 22, 23, 5, 32, tzinfo=timezone.utc).timestamp())}


def test_wtmpdb_tells_starts_ends_logons_and_its_own_reach() -> None:
    lines = [
        (1, "reboot", NOW, NOW + 50),
        (3, "anna", NOW + 5, None),
        (3, "anna", NOW + 20, None),
        (2, "x", NOW - 9, None),
    ]
    assert wtmpdb.parse(wtmpdb_db(lines), "the file") == [
        Record(OTHER, "", NOW - 9), Record(BOOT, "", NOW), Record(LOGON, "anna", NOW + 20),
        Record(OTHER, "", NOW + 20), Record(SHUTDOWN, "", NOW + 50),
    ]  # fmt: skip


def test_a_database_that_keeps_sqlite_busy_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "STEPS_LIMIT", 2)
    busy = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(Unreadable, match="interrupted"):
        database.rows(wtmpdb_db([]), "the file", busy)


@pytest.mark.parametrize("lacking", [None, object()])
def test_a_python_without_sqlite_says_so(monkeypatch: pytest.MonkeyPatch, lacking: object) -> None:
    monkeypatch.setattr(database, "sqlite3", lacking)
    with pytest.raises(database.NoSqlite, match="lacks the module sqlite3"):
        database.rows(b"", "the file", "SELECT 1")
    assert sqlite3 is not None


def boots(*records: tuple[str, int]) -> list[Record]:
    return [Record(kind, "", when) for kind, when in records]


def test_up_is_from_a_start_to_its_end_or_to_the_last_line_before_the_next() -> None:
    history = boots((BOOT, 100), (SHUTDOWN, 200), (BOOT, 1000), (OTHER, 1200), (BOOT, 5000), (OTHER, 5100))
    assert uptime.periods(history, 4900, 9000) == [(100, 200), (1000, 1200), (5000, 9000)]


def test_before_the_first_start_it_was_up_from_the_first_line() -> None:
    assert uptime.periods(boots((OTHER, 50), (OTHER, 80), (BOOT, 100)), 100, 200) == [(50, 80), (100, 200)]


def test_a_history_without_starts_says_nothing_about_them() -> None:
    assert uptime.periods(boots((OTHER, 50), (SHUTDOWN, 5000)), 40, 9000) == []
    assert uptime.periods([], 40, 9000) == []


def test_a_history_that_missed_the_running_start_is_not_believed_after_its_last_one() -> None:
    history = boots((BOOT, 100), (SHUTDOWN, 200), (BOOT, 1000), (OTHER, 8000))
    assert uptime.periods(history, 7000, 9000) == [(100, 200)]


def test_starts_as_the_journal_lists_them() -> None:
    text = (
        "IDX BOOT ID                          FIRST ENTRY                 LAST ENTRY\n"
        " -1 0123456789abcdef0123456789abcdef Mon 2026-11-16 00:00:00 UTC Mon 2026-11-16 01:00:00 UTC\n"
        "  0 0123456789abcdef0123456789abcdef Mon 2026-11-23 00:00:28 UTC\u2014Mon 2026-11-23 00:03:28 UTC\n"
    )
    assert [end - first for first, end in uptime.listed(text)] == [3600, 180]


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 50))))
def test_joined_times_are_the_same_times_once(found: list[tuple[int, int]]) -> None:
    periods = [(first, first + length) for first, length in found]
    joined = uptime.joined(periods)
    covered = {second for first, end in periods for second in range(first, end)}
    assert {second for first, end in joined for second in range(first, end)} == covered
    assert sum(end - first for first, end in joined) == len(covered)
    assert joined == sorted(joined)
