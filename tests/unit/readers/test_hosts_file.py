# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.readers import hosts_file
from hypothesis import given
from hypothesis import strategies as st

from .host import read


def test_hosts_and_what_resolvers_answer_themselves(tmp_path: Path) -> None:
    facts, errors = read(
        tmp_path,
        "hosts_file",
        {
            "/etc/hosts": "127.0.0.1 localhost # me\n192.0.2.1\tAPI-1.DuoSecurity.com. idp\n#192.0.2.2 no\n",
            "/etc/dnsmasq.d/x": "address=/duosecurity.com/192.0.2.1\nhost-record=idp.example,192.0.2.3\n"
            "addn-hosts=/etc/more\ncache-size=1\n",
            "/etc/more": "192.0.2.9 more.example\n",
            "/etc/unbound/unbound.conf.d/a.conf": 'server:\n local-zone: "okta.com." redirect\n'
            ' local-zone: "example.org" transparent\n local-data: "a.okta.com. A 192.0.2.5"\n',
        },
    )
    assert not errors
    assert [entry["names"] for entry in facts["entries"]] == [
        ["localhost"],
        ["api-1.duosecurity.com", "idp"],
        ["more.example"],
    ]
    assert [(each["domain"], each["below"], each["line"]) for each in facts["overrides"]] == [
        ("duosecurity.com", True, 1),
        ("idp.example", False, 2),
        ("okta.com", True, 2),
        ("a.okta.com", False, 4),
    ]


@pytest.mark.parametrize(
    ("line", "domains"),
    [
        ("address=/#/192.0.2.1", [("", True)]),
        ("server=/a/b/192.0.2.53", [("a", True), ("b", True)]),
        ("server=192.0.2.53", []),
        ("cname=a.example,b.example", [("a.example", False)]),
    ],
)
def test_dnsmasq_lines(line: str, domains: list[tuple[str, bool]]) -> None:
    assert [(each["domain"], each["below"]) for each in hosts_file.parse_dnsmasq(line)] == domains


@given(st.text())
def test_any_text_is_parsed(text: str) -> None:
    hosts_file.parse_dnsmasq(text)
    hosts_file.parse_unbound(text)
    for entry in hosts_file.parse_hosts("/f", text):
        assert entry["names"]
