# SPDX-License-Identifier: GPL-3.0-or-later
"""The walk sees everything once, ends in time and says so, and its collectors take what is theirs."""

from __future__ import annotations

import os
import socket
import struct
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.deep import mounts
from ansible_collections.bulwark.msp.plugins.module_utils.deep.collectors.agents import Agents
from ansible_collections.bulwark.msp.plugins.module_utils.deep.collectors.credentials import Credentials, kind_of
from ansible_collections.bulwark.msp.plugins.module_utils.deep.collectors.owners import Owners
from ansible_collections.bulwark.msp.plugins.module_utils.deep.collectors.rights import Rights, capability_names
from ansible_collections.bulwark.msp.plugins.module_utils.deep.collectors.writable import Writable
from ansible_collections.bulwark.msp.plugins.module_utils.deep.mounts import Mount, Ways
from ansible_collections.bulwark.msp.plugins.module_utils.deep.packaged import packages
from ansible_collections.bulwark.msp.plugins.module_utils.deep.processes import listening_at
from ansible_collections.bulwark.msp.plugins.module_utils.deep.walk import MOST_LEVELS, TIME_UP, Walk
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from hypothesis import given
from hypothesis import strategies as st

ROOT = Mount("/", "ext4", "8:1", "/", False)
ONE = Ways(frozenset({"/"}), (ROOT,), {})
ACCOUNT = '{"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkq"}'
KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n"


def put(root: Path, path: str, text: str = "x", mode: int = 0o644) -> Path:
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    place.chmod(mode)
    return place


def walked(root: Path, *collectors: Any, ways: Ways = ONE, seconds: float = 60, **more: Any) -> Walk:
    walk = Walk(ways, collectors, seconds, root=str(root), **more)
    walk.go()
    return walk


def test_rights_are_those_the_kernel_gives(tmp_path: Path) -> None:
    put(tmp_path, "/usr/bin/su", mode=0o4755)
    put(tmp_path, "/usr/bin/wall", mode=0o2755)
    put(tmp_path, "/usr/share/notes", mode=0o4644)
    os.symlink("su", tmp_path / "usr/bin/link")
    found = Rights()
    walked(tmp_path, found)
    assert [(one["path"], "setuid" in one, "setgid" in one) for one in found.result()] == [
        ("/usr/bin/su", True, False),
        ("/usr/bin/wall", False, True),
    ]


def test_setuid_means_nothing_where_it_is_switched_off(tmp_path: Path) -> None:
    put(tmp_path, "/tmp/su", mode=0o4755)
    found = Rights()
    walked(tmp_path, found, ways=Ways(frozenset({"/"}), (ROOT._replace(nosuid=True),), {}))
    assert found.result() == []


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ((0x02000001, 1 << 13, 0, 0, 0), ["cap_net_raw"]),
        ((0x02000000, 0, 1 << 7, 1 << 7, 0), ["cap_setuid", "cap_bpf"]),
        ((0x03000000, 1 << 21, 0, 0, 0, 1000), ["cap_sys_admin"]),
        ((0x01000001, 1 << 0, 0), ["cap_chown"]),
    ],
)
def test_capabilities(words: tuple[int, ...], names: list[str]) -> None:
    assert capability_names(struct.pack(f"<{len(words)}I", *words)) == names


@given(st.binary(max_size=40))
def test_any_attribute_is_read(value: bytes) -> None:
    assert all(name.startswith("cap_") for name in capability_names(value))


def test_what_everybody_may_write_to(tmp_path: Path) -> None:
    put(tmp_path, "/etc/open", mode=0o666)
    put(tmp_path, "/etc/closed", mode=0o664)
    put(tmp_path, "/srv/open", mode=0o666)
    (tmp_path / "var/drop").mkdir(parents=True)
    (tmp_path / "var/drop").chmod(0o777)
    (tmp_path / "var/tmp").mkdir()
    (tmp_path / "var/tmp").chmod(0o1777)
    found = Writable()
    walked(tmp_path, found)
    assert [(one["path"], one["kind"]) for one in found.result()] == [("/etc/open", "file"), ("/var/drop", "folder")]


def test_owners_are_counted(tmp_path: Path) -> None:
    for name in "abc":
        put(tmp_path, f"/srv/{name}")
    found = Owners()
    walked(tmp_path, found)
    (own,) = found.result()
    assert (own["uid"], own["files"], len(own["samples"])) == (os.getuid(), 4, 2)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (KEY, "private key"),
        ("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n", "private key"),
        ("cert\n" + KEY, "private key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQdGBGa", "private key"),
        (ACCOUNT, "service account's key"),
        ("PuTTY-User-Key-File-2: ssh-rsa", "private key"),
        ("A key begins with -----BEGIN PRIVATE KEY----- in its first line.\n", ""),
        ("-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQE\n", ""),
        ("apiVersion: v1\nclusters:\n- x\nkind: Config\nusers:\n- user:\n    token: abc\n", "kubeconfig"),
        ("kind: Config\nclusters: []\n", ""),
        ("kind: ConfigMap\nclusters:\ntoken: x\n", ""),
    ],
)  # fmt: skip
def test_credentials_are_told_by_how_they_begin(content: str, kind: str) -> None:
    assert kind_of(content.encode()) == kind


