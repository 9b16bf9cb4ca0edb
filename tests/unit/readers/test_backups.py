# SPDX-License-Identifier: GPL-3.0-or-later
"""What the backup tools print becomes facts, and what they were given stays where it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.backups import borg, entry, schedule, snapshots
from ansible_collections.bulwark.msp.plugins.module_utils.door import Completed, Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading
from hypothesis import given
from hypothesis import strategies as st

from .host import read

DATA = {
    "name": "data", "tool": "restic", "repository": "rest:https://backup/web", "key_file": "/root/key", "user": "root",
    "environment": "/etc/restic.env", "unit": "save.service", "command": None, "scope": ["/etc"],
}  # fmt: skip
LISTED = "restic --no-lock --no-cache --json %s snapshots"
NAMED = LISTED % "--repo rest:https://backup/web"
SNAPSHOT = {
    "id": "ab12",
    "time": "2026-11-20T01:02:03.123456789+01:00",
    "paths": ["/etc"],
    "hostname": "web.example.org",
}
FILES = {
    "/etc/hostname": "web\n",
    "/etc/restic.env": "RESTIC_REST_PASSWORD=hunter2\nLD_PRELOAD=/tmp/x\n",
    "/root/key": "x",
}


def backups(
    root: Path, declared: list[dict[str, Any]], commands: Mapping[str, str | Completed], files: dict[str, str] = FILES
) -> tuple[dict[str, Any], dict[str | None, str]]:
    read(root, "backups", files, commands)  # lays out the host
    facts, errors = Reading(Door(str(root)), AREAS, backups=declared).state(["backups"], 20)
    return facts["backups"], {error["fact"]: error["reason"] for error in errors if error["area"] == "backups"}


def test_nothing_is_asked_where_nothing_is_declared(tmp_path: Path) -> None:
    facts, errors = backups(tmp_path, [], {})
    assert facts == {"tools": {"restic": False, "borg": False}, "sets": {}}
    assert not errors


def test_snapshots_of_this_host_and_scope_are_told_and_no_secret(tmp_path: Path) -> None:
    others = {**SNAPSHOT, "hostname": "db"}
    elsewhere = {**SNAPSHOT, "paths": ["/srv"]}
    ahead = {**SNAPSHOT, "id": "cd34", "time": "2099-01-01T00:00:00Z"}
    facts, errors = backups(tmp_path, [DATA], {NAMED: json.dumps([SNAPSHOT, others, elsewhere, ahead])})
    found = facts["sets"]["data"]
    assert [one["time"] for one in found["snapshots"]] == ["2026-11-20T00:02:03Z"]
    assert (found["total"], found["others"], found["ahead"][0]["id"]) == (2, ["db"], "cd34")
    assert found["encryption"] == "restic (AES-256)"
    assert [key["path"] for key in found["keys"]] == ["/root/key", "/etc/restic.env"]
    assert "hunter2" not in json.dumps([facts, list(errors.values())])


def test_what_a_tool_says_of_its_failure_has_no_secret(tmp_path: Path) -> None:
    said = '{"message_type": "exit_error", "message": "Fatal: no: https://web:hunter2@backup hunter2\\nx"}'
    facts, errors = backups(tmp_path, [DATA], {NAMED: Completed(1, "", "trying\n" + said)})
    assert errors["data.snapshots"] == "restic exited 1: Fatal: no: https://backup ***"
    assert "snapshots" not in facts["sets"]["data"]


def test_a_repository_may_be_named_by_the_environment_and_has_to_be_the_declared_one(tmp_path: Path) -> None:
    line = "restic --no-lock --no-cache --json snapshots"
    same = {**FILES, "/etc/restic.env": "export RESTIC_REPOSITORY='rest:https://web:hunter2@backup/web/'\n"}
    facts, errors = backups(tmp_path, [DATA], {line: json.dumps([SNAPSHOT])}, same)
    assert facts["sets"]["data"]["total"] == 1
    other = {**FILES, "/etc/restic.env": "RESTIC_REPOSITORY=rest:https://evil/web\n"}
    _facts, errors = backups(tmp_path, [DATA], {line: "[]"}, other)
    assert errors["data.snapshots"] == "/etc/restic.env names another repository than bulwark_backups"


def test_an_environment_that_others_may_change_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "owners.json").write_text('{"/etc/restic.env": {"mode": "0660"}}')
    _facts, errors = backups(tmp_path, [DATA], {NAMED: "[]"})
    assert errors["data.snapshots"] == "/etc/restic.env isn't used: others than root may change /etc/restic.env"


@pytest.mark.parametrize(
    "printed", ["", "{}", "[1]", '[{"id": "x"}]', '[{"id": "x", "time": "0001-01-01T00:00+14:00"}]']
)
def test_what_is_no_list_of_snapshots_is_unread(tmp_path: Path, printed: str) -> None:
    facts, errors = backups(tmp_path, [DATA], {NAMED: printed})
    assert "data.snapshots" in errors
    assert "snapshots" not in facts["sets"]["data"]


def test_old_versions_of_restic_have_their_newest_two_counted(tmp_path: Path) -> None:
    newer = {**SNAPSHOT, "id": "ef56", "time": "2026-11-21T00:00:00Z"}
    added = {"files": 3, "dirs": 0, "others": 0, "bytes": 900}
    removed = {"files": 1, "dirs": 0, "others": 0, "bytes": 100}
    repository = "restic --no-lock --no-cache --json --repo rest:https://backup/web "
    commands = {
        NAMED: json.dumps([SNAPSHOT, newer]),
        repository + "stats ef56": '{"total_size": 1000, "total_file_count": 10}',
        repository + "diff ab12 ef56": "x\n" + json.dumps({"added": added, "removed": removed}) + "\n",
    }
    facts, errors = backups(tmp_path, [DATA], commands)
    counts = [(one["files"], one["bytes"], one["added"]) for one in facts["sets"]["data"]["snapshots"]]
    assert counts == [(8, 200, None), (10, 1000, 900)]
    assert "data.snapshots" not in errors


def test_a_key_in_what_it_opens_is_found_by_asking(tmp_path: Path) -> None:
    files = {**FILES, "/etc/key": "x"}
    node = {"path": "/etc/key", "type": "file"}
    commands = {
        NAMED: json.dumps([{**SNAPSHOT, "summary": {"total_bytes_processed": 9}}]),
        "restic --no-lock --no-cache --json --repo rest:https://backup/web ls ab12 /etc": json.dumps(node),
    }
    facts, _errors = backups(tmp_path, [{**DATA, "key_file": "/etc/key"}], commands, files)
    assert facts["sets"]["data"]["keys"][0]["in_snapshot"] is True


def test_the_longest_pause_of_a_timer_counts_with_its_delay(tmp_path: Path) -> None:
    service = "systemctl show --property=%s -- save.service" % ",".join(schedule.SERVICE)
    timers = "systemctl show --property=%s -- save.timer" % ",".join(schedule.TIMER)
    runs = "Next elapse: Fri 2026-11-20 02:00:00 UTC\n Iteration #2: Mon 2026-11-23 02:00:00 UTC\n"
    commands = {
        NAMED: "[]",
        service: "Id=save.service\nLoadState=loaded\nTriggeredBy=save.timer\nResult=exit-code\n"
        "ExecMainExitTimestamp=Mon 2026-11-23 02:00:09 UTC\nOnFailure=tell.service\n"
        "ExecStopPost={ path=/bin/a ; argv[]=/bin/a x }\nExecStopPost={ path=/bin/b ; argv[]=/bin/b }\n",
        timers: "Id=save.timer\nActiveState=active\nUnitFileState=enabled\nRandomizedDelayUSec=1h 30min\n"
        "TimersCalendar={ OnCalendar=Mon..Fri *-*-* 02:00:00 ; next_elapse=Tue }\n",
        "systemd-analyze calendar --iterations=170 'Mon..Fri *-*-* 02:00:00'": runs,
    }
    plan = backups(tmp_path, [DATA], commands)[0]["sets"]["data"]["schedule"]
    assert plan["timers"] == [
        {"name": "save.timer", "enabled": True, "active": True, "seconds": 264600.0, "last": None}
    ]
    assert (plan["ended"], plan["result"]) == ("2026-11-23T02:00:09Z", "exit-code")
    assert (plan["on_failure"], plan["hooks"]) == (["tell.service"], ["/bin/a", "/bin/b"])


@pytest.mark.parametrize(
    ("command", "paths", "excludes"),
    [
        (["borg", "create", "-C", "lz4", "r::a", "/etc", "-e", "*.x", "/srv"], ["/etc", "/srv"], ["*.x"]),
        (["borg", "create", "--exclude=a", "r::a", "."], None, ["a"]),
        (["borg", "create", "--exclude", "x::y", "r::a", "/etc"], ["/etc"], ["x::y"]),
        ("borg create", None, []),
    ],
)
def test_an_archive_tells_what_it_was_made_of(command: Any, paths: Any, excludes: list[str]) -> None:
    assert borg.created(command) == (paths, excludes)


@given(st.lists(st.text()))
def test_any_command_line_is_taken(words: list[str]) -> None:
    paths, _excludes = borg.created(words)
    assert paths is None or all(path.startswith("/") for path in paths)


@given(st.dictionaries(st.from_regex(entry.NAME, fullmatch=True), st.text("abc \"'=#$/", max_size=9)))
def test_variables_come_back_as_they_were_written(variables: dict[str, str]) -> None:
    text = "".join('%s="%s"\n' % pair for pair in variables.items())
    assert dict(entry.assignments(text)) == variables


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    entry.assignments(text)
    entry.without_login(text)
    assert entry.said(text)
    schedule.properties_of(text)
    schedule.seconds(text)
    schedule.stamp(text)
    with suppress(Unreadable):
        snapshots.as_utc(text)


@given(st.integers(0, 59), st.integers(0, 23), st.integers(0, 99))
def test_spans_are_summed(minutes: int, hours: int, days: int) -> None:
    assert schedule.seconds(f"{days}d {hours}h {minutes}min") == days * 86400 + hours * 3600 + minutes * 60
