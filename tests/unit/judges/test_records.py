# SPDX-License-Identifier: GPL-3.0-or-later
"""What sudo and tlog record of providers' people, judged and mended."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Undeclared, build
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.all import MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left, Step
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case, NotApplicable

from .host import TODAY, areas, identities, judge, policy, user
from .test_least_privilege_sudo import REGISTER, host, rule

SUDO, SESSIONS = "lin-lm-sudo-io", "lin-lm-session-record"
JUMP: dict[str, Any] = {"bulwark_host_functions": ["jump"], "bulwark_accounts": REGISTER, "bulwark_collectors": []}
TLOG = "/usr/bin/tlog-rec-session"
CLEAR = ["kim: log_servers", "kim: log_output"]
RECORDED = {"use_pty": True, "log_output": True}


def setting(name: str, options: dict[str, Any]) -> dict[str, Any]:
    member = {"kind": "username", "name": name, "negated": False}
    return {"scope": "user", "members": [member], "options": options}


def sudo(*rules: dict[str, Any], defaults: list[dict[str, Any]]) -> dict[str, Any]:
    found = host(*rules)
    found["sudo"].update(defaults=defaults, drop_ins=["README"])
    found["system"]["account"] = "robot"
    return found


def test_people_are_recorded_and_automation_is_not() -> None:
    good = sudo(rule("kim", "ALL"), rule("robot", "ALL"), defaults=[setting("kim", RECORDED)])
    assert judge(SUDO, good, bulwark_accounts=REGISTER).status == "pass"
    bad = sudo(rule("kim", "ALL"), rule("robot", "ALL"), defaults=[setting("robot", {**RECORDED, "log_input": True})])
    found = judge(SUDO, bad, bulwark_accounts=REGISTER)
    assert identities(found) == ["kim: log_output", "kim: use_pty", "robot: log_output", "robot: log_input"]


@pytest.mark.parametrize(
    ("servers", "wrong"),
    [(["a:1(tls)"], []), (["a:1(tls)", "b:2"], CLEAR), ("a:1", CLEAR)],
)
def test_where_records_are_sent(servers: Any, wrong: list[str]) -> None:
    options: dict[str, Any] = {"use_pty": True, "log_servers": servers, "logfile": "/var/log/sudo.log"}
    facts = sudo(rule("kim", "ALL"), defaults=[setting("kim", options)])
    assert identities(judge(SUDO, facts, bulwark_accounts=REGISTER)) == wrong


def test_where_there_is_nobody_to_record() -> None:
    customers = [{"name": "ines", "kind": "person", "person": "Ines", "party": "customer"}]
    with pytest.raises(NotApplicable):
        judge(SUDO, sudo(rule("ines", "ALL"), defaults=[]), bulwark_accounts=customers)
    with pytest.raises(NotApplicable):
        judge(SUDO, areas(sudo={"installed": False}), bulwark_accounts=REGISTER)
    with pytest.raises(Undeclared):
        judge(SUDO, sudo(rule("kim", "ALL"), defaults=[]))


def steps(measure: str, facts: dict[str, Any], **declared: Any) -> list[Step]:
    return MEASURES[measure](Case(Facts({"areas": facts}), policy(), build(declared), TODAY), None, "lin-lm-x")


def test_a_drop_in_records_people_and_never_automation() -> None:
    facts = sudo(rule("kim", "ALL"), rule("robot", "ALL"), defaults=[])
    (step,) = steps("sudo_recorded", facts, bulwark_accounts=REGISTER)
    assert (step["path"], step["mode"]) == ("/etc/sudoers.d/zz-bulwark-lin-lm-x", "0440")
    assert step["content"].splitlines()[1:] == [
        "Defaults:kim use_pty, log_output",
        "Defaults:robot !log_output, !log_input",
    ]
    recorded = sudo(rule("kim", "ALL"), rule("robot", "ALL"), defaults=[setting("kim", RECORDED)])
    assert steps("sudo_recorded", recorded, bulwark_accounts=REGISTER) == []


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        (sudo(rule("kim", "ALL", log_output=False), defaults=[]), "tag of its own"),
        (sudo(rule("robot", "ALL", log_input=True), defaults=[]), "tag of its own"),
        (sudo(rule("kim", "ALL"), defaults=[setting("kim", {"log_servers": ["a:1"]})]), "in the clear"),
    ],
)
def test_what_sudoers_says_of_single_commands_is_its_authors(facts: dict[str, Any], why: str) -> None:
    with pytest.raises(Left, match=why):
        steps("sudo_recorded", facts, bulwark_accounts=REGISTER)


def jump(shell: str | None = TLOG, **more: Any) -> dict[str, Any]:
    settings = {"writer": "journal", "facility": "authpriv", "path": "", "output": True, "drops": False, **more}
    found = areas([user("kim"), user("ines"), user("robot")])
    found["system"]["account"] = "robot"
    found["recording"] = {
        "program": TLOG if shell else None, "settings": settings if shell else None,
        "shells": {"kim": shell} if shell else {},
    }  # fmt: skip
    return {**found, "units": {"active": []}, "forwarding": {"destinations": []}}


def test_whose_sessions_are_recorded() -> None:
    assert identities(judge(SESSIONS, jump(None), **JUMP)) == ["kim: session"]
    assert identities(judge(SESSIONS, jump("/bin/bash"), **JUMP)) == ["kim: session"]
    kept_here = judge(SESSIONS, jump(), **JUMP)
    assert (identities(kept_here), kept_here.cause) == (["forwarded"], "lin-lm-forward-tls")
    assert "user" in kept_here.wrong[0].text
    lost = judge(SESSIONS, jump(output=False, drops=True, writer="file"), **JUMP)
    assert identities(lost) == ["output", "drop", "writer"]
    nobody = {**JUMP, "bulwark_collectors": None}
    assert judge(SESSIONS, jump(), **{name: value for name, value in nobody.items() if value}).status == "unknown"


def test_a_proxy_that_runs_records() -> None:
    facts = {**jump(None), "units": {"active": ["teleport.service"]}}
    found = judge(SESSIONS, facts, thresholds={"bulwark_session_recorders": ["teleport.service"]}, **JUMP)
    assert (found.status, found.assurance) == ("pass", "configured")


def test_other_hosts_need_none() -> None:
    for declared in ({**JUMP, "bulwark_host_functions": ["web"]}, {**JUMP, "bulwark_accounts": []}):
        with pytest.raises(NotApplicable):
            judge(SESSIONS, jump(), **declared)


def test_a_person_is_given_tlog_for_a_shell() -> None:
    package, shells, passwd = steps("sessions_recorded", jump(None), **JUMP)
    assert (package["kind"], package["name"]) == ("package", "tlog")
    assert (shells["path"], shells["arguments"]["values"]) == ("/etc/shells", {TLOG: ""})
    assert passwd["arguments"] == {"users": ["kim"], "shell": TLOG}


@pytest.mark.parametrize(
    ("change", "why"),
    [({"shell": "/bin/zsh"}, "would start bash"), ({"source": "sss"}, "no local account|not a local account")],
)
def test_whose_shell_is_left(change: dict[str, str], why: str) -> None:
    facts = jump(None)
    facts["accounts"]["users"][0].update(change)
    with pytest.raises(Left, match=why):
        steps("sessions_recorded", facts, **JUMP)


def test_what_a_shell_does_not_mend_is_left() -> None:
    with pytest.raises(Left, match="lin-lm-forward-tls"):
        steps("sessions_recorded", jump(), **JUMP)
