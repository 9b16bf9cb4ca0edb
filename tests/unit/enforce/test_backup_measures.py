# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.backups import MEASURES, calendar
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.judges.network import case

ENTRY = {"name": "web", "tool": "restic", "repository": "rest:https://keeper:8000/web", "scope": ["/srv"], "rpo": "24h",
         "key_file": "/root/web.key"}  # fmt: skip
SAVED = {"settings": ["/etc"], "package_lists": ["/var/lib/dpkg/status"]}
KEPT = {"path": "/srv/rest", "listen": ":8000", "prune_listen": "", "certificate": "", "certificate_key": ""}
PRUNE = {"keep_within_days": 90, "delay_days": 14, "change_percent": 50}
HOST = {"system": {"hostname": "web"}, "firewall": {"addresses": []}}


def made(**more: Any) -> list[dict[str, Any]]:
    """Return the steps for one declared backup."""
    return MEASURES["backups_made"](case(HOST, bulwark_backups=[{**ENTRY, **more}]), SAVED, "lin-bk-schedule")


def pruned(*entries: dict[str, Any], own: Any = ()) -> list[dict[str, Any]]:
    """Return the steps for what a host prunes."""
    given = case(HOST, bulwark_backups=list(own))
    return MEASURES["backups_pruned"](given, {**PRUNE, "prunes": list(entries)}, "lin-bk-immutable")


def kept(functions: Any = ("backup",), sources: Any = (), **more: Any) -> list[dict[str, Any]]:
    """Return the steps for a host that keeps backups."""
    given = case(HOST, bulwark_host_functions=list(functions), bulwark_prune_sources=list(sources))
    return MEASURES["backups_kept"](given, {**KEPT, **more}, "lin-bk-immutable")


def content(steps: list[dict[str, Any]], end: str) -> str:
    """Return what the step for the one file whose path ends so would write."""
    (text,) = [step["content"] for step in steps if step["kind"] == "file" and step["path"].endswith(end)]
    return str(text)


def test_a_backup_is_made_within_its_rpo_and_failures_are_told() -> None:
    steps = made()
    assert json.loads(content(steps, "web.json"))["paths"] == ["/srv", "/etc", "/var/lib/dpkg/status"]
    assert "OnFailure=bulwark-backup-failed@web.service" in content(steps, "/bulwark-backup-web.service")
    assert "OnCalendar=*-*-* 00/12:20:00" in content(steps, ".timer")
    assert "OnFailure=page.service" in content(made(monitor="page.service"), "/bulwark-backup-web.service")
    assert "ExecStopPost=/opt/page" in content(made(monitor="/opt/page"), "/bulwark-backup-web.service")


@pytest.mark.parametrize("more", [
    {"unit": "own.service"}, {"tool": "command", "command": "/opt/list"}, {"user": "backup"}, {"key_file": "/etc/k"},
])  # fmt: skip
def test_what_is_somebodys_to_decide_is_left(more: dict[str, Any]) -> None:
    with pytest.raises(Left):
        made(**more)


@pytest.mark.parametrize(("rpo", "often"), [
    (24, "*-*-* 00/12:20:00"), (1, "*-*-* *:00/30:00"), (168, "*-*-* 01:20:00"), (0.1, "*-*-* *:00/5:00"),
])  # fmt: skip
def test_how_often(rpo: float, often: str) -> None:
    assert calendar(rpo) == often


def test_a_server_only_appends() -> None:
    text = content(kept(), "bulwark.conf")
    assert "--append-only --private-repos" in text
    assert kept(functions=()) == []


def test_who_prunes_has_a_server_of_his_own() -> None:
    with pytest.raises(Left, match="bulwark_prune_sources"):
        kept(prune_listen=":8001")
    text = content(kept(prune_listen=":8001", sources=["10.0.0.4/32"]), "bulwark-prune-server.service")
    assert "--append-only" not in text
    assert "IPAddressDeny=any\nIPAddressAllow=10.0.0.4/32" in text
    assert "prune.htpasswd" in text


@pytest.mark.parametrize("more", [{"path": "/srv/x\nExecStart=/bin/sh"}, {"listen": ":8000 --no-auth"}])
def test_nothing_is_smuggled_into_a_unit(more: dict[str, Any]) -> None:
    with pytest.raises(Left):
        kept(**more)


def test_pruning_waits_and_is_done_elsewhere() -> None:
    steps = pruned({"name": "web", "repository": ENTRY["repository"], "key_file": "/root/k"})
    assert json.loads(content(steps, "web.json"))["delay_days"] == 14
    assert "LoadCredential=key:/root/k" in content(steps, "bulwark-prune-web.service")
    with pytest.raises(Left, match="this very host"):
        pruned({"name": "web", "repository": ENTRY["repository"]}, own=[ENTRY])
    with pytest.raises(Left, match="password"):
        pruned({"name": "web", "repository": "rest:https://u:p@h/"})
    with pytest.raises(Left):
        pruned({"name": "../web", "repository": "/x"})
    assert pruned() == []
