# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.readers import sessions
from hypothesis import given
from hypothesis import strategies as st

from .host import read


@pytest.mark.parametrize(
    ("line", "events"),
    [
        ("TMOUT=900", [("set", 900)]),
        ("readonly TMOUT=900", [("set", 900), ("readonly", None)]),
        ("TMOUT=900; readonly TMOUT; export TMOUT", [("set", 900), ("readonly", None)]),
        ("declare -xr TMOUT='600'", [("set", 600), ("readonly", None)]),
        ('typeset -r TMOUT="$LIMIT"', [("set", None), ("readonly", None)]),
        ('[ "$UID" -gt 0 ] && export TMOUT=60', [("set", 60)]),
        ("if true; then TMOUT=5; fi", [("set", 5)]),
        ("unset TMOUT", [("unset", None)]),
        ("# TMOUT=900", []),
        ("MY_TMOUT=900", []),
        ("echo $TMOUT", []),
    ],
)
def test_shell_lines_that_touch_tmout(line: str, events: list[tuple[str, int | None]]) -> None:
    assert [(event["action"], event["value"]) for event in sessions.parse_tmout(line)] == events


def test_files_come_in_the_order_of_a_login(tmp_path: Path) -> None:
    facts, _errors = read(
        tmp_path,
        "sessions",
        {
            "/etc/bash.bashrc": "TMOUT=1\n",
            "/etc/profile.d/b.sh": "TMOUT=2\n",
            "/etc/profile.d/a.sh": "TMOUT=3\n",
            "/etc/profile.d/c.csh": "set TMOUT=9\n",
            "/etc/profile": "TMOUT=4\n",
        },
    )
    assert [event["value"] for event in facts["tmout"]] == [4, 3, 2, 1]


def test_the_last_logind_drop_in_counts(tmp_path: Path) -> None:
    files = {
        "/etc/systemd/logind.conf": "[Login]\n#StopIdleSessionSec=infinity\n",
        "/usr/lib/systemd/logind.conf.d/50-idle.conf": "[Login]\nStopIdleSessionSec=1h\n",
        "/etc/systemd/logind.conf.d/50-idle.conf": "[Login]\nStopIdleSessionSec=15min\n[Other]\nStopIdleSessionSec=1\n",
    }
    commands = {
        "systemctl --version": "systemd 252 (252.1)\n",
        "systemctl is-active systemd-logind.service": "active\n",
    }
    facts, errors = read(tmp_path, "sessions", files, commands)
    assert not errors
    expected = {"stop_idle": 900, "file": "/etc/systemd/logind.conf.d/50-idle.conf", "version": 252, "active": True}
    assert facts["logind"] == expected


@pytest.mark.parametrize(("text", "seconds"), [("900", 900), ("1h 30min", 5400), ("1h30m", 5400), ("0", None)])
def test_time_spans(text: str, seconds: float | None) -> None:
    assert sessions.time_span(text) == seconds
    assert sessions.time_span("infinity") is None


@given(st.text())
def test_any_time_span_is_read_or_unreadable(text: str) -> None:
    try:
        assert (sessions.time_span(text) or 1) > 0
    except Unreadable as problem:
        assert "not a time span" in str(problem)


@given(st.text(st.sampled_from("TMOUT=9 readonlyexport-;&|(){$\"'\n")))
def test_any_script_is_read(text: str) -> None:
    for event in sessions.parse_tmout(text):
        assert event["action"] in ("set", "unset", "readonly")
