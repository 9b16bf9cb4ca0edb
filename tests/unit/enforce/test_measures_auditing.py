# SPDX-License-Identifier: GPL-3.0-or-later
"""auditd is started, gets room, keeps its log, and is locked where somebody asked; AppArmor's profiles refuse."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard import augenrules
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.auditing import (
    BACKLOG_RULES,
    JOURNAL_DROP_IN,
    LOCK_RULES,
    ON_RULES,
)
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left, Step
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case

from tests.unit.judges.journal_host import MIB, mount
from tests.unit.judges.network import case
from tests.unit.judges.test_auditing import audited, log
from tests.unit.judges.test_confinement import listener, serving

from .debian_files import brief, steps

ON, SPAN, MAC = "lin-lm-auditd-on", "lin-lm-audit-span", "lin-lm-mac"
UNIT = {"name": "auditd.service", "active": True, "enabled": True, "masked": False}


def host(**more: Any) -> Case:
    facts = audited(**more)
    facts["system"]["family"] = "debian"
    return case(facts)


def kinds(found: list[Step]) -> list[str]:
    return [" ".join(one) for one in brief(found)]


def status(**more: int) -> dict[str, Any]:
    return {"status": {"enabled": 1, "lost": 0, "backlog_limit": 8192, **more}}


def test_auditd_is_installed_and_started() -> None:
    found = steps(host(installed=False), ON)
    assert kinds(found) == [
        "package auditd", "file " + BACKLOG_RULES, "file " + JOURNAL_DROP_IN,
        "program augenrules", "unit auditd.service",
    ]  # fmt: skip
    assert UNIT.items() <= found[-1].items()
    assert found[1]["content"].endswith("-b 8192\n")


def test_where_the_files_say_it_the_rules_are_only_loaded() -> None:
    assert kinds(steps(host(**status(backlog_limit=64)), ON))[-1] == "program audit-rules"
    bare = {"written": [], **status(backlog_limit=64)}
    assert "file " + BACKLOG_RULES in kinds(steps(host(**bare), ON))
    locked = kinds(steps(host(**status(enabled=2, backlog_limit=64)), ON))
    assert not [one for one in locked if "rules.d" in one]


def test_what_journald_turned_off_below_auditd_is_turned_on_and_stays_so() -> None:
    off = steps(host(**status(enabled=0)), ON)
    assert [step["path"] for step in off[:2]] == [ON_RULES, BACKLOG_RULES]
    assert off[0]["content"].endswith("\n-e 1\n") and off[1]["content"].endswith("\n-b 8192\n")
    assert off[2]["path"] == JOURNAL_DROP_IN and off[2]["content"].endswith("\n[Journal]\nAudit=\n")
    stopped = steps(host(daemon={"active": False, "enabled": False}, **status(enabled=0)), ON)
    assert not [one for one in kinds(stopped) if "rules.d" in one]


def test_what_is_asked_for_outdoes_debians_own_and_nobodys_lock() -> None:
    found = steps(host(**status(enabled=0, backlog_limit=64), written=[]), ON)
    ours = {step["path"]: step["content"] for step in found if step["kind"] == "file" and "rules.d" in step["path"]}
    theirs = {"/etc/audit/rules.d/audit.rules": "-D\n-b 64\n-f 1\n", "/etc/audit/rules.d/99-last.rules": "-e 2\n"}
    assert augenrules.merged({**ours, **theirs}).split("\n")[1:] == ["-D", "-b 8192", "-f 1", "-e 2", ""]
    assert max(BACKLOG_RULES, LOCK_RULES) == LOCK_RULES


def test_rules_are_locked_only_where_asked() -> None:
    assert not [one for one in kinds(steps(host(), ON)) if "locked" in one]
    asked = case({**audited(), "system": {"family": "debian"}}, bulwark_audit_immutable=True)
    found = steps(asked, ON)
    assert kinds(found)[-2:] == ["file /etc/audit/rules.d/zz-bulwark-locked.rules", "program augenrules"]
    assert found[-2]["content"].endswith("\n-e 2\n")


def test_nothing_is_deleted_any_more() -> None:
    (step,) = steps(host(), SPAN)
    assert step["path"] == "/etc/audit/auditd.conf" and step["reload"] == ["auditd"]
    assert step["arguments"] == {"values": {"max_log_file_action": "keep_logs"}}
    with pytest.raises(Left, match="write_logs"):
        steps(host(conf={"write_logs": "no"}), SPAN)
    with pytest.raises(Left, match="log_format = nolog"):
        steps(host(conf={"log_format": "NOLOG"}), SPAN)


def test_a_log_without_an_end_needs_room() -> None:
    """4 MB a day for 180 days are 720 MB, of which the log has 40."""
    facts = audited(log=log(10, 40 * MIB, 5))
    facts["system"]["family"] = "debian"
    points = [mount("/", available=0), mount("/var/log", available=680 * MIB)]
    facts["mounts"] = {**facts["mounts"], "points": points}
    assert steps(case(facts), SPAN)
    points[1]["available"] = 679 * MIB
    with pytest.raises(Left, match=r"^/var/log has room for 179 of 180 days of logs .*audit.log 4.0 MiB a day"):
        steps(case(facts), SPAN)
    # Too young to be measured.
    facts["audit"] = {**facts["audit"], "log": log(1, MIB)}
    assert steps(case(facts), SPAN)


def test_where_the_kernel_refuses_nothing_is_done() -> None:
    for control in (ON, SPAN):
        with pytest.raises(Left, match="auditctl -s"):
            steps(host(refusal="no (auditctl -s)"), control)


def confined(written: list[dict[str, Any]], mode: str | None = "complain", boots: bool = True) -> Case:
    apparmor = {"loaded": {}, "boots": boots, "written": written}
    served = serving(1, "web", "web" if mode else None, mode)
    known = {"selinux": None, "apparmor": apparmor, "serving": [served]}
    sockets = {"listening": [listener(1, "web.service", "web")], "client_ports": [32768, 60999], "ipvs": []}
    return case({"system": {"privileged": True, "own_kernel": True}, "confinement": known, "sockets": sockets})


def test_a_profile_that_complains_refuses() -> None:
    web = {"file": "/etc/apparmor.d/web", "profile": "web", "complain": True, "forced": True}
    other = {**web, "profile": "other"}
    assert brief(steps(confined([other, web], boots=False), MAC)) == [
        ("edit", "/etc/apparmor.d/web"), ("absent", "/etc/apparmor.d/force-complain/web"), ("unit", "apparmor.service"),
    ]  # fmt: skip


def test_what_has_no_profile_is_left() -> None:
    with pytest.raises(Left, match="no profile confines web"):
        steps(confined([], mode=None), MAC)
    with pytest.raises(Left, match="aa-enforce"):
        steps(confined([]), MAC)
