# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `access`: the rules of pam_access and pam_time, as far as their lines are rules at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.readers.access import parse_access, parse_time
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

SSHD = """
account required pam_access.so
account required pam_access.so accessfile=/etc/own.conf [listsep= |] fieldsep=;
account required pam_time.so
account required pam_time.so conffile=/etc/hours.conf
"""
TEXT = st.text(alphabet="+-:;|&!#\\ \t\nabALLEXCEPT0123456789./()@*", max_size=200)


def test_each_line_of_a_module_has_the_rules_that_it_reads(tmp_path: Path) -> None:
    files = {
        "/etc/pam.d/sshd": SSHD,
        "/etc/security/access.conf": "# rules\n+:ana (ops), bo:10.0.0.0/8\n",
        "/etc/security/access.d/10-more.conf": "-:ALL:ALL\n",
        "/etc/security/access.d/20-not": "+:ALL:ALL\n",
        "/etc/own.conf": "+;ana|bo;ALL\n",
        "/etc/hours.conf": "sshd ; * ; ana ; Wk0800-1800 # day\n",
    }
    facts, errors = read(tmp_path, "access", files)
    assert not errors
    usual, own = facts["access"]
    assert [(one["file"], one["line"], one["allow"]) for one in usual["rules"]] == [
        ("/etc/security/access.conf", 2, True),
        ("/etc/security/access.d/10-more.conf", 1, False),
    ]
    assert usual["rules"][0]["users"] == ["ana", "(ops)", "bo"]
    assert (own["file"], own["rules"][0]["users"]) == ("/etc/own.conf", ["ana", "bo"])
    absent, hours = facts["time"]
    assert absent == {"file": "/etc/security/time.conf", "rules": []}
    assert hours["rules"] == [
        {"services": "sshd", "ttys": "*", "users": "ana", "times": "Wk0800-1800", "file": "/etc/hours.conf", "line": 1}
    ]


def test_a_file_that_a_line_names_and_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    facts, _errors = read(tmp_path, "access", {"/etc/pam.d/sshd": "account required pam_access.so accessfile=/none\n"})
    assert [one["rules"] for one in facts["access"]] == [None]


def test_a_file_that_cannot_be_read_has_the_reason(tmp_path: Path) -> None:
    (tmp_path / "etc/security/access.conf").mkdir(parents=True)
    facts, _errors = read(tmp_path, "access", {"/etc/pam.d/sshd": "account required pam_access.so\n"})
    assert "is not a regular file" in facts["access"][0]["unread"]


@pytest.mark.parametrize("line", [" +:ana:ALL\n", "#+:ana:ALL\n", "+:ana\n", "ana:ALL\n", "+:ana:ALL", "+::\n", "\n"])
def test_what_pam_access_passes_over_is_no_rule(line: str) -> None:
    assert parse_access(line, "x") == []


@pytest.mark.parametrize("line", ["sshd;*;ana", "sshd;*;ana;Al0000-2400;", "# sshd;*;ana;Al0000-2400", ";*;ana;Al"])
def test_what_pam_time_passes_over_is_no_rule(line: str) -> None:
    assert parse_time(line + "\n", "x") == []


def test_a_rule_of_pam_time_may_go_on_in_the_next_line() -> None:
    (rule,) = parse_time("sshd;*;ana;\\\nWk0800-1800\n", "x")
    assert (rule["times"], rule["line"]) == ("Wk0800-1800", 1)


@given(TEXT)
def test_any_text_is_read_without_a_crash(text: str) -> None:
    found: list[dict[str, Any]] = [*parse_access(text, "x"), *parse_time(text, "x")]
    assert all(0 < rule["line"] <= text.count("\n") + 1 for rule in found)
