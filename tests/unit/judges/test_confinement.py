# SPDX-License-Identifier: GPL-3.0-or-later
"""What serves the network is confined, and nothing is run from where everybody may write."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from .host import identities, judge

MAC, NOEXEC = "lin-lm-mac", "lin-lm-noexec"
WANTED = ["rw", "nosuid", "nodev", "noexec"]


def listener(pid: int | None, unit: str | None, process: str, address: str = "0.0.0.0") -> dict[str, Any]:
    return {"proto": "tcp", "address": address, "port": 80 + (pid or 0), "process": process, "pid": pid, "unit": unit,
            "uid": 0, "interface": None}  # fmt: skip


def serving(pid: int, process: str, profile: str | None, mode: str | None, unit: str | None = None) -> dict[str, Any]:
    return {"pid": pid, "process": process, "unit": unit, "profile": profile, "mode": mode}


def mac(
    listening: list[dict[str, Any]],
    served: list[dict[str, Any]],
    privileged: bool = True,
    own_kernel: bool = True,
    **more: Any,
) -> Verdict:
    known = {"selinux": None, "serving": served,
             "apparmor": {"loaded": {}, "boots": True, "written": []}, **more}  # fmt: skip
    return judge(MAC, {
        "system": {"privileged": privileged, "own_kernel": own_kernel}, "confinement": known,
        "sockets": {"listening": listening, "client_ports": [32768, 60999], "ipvs": []},
    })  # fmt: skip


def test_services_that_others_reach_are_confined() -> None:
    listening = [listener(1, "web.service", "web"), listener(2, "ssh.service", "sshd"),
                 listener(3, "db.service", "db", "127.0.0.1")]  # fmt: skip
    served = [serving(1, "web", "web", "enforce"), serving(2, "sshd", None, None), serving(3, "db", None, None)]
    assert mac(listening, served).status == "pass"


@pytest.mark.parametrize(
    ("profile", "mode", "identity"), [(None, None, "web: unconfined"), ("web", "complain", "web: complain")]
)
def test_those_that_are_not_are_named_once(profile: str | None, mode: str | None, identity: str) -> None:
    listening = [listener(1, "web.service", "web"), listener(1, "web.service", "web", "::")]
    assert identities(mac(listening, [serving(1, "web", profile, mode)])) == [identity]


def test_profiles_have_to_be_loaded_at_boot() -> None:
    assert identities(mac([], [], apparmor={"loaded": {}, "boots": False, "written": []})) == ["boot"]


def test_without_root_a_process_is_not_seen() -> None:
    assert mac([listener(None, None, "x")], [], privileged=False).status == "unknown"
    assert mac([listener(None, None, "x")], []).status == "pass", "the kernel itself listens"


def test_neither_is_a_failure() -> None:
    assert identities(mac([], [], apparmor=None)) == ["none"]


@pytest.mark.parametrize(
    ("mode", "configured", "found"),
    [
        ("enforcing", "enforcing", []),
        ("permissive", "enforcing", ["mode"]),
        ("enforcing", "permissive", ["configured"]),
    ],
)
def test_selinux(mode: str, configured: str, found: list[str]) -> None:
    assert identities(mac([], [], selinux={"mode": mode, "configured": configured})) == found


def test_another_s_kernel_is_not_judged() -> None:
    with pytest.raises(NotApplicable):
        mac([], [], own_kernel=False)


def point(name: str, options: list[str]) -> dict[str, Any]:
    return {"point": name, "kind": "tmpfs", "source": "tmpfs", "options": options, "size": 1, "available": 1}


def unit(options: list[str], place: str = "/usr/lib/systemd/system/tmp.mount", wanted: bool = True) -> dict[str, Any]:
    return {"unit": "tmp.mount", "point": "/tmp", "kind": "tmpfs", "options": options, "place": place, "wanted": wanted}


def noexec(tmp: list[str] | None = None, units: list[dict[str, Any]] | None = None, table: bool = True) -> Verdict:
    points = [point("/dev/shm", WANTED)] + ([] if tmp is None else [point("/tmp", tmp)])
    lines = [{"point": "/dev/shm", "kind": "tmpfs", "options": WANTED, "line": 1}]
    lines += [{"point": "/tmp", "kind": "tmpfs", "options": WANTED, "line": 2}] if table else []
    return judge(NOEXEC, {"mounts": {"points": points, "fstab": lines, "units": units or []}})


def test_now_and_at_boot() -> None:
    assert noexec(WANTED).status == "pass"
    assert noexec(WANTED, [unit(WANTED)], table=False).status == "pass"
    assert identities(noexec()) == ["/tmp: not mounted"]
    assert identities(noexec(["rw", "nosuid", "nodev"])) == ["/tmp: noexec"]
    assert identities(noexec(WANTED, table=False)) == ["/tmp: boot"]


def test_a_unit_in_etc_goes_before_fstab_and_one_of_a_package_does_not() -> None:
    loose = ["nosuid"]
    assert identities(noexec(WANTED, [unit(loose, "/etc/systemd/system/tmp.mount")])) == ["/tmp: boot"]
    assert noexec(WANTED, [unit(loose)]).status == "pass"
    assert identities(noexec(WANTED, [unit(WANTED, wanted=False)], table=False)) == ["/tmp: boot"]
