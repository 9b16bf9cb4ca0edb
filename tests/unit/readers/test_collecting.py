# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.collecting import MEASURES

from tests.unit.judges.network import case

from .host import read

SENDER = {"name": "web", "address": "10.0.0.2", "peer": "web.example"}
ARGUMENTS = {"senders": [SENDER], "store": "/srv/logs", "ca": "/c/ca", "certificate": "/c/c", "key": "/c/k",
             "relp_port": 2514, "tls_port": 6514}  # fmt: skip
OLD = """\
module(load="imudp")
input(type="imudp" port="514")
$ModLoad imtcp
$InputTCPServerRun 10514
template(name="each" type="string" string="/srv/all/%HOSTNAME%/x.log")
ruleset(name="in") { if $msg contains "x" then { action(type="omfile" dynaFile="each") } }
input(type="imrelp" port="20514" ruleset="in" tls="on" tls.authMode="certvalid")
"""


def ours() -> dict[str, str]:
    """Return the files that the role's entry point writes, by path."""
    collector = case({}, bulwark_host_functions=["collector"])
    steps = [*MEASURES["logs_received"](collector, ARGUMENTS, "c"),
             *MEASURES["logs_sealed"](collector, {"store": "/srv/logs", "keep_days": 180}, "c")]  # fmt: skip
    return {step["path"]: step["content"] for step in steps if step["kind"] == "file"}


def test_what_the_role_writes_is_what_is_read(tmp_path: Path) -> None:
    files = {"/etc/rsyslog.conf": "$IncludeConfig /etc/rsyslog.d/*.conf\n", **ours(),
             "/srv/logs/web/2026-01-01.log": "x", "/srv/logs/web/2026-01-02.log": "x"}  # fmt: skip
    (tmp_path / "owners.json").write_text(json.dumps({
        "/srv/logs": {"attributes": "a"}, "/srv/logs/web/2026-01-01.log": {"attributes": "i"},
    }))  # fmt: skip
    facts, errors = read(tmp_path, "collecting", files)
    assert errors == {}
    assert [(one["kind"], one["port"], one["tls"], one["peer_check"], one["peers"]) for one in facts["inputs"]] == [
        ("relp", "2514", True, "name", ["web.example"]), ("tcp", "6514", True, "name", ["web.example"]),
    ]  # fmt: skip
    (store,) = facts["stores"]
    assert (store["path"], store["guarded"], store["loose"]) == ("/srv/logs", True, ["/srv/logs/web/2026-01-02.log"])
    assert (facts["seal"]["settings"]["keep_days"], facts["seal"]["safe"], facts["seal"]["last"]) == (180, True, None)
    assert facts["alerts"] is None


def test_older_forms_and_other_stores(tmp_path: Path) -> None:
    facts, _errors = read(tmp_path, "collecting", {"/etc/rsyslog.conf": OLD})
    assert [(one["kind"], one["port"], one["tls"], one["peer_check"]) for one in facts["inputs"]] == [
        ("udp", "514", False, "none"), ("tcp", "10514", False, "none"), ("relp", "20514", True, "ca"),
    ]  # fmt: skip
    assert [store["path"] for store in facts["stores"]] == ["/srv/all"]


def test_where_nothing_is_taken_nothing_is_looked_for(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "collecting", {"/etc/rsyslog.conf": '# module(load="imudp")\n*.* /var/log/all\n{'})
    assert errors == {}
    assert facts == {"inputs": [], "stores": [], "seal": None, "alerts": None}


@pytest.mark.parametrize("content", ["[]", "{", '{"rules": [], "routes": {"a": 1}}'])
def test_settings_that_are_none(tmp_path: Path, content: str) -> None:
    facts, errors = read(tmp_path, "collecting", {"/etc/bulwark/collector/alerts.json": content})
    found: Any = facts.get("alerts")
    assert errors.get("alerts") or (found["settings"]["rules"], found["settings"]["routes"]) == ({}, {})
