# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Verdict

from tests.unit.judges.host import TODAY, areas, identities, judge, user

NOW = int(datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=timezone.utc).timestamp()) + 3600
DAY = 86400
OLD = (TODAY - timedelta(days=300)).isoformat()
UP = [[NOW - 400 * DAY, NOW]]
REGISTER = [
    {"name": "ana", "kind": "person", "party": "customer"},
    {"name": "north-kim", "kind": "person", "party": "msp:north"},
    {"name": "deploy", "kind": "automation", "party": "customer"},
    {"name": "rescue", "kind": "break_glass", "party": "customer", "tested": "2026-11-01"},
]


def source(
    name: str = "lastlog", since: int | None = 200, whole: bool = False, blind: Iterable[str] = (), **last: int
) -> dict[str, Any]:
    """Return one of logons.sources; all times are days ago."""
    seen = {account.replace("_", "-"): NOW - days * DAY for account, days in last.items()}
    reach = None if since is None else NOW - since * DAY
    return {"name": name, "path": "/" + name, "since": reach, "whole": whole, "blind": list(blind), "last": seen}


def verdict(
    control: str,
    *sources: Mapping[str, Any],
    users: list[dict[str, Any]] | None = None,
    up: list[list[int]] = UP,
    homes: Mapping[str, int] | None = None,
    account: str = "root",
    unread: Mapping[str, str] | None = None,
    jobs: Iterable[str] = (),
    thresholds: Mapping[str, Any] | None = None,
    register: list[dict[str, Any]] | None = REGISTER,
) -> Verdict:
    host = areas(users if users is not None else [user("ana", changed=OLD)])
    host["system"].update(now=NOW, account=account)
    host["accounts"]["uid_min"] = 1000
    host["keys"]["trusted_cas"] = []
    host["sudo"] = {"installed": False}
    host["jobs"] = {"crontabs": [{"user": name, "path": "/x"} for name in jobs], "at": [], "linger": []}
    host["logons"] = {"sources": list(sources), "unread": unread or {}, "up": up, "homes": homes or {}}
    declared: dict[str, Any] = {} if register is None else {"bulwark_accounts": register}
    return judge(control, host, None, thresholds, **declared)


def dormant(*sources: Mapping[str, Any], **more: Any) -> Verdict:
    return verdict("lin-oa-dormant", *sources, **more)


def never_used(*sources: Mapping[str, Any], **more: Any) -> Verdict:
    return verdict("lin-oa-never-used", *sources, **more)


@pytest.mark.parametrize(("days", "status"), [(1, "pass"), (45, "pass"), (46, "fail"), (150, "fail")])
def test_days_without_a_logon(days: int, status: str) -> None:
    assert dormant(source(ana=days)).status == status


def test_the_latest_of_several_sources_counts() -> None:
    assert dormant(source(ana=60, root=200), source("journal", 10, True, ana=5)).status == "pass"


def test_a_history_shorter_than_the_days_shows_nobody_idle() -> None:
    found = dormant(source(since=30, root=30))
    assert found.status == "unknown"
    assert "reach back to 2026-10-23 only" in found.unread[0]


def test_no_history_at_all_is_unknown_and_says_what_was_looked_at() -> None:
    found = dormant(source(since=None), unread={"/var/lib/wtmpdb/wtmp.db": "no sqlite3"})
    assert found.status == "unknown"
    assert "/lastlog, empty" in found.unread[0]
    assert "/var/lib/wtmpdb/wtmp.db can't be read: no sqlite3" in found.unread[0]


@pytest.mark.parametrize(("up", "status"), [(46, "fail"), (44, "unknown"), (0, "unknown")])
def test_days_on_which_the_host_was_off_are_nobodys_absence(up: int, status: str) -> None:
    assert dormant(source(ana=100), up=[[NOW - up * DAY, NOW]]).status == status


def test_only_the_last_days_count_for_being_up() -> None:
    up = [[NOW - 400 * DAY, NOW - 40 * DAY], [NOW - DAY, NOW]]
    assert dormant(source(ana=100), up=up).status == "unknown"


def test_a_file_that_lacks_what_another_has_seen_is_not_believed() -> None:
    users = [user("ana", changed=OLD), user("leo", 1001, changed=OLD)]
    stale, fresh = source(ana=100, leo=150), source("wtmp", 30, leo=20)
    found = dormant(stale, fresh, users=users)
    assert found.status == "unknown"
    assert any("not believed" in line for line in found.evidence)
    assert dormant(stale, source("wtmp", 30, leo=20), users=users[:1]).status == "unknown"


