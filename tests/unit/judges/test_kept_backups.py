# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import kept_backups
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

from .network import case, texts

SERVER = {"kind": "rest", "pid": 1, "uid": 9, "unit": "r.service", "path": "/srv", "listen": ":8000",
          "append_only": True, "private": True, "auth": True, "tls": True, "users": ["web"]}  # fmt: skip
PRUNER = {"name": "web", "place": "/u", "tool": "restic", "repository": "rest:https://k/web", "keep_within_days": 90,
          "delay_days": 14, "safe": True, "last": {"alarms": [], "waits": ""}}  # fmt: skip
BACKUP = {"name": "web", "tool": "restic", "repository": "rest:https://keeper:8000/web", "scope": ["/srv"],
          "rpo": "24h", "key_file": "/root/k", "server": "keeper", "pruner": "pruner"}  # fmt: skip
EMPTY: dict[str, Any] = {
    "servers": [], "serves": [], "repositories": [], "jobs": [], "pruners": [], "credentials": [], "realms": [],
}  # fmt: skip


def immutable(facts: dict[str, Any], backups: Any = (), **declared: Any) -> Verdict:
    """Return the verdict of lin-bk-immutable."""
    areas = {
        "keeping": {**EMPTY, **facts}, "system": {"hostname": "web"},
        "firewall": {"addresses": [{"address": "192.0.2.7"}], "chains": [], "uplinks": {"ip": ["e"], "ip6": []}},
        "containers": {"ports": []},
    }  # fmt: skip
    return JUDGES["lin-bk-immutable"](case(areas, bulwark_backups=list(backups), **declared))


def test_a_source_rests_on_those_it_names() -> None:
    assert immutable({}, [BACKUP]).status == "pass"
    assert immutable({}, [BACKUP]).assurance == "attested"
    assert immutable({}, [{**BACKUP, "pruner": None}]).status == "unknown"
    assert texts(immutable({}, [{**BACKUP, "pruner": "web"}])) != []
    assert "over SFTP" in texts(immutable({}, [{**BACKUP, "repository": "sftp:k:/srv"}]))[0]


def test_a_server_that_deletes_is_for_those_who_prune_alone() -> None:
    second = {**SERVER, "append_only": False, "users": ["prune"], "listen": "127.0.0.1:8001"}
    assert immutable({"servers": [SERVER]}).status == "pass"
    assert immutable({"servers": [SERVER, second]}).status == "fail"
    assert immutable({"servers": [SERVER, second]}, bulwark_prune_sources=["127.0.0.1/32"]).status == "pass"
    same = {**second, "users": ["prune", "web"]}
    assert (
        "web may log in there" in texts(immutable({"servers": [SERVER, same]}, bulwark_prune_sources=["127.0.0.1"]))[0]
    )


@pytest.mark.parametrize(("change", "text"), [
    ({"safe": False}, "others than root"),
    ({"delay_days": 3}, "after 3 days"),
    ({"last": {"alarms": ["100 doubtful snapshots: x"], "waits": ""}}, "nothing is removed, 100 doubtful"),
])  # fmt: skip
def test_pruning_looks_first(change: dict[str, Any], text: str) -> None:
    assert immutable({"pruners": [PRUNER]}).status == "pass"
    (found,) = texts(immutable({"pruners": [{**PRUNER, **change}]}))
    assert text in found
    assert immutable({"pruners": [{**PRUNER, "last": None}]}).status == "unknown"


def test_an_alarm_is_the_same_whatever_its_numbers() -> None:
    one, two = (
        immutable({"pruners": [{**PRUNER, "last": {"alarms": ["%d doubtful snapshots: x" % number], "waits": ""}}]})
        for number in (1, 100)
    )
    assert one.wrong[0].identity == two.wrong[0].identity


def test_no_part_in_backups_is_not_applicable() -> None:
    with pytest.raises(NotApplicable):
        immutable({})


@pytest.mark.parametrize(("repository", "host"), [
    ("rest:https://u@keeper:8000/x", "keeper"), ("ssh://borg@keeper/./x", "keeper"), ("sftp:u@keeper:/x", "keeper"),
    ("borg@keeper:x", "keeper"), ("s3:s3.example/x", ""), ("/srv/x", ""), ("rest:http://[::1]:8000/", "::1"),
])  # fmt: skip
def test_whose_host_it_is(repository: str, host: str) -> None:
    assert kept_backups.host_of(repository) == host
