# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.keeping import removing, repositories, serving
from ansible_collections.bulwark.msp.plugins.module_utils.readers import keeping
from hypothesis import given
from hypothesis import strategies as st

from .host import read

SERVER = "\0".join(
    ["/usr/bin/restic-rest-server", "--path", "/srv/rest/", "--listen=10.0.0.1:8000", "--append-only", ""]
)
MOUNTS = "overlay / overlay rw 0 0\nnas:/b /mnt/b\\040k nfs4 ro,nosuid 0 0\nproc /proc proc rw 0 0\n"


def test_a_server_tells_how_it_was_started(tmp_path: Path) -> None:
    files = {
        "/proc/7/cmdline": SERVER, "/proc/7/cgroup": "0::/system.slice/restic-rest-server.service\n",
        "/proc/8/cmdline": "sleep\09\0", "/usr/bin/restic-rest-server": "", "/srv/rest/.htpasswd": "web:{SHA}secret\n",
        "/proc/self/mounts": MOUNTS, "/etc/passwd": "",
    }  # fmt: skip
    facts, _errors = read(tmp_path, "keeping", files, {"restic-rest-server": ""})
    (server,) = facts["servers"]
    assert (server["append_only"], server["private"], server["auth"]) == (True, False, True)
    assert (server["unit"], server["users"], server["listen"]) == (
        "restic-rest-server.service",
        ["web"],
        "10.0.0.1:8000",
    )
    assert "secret" not in json.dumps(facts)


def test_where_nothing_is_installed_nothing_is_looked_for(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "keeping", {"/etc/sssd/sssd.conf": "[domain/office.example]\npassword = x\n"})
    assert (facts["servers"], facts["jobs"], errors) == ([], [], {})
    assert facts["realms"] == [{"realm": "office.example", "place": "/etc/sssd/sssd.conf"}]


@pytest.mark.parametrize(("text", "found"), [
    ("ExecStart=/usr/bin/restic forget --keep-last 3 --prune", [("restic", "forget", ["--keep-last"])]),
    ("0 1 * * * root restic -r /x \\\n  forget --keep-within 9d", [("restic", "forget", ["--keep-within"])]),
    ("borg prune --keep-daily=7 ::", [("borg", "prune", ["--keep-daily"])]),
    ("restic backup /home/forget", []),
    ("restic backup forget", []),
    ("# restic forget", []),
    ("restic forget --dry-run", []),
    ("restic backup /x && borg compact", [("borg", "compact", [])]),
])  # fmt: skip
def test_what_removes_snapshots(text: str, found: list[tuple[str, str, list[str]]]) -> None:
    assert [(one["tool"], one["action"], one["keeps"]) for one in removing.removals(text)] == found


@pytest.mark.parametrize(("command", "found"), [
    ("borg serve --append-only --restrict-to-path /a/ --restrict-to-repository=/b", (True, ["/a", "/b"])),
    ("/usr/bin/borg --umask=077 serve", (False, [])),
    ("borg serve --append-only; sh", None),
    ("borg create x", None),
    ("'", None),
])  # fmt: skip
def test_borg_serve(command: str, found: tuple[bool, list[str]] | None) -> None:
    parsed = serving.borg_serve(command)
    assert (parsed and (parsed["append_only"], parsed["paths"])) == found


def test_a_forced_command() -> None:
    assert serving.forced_command('restrict,command="borg serve \\"x\\"" ssh-ed25519 AAAA') == 'borg serve "x"'
    assert serving.forced_command("ssh-ed25519 AAAA") is None


def test_mounts() -> None:
    root, share = repositories.mounts(MOUNTS)
    assert (share.point, share.writable, root.writable) == ("/mnt/b k", False, True)
    assert repositories.mount_of("/mnt/b k/x", [root, share]) == share
    assert repositories.mount_of("/mnt/b", [root, share]) == root


@given(st.text(max_size=200))
def test_arbitrary_text_is_taken(text: str) -> None:
    removing.removals(text)
    removing.guarded(text)
    serving.forced_command(text)
    serving.borg_serve(text)
    serving.users(text)
    serving.rest_server(text.split("\0"))
    repositories.mounts(text)
    repositories.appends_only(text)
    assert "@" not in keeping.plain("rest:https://web:secret@h/") and keeping.plain(text) is not None
