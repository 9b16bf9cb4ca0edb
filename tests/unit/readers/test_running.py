# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader of what runs from before the last updates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ansible_collections.bulwark.msp.plugins.module_utils.readers import running
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

RPM = (
    "rpm -q --nodigest --nosignature --qf '%{NAME}\t%{INSTALLTIME}\t%{VERSION}-%{RELEASE}.%{ARCH}\n' "
    "kernel kernel-core kernel-rt glibc linux-firmware systemd dbus dbus-broker dbus-daemon microcode_ctl"
)
BASE = {"proc/sys/kernel/osrelease": "6.1.0-28-amd64\n", "proc/sys/kernel/version": "#1 SMP Debian 6.1.119-1\n"}
STATUS = "Name:\t%s\nPPid:\t1\nUid:\t%d\t0\t0\t0\n"
MAPS = """55d0-55d1 r-xp 00000000 08:01 12 /usr/sbin/nginx
7f00-7f01 r-xp 00000000 08:01 13                         /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f02-7f03 rw-p 00000000 08:01 14                         /usr/lib/x86_64-linux-gnu/libz.so.1 (deleted)
7f04-7f05 rwxs 00000000 00:01 15                         /memfd:jit (deleted)
7f06-7f07 r-xp 00000000 08:01 16                         /tmp/.x (deleted)
"""


def test_a_flag_and_who_set_it(tmp_path: Path) -> None:
    files = {
        **BASE,
        "run/reboot-required": "*** System restart required ***\n",
        "run/reboot-required.pkgs": "libc6\nlibc6\nlinux-base\n",
        "owners.json": json.dumps({"/run/reboot-required": {"modified": 77}}),
    }
    facts, _errors = read(tmp_path, "running", files)
    assert facts["flag"] == {"at": 77, "packages": ["libc6", "linux-base"]}
    assert facts["container"] is None


def test_kernels_and_when_they_came(tmp_path: Path) -> None:
    files = {
        **BASE,
        "boot/vmlinuz-6.1.0-28-amd64": "",
        "boot/vmlinuz-6.1.0-31-amd64": "",
        "boot/vmlinuz-0-rescue-1234": "",
        "boot/initrd.img-6.1.0-31-amd64": "",
        "var/lib/dpkg/info/linux-image-6.1.0-31-amd64.list": "",
        "owners.json": json.dumps({"/var/lib/dpkg/info/linux-image-6.1.0-31-amd64.list": {"modified": 5}}),
    }
    facts, errors = read(tmp_path, "running", files)
    assert "kernel" not in errors
    assert facts["kernel"]["installed"] == {"6.1.0-28-amd64": None, "6.1.0-31-amd64": 5}
    assert (facts["kernel"]["release"], facts["patched"]) == ("6.1.0-28-amd64", None)


def test_packages_that_wait_for_a_boot(tmp_path: Path) -> None:
    rows = [("kernel-core", 1300, 3), ("kernel-core", 900, 1), ("kernel-core", 1100, 2), ("glibc", 1200, 1)]
    out = "".join(f"{name}\t{at}\t5.14.0-{n}.el9.x86_64\n" for name, at, n in rows) + "package dbus is not installed\n"
    files = {**BASE, "proc/stat": "cpu 1 2\nbtime 1000\n"}
    files.update({f"boot/vmlinuz-5.14.0-{n}.el9.x86_64": "" for n in (1, 2, 3, 4)})
    facts, _errors = read(tmp_path, "running", files, {RPM: out})
    assert facts["since_boot"] == {"kernel-core": 1100, "glibc": 1200}
    came = {f"5.14.0-{n}.el9.x86_64": at for n, at in ((1, 900), (2, 1100), (3, 1300), (4, None))}
    assert facts["kernel"]["installed"] == came


def test_processes_with_replaced_code(tmp_path: Path) -> None:
    ss = 'tcp LISTEN 0 5 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=20,fd=6)) ino:1 sk:1 <->\n'
    files = {**BASE, "proc/10/maps": "x r-xp 0 08:01 1 /usr/bin/a\n"}
    for pid, uid in ((20, 0), (21, 33)):
        files[f"proc/{pid}/maps"] = MAPS
        files[f"proc/{pid}/status"] = STATUS % ("nginx", uid)
        files[f"proc/{pid}/cgroup"] = "0::/system.slice/nginx.service\n"
    facts, errors = read(tmp_path, "running", files, {"ss -H -tulpne": ss})
    assert "stale" not in errors
    library = "/usr/lib/x86_64-linux-gnu/libssl.so.3"
    common: dict[str, Any] = {"name": "nginx", "unit": "nginx.service", "count": 1, "files": [library]}
    assert facts["stale"] == [
        {**common, "uid": 0, "listens": True},
        {**common, "uid": 33, "listens": False},
    ]


def test_ubuntus_live_patches(tmp_path: Path) -> None:
    command = "canonical-livepatch status --format json"

    def told(state: str) -> Any:
        status = {"Status": [{"Running": True, "Livepatch": {"State": state}}]}
        facts, errors = read(tmp_path, "running", BASE, {command: json.dumps(status)})
        return facts.get("patched", errors.get("patched"))

    assert told("applied") == told("nothing-to-apply") == "yes"
    assert told("applied-with-bug") == "no"
    facts, errors = read(tmp_path, "running", BASE, {command: "{}"})
    assert "not the status" in errors["patched"]
    assert "kernel" in facts


@given(st.text())
def test_any_text_is_read_somehow(text: str) -> None:
    running.replaced(text)
    running.listed(text)
