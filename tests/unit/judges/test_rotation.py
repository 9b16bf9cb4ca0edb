# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import date, datetime, timezone
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.all import MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left, Step
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import Context
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts, Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case, NotApplicable
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.canary import Sighting

from .host import TODAY, identities, judge, policy

CONTROL = "lin-lm-logrotate-span"
NOW = 1795334400
DAY = 86400
MEBIBYTE = 1024 * 1024
PATH = "/var/log/auth.log"
COLLECTORS = [{"name": "logs", "address": "logs.example", "party": "customer"}]


def stanza(**more: Any) -> dict[str, Any]:
    return {
        "place": "/etc/logrotate.d/rsyslog:1", "patterns": [PATH], "rotate": 26, "trigger": "period",
        "period": "weekly", "size": MEBIBYTE, "minsize": 0, "maxsize": 0, "maxage": 0, "create": None, "olddir": None,
        "ignoreduplicates": False, "removes": False, **more,
    }  # fmt: skip


def host(found: dict[str, Any] | None, run: float | None = DAY, days: int = 100, **log: Any) -> dict[str, Any]:
    return {
        "system": {"now": NOW, "hostname": "web", "account": "ansible", "systemd": True, "born": NOW - 900 * DAY},
        "rotation": {
            "installed": True, "stanzas": [found] if found else [], "logs": {PATH: 0} if found else {}, "problems": [],
            "runs": [{"by": "logrotate.timer", "seconds": run}] if run != 0 else [], "elsewhere": [],
            "last": None,
        },
        "log_files": {
            "logs": {PATH: {"live": True, "rotated": 3, "bytes": days * MEBIBYTE, "stored": days * MEBIBYTE,
                            "packed": None, "newest": NOW - DAY, **log}},
            "oldest": {PATH: NOW - days * DAY}, "gaps": {},
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("found", "wrong"),
    [
        (stanza(), []),
        (stanza(rotate=25), ["rotate"]),
        (stanza(rotate=30, period="daily"), ["rotate"]),
        (stanza(rotate=180, period="daily"), []),
        (stanza(rotate=6, period="monthly"), []),
        (stanza(rotate=5, period="monthly"), ["rotate"]),
        (stanza(rotate=179, period="hourly"), ["rotate"]),
        (stanza(rotate=-1), []),
        (stanza(rotate=-1, maxage=90), ["maxage"]),
        (stanza(maxage=90), ["maxage"]),
        (stanza(maxage=180), []),
        (stanza(rotate=17, trigger="size", size=10 * MEBIBYTE), ["size"]),
        (stanza(rotate=18, trigger="size", size=10 * MEBIBYTE), []),
        (stanza(rotate=180, trigger="size", size=1), []),
        (stanza(rotate=0, trigger="size", size=100 * MEBIBYTE), ["size"]),
        (stanza(maxsize=5 * MEBIBYTE), ["maxsize"]),
        (stanza(maxsize=7 * MEBIBYTE), []),
        (stanza(rotate=4, maxsize=1), ["rotate"]),
    ],
)
def test_what_is_kept_is_counted_as_logrotate_acts(found: dict[str, Any], wrong: list[str]) -> None:
    verdict = judge(CONTROL, host(found))
    assert identities(verdict) == ["%s: %s" % (PATH, limit) for limit in wrong]
    assert verdict.status == ("fail" if wrong else "pass")


def test_the_time_between_two_runs_counts_where_it_is_longer() -> None:
    daily = stanza(rotate=30, period="daily")
    assert judge(CONTROL, host(daily, run=7 * DAY)).status == "pass"
    assert judge(CONTROL, host(stanza(rotate=400, period="hourly"), run=DAY)).status == "pass"
    assert judge(CONTROL, host(stanza(rotate=400, period="hourly"), run=3600)).status == "fail"


def test_what_nothing_rotates_only_grows() -> None:
    assert judge(CONTROL, host(stanza(rotate=4), run=0)).status == "pass"
    assert judge(CONTROL, host(None)).status == "pass"
    by_hand = host(stanza(rotate=4), run=0)
    by_hand["rotation"]["last"] = NOW - DAY
    assert judge(CONTROL, by_hand).status == "fail"
    without = host(None)
    without["rotation"].update(installed=False, runs=[])
    assert judge(CONTROL, without).status == "pass"


@pytest.mark.parametrize("run", [DAY, 0])
def test_what_another_configuration_may_rotate_is_unknown(run: float) -> None:
    facts = host(None, run)
    facts["rotation"]["elsewhere"] = [{"by": "/etc/cron.hourly/nginx", "path": "/etc/nginx/logrotate.conf"}]
    verdict = judge(CONTROL, facts)
    assert verdict.status == "unknown"
    assert "%s: logrotate is started with /etc/nginx/logrotate.conf too" % PATH in verdict.reason
    named = host(stanza(), DAY)
    named["rotation"]["elsewhere"] = facts["rotation"]["elsewhere"]
    assert judge(CONTROL, named).status == "pass"


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (host(stanza(trigger="size"), days=6), "too few days"),
        (host(stanza(maxsize=5), days=6), "too few days"),
        (host(stanza(trigger="size"), bytes=None), "how it is compressed"),
        (host(stanza(removes=True)), "removes logs by itself"),
    ],
)
def test_what_cannot_be_told_is_unknown(facts: dict[str, Any], why: str) -> None:
    verdict = judge(CONTROL, facts)
    assert verdict.status == "unknown"
    assert why in verdict.reason


