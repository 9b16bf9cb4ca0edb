# SPDX-License-Identifier: GPL-3.0-or-later
"""What chronyc and timedatectl print becomes facts."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.readers import clock
from hypothesis import given
from hypothesis import strategies as st

from .host import read

TRACKING = "7F000002,127.0.0.2,9,1795421791.1,-0.000012,0.000001,0.000002,-1.5,0.0,0.2,0.0003,0.0002,2.0,Normal\n"
SOURCES = """\
^,*,ntp1.acme.example,8,6,377,23,0.1,0.1,0.1
^,?,ntp2.acme.example,0,6,0,4294967295,0,0,0
#,+,PHC0,0,4,377,1,0,0,0
"""
STATUS = """\
       Server: 127.0.0.2 (127.0.0.2)
Poll interval: 32s (min: 32s; max 34min 8s)
         Leap: normal
       Offset: -1min 2.5ms
 Packet count: 3
"""
SHOWN = "SystemNTPServers=127.0.0.2 127.0.0.3\nFallbackNTPServers=0.debian.pool.ntp.org\nServerName=127.0.0.2\n"
NTPSYNC = "timedatectl show --property=NTPSynchronized --value"
UNITS = "systemctl list-units --type=service,socket --state=active --plain --no-legend --full"


def test_chrony_says_how_well_it_does_and_by_whom() -> None:
    found = clock.tracked(TRACKING + SOURCES)
    assert (found["synchronised"], found["offset"]) == (True, -0.000012)
    assert [(one["name"], one["platform"], one["usable"]) for one in found["sources"]] == [
        ("ntp1.acme.example", False, True), ("ntp2.acme.example", False, False), ("PHC0", True, True),
    ]  # fmt: skip


class Starting:
    """A host on which chronyd was started some seconds ago, and answers by turns."""

    live = True

    def __init__(self, age: float, *answers: bool) -> None:
        self.door = self
        self.began, self.answers = 1000 - age, list(answers)

    def output(self, argv: list[str]) -> str:
        assert argv[-1] == "chrony.service"
        return "%d\n" % (self.began * 1e6)

    def read(self, path: str) -> str:
        assert path == "/proc/uptime"
        return "1000.00 1.0\n"

    def ask(self, _host: Any) -> dict[str, Any]:
        good = self.answers.pop(0)
        return {"synchronised": True, "offset": 0.0, "sources": [{"usable": True}, {"usable": good}]}


@pytest.mark.parametrize(
    ("age", "answers", "left"),
    [(0, [False, False, True, True], 1), (60, [False, True], 1), (0, [True, True], 1), (10.5, [False, True], 1)],
)
def test_what_was_started_a_moment_ago_is_waited_for(
    age: float, answers: list[bool], left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    host = Starting(age, *answers)
    asked = len(answers) - left
    assert clock.settled(cast(Any, host), "chrony.service", host.ask)["sources"][1]["usable"] is answers[asked - 1]
    assert len(host.answers) == left


def test_without_a_source_there_is_no_offset() -> None:
    text = "00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised\n"
    assert clock.tracked(text) == {"synchronised": False, "offset": None, "sources": []}


def test_timesyncd_may_ask_those_that_are_configured_else_its_fallback() -> None:
    found = clock.synced(STATUS, SHOWN)
    assert (found["synchronised"], found["offset"]) == (True, -60.0025)
    assert [one["name"] for one in found["sources"]] == ["127.0.0.2", "127.0.0.3"]
    quiet = clock.synced("Server: n/a\nPacket count: 0\n", "FallbackNTPServers=ntp.ubuntu.com\n")
    assert quiet == {
        "synchronised": False, "offset": None,
        "sources": [{"name": "ntp.ubuntu.com", "platform": False, "usable": False}],
    }  # fmt: skip


@pytest.mark.parametrize("reach", ["0", ""])
def test_chrony_that_nobody_answers_any_more_knows_no_offset(reach: str) -> None:
    # chronyd keeps its selection and its reference while all are silent.
    silent = SOURCES.replace(",377,", ",%s," % reach)
    found = clock.tracked(TRACKING + silent)
    assert (found["synchronised"], found["offset"]) == (True, None)
    assert not any(one["usable"] for one in found["sources"])
    one_of_them = clock.tracked(
        TRACKING + silent.replace(",,1,", ",1,1,").replace("PHC0,0,4,%s," % reach, "PHC0,0,4,1,")
    )
    assert one_of_them["offset"] == -0.000012


@pytest.mark.parametrize(
    ("kernel", "minutes", "offset"),
    [("yes", 1, -60.0025), ("yes", 68, -60.0025), ("yes", 69, None), ("no", 1, None), ("yes", None, None)],
)
def test_timesyncd_is_believed_while_it_sets_the_clock(
    tmp_path: Path, kernel: str, minutes: int | None, offset: float | None
) -> None:
    files = {clock.TOUCHED: ""} if minutes is not None else {}
    at = int(time.time()) - 60 * (minutes or 0)
    (tmp_path / "owners.json").write_text(json.dumps({clock.TOUCHED: {"modified": at}}))
    asked = {
        UNITS: "systemd-timesyncd.service loaded active running x\n", NTPSYNC: kernel + "\n",
        "timedatectl timesync-status": STATUS, "timedatectl show-timesync": SHOWN + "PollIntervalMaxUSec=34min 8s\n",
    }  # fmt: skip
    facts, errors = read(tmp_path, "time", files, asked)
    assert errors == {}
    found = facts["clocks"]["timesyncd"]
    assert (found["synchronised"], found["offset"]) == (True, offset)
    # Whom it may ask is told all the same.
    assert [one["name"] for one in found["sources"]] == ["127.0.0.2", "127.0.0.3"]


@pytest.mark.parametrize("pause", ["", "PollIntervalMaxUSec=n/a\n"])
def test_without_a_pause_nothing_is_of_late(tmp_path: Path, pause: str) -> None:
    (tmp_path / "owners.json").write_text(json.dumps({clock.TOUCHED: {"modified": int(time.time())}}))
    asked = {
        UNITS: "systemd-timesyncd.service loaded active running x\n", NTPSYNC: "yes\n",
        "timedatectl timesync-status": STATUS, "timedatectl show-timesync": SHOWN + pause,
    }  # fmt: skip
    facts, _errors = read(tmp_path, "time", {clock.TOUCHED: ""}, asked)
    assert facts["clocks"]["timesyncd"]["offset"] is None


@pytest.mark.parametrize(
    ("text", "found"), [("+1.2ms", 0.0012), ("-3us", -3e-6), ("2h 1min 1s", 7261.0), ("n/a", None), ("", None)]
)
def test_a_span(text: str, found: float | None) -> None:
    assert clock.seconds(text) == (pytest.approx(found) if found is not None else None)


def test_a_host_with_chrony_and_text_logs(tmp_path: Path) -> None:
    files = {
        "/usr/lib/systemd/systemd-timesyncd": "",
        "/var/log/auth.log": "Nov 23 10:00:00 web sshd[1]: x\n",
        "/var/log/syslog": "2026-11-23T10:00:00.1+01:00 web cron[1]: x\n",
        "/var/log/messages": "no time\n",
    }
    asked = {
        UNITS: "chrony.service loaded active running x\n",
        "chronyc -c -N -m tracking sources": TRACKING + SOURCES,
    }
    facts, errors = read(tmp_path, "time", files, asked)
    assert [(one["name"], one["active"], one["enabled"]) for one in facts["programs"]] == [
        ("chrony", True, False), ("timesyncd", False, False),
    ]  # fmt: skip
    assert list(facts["clocks"]) == ["chrony"]
    assert facts["stamps"] == [
        {"path": "/var/log/syslog", "zoned": True},
        {"path": "/var/log/auth.log", "zoned": False},
    ]
    assert not errors


def test_what_cannot_be_asked_is_an_error_of_its_own(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "time", {}, {UNITS: "chronyd.service loaded active running x\n"})
    assert facts["clocks"] == {}
    assert errors == {"clocks.chrony": "chronyc is not installed"}


@given(st.text() | st.lists(st.text(alphabet="^#*,0.F"), max_size=4).map("\n".join))
def test_any_text_is_understood_or_refused(text: str) -> None:
    with suppress(Unreadable):
        clock.tracked(text)
    clock.synced(text, text)
