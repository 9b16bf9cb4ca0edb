# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's audit is on, loses nothing and is kept; what can't be known is unknown."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import Context
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from .host import identities, judge
from .journal_host import DAY, MIB, NOW, host

ON, SPAN = "lin-lm-auditd-on", "lin-lm-audit-span"
RULE = "-w /etc/passwd -p wa -k identity"
CONF = {"max_log_file_action": "ROTATE", "num_logs": "5", "max_log_file": "8"}


def log(days: float, size: int, files: int = 1) -> dict[str, Any]:
    span = int(days * DAY)
    daily = size * DAY // span if span >= 3600 else None
    return {"path": "/var/log/audit/audit.log", "bytes": size, "files": files, "oldest": NOW - span, "newest": NOW,
            "daily_bytes": daily, "gap": None}  # fmt: skip


def audited(**more: Any) -> dict[str, Any]:
    written = [{"file": "/etc/audit/rules.d/a.rules", "line": 1, "text": text} for text in ("-D", "-b 8192", RULE)]
    facts = {
        "installed": True, "refusal": None, "status": {"enabled": 1, "lost": 0, "backlog_limit": 8192},
        "cmdline": {"audit": "1", "audit_backlog_limit": "8192"}, "daemon": {"active": True, "enabled": True},
        "conf": CONF, "loaded": [RULE], "written": written, "log": log(200, 200 * MIB // 10),
    }  # fmt: skip
    return host(audit={**facts, **more})


def on(earlier: dict[str, str] | None = None, thresholds: dict[str, Any] | None = None, **more: Any) -> Verdict:
    known = Context(earlier={ON: earlier}) if earlier is not None else Context()
    return judge(ON, audited(**more), thresholds=thresholds, context=known)


def test_on() -> None:
    found = on()
    assert found.status == "pass" and found.remember == {"lost": "0"}


@pytest.mark.parametrize(
    ("facts", "identity"),
    [
        ({"installed": False}, "not installed"),
        ({"daemon": {"active": False, "enabled": True}}, "active"),
        ({"daemon": {"active": True, "enabled": False}}, "enabled"),
        ({"status": {"enabled": 0, "lost": 0, "backlog_limit": 8192}}, "kernel: off"),
        ({"status": {"enabled": 1, "lost": 0, "backlog_limit": 64}}, "kernel: backlog"),
        ({"cmdline": {"audit": None, "audit_backlog_limit": "8192"}}, "start: audit"),
        ({"cmdline": {"audit": "0", "audit_backlog_limit": "8192"}}, "start: audit"),
        ({"cmdline": {"audit": "Off", "audit_backlog_limit": "8192"}}, "start: audit"),
        ({"cmdline": {"audit": "1", "audit_backlog_limit": None}}, "start: backlog"),
        ({"cmdline": {"audit": "1", "audit_backlog_limit": "x"}}, "start: backlog"),
        ({"loaded": []}, "not loaded"),
    ],
)
def test_each_lack_is_named(facts: dict[str, Any], identity: str) -> None:
    assert identities(on(**facts)) == [identity]


@pytest.mark.parametrize("word", ["1", "on", "ON"])
def test_the_kernel_takes_either_word_for_yes(word: str) -> None:
    assert on(cmdline={"audit": word, "audit_backlog_limit": "8192"}).status == "pass"


def test_locked_rules_are_fine_and_asked_for_only_where_declared() -> None:
    locked: dict[str, Any] = {"status": {"enabled": 2, "lost": 0, "backlog_limit": 8192}}
    asked = {"bulwark_audit_immutable": True}
    assert on(**locked).status == "pass"
    assert on(thresholds=asked, **locked).status == "pass"
    assert identities(on(thresholds=asked)) == ["kernel: not locked"]


@pytest.mark.parametrize(
    ("earlier", "lost", "status"),
    [("5", 5, "pass"), ("5", 6, "fail"), ("5", 2, "fail"), ("5", 0, "pass"), (None, 0, "pass"), (None, 7, "unknown")],
)
def test_lost_records_count_since_the_last_run(earlier: str | None, lost: int, status: str) -> None:
    state = {"status": {"enabled": 1, "lost": lost, "backlog_limit": 8192}}
    found = on({"lost": earlier} if earlier else None, **state)
    assert found.status == status
    assert found.remember == {"lost": str(lost)}
    assert all(identity == "lost" for identity in identities(found))


def test_a_kernel_that_refuses_is_not_judged() -> None:
    for control in (ON, SPAN):
        with pytest.raises(NotApplicable, match="auditctl -s"):
            judge(control, audited(refusal="no (auditctl -s: x)"))


def test_what_root_alone_may_ask_is_unknown() -> None:
    facts = audited()
    del facts["audit"]["refusal"]
    with pytest.raises(Unread):
        judge(ON, facts)


def span(**more: Any) -> Verdict:
    return judge(SPAN, audited(**more))


def test_kept_logs_pass_whatever_their_volume() -> None:
    assert span(conf={**CONF, "max_log_file_action": "keep_logs"}, log=log(1, 900 * MIB)).status == "pass"
    assert span(conf={**CONF, "max_log_file_action": "SYSLOG"}).status == "pass"


def test_rotation_passes_by_measured_volume_only() -> None:
    assert span().status == "pass"
    assert identities(span(log=log(8, 32 * MIB))) == ["rotate"]
    assert span(log=log(8, 32 * MIB), conf={**CONF, "num_logs": "90"}).status == "pass"


def test_what_is_too_short_to_measure_is_unknown_unless_every_file_is_in_use() -> None:
    assert span(log=log(2, 16 * MIB, 2)).status == "unknown"
    assert identities(span(log=log(2, 38 * MIB, 5))) == ["rotate"]
    assert identities(span(log=log(0.01, 38 * MIB, 5))) == ["rotate"]
    nothing = {**log(1, 0), "oldest": None, "newest": None, "daily_bytes": None}
    assert span(log=nothing).status == "unknown"


@pytest.mark.parametrize("action", ["ignore", "SUSPEND", ""])
def test_other_actions_fail(action: str) -> None:
    assert identities(span(conf={**CONF, "max_log_file_action": action})) == ["max_log_file_action"]


def test_unset_options_have_auditd_s_own_defaults() -> None:
    assert identities(span(conf={})) == ["max_log_file_action"]
    assert span(conf={"max_log_file_action": "rotate"}).status == "pass", "fewer than two files are never rotated"


def test_a_log_that_is_not_written_keeps_nothing() -> None:
    assert "write_logs" in identities(span(conf={**CONF, "write_logs": "no"}, log=None))
    kept = {**CONF, "max_log_file_action": "keep_logs"}
    assert identities(span(conf={**kept, "log_format": "NOLOG"}, log=None)) == ["log_format"]
    assert span(conf={**kept, "log_format": "ENRICHED"}).status == "pass"


@pytest.mark.parametrize("action", ["keep_logs", "rotate"])
def test_a_log_that_nobody_writes_any_more_shows_nothing(action: str) -> None:
    conf = {**CONF, "max_log_file_action": action}
    stale = {**log(400, MIB), "newest": NOW - 8 * DAY}
    assert "its newest record is 8 days old" in span(conf=conf, log=stale).reason
    assert span(conf=conf, log={**stale, "newest": NOW - 6 * DAY}).status == "pass"
    assert "holds no record" in span(conf=conf, log={**stale, "oldest": None, "newest": None}).reason
    assert span(conf=conf, log=stale, daemon={"active": False, "enabled": True}).status == "pass"


def test_without_auditd_the_other_control_says_so() -> None:
    with pytest.raises(NotApplicable, match=ON):
        span(installed=False)
