# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.unit.readers.host import read

PATH = "/var/lib/bulwark/deep/result.json"
SECRET = "hunter2"
PASSWD = "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\n"
GROUP = "root:x:0:\nshadow:x:42:\nanna:x:1000:\n"


def kept(**found: Any) -> str:
    lists: dict[str, Any] = {
        name: [] for name in ("rights", "writable", "owners", "credentials", "agents", "processes")
    }
    return json.dumps(
        {"schema": "bulwark/deep/1", "at": "2026-11-20T02:00:00Z", "seconds": 3.5, "entries": 10, "idle": {},
         "unfinished": {f"/srv/{SECRET}": "the time was up"}, "skipped": {}, "dropped": {}, "found": {**lists, **found}}
    )  # fmt: skip


def facts(root: Path, text: str | None, mode: str = "0600") -> tuple[dict[str, Any], dict[str | None, str]]:
    files = {"/etc/passwd": PASSWD, "/etc/group": GROUP, "/etc/subuid": "anna:100000:65536\n"}
    if text is not None:
        files[PATH] = text
        (root / "owners.json").write_text(json.dumps({PATH: {"mode": mode}}))
    commands = {"getent passwd": PASSWD, "getent group": GROUP, "getent passwd 1007 4242": "far:x:4242:1::/:/bin/sh\n"}
    return read(root, "deep", files, commands)


def test_a_host_that_was_never_walked(tmp_path: Path) -> None:
    assert facts(tmp_path, None)[0] == {"at": None}


def test_what_anybody_could_have_written_is_not_read(tmp_path: Path) -> None:
    found, reasons = facts(tmp_path, kept(), mode="0644")
    assert found == {}
    assert "is not root's alone" in str(reasons)


def test_another_document_is_not_read(tmp_path: Path) -> None:
    assert "holds no deep reading" in str(facts(tmp_path, "[" + SECRET)[1])


def test_rights_are_named_and_secrets_are_not(tmp_path: Path) -> None:
    found, _reasons = facts(
        tmp_path,
        kept(
            rights=[{"path": f"/usr/{SECRET}", "inode": 5, "uid": 0, "setuid": 0, "setgid": 42,
                     "capabilities": ["cap_setuid"], "package": None}],
            credentials=[{"path": f"/home/anna/{SECRET}", "inode": 6, "uid": 1000, "kind": "private key"}],
        ),
    )  # fmt: skip
    assert found["rights"][0]["rights"] == ["setuid:root", "setgid:shadow", "cap_setuid"]
    assert found["credentials"][0] == {
        "place": "/home/anna/***", "below": "/home/anna", "inode": 6, "places": [], "owner": "anna",
        "kind": "private key",
    }  # fmt: skip
    assert found["unfinished"] == [{"place": "/srv/***", "why": "the time was up"}]
    assert SECRET not in json.dumps(found)


def test_only_uids_that_nobody_has_are_ownerless(tmp_path: Path) -> None:
    owners = [{"uid": uid, "files": 2, "samples": [{"path": "/srv/x", "inode": 9}]}
              for uid in (0, 1000, 1007, 4242, 65534, 100500, 61200)]  # fmt: skip
    found, _reasons = facts(tmp_path, kept(owners=owners, processes=[{"uid": 1007, "processes": 1}]))
    assert [(one["uid"], one["files"], one["processes"]) for one in found["ownerless"]] == [(1007, 2, 1)]
