# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Undeclared
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from tests.unit.judges.host import areas, identities, judge, key, user

KIM = {"name": "adm-kim", "kind": "person", "party": "customer", "person": "Kim", "daily": "kim"}
NAMES = {"bulwark_admin_names": ["adm-*"]}


def host(users: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    facts = areas(users)
    facts["accounts"]["uid_min"] = 1000
    facts["keys"]["trusted_cas"] = []
    facts["sudo"] = {"installed": False}
    facts["profiles"] = {"found": [], "unreadable": {}}
    return {**facts, **more}


def dedicated(users: list[dict[str, Any]], thresholds: dict[str, Any] = NAMES, **more: Any) -> Verdict:
    return judge("lin-lp-dedicated-admin", host(users, **more), None, thresholds, bulwark_accounts=[KIM])


def test_administrators_are_named_so() -> None:
    users = [user("adm-kim", groups=["sudo"]), user("kim", 1001), user("leo", 1002, groups=["disk"])]
    assert identities(dedicated(users)) == ["leo: name"]


def test_the_daily_account_may_not_administer() -> None:
    users = [user("adm-kim", groups=["sudo"]), user("kim", 1001, groups=["docker"])]
    assert identities(dedicated(users)) == ["kim: name", "adm-kim: daily"]


@pytest.mark.parametrize("kind", ["service", "automation", "break_glass"])
def test_programs_and_emergencies_need_no_such_name(kind: str) -> None:
    entry = {"name": "deploy", "kind": kind, "party": "customer"}
    facts = host([user("deploy", groups=["sudo"])])
    assert judge("lin-lp-dedicated-admin", facts, None, NAMES, bulwark_accounts=[entry]).status == "pass"


def test_browsers_in_the_homes_of_administrators() -> None:
    found = [{"user": name, "path": "/home/%s/.mozilla" % name} for name in ("adm-kim", "kim", "root")]
    users = [user("adm-kim", groups=["sudo"]), user("kim", 1001)]
    verdict = dedicated(users, profiles={"found": found, "unreadable": {}})
    assert identities(verdict) == ["adm-kim: /home/adm-kim/.mozilla", "root: /home/root/.mozilla"]
    hidden = {"found": [], "unreadable": {"adm-kim": "/home/adm-kim: permission denied", "kim": "too"}}
    verdict = dedicated(users, profiles=hidden)
    assert verdict.status == "unknown"
    assert "adm-kim (/home/adm-kim: permission denied)" in verdict.unread[0]


def test_without_names_only_the_rest_is_judged() -> None:
    users = [user("adm-kim", groups=["sudo"])]
    assert dedicated(users, {}).unread == (
        "bulwark_admin_names is empty: how administrators' accounts are named isn't known",
    )
    assert dedicated([user("kim")], {}).status == "pass", "nobody administers"


def reviewed(**entry: Any) -> Verdict:
    account = {"name": "adm-kim", "kind": "person", "party": "customer", **entry}
    return judge("lin-lp-revalidate", host([user("adm-kim", groups=["sudo"])]), bulwark_accounts=[account])


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ({"reviewed": "2026-01-01"}, []),
        ({"reviewed": "2025-11-22"}, []),
        ({"reviewed": "2025-11-21"}, ["adm-kim: reviewed"]),
        ({"reviewed": "2027-01-01"}, ["adm-kim: reviewed"]),
        ({}, ["adm-kim: reviewed"]),
        ({"party": "msp:north", "reviewed": "2026-01-01"}, ["adm-kim: reviewed_by"]),
        ({"party": "msp:north", "reviewed": "2026-01-01", "reviewed_by": "msp:north"}, ["adm-kim: reviewed_by"]),
        ({"party": "msp:north", "reviewed": "2026-01-01", "reviewed_by": "customer"}, []),
    ],
)
def test_reviews(entry: dict[str, Any], wrong: list[str]) -> None:
    verdict = reviewed(**entry)
    assert identities(verdict) == wrong
    assert verdict.assurance == "attested"


def test_who_is_registered_nowhere_was_reviewed_by_nobody() -> None:
    facts = host([user("adm-kim", uid=0), user("root", 0), user("leo", 1001)])
    assert identities(judge("lin-lp-revalidate", facts, bulwark_accounts=[])) == ["adm-kim: not registered"]
    with pytest.raises(Undeclared):
        judge("lin-lp-revalidate", facts)


def personal(users: list[dict[str, Any]], *entries: dict[str, Any], keys: list[Any] | None = None) -> Verdict:
    facts = host(users)
    if keys is not None:
        facts["keys"]["authorized"] = keys
    registered = [{"kind": "person", "party": "msp:north", **entry} for entry in entries]
    names = {"bulwark_msp_names": {"msp:north": ["north-*"]}}
    return judge("lin-aa-msp-personal", facts, None, names, bulwark_accounts=registered)


LEE = {"name": "north-lee", "person": "Lee"}
TOM = {"name": "north-tom", "person": "Tom"}
TWO = [user("north-lee", described=True), user("north-tom", 1001, described=True)]


def test_each_account_of_a_provider_is_one_persons() -> None:
    assert personal(TWO, LEE, TOM).status == "pass"
    assert identities(personal(TWO, dict(LEE, kind="shared"), dict(TOM, person=None))) == [
        "north-lee: shared",
        "north-tom: person",
    ]
    assert personal(TWO, LEE, {"name": "north-tom", "kind": "automation"}).status == "pass"


def test_a_key_of_two_people() -> None:
    same = [dict(key(name), fingerprint="SHA256:x") for name in ("north-lee", "north-tom")]
    assert identities(personal(TWO, LEE, TOM, keys=same)) == ["key SHA256:x"]
    assert personal(TWO, LEE, dict(TOM, person="Lee"), keys=same).status == "pass", "one person's two accounts"
    other = {"name": "elsewhere", "person": "Tom", "keys": [{"fingerprint": "SHA256:x"}]}
    assert identities(personal(TWO[:1], LEE, other, keys=same[:1])) == ["key SHA256:x"], "registered to somebody else"


def test_names_and_purposes() -> None:
    users = [user("support", described=False), user("north-tom", 1001, described=False)]
    entries = [{"name": "support", "person": "Lee"}, dict(TOM, contract="c1")]
    contracts = [{"id": "c1", "party": "msp:north", "start": "2026-01-01", "end": "2027-01-01"}]
    facts = host(users)
    names = {"bulwark_msp_names": {"msp:north": ["north-*"]}}
    registered = [{"kind": "person", "party": "msp:north", **entry} for entry in entries]
    found = judge("lin-aa-msp-personal", facts, None, names, bulwark_accounts=registered, bulwark_contracts=contracts)
    assert identities(found) == ["support: name", "support: purpose"]


def test_a_host_without_providers() -> None:
    with pytest.raises(NotApplicable):
        personal([user("north-lee", described=True, expired=True)], LEE)
