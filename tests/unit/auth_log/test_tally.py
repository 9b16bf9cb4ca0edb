# SPDX-License-Identifier: GPL-3.0-or-later
"""One failure counts once, and memory stays what it is."""

from __future__ import annotations

from typing import Any

from ansible_collections.bulwark.msp.plugins.module_utils.auth_log import tally as module
from ansible_collections.bulwark.msp.plugins.module_utils.auth_log.events import parse
from ansible_collections.bulwark.msp.plugins.module_utils.auth_log.lines import DAY, Line
from ansible_collections.bulwark.msp.plugins.module_utils.auth_log.tally import Period, Tally

NOW = 20600 * DAY + 50000
PERIOD = Period(NOW, NOW - DAY, NOW - 3 * DAY, NOW - 7 * DAY)


def facts(*said: tuple[int, str, str], known: tuple[str, ...] = ("anna", "root"), changed: Any = None) -> Any:
    """Return the tally of (seconds ago, "program process", text), given oldest first."""
    tally = Tally(PERIOD, known, (name for name in ("anna",)), changed or {})
    for ago, who, text in reversed(said):
        program, _blank, process = who.partition(" ")
        event = parse(program, text)
        if event:
            tally.add(Line(NOW - ago, program, process, text), event)
    return tally.facts()


def failed(way: str = "password", port: int = 4, name: str = "anna", place: str = "192.0.2.7") -> str:
    return "Failed %s for %s from %s port %d ssh2" % (way, name, place, port)


def ended(port: int = 4) -> str:
    return "Connection closed by authenticating user anna 192.0.2.7 port %d [preauth]" % port


ACCEPTED = "Accepted publickey for anna from 192.0.2.7 port 4 ssh2: ED25519 SHA256:x"


def test_offered_keys_before_a_success_are_no_failure() -> None:
    said = [(100, "sshd 7", failed("publickey")), (99, "sshd 7", failed("publickey")), (98, "sshd 7", ACCEPTED)]
    told = facts(*said)
    assert told["accounts"] == {}
    assert told["logons"]["anna"] == {"list": [[NOW - 98, "192.0.2.7", "publickey"]], "more": 0}


def test_a_success_forgives_neither_another_connection_nor_an_older_one_of_the_same_number() -> None:
    told = facts((100, "sshd 8", failed(port=5)), (98, "sshd 7", ACCEPTED))
    assert told["accounts"]["anna"]["count"] == 1
    told = facts((9000, "sshd 7", failed()), (98, "sshd 7", ACCEPTED))
    assert told["accounts"]["anna"]["count"] == 1


def test_lines_that_repeat_a_failure_count_once() -> None:
    keys = [(100 - n, "sshd 7", failed("publickey")) for n in range(3)]
    assert facts(*keys, (90, "sshd 7", ended()))["accounts"]["anna"]["count"] == 1
    words = [(80 - n, "sshd 7", failed()) for n in range(3)]
    assert facts(*keys, *words, (70, "sshd 7", ended()))["accounts"]["anna"]["count"] == 3
    assert facts((70, "sshd 7", ended()))["accounts"]["anna"]["count"] == 1


def test_unknown_names_are_a_number() -> None:
    told = facts((9, "sshd 7", failed(name="invalid user hunter2-secret")), (8, "sshd 8", failed(name="ghost")))
    assert (told["unknown_names"], told["accounts"], told["sources"]) == (2, {}, [])
    assert "hunter2" not in str(told)


def test_a_name_that_sshd_calls_invalid_may_be_an_account() -> None:
    assert facts((9, "sshd 7", failed(name="invalid user root")))["accounts"]["root"]["count"] == 1


def test_a_password_change_in_the_log_tells_what_came_after() -> None:
    changed = (200, "chpasswd 3", "pam_unix(chpasswd:chauthtok): password changed for anna")
    told = facts((300, "sshd 7", failed()), changed, (100, "sshd 8", failed(port=5)), changed={"anna": 20600})
    assert told["changes"] == {"anna": {"when": NOW - 200, "after": 1, "unsure": 0}}


def test_without_such_a_line_only_the_day_is_known() -> None:
    told = facts((DAY, "sshd 7", failed()), (100, "sshd 8", failed(port=5)), changed={"anna": 20599})
    assert told["changes"] == {"anna": {"when": None, "after": 1, "unsure": 1}}
    assert facts((9 * DAY, "sshd 7", failed()), changed={"anna": 20000})["changes"] == {}


def test_memory_is_bounded_and_says_so() -> None:
    names = tuple("user%d" % number for number in range(module.TOLD_ACCOUNTS + 5))
    tally = Tally(PERIOD, names, (), {})
    for number in range(module.SOURCES + 5):
        place = "10.%d.%d.%d" % (number >> 16, number >> 8 & 255, number & 255)
        text = failed(name=names[number % len(names)], place=place)
        event = parse("sshd", text)
        assert event is not None
        tally.add(Line(NOW - 1, "sshd", str(number), text), event)
    told = tally.facts()
    assert len(told["accounts"]) == module.TOLD_ACCOUNTS
    assert len(told["sources"]) == module.TOLD_SOURCES
    assert len(tally._recent) <= module.CONNECTIONS
    assert told["full"] == ["more than 2000 accounts", "more than 20000 addresses"]
