# SPDX-License-Identifier: GPL-3.0-or-later
"""Who would be shut out by lines of pam_access and pam_time: those they mean, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.readers.access import parse_access, parse_time
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.entry.lockout import shut_out

from tests.unit.enforce.login_host import ANA, ROOT, SSHD, case, key, state, user

BOT = {"name": "bot", "kind": "automation", "party": "msp:north", "sources": ["10.0.0.0/8"]}
OURS = "/etc/security/access-bulwark.conf"
HOURS = "/etc/security/time-bulwark.conf"


def limited(rules: str | None = "", times: str = "", line: str = "required") -> dict[str, Any]:
    """Return a host whose sshd asks pam_access and pam_time first; rules None: their file isn't there."""
    stack = "account %s pam_access.so accessfile=%s\naccount required pam_time.so conffile=%s\n" % (line, OURS, HOURS)
    read = {"file": OURS, "fieldsep": ":", "listsep": ", \t"}
    access = {
        "access": [{**read, "rules": None if rules is None else parse_access(rules, OURS)}],
        "time": [{"file": HOURS, "rules": parse_time(times, HOURS)}],
    }
    return {**host(files={"sshd": stack + SSHD}), "access": access}


def host(**more: Any) -> dict[str, Any]:
    """Return a host with ana, who connects, and bot."""
    return state(users=[ROOT, ANA, user("bot", uid=1001)], keys=[key("ana"), key("bot")], peer="10.0.0.9", **more)


def out(after: dict[str, Any], connecting: str = "ana") -> dict[str, str]:
    """Return who is out on a host that was not limited before."""
    found, changed = (case(one, bulwark_accounts=[BOT]) for one in (host(), after))
    return {one.account: one.why for one in shut_out(found, changed, connecting)}


def test_rules_for_one_account_leave_the_others_alone() -> None:
    assert out(limited("+:bot:10.0.0.0/8\n-:bot:ALL\n", "sshd;*;bot;Wk0800-1800\n")) == {}


@pytest.mark.parametrize("rules", ["+:bot:192.0.2.0/24\n-:bot:ALL\n", "-:bot:ALL\n"])
def test_an_account_that_its_own_networks_do_not_open_is_out(rules: str) -> None:
    assert out(limited(rules)) == {
        "bot": "PAM's account rules: pam_access (/etc/pam.d/sshd:1) does not let it in from there"
    }


def test_the_account_of_the_run_needs_the_address_that_the_host_sees() -> None:
    assert set(out(limited("+:ana:192.0.2.0/24\n-:ana:ALL\n"))) == {"ana"}
    assert out(limited("+:ana:10.0.0.9\n-:ana:ALL\n")) == {}


def test_an_account_that_no_hour_opens_is_out() -> None:
    assert out(limited(times="sshd;*;bot;Wk0800-1800&Wd0000-2400\n")) == {
        "bot": "PAM's account rules: pam_time (/etc/pam.d/sshd:2) never lets it in"
    }


def test_a_file_of_rules_that_is_not_there_lets_nobody_in() -> None:
    assert set(out(limited(rules=None))) >= {"ana", "bot"}


def test_what_can_not_be_told_counts_against_a_change() -> None:
    why = out(limited("-:@staff:ALL\n"))["bot"]
    assert "may refuse" in why


def test_a_line_that_does_not_count_shuts_nobody_out() -> None:
    assert out(limited("-:ALL:ALL\n", line="optional")) == {}
