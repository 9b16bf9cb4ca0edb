# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Verdict

from .host import areas, identities, judge, pam, user

REGISTER: list[dict[str, Any]] = [
    {"name": "kim", "kind": "person", "person": "Kim", "party": "msp:north"},
    {"name": "robot", "kind": "automation", "party": "msp:north", "scope": ["playbooks"]},
    {"name": "ines", "kind": "person", "person": "Ines", "party": "customer"},
]
FULL = [{**REGISTER[0], "full_admin": True, "contract": "c1"}]
CONTRACTS = [{"id": "c1", "party": "msp:north", "start": "2026-01-01", "end": "2027-01-01", "full_admin": True}]
OATH = "auth required pam_unix.so\nauth required pam_oath.so\n"
GENERAL: dict[str, Any] = {"scope": None, "members": [], "options": {"secure_path": "/usr/bin", "env_reset": True}}
SOON = "20261231000000Z"


def rule(name: str, *commands: str, arguments: str = "any", **more: Any) -> dict[str, Any]:
    return {
        "users": [{"kind": "username", "name": name, "negated": False}],
        "hosts": [{"kind": "hostname", "name": "ALL", "negated": False}],
        "runas": [],
        "commands": list(commands),
        "details": [{"arguments": arguments, "digest": more.pop("digest", False)} for _command in commands],
        "nopasswd": None,
        **more,
    }


def host(*rules: dict[str, Any], users: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    paths = {path for each in rules for path in each["commands"]}
    sudo = {
        "installed": True,
        "sources": ["files"],
        "rules": list(rules),
        "defaults": more.pop("defaults", [GENERAL]),
        "programs": {path: {"real": path, "writable": []} for path in paths} | more.pop("programs", {}),
    }
    users = users or [user("kim"), user("robot", 1001), user("ines", 1002)]
    found = areas(users, sudo=sudo, pam={"services": pam({"sudo": more.pop("stack", OATH), "sshd": OATH})})
    found["system"].update(now=1795392000)
    return found


def unrestricted(*rules: dict[str, Any], register: list[dict[str, Any]] = REGISTER, **more: Any) -> Verdict:
    return judge(
        "lin-lp-sudo-unrestricted",
        host(*rules, **more),
        bulwark_accounts=register,
        bulwark_contracts=more.get("contracts", CONTRACTS),
    )


def test_all_is_wrong_for_providers_people_only() -> None:
    found = unrestricted(rule("kim", "ALL"), rule("robot", "ALL", nopasswd=True), rule("ines", "ALL"))
    assert identities(found) == ["kim: ALL"]
    assert found.severity is None
    assert unrestricted(rule("kim", "/usr/bin/id")).status == "pass"


def test_automation_without_a_scope_is_judged_too() -> None:
    register = [{"name": "robot", "kind": "automation", "party": "msp:north"}]
    assert identities(unrestricted(rule("robot", "ALL"), register=register)) == ["robot: ALL"]


def test_never_asked() -> None:
    off = [GENERAL, {"scope": None, "members": [], "options": {"authenticate": False}}]
    assert identities(unrestricted(rule("kim", "/usr/bin/id"), defaults=off)) == ["kim: !authenticate"]


@pytest.mark.parametrize(
    ("tags", "missing"),
    [
        ({"notafter": SOON, "log_output": True}, ""),
        ({"notafter": SOON}, "not recorded"),
        ({"log_output": True}, "no end in time"),
        ({"notafter": "20300101000000Z", "log_output": True}, "no end in time"),
        ({"notafter": SOON, "log_output": True, "nopasswd": True, "stack": "auth required pam_unix.so\n"}, "factor"),
    ],
)
def test_full_administration_is_bearable_or_of_lesser_severity(tags: dict[str, Any], missing: str) -> None:
    stack = tags.pop("stack", OATH)
    facts = host(rule("kim", "ALL", **tags), stack=stack)
    one = {"authenticationmethods": ["publickey"], "pubkeyacceptedalgorithms": ["ssh-ed25519"]}
    facts["sshd"]["contexts"][0]["settings"] = one
    found = judge("lin-lp-sudo-unrestricted", facts, bulwark_accounts=FULL, bulwark_contracts=CONTRACTS)
    assert found.status == ("fail" if missing else "pass")
    assert (found.severity == "high") is bool(missing)
    assert all(missing in item.text for item in found.wrong)


def test_a_contract_that_is_over_or_unknown() -> None:
    over = [{**CONTRACTS[0], "end": "2026-06-01"}]
    assert identities(unrestricted(rule("kim", "ALL"), register=FULL, contracts=over)) == ["kim: ALL"]
    found = judge("lin-lp-sudo-unrestricted", host(rule("kim", "ALL")), bulwark_accounts=FULL)
    assert (found.status, "bulwark_contracts" in found.unread[0]) == ("unknown", True)


def bound(*rules: dict[str, Any], **more: Any) -> list[str]:
    return identities(judge("lin-lp-time-bound", host(*rules, **more), bulwark_accounts=REGISTER))


def test_powers_end() -> None:
    assert bound(rule("kim", "/usr/bin/id", notafter=SOON), rule("robot", "ALL")) == []
    assert bound(rule("kim", "/usr/bin/id")) == ["kim: sudo /usr/bin/id"]
    assert bound(rule("kim", "/usr/bin/id", notafter="20300101000000Z")) == ["kim: sudo /usr/bin/id"]
    assert bound(rule("kim", "/usr/bin/id"), users=[user("kim", expires="2026-12-31")]) == []
    assert bound(users=[user("kim", groups=["docker", "sudo"])]) == ["kim: group docker"]


def escapes(*rules: dict[str, Any], **more: Any) -> list[str]:
    found = judge("lin-lp-sudo-escape", host(*rules, **more), bulwark_accounts=REGISTER)
    return [item.text.partition(": ")[2] for item in found.wrong]


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (rule("kim", "/usr/bin/vim"), "gives a shell or changes any file"),
        (rule("kim", "/usr/bin/less", arguments="given"), "NOEXEC would stop that"),
        (rule("kim", "/usr/bin/less", arguments="given", noexec=True), ""),
        (rule("kim", "/usr/bin/find"), "by its arguments"),
        (rule("kim", "/usr/bin/find", arguments="given"), ""),
        (rule("kim", "/usr/bin/id", arguments="wildcard"), "by a wildcard"),
        (rule("kim", "/usr/bin/*"), "matches more than one program"),
        (rule("kim", "/opt/tools/"), "matches more than one program"),
        (rule("kim", "/usr/bin/id", setenv=True), "SETENV"),
        (rule("kim", "sudoedit"), "changes any file"),
        (rule("kim", "sudoedit", arguments="given"), ""),
        (rule("robot", "/bin/sh"), ""),
        (rule("ines", "/bin/sh"), ""),
        (rule("kim", "ALL"), ""),
    ],
)
def test_single_commands(known: dict[str, Any], why: str) -> None:
    found = escapes(known)
    assert len(found) == bool(why) and all(why in text for text in found)