def test_a_log_that_nobody_writes_to_is_left_out() -> None:
    with pytest.raises(NotApplicable):
        judge(CONTROL, host(stanza(rotate=4), newest=NOW - 181 * DAY))


def test_a_collector_that_holds_the_days_proves_them() -> None:
    sent = datetime(2026, 11, 21, tzinfo=timezone.utc)
    seen = Sighting("logs", sent, found=sent, oldest=date(2026, 1, 1), newest=sent)
    verdict = judge(CONTROL, host(stanza(rotate=4)), context=Context(canary=(seen,)), bulwark_collectors=COLLECTORS)
    assert (verdict.status, verdict.assurance) == ("pass", "proven")


def test_the_headline_is_the_cause() -> None:
    facts = host(stanza(rotate=4))
    facts["system"]["systemd"] = False
    facts["audit"] = {"installed": False}
    facts["log_files"]["oldest"][PATH] = NOW - 28 * DAY
    assert judge(CONTROL, facts).cause == "lin-lm-oldest-event"


def mended(found: dict[str, Any], run: float | None = DAY, free: int | None = 1 << 40, **log: Any) -> list[Step]:
    areas = {**host(found, run, **log), "mounts": {"points": [{"point": "/var", "available": free}]}}
    case = Case(Facts({"areas": areas, "errors": []}), policy(), build({}), TODAY)
    return MEASURES["logs_kept"](case, None, CONTROL)


@pytest.mark.parametrize(
    ("found", "change"),
    [
        (stanza(rotate=4), {"drop": ["size"], "set": {"rotate": 26}}),
        (stanza(rotate=30, period="daily"), {"drop": ["size"], "set": {"rotate": 180}}),
        (stanza(rotate=48, period="hourly"),
         {"drop": ["size"], "set": {"rotate": 180}, "replace": {"hourly": "daily"}}),
        (stanza(rotate=40, maxage=90), {"drop": ["size"], "set": {"rotate": 40, "maxage": 180}}),
        (stanza(maxsize=1), {"drop": ["size"], "set": {"rotate": 26, "maxsize": 0}}),
        (stanza(rotate=3, trigger="size", period=None), {"drop": ["size"], "set": {"rotate": 26, "weekly": ""}}),
        (stanza(rotate=-1, maxage=9), {"drop": ["size"], "set": {"maxage": 180}}),
    ],
)  # fmt: skip
def test_a_stanza_is_mended_where_it_stands(found: dict[str, Any], change: dict[str, Any]) -> None:
    (step,) = mended(found, 3600)
    assert (step["kind"], step["edit"], step["path"]) == ("edit", "logrotate", "/etc/logrotate.d/rsyslog")
    assert step["arguments"] == {"stanzas": {PATH: change}}


