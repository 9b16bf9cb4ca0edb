# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from .host import areas, judge, pam, person, user

OFF = {"stop_idle": None, "file": None, "version": None, "active": None}
ON = {"stop_idle": 900.0, "file": "/etc/systemd/logind.conf", "version": 252, "active": True}
SYSTEMD = "session optional pam_systemd.so\n"


def tmout(*events: tuple[str, int | None]) -> list[dict[str, Any]]:
    return [{"file": "/etc/profile", "line": 1, "action": action, "value": value} for action, value in events]


def sessions(
    sshd: dict[str, list[str]] | None = None, users: list[dict[str, Any]] | None = None, **facts: Any
) -> Verdict:
    register = facts.pop("register", [])
    found = areas(users, sshd, pam={"services": pam({"sshd": facts.pop("stack", SYSTEMD)})})
    found["sessions"] = {"tmout": [], "logind": OFF, **facts}
    return judge("lin-aa-session-timeout", found, bulwark_accounts=register)


@pytest.mark.parametrize(
    "events",
    [
        [("set", 900), ("readonly", None)],
        [("set", 3600), ("set", 600), ("readonly", None)],
        [("set", 600), ("readonly", None), ("set", 3600)],
    ],
)
def test_a_readonly_tmout_passes(events: list[tuple[str, int | None]]) -> None:
    assert sessions(tmout=tmout(*events)).status == "pass"


@pytest.mark.parametrize(
    ("events", "words"),
    [
        ([], "TMOUT is not set"),
        ([("set", 900)], "not readonly"),
        ([("set", 3600), ("readonly", None)], "TMOUT is 3600"),
        ([("set", 0), ("readonly", None)], "TMOUT is 0"),
        ([("set", 900), ("unset", None), ("readonly", None)], "TMOUT is not set"),
    ],
)
def test_a_tmout_that_ends_nothing(events: list[tuple[str, int | None]], words: str) -> None:
    verdict = sessions(tmout=tmout(*events))
    assert verdict.status == "fail"
    assert words in verdict.wrong[0].text


def test_a_shell_without_tmout_needs_another_way() -> None:
    good = tmout(("set", 900), ("readonly", None))
    verdict = sessions(tmout=good, users=[user("ana", shell="/usr/bin/fish"), user("bob")])
    assert [each.identity for each in verdict.wrong] == ["ana: no idle time-out"]


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("session:shell=15m", "pass"),
        ("x11-connection=1h session:*=900", "pass"),
        ("*=5m", "pass"),
        ("session*=1h session:shell=5m", "fail"),
        ("session:shell=0", "fail"),
        # No channel has this type: an idle shell stays open.
        ("session=15m", "fail"),
        ("agent-connection=5m", "fail"),
    ],
)
def test_channel_timeout(value: str, status: str) -> None:
    assert sessions({"channeltimeout": [value]}).status == status


def test_logind_counts_where_it_knows_the_session_and_is_new_enough() -> None:
    assert sessions(logind=ON).status == "pass"
    assert sessions(logind={**ON, "version": 247}).status == "fail"
    assert sessions(logind={**ON, "active": False}).status == "fail"
    assert sessions(logind={**ON, "stop_idle": 3600.0}).status == "fail"
    assert sessions(logind=ON, stack="session required pam_unix.so\n").status == "fail"


def test_client_alive_alone_is_no_idle_time_out_but_a_lesser_breach() -> None:
    verdict = sessions({"clientaliveinterval": ["300"]})
    assert (verdict.status, verdict.severity) == ("fail", "low")
    assert "ClientAlive* ends only connections whose peer is gone" in verdict.wrong[0].text
    assert sessions().severity is None


def test_machines_are_left_alone() -> None:
    with pytest.raises(NotApplicable):
        sessions(register=[person("ana", kind="automation")])
