# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from .host import areas, identities, judge, pam, person, user

OATH = "auth required pam_unix.so\nauth required pam_oath.so\n"
REGISTER = [person("ana"), person("robot", kind="automation"), person("ines", party="customer")]
ALL = {"kind": "hostname", "name": "ALL", "negated": False}


def who(name: str, kind: str = "username", negated: bool = False) -> dict[str, Any]:
    return {"kind": kind, "name": name, "negated": negated}


def rule(*users: dict[str, Any], nopasswd: bool | None = None, host: str = "ALL") -> dict[str, Any]:
    hosts = [{"kind": "hostname", "name": host, "negated": False}]
    return {"users": list(users), "hosts": hosts, "runas": [], "commands": ["ALL"], "nopasswd": nopasswd}


def defaults(scope: str | None = None, *members: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"scope": scope, "members": list(members), "options": options}


def sudo(*rules: dict[str, Any], lines: list[dict[str, Any]] | None = None, **more: Any) -> Verdict:
    stack = more.pop("stack", OATH)
    services = pam({"sudo": stack, "sshd": more.pop("sshd", OATH)})
    users = [user("ana", groups=["ana", "ops"]), user("robot", 1001), user("ines", 1002, groups=["ops"])]
    facts = areas(users, pam={"services": services})
    sources = more.pop("sources", ["files"])
    facts["sudo"] = {"installed": True, "sources": sources, "rules": list(rules), "defaults": lines or []}
    return judge("lin-mf-sudo", facts, bulwark_accounts=more.pop("register", REGISTER))


def test_a_second_factor_and_short_trust_pass() -> None:
    assert sudo(rule(who("ops", "usergroup")), rule(who("robot"), nopasswd=True)).status == "pass"


def test_an_agent_with_the_factor_counts() -> None:
    stack = "auth sufficient pam_ssh_agent_auth.so file=/etc/security/keys\nauth required pam_deny.so\n"
    assert sudo(stack=stack).status == "pass"


@pytest.mark.parametrize(
    ("rules", "wrong"),
    [
        ([rule(who("ana"), nopasswd=True)], ["ana NOPASSWD ALL"]),
        ([rule(who("ops", "usergroup"), nopasswd=True)], ["ana NOPASSWD ALL"]),
        ([rule(who("1000", "userid"), nopasswd=True)], ["ana NOPASSWD ALL"]),
        ([rule(who("ALL"), who("ana", negated=True), nopasswd=True)], []),
        ([rule(who("ana"), nopasswd=True, host="db*")], []),
        ([rule(who("ana"), nopasswd=True, host="w?b")], ["ana NOPASSWD ALL"]),
        ([rule(who("ines"), nopasswd=True)], []),
        ([rule(who("ana"), nopasswd=False)], []),
    ],
)
def test_nopasswd_for_a_provider_s_person(rules: list[dict[str, Any]], wrong: list[str]) -> None:
    assert identities(sudo(*rules)) == wrong


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ([defaults(timestamp_timeout="5")], []),
        ([defaults(timestamp_timeout="60")], ["timestamp_timeout"]),
        ([defaults(timestamp_timeout="-1")], ["timestamp_timeout"]),
        ([defaults(timestamp_timeout="60"), defaults(timestamp_timeout="0")], []),
        ([defaults(timestamp_timeout=False)], []),
        ([defaults("user", who("ana"), timestamp_timeout="-1")], ["timestamp_timeout for ana"]),
        ([defaults("host", who("db", "hostname"), timestamp_timeout="60")], []),
        ([defaults(authenticate=False)], ["ana !authenticate"]),
        ([defaults(authenticate=False), defaults(authenticate=True)], []),
        ([defaults("user", who("robot"), authenticate=False)], []),
        ([defaults("runas", who("root"), authenticate=False)], ["ana !authenticate root"]),
        ([defaults(exempt_group="ops")], ["ana exempt_group"]),
    ],
)
def test_defaults(lines: list[dict[str, Any]], wrong: list[str]) -> None:
    assert identities(sudo(lines=lines)) == wrong


def test_a_stack_without_a_factor_fails_and_follows_from_the_methods_where_there_is_none_at_all() -> None:
    verdict = sudo(stack="auth required pam_unix.so\n")
    assert (identities(verdict), verdict.cause) == (["sudo: /etc/pam.d/sudo: no second factor"], None)
    assert sudo(stack="auth required pam_unix.so\n", sshd="auth required pam_unix.so\n").cause == "lin-mf-ssh-methods"
    verdict = sudo(stack=OATH.replace("pam_oath.so", "pam_google_authenticator.so nullok"))
    assert identities(verdict) == ["sudo: /etc/pam.d/sudo:2 pam_google_authenticator nullok"]


def test_what_is_not_seen_is_unknown() -> None:
    assert sudo(sources=["files", "sss"]).status == "unknown"
    verdict = sudo(register=None)
    assert verdict.status == "unknown"
    assert "bulwark_accounts" in verdict.unread[0]
    assert sudo(lines=[defaults(timestamp_timeout="soon")]).status == "unknown"


def test_without_sudo_there_is_nothing_to_judge() -> None:
    with pytest.raises(NotApplicable):
        judge("lin-mf-sudo", areas(sudo={"installed": False}))