def test_what_finds_no_room_is_kept_no_longer() -> None:
    """A mebibyte a day for 180 days: what the log takes already is there, and 80 more are needed."""
    assert mended(stanza(rotate=4), free=80 * MEBIBYTE)
    with pytest.raises(Left, match=r"^/var has room for 179 of 180 days of logs .*auth.log 1.0 MiB a day, measured"):
        mended(stanza(rotate=4), free=79 * MEBIBYTE)
    # Packed it takes a tenth: 18 mebibytes, of which there are 10.
    packed: dict[str, Any] = {"stored": 10 * MEBIBYTE, "packed": {"bytes": 9 * MEBIBYTE, "seconds": 90 * DAY}}
    assert mended(stanza(rotate=4), free=8 * MEBIBYTE, **packed)
    with pytest.raises(Left, match=r"^/var has room for 170 of 180 days"):
        mended(stanza(rotate=4), free=7 * MEBIBYTE, **packed)
    # What goes on as it is needs no more than now, and of a young log it isn't known.
    assert mended(stanza(), free=0) == []
    assert mended(stanza(rotate=4), free=0, days=3)
    with pytest.raises(Unread, match="how much is free at /var"):
        mended(stanza(rotate=4), free=None)


def test_what_keeps_enough_is_left() -> None:
    assert mended(stanza()) == []
    assert mended(stanza(rotate=4), 0) == []


OPEN = {"folder": "/var/log", "mode": "0644", "uid": 0, "gid": 0, "names": ["app.log", "dpkg.log", "dpkg.log.1"]}


def access(**more: Any) -> dict[str, Any]:
    return {
        "log_files": {
            "files": [OPEN], "logs": {"/var/log/app.log": {}}, "oldest": {}, "programs": [],
            "folders": [{"path": "/var/log", "mode": "0755", "uid": 0, "gid": 0}], **more,
        },
        "rotation": {"stanzas": [], "logs": {}},
    }  # fmt: skip


def test_what_everybody_reads_or_writes() -> None:
    assert identities(judge("lin-lm-log-perms", access())) == ["/var/log/app.log: mode"]
    written = [{**OPEN, "mode": "0666"}]
    assert len(judge("lin-lm-log-perms", access(files=written)).wrong) == 3
    assert judge("lin-lm-log-perms", access(files=[{**OPEN, "mode": "0640"}])).status == "pass"


def test_what_nobody_can_get_at_is_no_matter() -> None:
    closed = [{"path": "/var/log", "mode": "0755", "uid": 0, "gid": 0}]
    closed.append({"path": "/var/log/app", "mode": "0750", "uid": 0, "gid": 0})
    facts = access(files=[{**OPEN, "folder": "/var/log/app/deep", "mode": "0666"}], folders=closed)
    assert judge("lin-lm-log-perms", facts).status == "pass"


def test_the_kernels_audit_is_roots_alone() -> None:
    facts = access(
        files=[{"folder": "/var/log/audit", "mode": "0660", "uid": 0, "gid": 0, "names": ["audit.log"]}],
        folders=[{"path": "/var/log/audit", "mode": "0755", "uid": 5, "gid": 0}],
        programs=[{"path": "/sbin/auditctl", "mode": "0775", "uid": 0, "gid": 0}],
    )
    assert identities(judge("lin-lm-log-perms", facts)) == [
        "/var/log/audit/audit.log: mode", "/var/log/audit: mode", "/sbin/auditctl: mode", "/var/log/audit: owner",
    ]  # fmt: skip
    with pytest.raises(Left, match="belongs to uid 5"):
        closed(facts)


def closed(facts: dict[str, Any]) -> list[Step]:
    return MEASURES["logs_closed"](Case(Facts({"areas": facts}), policy(), build({}), TODAY), None, "lin-lm-log-perms")


def test_what_the_next_rotation_opens_again() -> None:
    facts = access(files=[])
    path = "/var/log/app.log"
    facts["rotation"] = {"stanzas": [stanza(create="0644", patterns=[path])], "logs": {path: 0, "/var/log/gone": 0}}
    assert identities(judge("lin-lm-log-perms", facts)) == ["/var/log/app.log: create"]
    (step,) = closed(facts)
    assert step["arguments"] == {"stanzas": {path: {"mode": "0640"}}}
    assert [(one["kind"], one["path"], one["mode"]) for one in closed(access())] == [("mode", path, "0640")]
