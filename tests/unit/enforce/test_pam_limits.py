# SPDX-License-Identifier: GPL-3.0-or-later
"""The measures that limit a provider's accounts: what they write, and where they leave a host alone."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.edits.all import EDITS
from ansible_collections.bulwark.msp.plugins.module_utils.readers.access import parse_access, parse_time
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.enforce.ssh_measures import host, steps
from tests.unit.judges.host import pam
from tests.unit.judges.ssh_host import key, user

SCOPE, HOURS = "lin-aa-msp-scope", "lin-aa-msp-idle-off"
SSHD = "@include common-auth\naccount    required     pam_nologin.so\n@include common-account\n"
COMMON = {"common-auth": "auth required pam_unix.so\n", "common-account": "account required pam_unix.so\n"}
KIM: dict[str, Any] = {"name": "kim", "kind": "person", "party": "msp:north", "sources": ["203.0.113.0/24"]}
BOT: dict[str, Any] = {"name": "ansible", "kind": "automation", "party": "msp:north", "sources": ["10.0.0.0/8"]}
ANNA: dict[str, Any] = {"name": "anna", "kind": "person", "party": "customer"}
WINDOW: dict[str, Any] = {"days": ["mon"], "start": "22:00", "end": "02:00", "timezone": "UTC"}
CONTRACT: dict[str, Any] = {"party": "msp:north", "start": "2024-01-01", "end": "2036-01-01", "windows": [WINDOW]}
#: A Monday, 09:00 UTC.
SYSTEM: dict[str, Any] = {"timezone": "Etc/UTC", "now": 1795424400, "family": "debian"}


def facts(sshd: str = SSHD, access: Any = (), time: Any = (), system: dict[str, Any] | None = None) -> Any:
    """Return a host with kim, anna and the account of the run."""
    users = [user("kim", 1001), user("anna", 1002), user("ansible", 1000)]
    return host(
        *users,
        system={**SYSTEM, **(system or {})},
        keys={"authorized": [key(one["name"]) for one in users], "unreadable": {}, "files": [], "trusted_cas": []},
        pam={"services": pam({**COMMON, "sshd": sshd})},
        access={"access": list(access), "time": list(time)},
    )


def sources(found: Any, *accounts: dict[str, Any], **declared: Any) -> list[dict[str, Any]]:
    """Return the steps that hold accounts to their networks."""
    return steps(SCOPE, found, bulwark_accounts=list(accounts), **{"bulwark_msp_managed": ["msp:north"], **declared})


def hours(found: Any, *accounts: dict[str, Any], **declared: Any) -> list[dict[str, Any]]:
    """Return the steps that hold accounts to their windows."""
    return steps(HOURS, found, bulwark_accounts=list(accounts), **{"bulwark_contracts": [CONTRACT], **declared})


def lines(step: dict[str, Any]) -> list[str]:
    """Return what a file of ours says below its first line."""
    content: str = step["content"]
    return content.split("\n")[1:-1]


def test_only_the_providers_accounts_are_limited_by_a_file_of_ours_and_one_line() -> None:
    rules, line = sources(facts(), KIM, BOT, ANNA)
    assert rules["path"] == "/etc/security/access-bulwark.conf"
    assert lines(rules) == ["+:ansible:10.0.0.0/8", "-:ansible:ALL", "+:kim:203.0.113.0/24", "-:kim:ALL"]
    text = EDITS[line["edit"]](SSHD, line["arguments"], {})
    assert text and text.split("\n")[1:3] == [
        "account\trequired\tpam_access.so accessfile=/etc/security/access-bulwark.conf",
        "account    required     pam_nologin.so",
    ]
    assert EDITS[line["edit"]](text, line["arguments"], {}) == text


def test_everywhere_is_written_so_that_pam_access_takes_it() -> None:
    rules, _line = sources(facts(), {**KIM, "sources": ["0.0.0.0/0"]})
    assert lines(rules)[0] == "+:kim:0.0.0.0/1 128.0.0.0/1"


def test_rules_for_who_is_not_registered_any_more_stay() -> None:
    path = "/etc/security/access-bulwark.conf"
    own = {"file": path, "fieldsep": ":", "listsep": ", \t", "rules": parse_access("-:gone:ALL\n-:kim:ALL\n", path)}
    stack = SSHD.replace("account ", "account required pam_access.so accessfile=%s\naccount " % path, 1)
    rules, _line = sources(facts(stack, [own]), KIM)
    assert lines(rules) == ["-:gone:ALL", "+:kim:203.0.113.0/24", "-:kim:ALL"]


@pytest.mark.parametrize(
    ("accounts", "declared", "reason"),
    [
        ([{**KIM, "sources": []}], {}, "kim: declare its sources in bulwark_accounts, or bulwark_admin_cidrs"),
        ([KIM], {"bulwark_msp_managed": ["msp:south"]}, "bulwark_msp_managed does not name"),
        ([{**BOT, "sources": ["192.0.2.0/24"]}], {}, "logs in as ansible from 10.0.0.9, which is outside its sources"),
    ],
)
def test_what_nobody_declared_is_left(accounts: list[dict[str, Any]], declared: dict[str, Any], reason: str) -> None:
    with pytest.raises(Left, match=reason):
        sources(facts(), *accounts, **declared)


@pytest.mark.parametrize(
    ("stack", "reason"),
    [
        ("@include common-account\n", "don't begin with a module"),
        (SSHD.replace("account ", "account required pam_access.so accessfile=/own\naccount ", 1), "somebody else's"),
    ],
)
def test_a_stack_without_a_certain_place_is_left(stack: str, reason: str) -> None:
    with pytest.raises(Left, match=reason):
        sources(facts(stack, [{"file": "/own", "fieldsep": ":", "listsep": ", \t", "rules": []}]), KIM)


def test_windows_are_written_day_by_day_for_people_alone() -> None:
    rules, line = hours(facts(), KIM, BOT, ANNA)
    assert lines(rules) == ["sshd;*;kim;Mo2200-2400|Tu0000-0200"]
    assert line["arguments"]["insert"][0]["options"] == ["conffile=/etc/security/time-bulwark.conf"]
    found = parse_time(rules["content"], "x")
    assert [rule["users"] for rule in found] == ["kim"]


@pytest.mark.parametrize(
    ("windows", "reason"),
    [
        ([], "has no windows"),
        ([{**WINDOW, "timezone": "Europe/Berlin"}], "changes over the year"),
    ],
)
def test_windows_that_are_not_exact_are_left(windows: list[dict[str, Any]], reason: str) -> None:
    with pytest.raises(Left, match=reason):
        hours(facts(), KIM, bulwark_contracts=[{**CONTRACT, "windows": windows}])


def test_the_account_of_the_run_is_not_shut_out_by_its_own_window() -> None:
    run = facts(system={"account": "kim"})
    with pytest.raises(Left, match="this very run logs in as kim"):
        hours(run, KIM)
    assert hours(facts(system={"account": "kim", "now": SYSTEM["now"] + 14 * 3600}), KIM)
