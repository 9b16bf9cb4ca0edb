# SPDX-License-Identifier: GPL-3.0-or-later
"""Marked lines in a collector's store, and what it holds of a sender; what senders write is theirs."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.auth_log import factors
from ansible_collections.bulwark.msp.plugins.module_utils.canary import mark, store
from ansible_collections.bulwark.msp.plugins.module_utils.canary.store import Found, Store
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from hypothesis import given
from hypothesis import strategies as st

TOKEN, OTHER = "0" * 31 + "1", "f" * 32
NOW = 1795392600.0
DAY = 86400
CODE = "sshd[7]: Accepted keyboard-interactive/pam for anna from 192.0.2.7 port 4000 ssh2"
KEY = "sshd[7]: Accepted publickey for anna from 192.0.2.7 port 4000 ssh2: ED25519 SHA256:x"


def when(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f+00:00")


def line(seconds: float, text: str, host: str = "web") -> str:
    """Return a line as the store has it: received, reported by the sender's clock, host, facility, tag and text."""
    return "%s %s %s auth.info %s\n" % (when(seconds), when(seconds - 100), host, text)


def canary(seconds: float, token: str = TOKEN) -> str:
    return line(seconds, "bulwark-canary: %s" % token)


class Room:
    """A store below a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, path: str, *lines: str, age: float = 0) -> None:
        """Write a file that was last written to so many seconds before NOW."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(lines), encoding="utf-8")
        os.utime(place, (NOW - age, NOW - age))

    def opened(self, ago: float = 60) -> Store:
        return Store(Door(), str(self.root), NOW - ago)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(tmp_path)


def test_a_token_is_found_with_the_moment_that_the_collector_noted(room: Room) -> None:
    room.put("web/2026-11-23.log", line(NOW - 9000, KEY), canary(NOW - 12.5), line(NOW - 3, KEY))
    room.put("web/2026-11-22.log", canary(NOW - 90000, OTHER), age=86400)
    found = room.opened().look({TOKEN, OTHER})
    assert found == {TOKEN: Found(str(room.root / "web/2026-11-23.log"), NOW - 12.5)}


def test_what_other_programs_record_of_it_is_no_canary(room: Room) -> None:
    room.put(
        "web/2026-11-23.log",
        line(NOW - 9, 'audit: EXECVE a0="logger" a1="-t" a2="bulwark-canary" a3="%s"' % TOKEN),
        line(NOW - 9, "sudo: ansible : COMMAND=/usr/bin/logger %s" % TOKEN),
    )
    assert room.opened().look({TOKEN}) == {}


def test_only_what_was_appended_is_read_again(room: Room) -> None:
    path = "web/2026-11-23.log"
    whole = line(NOW - 20, KEY) + canary(NOW - 10)
    room.put(path, whole[:-20])
    opened = room.opened()
    assert opened.look({TOKEN}) == {}
    room.put(path, whole)
    assert set(opened.look({TOKEN})) == {TOKEN}
    room.put(path, whole, canary(NOW - 1, OTHER))
    assert set(opened.look({TOKEN, OTHER})) == {OTHER}


def test_old_lines_of_a_large_file_are_not_read(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "BLOCK", 4096)
    old = "".join(line(NOW - 9000 + number, KEY) for number in range(2000))
    room.put("web/2026-11-23.log", canary(NOW - 9001, OTHER), old, canary(NOW - 10))
    assert set(room.opened().look({TOKEN, OTHER})) == {TOKEN}


def test_a_store_of_another_form_is_searched_too(room: Room) -> None:
    room.put("web.log", "Nov 23 07:50:01 web sshd[7]: x\n", "Nov 23 07:50:02 web bulwark-canary: %s\n" % TOKEN)
    room.put("db/auth.log", "%s db bulwark-canary[77]: %s\n" % (when(NOW), OTHER))
    found = room.opened().look({TOKEN, OTHER})
    assert {token: one.received for token, one in found.items()} == {TOKEN: None, OTHER: None}


