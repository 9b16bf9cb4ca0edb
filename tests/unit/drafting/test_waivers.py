# SPDX-License-Identifier: GPL-3.0-or-later
"""Drafts of waivers: refused as they are, honoured once a person completed them, and data whatever a host says."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, timedelta
from typing import Any

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.declared import DeclarationError, declare
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.waivers import LONGEST_DAYS
from ansible_collections.bulwark.msp.plugins.plugin_utils.drafting.waivers import Open
from ansible_collections.bulwark.msp.plugins.plugin_utils.drift.shapes import PolicyDrift, WaiverChange
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import notices
from ansible_collections.bulwark.msp.plugins.plugin_utils.text import HIDDEN
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.drift.fleet import KNOWN, METHODS, PAM, ROOT_LOGIN, TRIES, finding

TODAY = date(2026, 11, 23)
AT = "2026-11-23T02:00:00Z"
VARIABLE = "bulwark_waivers_20261123"


def fails(control: str, host: str, what: str = "broken", **more: Any) -> dict[str, Any]:
    return finding("acme", host, control, {"status": "fail", "what": what, **more}, AT)


def draft(found: dict[str, list[dict[str, Any]]]) -> str:
    gathered = Open(KNOWN)
    for host, findings in found.items():
        gathered.add(host, findings)
    return gathered.draft("acme", TODAY)


def entries(text: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load(text)[VARIABLE]
    return loaded


def test_hosts_with_the_same_finding_share_an_entry_and_others_do_not() -> None:
    text = draft({
        "web": [fails(METHODS, "web"), fails(TRIES, "web")],
        "db": [fails(METHODS, "db")],
        "mail": [fails(METHODS, "mail", "another")],
    })  # fmt: skip
    made = [(each["control"], each["hosts"]) for each in entries(text)]
    assert sorted(made) == [(TRIES, "web"), (METHODS, "db,web"), (METHODS, "mail")]
    assert made[-1][0] == TRIES  # the least severe stands last


def test_what_is_not_open_or_follows_or_is_no_control_is_left_out() -> None:
    others = [finding("acme", "web", control, status, AT)
              for control, status in ((ROOT_LOGIN, "pass"), (TRIES, "waived"))]  # fmt: skip
    record = {**fails(METHODS, "web"), "control": "ev-contract"}
    assert draft({"web": [*others, fails(PAM, "web", caused_by=METHODS)], "": [record]}) == ""


def test_each_is_refused_until_it_is_completed() -> None:
    (entry,) = entries(draft({"web": [fails(METHODS, "web")]}))
    with pytest.raises(DeclarationError) as raised:
        declare({VARIABLE: [entry]}, KNOWN, TODAY)
    told = "\n".join(map(str, raised.value.problems))
    for key in ("kind", "owner", "reason", "expires"):
        assert re.search(r"%s\[0\]\.%s: is missing" % (VARIABLE, key), told), told
    filled: dict[str, Any] = {
        "kind": "risk_accepted", "owner": "Kim", "reason": "until the move", "expires": "2026-12-31",
        "approved_by": {"name": "Ann", "party": "customer", "on": "2026-11-23"},
    }  # fmt: skip
    for key in filled:
        with pytest.raises(DeclarationError):
            declare({VARIABLE: [{**entry, **filled, key: entry[key]}]}, KNOWN, TODAY)
    for key in ("owner", "reason"):
        with pytest.raises(DeclarationError, match=r"%s\[0\]\.%s: is empty; say" % (VARIABLE, key)):
            declare({VARIABLE: [{**entry, **filled, key: " "}]}, KNOWN, TODAY)
    (waiver,) = declare({VARIABLE: [{**entry, **filled}]}, KNOWN, TODAY).waivers
    assert (waiver.control, waiver.hosts, waiver.finding) == (METHODS, "web", fails(METHODS, "web")["found"])


def test_a_draft_says_who_approves_and_for_how_long() -> None:
    text = draft({"web": [fails(METHODS, "web")]})
    assert KNOWN.binds_provider(METHODS)
    assert "party: # customer: it binds the provider" in text
    assert "at most %d days after the approval" % LONGEST_DAYS[KNOWN.control(METHODS).severity] in text


def test_the_customers_own_finding_names_no_host() -> None:
    (entry,) = entries(draft({"": [fails(METHODS, "")]}))
    assert "hosts" not in entry


@given(st.text(min_size=1), st.text())
def test_whatever_a_host_says_is_data(host: str, what: str) -> None:
    text = draft({host: [fails(METHODS, host, what)], "web": [fails(METHODS, "web")]})
    assert set(yaml.safe_load(text)) == {VARIABLE}
    named = [name for each in entries(text) for name in each["hosts"].split(",")]
    assert set(named) <= {"web", host}
    outside = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    assert not re.search(r"\{[{%#]", outside)
    assert not any(unicodedata.category(character) in HIDDEN for character in text.replace("\n", ""))


def waiver(days: int) -> WaiverChange:
    approved = {"name": "Ann", "party": "customer", "on": "2026-11-01"}
    return WaiverChange("acme", METHODS, None, "risk_accepted", "Kim", approved, "r", None, None,
                        TODAY + timedelta(days), days, ())  # fmt: skip


def test_warnings_come_at_thirty_fourteen_and_seven_days() -> None:
    policy = PolicyDrift(True, (), tuple(map(waiver, (-1, 0, 7, 8, 14, 15, 30, 31))), (), ())
    told = list(notices.lines(policy))
    assert [line.partition(":")[0] for line in told] == [
        "2 waivers end within 7 days", "2 waivers end within 14 days", "2 waivers end within 30 days"
    ]  # fmt: skip
    assert told[0].endswith("%s of acme on 2026-11-23, %s of acme on 2026-11-30" % (METHODS, METHODS))
    assert "acme" not in "".join(notices.lines(policy, brief=True))
    assert list(notices.lines(PolicyDrift(True, (), (waiver(31),), (), ()))) == []
