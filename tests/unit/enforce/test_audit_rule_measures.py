# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted of the kernel's audit: judged by what is loaded, and rendered so that it is satisfied once loaded."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.augenrules import merged
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Undeclared
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.audit_rules import FILES, MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.logging.audit_rules import JUDGES
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.judges.network import case

USERS = [
    {"name": "root", "uid": 0, "gid": 0, "groups": ["root"]},
    {"name": "ansible", "uid": 1000, "gid": 1000, "groups": ["ansible"]},
    {"name": "north-kim", "uid": 1005, "gid": 1005, "groups": ["north-kim"]},
    {"name": "_chrony", "uid": 998, "gid": 998, "groups": ["_chrony"]},
]
ACCOUNTS = [
    {"name": "ansible", "kind": "automation", "party": "msp:north"},
    {"name": "north-kim", "kind": "person", "party": "msp:north"},
]
TOPICS = list(FILES)


def host(loaded: list[str] = (), written: list[dict[str, Any]] = (), **audit: Any) -> dict[str, Any]:  # type: ignore[assignment]
    """Return the facts of a host whose kernel has these rules."""
    return {
        "system": {"family": "debian"},
        "accounts": {"users": USERS, "uid_min": 1000},
        "factors": {"oath": [{"path": "/etc/users.oath"}], "google": [], "u2f": [], "yubico": [], "duo": []},
        "watched": {
            "machine": "x86_64",
            "kinds": {"/etc/passwd": "file", "/etc/pam.d": "dir", "/etc/hosts": "file", "/etc/audit": "dir"},
            "key_folders": [{"user": "ansible", "path": "/home/ansible/.ssh"}],
        },
        "audit": {
            "installed": True, "refusal": None, "status": {"enabled": 1}, "loaded": list(loaded),
            "written": list(written), "rate": None, "log": None, **audit,
        },
    }  # fmt: skip


def judged(topic: str, facts: dict[str, Any]) -> Any:
    return JUDGES["lin-lm-audit-%s" % topic](case(facts, bulwark_accounts=ACCOUNTS))


def staged(topic: str, facts: dict[str, Any]) -> list[dict[str, Any]]:
    return MEASURES["audit_rules"](case(facts, bulwark_accounts=ACCOUNTS), topic, "lin-lm-audit-%s" % topic)


def lines(topic: str) -> list[str]:
    """Return the rules that a host without any is given."""
    (content,) = [step["content"] for step in staged(topic, host()) if step["kind"] == "file"]
    return [line for line in str(content).split("\n") if line.startswith("-a")]


def in_file(topic: str) -> list[dict[str, Any]]:
    path = "/etc/audit/rules.d/" + FILES[topic]
    return [{"file": path, "line": 2 + at, "text": text} for at, text in enumerate(lines(topic))]


@pytest.mark.parametrize("topic", TOPICS)
def test_what_is_rendered_is_what_is_wanted(topic: str) -> None:
    assert judged(topic, host()).status == "fail"
    assert judged(topic, host(lines(topic))).status == "pass"


def test_all_files_together_satisfy_all_judges_in_their_order() -> None:
    loaded = [line for topic in sorted(FILES, key=FILES.__getitem__) for line in lines(topic)]
    assert {topic: judged(topic, host(loaded)).status for topic in TOPICS} == dict.fromkeys(TOPICS, "pass")


def test_automation_is_left_out_of_what_is_run_and_nobody_else_is() -> None:
    assert all("-F auid!=1000" in line for line in lines("exec"))
    assert not [line for line in lines("exec") if "1005" in line]
    assert all("-F auid=1005" in line for line in lines("msp"))


def test_loaded_rules_count_and_written_ones_explain() -> None:
    found = judged("exec", host(written=in_file("exec")))
    assert found.status == "fail" and all("augenrules --load" in one.text for one in found.wrong)
    locked = judged("exec", host(written=in_file("exec"), status={"enabled": 2}))
    assert all("next boot" in one.text for one in locked.wrong)