def test_a_session_without_a_terminal_refutes_no_source_of_terminals() -> None:
    users = [user("ana", changed=OLD), user("leo", 1001, changed=OLD)]
    found = dormant(source(ana=100, leo=150), source("journal", 30, True, leo=20), users=users)
    assert identities(found) == ["ana"]


def test_a_program_has_no_terminal() -> None:
    users = [user("deploy", changed=OLD)]
    assert dormant(source(deploy=100), users=users).status == "unknown"
    assert dormant(source("lastlog2", 200, True, deploy=100), users=users).status == "fail"


def test_of_a_lingering_or_cron_user_the_journal_tells_nothing() -> None:
    assert dormant(source(ana=100), source("journal", 90, True, blind=["ana"], ana=1)).status == "fail"
    assert dormant(source(ana=100), source("journal", 90, True, ana=1), jobs=["ana"]).status == "fail"


def test_the_account_that_reads_is_in_use() -> None:
    assert dormant(source(ana=100), account="ana").status == "pass"


def test_providers_and_administrators_have_days_of_their_own() -> None:
    users = [user("ana", changed=OLD), user("north-kim", 1001, changed=OLD)]
    users.append(user("leo", 1002, changed=OLD, groups=["docker"]))
    found = dormant(
        source(ana=60, north_kim=60, leo=60), users=users, thresholds={"bulwark_unprivileged_inactive_days": 90}
    )
    assert identities(found) == ["north-kim", "leo"]


def test_emergency_accounts_are_judged_by_their_test() -> None:
    users = [user("rescue", changed=OLD)]
    assert dormant(source(rescue=200), users=users).status == "pass"
    late = [dict(REGISTER[3], tested="2025-01-01")]
    found = dormant(source(rescue=200), users=users, register=late)
    assert (identities(found), found.cause) == (["rescue: tested"], "lin-mf-breakglass")


def test_without_a_register_everybody_is_judged_as_a_person() -> None:
    assert dormant(source(ana=100), register=None).status == "fail"


def test_use_elsewhere_stays_unknown() -> None:
    assert dormant(source(ana=100), thresholds={"bulwark_logons_elsewhere": ["an*"]}).status == "unknown"
    assert dormant(source(ana=10), thresholds={"bulwark_logons_elsewhere": ["an*"]}).status == "pass"


def test_root_system_and_expired_accounts_are_left_out() -> None:
    users = [user("root", 0, changed=OLD), user("daemon", 5, changed=OLD), user("old", 1001, changed=OLD, expired=True)]
    assert dormant(source(root=200, daemon=200, old=200), users=users).status == "pass"


def test_who_never_logged_on_since_it_was_made_is_named_once() -> None:
    sources = source(since=350, root=350)
    assert dormant(sources).status == "pass"
    assert identities(never_used(sources)) == ["ana"]


def test_who_did_not_log_on_as_far_back_as_records_go_is_dormant() -> None:
    sources = source(since=60, root=60)
    assert identities(dormant(sources)) == ["ana"]
    assert never_used(sources).status == "pass"


def test_an_account_as_old_as_the_days_and_records_that_are_younger() -> None:
    assert never_used(source(since=20, root=20)).status == "unknown"


def test_a_new_account_may_wait_for_its_first_use() -> None:
    made = TODAY - timedelta(days=10)
    when = int(datetime(made.year, made.month, made.day, 9, tzinfo=timezone.utc).timestamp())
    users = [user("ana", changed=made.isoformat())]
    sources = source(since=350, root=350)
    for judged in (dormant, never_used):
        assert judged(sources, users=users, homes={"ana": when}).status == "pass"
        assert judged(sources, users=users, homes={"ana": when - 100 * DAY}).status == "unknown", "a new password only"
        assert judged(sources, users=users).status == "unknown"


def test_an_account_whose_age_nobody_knows() -> None:
    sources = source(since=350, root=350)
    assert dormant(sources, users=[user("ana")]).status == "unknown"
    assert never_used(sources, users=[user("ana")]).status == "unknown"


def test_missing_facts_end_it() -> None:
    host = areas([user("ana")])
    host["accounts"]["uid_min"] = 1000
    host["keys"]["trusted_cas"] = []
    with pytest.raises(Unread):
        judge("lin-oa-dormant", host)


def test_many_that_can_not_be_judged_are_told_together() -> None:
    users = [user("u%03d" % number, 1000 + number, changed=OLD) for number in range(100)]
    (reason,) = dormant(source(since=30, root=30), users=users).unread
    assert reason.startswith("u000, u001, ")
    assert "u019 and 80 more: no logon" in reason