def test_a_store_that_is_not_there_says_so(room: Room) -> None:
    with pytest.raises(Unreadable, match="does not exist"):
        Store(Door(), str(room.root / "none"), NOW).look({TOKEN})


def test_what_is_held_of_a_sender_is_what_its_folder_holds(room: Room) -> None:
    room.put("web/2026-05-01.log", line(NOW - 200 * DAY, KEY), age=200 * DAY)
    room.put("web/2026-11-22.log", line(NOW - DAY, CODE), line(NOW - DAY + 5, KEY), age=DAY)
    room.put("web/2026-11-23.log", line(NOW - 60, KEY), canary(NOW - 10))
    room.put("db/2025-01-01.log", line(NOW - 600 * DAY, CODE), age=600 * DAY)
    found = room.opened().look({TOKEN})[TOKEN]
    held = room.opened().holdings(["web", "db"], found, 10**9)
    assert held == (NOW - 200 * DAY, NOW - 60, NOW - DAY, False)
    # By name alone, where the line didn't come; and nothing where nothing bears the name.
    assert room.opened().holdings(["web"], None, 10**9) == held
    assert room.opened().holdings(["mail", "../db", ""], None, 10**9) == (None, None, None, False)


def test_the_age_of_a_shared_folder_is_nobodys(room: Room) -> None:
    """Files of all hosts side by side, or folders of days: only the file in which the token was is the host's."""
    room.put("2026/web.log", line(NOW - 60, KEY), canary(NOW - 10))
    room.put("2026/db.log", line(NOW - 300 * DAY, KEY), age=0)
    opened = room.opened()
    assert opened.holdings(["web"], opened.look({TOKEN})[TOKEN], DAY).oldest == NOW - 60


def test_the_oldest_day_of_another_form_is_when_its_file_was_written_last(room: Room) -> None:
    """The time in such a line is the sender's word, and could be of any year."""
    room.put("web/auth.log.1", "%s web sshd[7]: x\n" % when(NOW - 900 * DAY), age=30 * DAY)
    room.put("web/auth.log", "%s web bulwark-canary: %s\n" % (when(NOW), TOKEN))
    opened = room.opened()
    assert opened.holdings(["web"], opened.look({TOKEN})[TOKEN], DAY).oldest == NOW - 30 * DAY


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (line(NOW, CODE), True),
        (line(NOW, CODE.replace("Accepted", "Failed")), True),
        (line(NOW, KEY.replace("ED25519", "ED25519-SK")), True),
        (line(NOW, "sshd(pam_google_authenticator)[7]: Invalid verification code for anna"), True),
        ("Nov  3 07:50:01 web sshd[7]: Failed keyboard-interactive/pam for anna from ::1 port 4 ssh2", True),
        ("%s web sshd-session[7]: Failed keyboard-interactive/pam for anna from ::1 port 4 ssh2" % when(NOW), True),
        (line(NOW, KEY), False),
        (line(NOW, "sshd[7]: Failed none for invalid user x: " + CODE[9:] + " from ::1 port 4 ssh2"), False),
        (line(NOW, "sshd[7]: Postponed keyboard-interactive/pam for anna from ::1 port 4 ssh2 [preauth]"), False),
    ],
)
def test_lines_that_tell_of_a_second_factor(text: str, expected: bool) -> None:
    assert factors.told(text) is expected


@given(st.text())
def test_any_line_is_read_without_harm(text: str) -> None:
    assert mark.token_of(text) == "" or mark.TOKEN.fullmatch(mark.token_of(text))
    assert store.stamp(text) is None or store.received(text) in (None, store.stamp(text))
    factors.told(text)


@given(st.floats(min_value=1, max_value=4e9))
def test_moments_come_back(seconds: float) -> None:
    assert store.received(line(seconds, KEY)) == pytest.approx(seconds, abs=1e-3)