def test_a_kernel_that_records_nothing_is_the_cause() -> None:
    off = judged("exec", host(lines("exec"), status={"enabled": 0}))
    assert (off.status, off.cause) == ("fail", "lin-lm-auditd-on")
    gone = judged("exec", host(installed=False, status={}))
    assert (gone.status, gone.cause) == ("fail", "lin-lm-auditd-on")
    with pytest.raises(NotApplicable, match="no orders"):
        judged("exec", host(refusal="no orders"))


def test_a_rate_that_nobody_keeps_is_told() -> None:
    rate = {"seconds": 60, "bytes": 1000, "events": 100, "a_day": 144000, "by_key": {"exec": 144000}}
    few, many = ({"daily_bytes": number} for number in (1_000_000, 5_000_000))
    assert judged("exec", host(lines("exec"), rate=rate, log=few)).status == "pass"
    found = judged("exec", host(lines("exec"), rate=rate, log=many))
    assert [one.identity for one in found.wrong] == ["rate"] and "500000 events" in found.wrong[0].text
    assert judged("exec", host(lines("exec"), rate=rate, log={"daily_bytes": None})).status == "pass"


def test_session_records_of_automation_are_missed() -> None:
    found = judged("msp", host([*lines("msp"), "-a never,user -F auid=1000"]))
    assert [one.identity for one in found.wrong] == ["sessions ansible"]


def test_providers_people_are_told_by_what_is_declared() -> None:
    msp = JUDGES["lin-lm-audit-msp"]
    with pytest.raises(Undeclared, match="bulwark_accounts is not declared"):
        msp(case(host()))
    with pytest.raises(NotApplicable, match="no account that bulwark_accounts gives to a provider"):
        msp(case(host(), bulwark_accounts=[{"name": "ansible", "kind": "automation", "party": "customer"}]))


def test_a_rule_that_no_file_has_would_be_lost() -> None:
    with pytest.raises(Left, match="loading would drop it"):
        staged("exec", host(["-w /srv -p wa -k own"]))
    own = [{"file": "/etc/audit/rules.d/own.rules", "line": 1, "text": "-w /srv/ -p aw -k own"}]
    assert staged("exec", host(["-w /srv -p wa -k own"], own))


def test_what_is_written_is_only_loaded() -> None:
    assert [step["name"] for step in staged("exec", host(written=in_file("exec")))] == ["audit-rules"]
    with pytest.raises(Left, match="next boot"):
        staged("exec", host(written=in_file("exec"), status={"enabled": 2}))
    before = staged("exec", host(status={"enabled": 2}))
    assert [step.get("name") for step in before] == [None, "augenrules", "audit-rules"]


def test_what_somebody_put_before_them_is_named() -> None:
    never = "-a never,exit -F arch=b64 -S execve -F auid=1005"
    own = [{"file": "/etc/audit/rules.d/00-own.rules", "line": 1, "text": never}]
    with pytest.raises(Left, match="auid=1005 comes before them"):
        staged("exec", host([never, *lines("exec")], [*own, *in_file("exec")]))


def test_a_host_without_audit_is_given_it() -> None:
    assert staged("tamper", host(installed=False, status={}))[0]["kind"] == "package"


def test_files_are_merged_as_augenrules_does() -> None:
    files = {
        "/etc/audit/rules.d/audit.rules": "## first\n-D\n\n-b 8192\n-f 1\n--backlog_wait_time 60000\n",
        "/etc/audit/rules.d/10-b.rules": "# ours\n-w /b -p wa\n-e 2\n",
        "/etc/audit/rules.d/9-a.rules": "-b 64\n-w /a -p wa\n",
    }
    assert merged(files) == (
        "## This file is automatically generated from /etc/audit/rules.d\n-D\n-b 8192\n-f 1\n"
        "-w /a -p wa\n-w /b -p wa\n--backlog_wait_time 60000\n-e 2\n"
    )


@given(st.dictionaries(st.text(alphabet="abz019-_.", min_size=1), st.sampled_from(["", "-D", "-e 2", "-w /a -p wa"])))
def test_any_files_can_be_merged(files: dict[str, str]) -> None:
    text = merged(files)
    assert text.count("-w /a") == list(files.values()).count("-w /a -p wa")
    assert "-e 2" not in files.values() or text.endswith("\n-e 2\n")
