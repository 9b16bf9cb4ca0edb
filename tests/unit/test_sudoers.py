# SPDX-License-Identifier: GPL-3.0-or-later
"""What sudo effectively allows: last match, exclusions, times, and classes of equal accounts."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts, Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.sudoers import Grant, grants, seconds, unseen
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case
from hypothesis import given
from hypothesis import strategies as st

NOW = 1795392000  # 2026-11-23
PAST, SOON, LATER = "20260101000000Z", "20270101000000Z", "20280101000000Z"


def who(name: str, kind: str = "username", negated: bool = False) -> dict[str, Any]:
    return {"kind": kind, "name": name, "negated": negated}


def rule(commands: list[str], *users: dict[str, Any], runas: tuple[str, ...] = ("ALL",), **more: Any) -> dict[str, Any]:
    return {
        "users": list(users) or [who("kim")],
        "hosts": [who("ALL", "hostname")],
        "runas": [who(name.lstrip("!"), negated=name.startswith("!")) for name in runas],
        "commands": commands,
        "details": [{"arguments": "any", "digest": False} for _command in commands],
        "nopasswd": None,
        **more,
    }


def case(*rules: dict[str, Any], defaults: list[dict[str, Any]] | None = None, **more: Any) -> Case:
    sudo = {"installed": True, "sources": ["files"], "rules": list(rules), "defaults": defaults or [], **more}
    system = {"hostname": "web.example", "now": NOW}
    return Case(Facts({"areas": {"sudo": sudo, "system": system}}), {}, build({}), date(2026, 11, 23))


def user(name: str = "kim", uid: int = 1000, groups: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"name": name, "uid": uid, "gid": uid, "groups": [name, *groups]}


def allowed(*rules: dict[str, Any], **more: Any) -> list[tuple[str, str | None]]:
    return [(grant.command, grant.notafter) for grant in grants(case(*rules, **more), user())]


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ([rule(["ALL"]), rule(["!ALL"])], []),
        ([rule(["!ALL"]), rule(["ALL"])], [("ALL", None)]),
        ([rule(["ALL", "!/bin/su"])], [("ALL", None)]),
        ([rule(["/bin/su", "!/bin/su"])], []),
        ([rule(["ALL"]), rule(["!ALL"], runas=("www",))], [("ALL", None)]),
        ([rule(["ALL"]), rule(["!ALL"], hosts=[who("10.0.0.0", "networkaddr")])], [("ALL", None)]),
        ([rule(["ALL"]), rule(["!ALL"], hosts=[who("db", "hostname")])], [("ALL", None)]),
        ([rule(["ALL"]), rule(["!ALL"], notafter=PAST)], [("ALL", None)]),
        ([rule(["ALL"], notafter=PAST)], []),
        ([rule(["ALL"], notbefore=SOON)], []),
        ([rule(["ALL"], notafter=LATER), rule(["!ALL"], notbefore=SOON)], [("ALL", "20261231235959Z")]),
        ([rule(["ALL"], notafter="20261130000000Z"), rule(["!ALL"], notbefore=SOON)], [("ALL", "20261130000000Z")]),
        ([rule(["!ALL"], notbefore=SOON), rule(["/bin/id"])], [("/bin/id", None)]),
        ([rule(["ALL"], who("kim", negated=True))], []),
        ([rule(["ALL"], who("ALL"), who("kim", negated=True))], []),
    ],
)
def test_the_last_match_counts(rules: list[dict[str, Any]], left: list[tuple[str, str | None]]) -> None:
    assert allowed(*rules) == left


def only(*rules: dict[str, Any], **more: Any) -> Grant:
    (grant,) = grants(case(*rules, **more), user())
    return grant


def test_as_whom() -> None:
    assert only(rule(["ALL"], runas=())).runas == ("root",)
    assert only(rule(["ALL"], runas=(), runas_groups=True)).runas == ("",)
    assert not only(rule(["ALL"], runas=("ALL", "!root"))).root
    assert not only(rule(["ALL"], runas=("www",))).root
    assert only(rule(["ALL"], runas=("root",))).unrestricted


def line(scope: str | None, *members: dict[str, Any], **options: Any) -> dict[str, Any]:
    return {"scope": scope, "members": list(members), "options": options}


@pytest.mark.parametrize(
    ("tag", "defaults", "spared"),
    [
        (None, [], False),
        (True, [], True),
        (False, [line(None, authenticate=False)], False),
        (None, [line(None, authenticate=False)], True),
        (None, [line(None, authenticate=False), line("user", who("kim"), authenticate=True)], False),
        (None, [line("command", who("/bin/id", "command"), authenticate=False)], True),
        (None, [line("runas", who("bin"), authenticate=False)], False),
        (None, [line(None, exempt_group="kim")], True),
    ],
)
def test_whether_a_password_is_asked(tag: bool | None, defaults: list[dict[str, Any]], spared: bool) -> None:
    assert only(rule(["/bin/id"], nopasswd=tag), defaults=defaults).nopasswd is spared


def test_equal_accounts_are_evaluated_once() -> None:
    host = case(rule(["/bin/id"], who("ops", "usergroup")), rule(["/bin/ls"], who("lee")))
    kim, ann = (grants(host, user(name, uid, ("ops", "more"))) for name, uid in (("kim", 1000), ("ann", 1001)))
    assert kim is ann
    assert [grant.command for grant in grants(host, user("lee", 1002, ("ops",)))] == ["/bin/id", "/bin/ls"]
    assert grants(host, user("nobody", 65534)) == []


def test_what_is_not_seen_is_told() -> None:
    assert not unseen(case(rule(["ALL"])))
    assert "netgroup admins" in unseen(case(rule(["ALL"], who("admins", "netgroup"))))[0]
    assert "ldap" in unseen(case(sources=["files", "ldap"]))[0]


def test_a_rule_that_was_read_without_its_arguments_has_none() -> None:
    known = rule(["/bin/id"])
    del known["details"]
    assert only(known).arguments is None


@given(st.text(max_size=20))
def test_any_time(text: str) -> None:
    with suppress(Unread):
        assert isinstance(seconds(text), float)