def test_credentials_are_looked_for_where_people_leave_them(tmp_path: Path) -> None:
    put(tmp_path, "/home/anna/notes.txt", KEY)
    put(tmp_path, "/usr/share/doc/example.key", KEY)
    put(tmp_path, "/var/lib/jenkins/key", KEY)
    put(tmp_path, "/root/.aws/credentials", "[default]\n")
    os.mkfifo(tmp_path / "home/anna/pipe")
    found = Credentials(["/var/lib/jenkins"])
    walked(tmp_path, found)
    assert [(one["path"], one["kind"]) for one in found.result()] == [
        ("/home/anna/notes.txt", "private key"),
        ("/root/.aws/credentials", "AWS credentials"),
        ("/var/lib/jenkins/key", "private key"),
    ]


def test_sockets_of_agents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tmp/ssh-AbCdEfGhIj").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "tmp/ssh-AbCdEfGhIj")
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("agent.42")
    found = Agents(["/tmp/ssh-AbCdEfGhIj/agent.42"])
    walked(tmp_path, found)
    assert [(one["path"], one["answers"]) for one in found.result()] == [("/tmp/ssh-AbCdEfGhIj/agent.42", True)]


def test_only_listening_sockets_answer() -> None:
    table = "Num RefCount Protocol Flags Type St Inode Path\n" + "\n".join(
        f"0000: 00000002 00000000 {flags} 0001 01 1 {path}"
        for flags, path in (("00010000", "/tmp/a b"), ("00000000", "/tmp/c"), ("00010000", "@x"))
    )
    assert listening_at(table) == {"/tmp/a b"}


def test_a_link_leads_nowhere(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    put(outside, "/key", KEY)
    (root / "home").mkdir(parents=True)
    os.symlink(outside, root / "home/link")
    found = Credentials()
    walked(root, found)
    assert found.result() == []


def test_the_budget_ends_and_it_is_said_where(tmp_path: Path) -> None:
    for number in range(400):
        put(tmp_path, f"/etc/{number}")
    put(tmp_path, "/srv/late")
    ticks = count()
    walk = walked(tmp_path, ways=Ways(frozenset({"/", "/data"}), (ROOT, ROOT._replace(point="/data")), {}), seconds=0.5,
                  clock=lambda: next(ticks))  # fmt: skip
    assert walk.unfinished == {"/etc": TIME_UP, "/srv": TIME_UP, "/data": TIME_UP}


def test_depth_is_bounded_and_layers_of_containers_are_left(tmp_path: Path) -> None:
    place = tmp_path / "srv"
    place.mkdir()
    handle = os.open(place, os.O_RDONLY)
    for _level in range(MOST_LEVELS + 20):
        os.mkdir("d", dir_fd=handle)
        inner = os.open("d", os.O_RDONLY, dir_fd=handle)
        os.close(handle)
        handle = inner
    os.close(handle)
    put(tmp_path, "/var/lib/docker/overlay2/x/su", mode=0o4755)
    found = Rights()
    walk = walked(tmp_path, found)
    assert found.result() == []
    assert list(walk.skipped) == ["/var/lib/docker"]
    assert set(walk.unfinished.values()) == {f"more than {MOST_LEVELS} folders deep"}


def line(point: str, kind: str, device: str = "8:1", root: str = "/", options: str = "rw") -> str:
    return f"1 1 {device} {root} {point} {options} shared:1 - {kind} /dev/x rw"


def test_local_file_systems_are_entered_once(tmp_path: Path) -> None:
    put(tmp_path, "/proc/self/mountinfo", "\n".join([
        line("/", "ext4"), line("/home", "xfs", "8:2", options="rw,nosuid"), line("/proc", "proc", "0:1"),
        line("/run", "tmpfs", "0:2"), line("/tmp", "tmpfs", "0:3"), line("/mnt/nfs", "nfs4", "0:4"),
        line("/srv/www", "ext4", "8:1", "/var/www"), line("/var/lib/docker/overlay2/x/merged", "overlay", "0:5"),
        line("/mnt/a\\040b", "ext4", "8:3"), line("/dev/shm", "tmpfs", "0:6"), line("/snap/core/1", "squashfs", "7:0"),
    ]))  # fmt: skip
    ways = mounts.ways(Door(str(tmp_path)))
    assert [mount.point for mount in ways.entered] == ["/", "/dev/shm", "/home", "/mnt/a b", "/tmp"]
    assert ways.left == {
        "/mnt/nfs": "is no local file system (nfs4)",
        "/srv/www": "shows what lies elsewhere on a disk",
        "/var/lib/docker/overlay2/x/merged": "shows what lies elsewhere on a disk",
        "/snap/core/1": "is no local file system (squashfs)",
    }


@given(st.text(max_size=200))
def test_any_mountinfo_is_read(text: str) -> None:
    assert isinstance(mounts.parse(text), list)


def test_a_package_is_known_by_its_files(tmp_path: Path) -> None:
    put(tmp_path, "/var/lib/dpkg/info/bash.list", "/.\n/bin/bash\n")
    put(tmp_path, "/var/lib/dpkg/info/login:amd64.list", "/usr/bin/chage\n")
    assert packages(Door(str(tmp_path)), ["/usr/bin/bash", "/usr/bin/chage", "/opt/x"]) == {
        "/usr/bin/bash": "bash",
        "/usr/bin/chage": "login",
    }
