# SPDX-License-Identifier: GPL-3.0-or-later
"""What is mounted, and what fstab and units say of it."""

from __future__ import annotations

import json
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.module_utils.readers.mounts import parse, parse_fstab, unit_values
from hypothesis import given
from hypothesis import strategies as st

from .host import read

MOUNTED = """22 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw
28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,errors=remount-ro
31 28 0:26 / /dev/shm rw,nosuid,nodev shared:4 - tmpfs tmpfs rw,inode64
40 28 0:40 / /srv/old\\040data ro,relatime shared:5 - ext4 /dev/vdb ro
41 28 0:41 / /srv/old\\040data rw,relatime shared:5 - ext4 /dev/vdc rw
42 28 0:42 / /home rw - nfs4 server:/home rw
43 28 254:0 /etc/hosts /etc/hosts rw - ext4 /dev/vda rw
44 28 0:44 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw
"""
UNIT = "[Unit]\nOptions=no\n[Mount]\nWhat=tmpfs\nWhere=/tmp\nType=tmpfs\n# c\nOptions=mode=1777,nosuid\n"


def test_points_are_the_host_s_own_as_seen(tmp_path: Path) -> None:
    for folder in ("dev/shm", "srv/old data", "home"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "owners.json").write_text(json.dumps({"/": {"room": [1000, 400]}}))
    facts, errors = read(tmp_path, "mounts", {"/proc/self/mountinfo": MOUNTED, "/etc/hosts": ""})
    assert not errors
    assert {one["point"]: one["source"] for one in facts["points"]} == {
        "/": "/dev/vda", "/dev/shm": "tmpfs", "/srv/old data": "/dev/vdc",
    }  # fmt: skip
    root = facts["points"][0]
    assert (root["size"], root["available"], root["options"]) == (1000, 400, ["rw", "relatime"])
    assert facts["points"][1]["size"] is None


def test_units_with_drop_ins_and_who_wants_them(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "mounts", {
        "/proc/self/mountinfo": MOUNTED,
        "/usr/lib/systemd/system/tmp.mount": UNIT,
        "/etc/systemd/system/tmp.mount.d/own.conf": "[Mount]\nOptions=nosuid,nodev,noexec\n",
        "/usr/lib/systemd/system/local-fs.target.wants/tmp.mount": "",
    })  # fmt: skip
    assert not errors
    assert facts["units"] == [{
        "unit": "tmp.mount", "point": "/tmp", "kind": "tmpfs", "options": ["nosuid", "nodev", "noexec"],
        "place": "/usr/lib/systemd/system/tmp.mount", "wanted": True,
    }]  # fmt: skip


def test_lines_of_fstab() -> None:
    found = parse_fstab(
        "# c\nUUID=1 / ext4 errors=remount-ro 0\ntmpfs /tmp/ tmpfs nodev,noexec 0 0\nx /a\\040b xfs\n\n"
    )
    assert [(one["point"], one["options"], one["line"]) for one in found] == [
        ("/", ["errors=remount-ro"], 2), ("/tmp", ["nodev", "noexec"], 3), ("/a b", ["defaults"], 4),
    ]  # fmt: skip


def test_a_host_without_fstab_has_no_lines(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "mounts", {"/proc/self/mountinfo": MOUNTED})
    assert facts["fstab"] == [] and not errors


def test_a_file_system_that_may_only_be_read_says_so() -> None:
    (one,) = parse("40 28 0:40 / /srv rw,relatime shared:5 - ext4 /dev/vdb ro\n")
    assert "ro" in one["options"]


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    parse(text)
    parse_fstab(text)
    unit_values(text)