def test_what_others_can_replace_and_what_a_link_leads_to() -> None:
    programs = {"/opt/report": {"real": "/opt/report", "writable": ["/opt"]}}
    assert "others than root can write to /opt" in escapes(rule("kim", "/opt/report"), programs=programs)[0]
    assert escapes(rule("kim", "/opt/report", digest=True), programs=programs) == []
    links = {"/usr/local/bin/notes": {"real": "/usr/bin/vim.tiny", "writable": []}}
    assert "gives a shell" in escapes(rule("kim", "/usr/local/bin/notes"), programs=links)[0]


def test_the_environment() -> None:
    bare: list[dict[str, Any]] = [{"scope": None, "members": [], "options": {"env_reset": False}}]
    assert [text.split("(")[1] for text in escapes(rule("kim", "/usr/bin/id"), defaults=bare)] == [
        "Defaults !env_reset)",
        "no Defaults secure_path)",
    ]


def automation(*rules: dict[str, Any], **more: Any) -> Verdict:
    facts = host(*rules)
    facts["keys"]["authorized"][1].update(more.pop("key", {"options": ['from="192.0.2.0/24"']}))
    facts["accounts"]["passwords"]["robot"] = more.pop("password", "locked")
    return judge("lin-lp-automation-acct", facts, bulwark_accounts=[{**REGISTER[1], **more}])


def test_automation() -> None:
    assert automation(rule("robot", "ALL", nopasswd=True)).status == "pass"
    assert identities(automation(rule("robot", "ALL"), scope=[])) == ["robot: no scope"]
    assert identities(automation(password="usable")) == ["robot: password"]
    assert identities(automation(key={"options": []})) == ["robot: SHA256:robot from anywhere"]
