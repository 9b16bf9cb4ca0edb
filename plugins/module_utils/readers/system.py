# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `system`: which system this is, and as whom it is being read."""

from __future__ import annotations

import os
import pwd
import shlex
import time

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

LOCALTIME = "/etc/localtime"
#: Written once, when the system is set up or first starts.
MACHINE_ID = "/etc/machine-id"
ZONES = "/usr/share/zoneinfo/"
NAMESPACE = "/proc/self/ns/pid"
#: The kernel's number of its first process namespace (PROC_PID_INIT_INO), the only one that it lets set audit rules.
FIRST = "pid:[4026531836]"
FAMILIES = {
    "debian": "debian",
    "ubuntu": "ubuntu",
    "rhel": "redhat",
    "centos": "redhat",
    "fedora": "redhat",
    "rocky": "redhat",
    "almalinux": "redhat",
    "ol": "redhat",
}


def read(host: Reading, area: Area) -> None:
    """Learn `release`, `family`, `hostname`, `systemd`, `privileged`, `account`, `peer`, `crypto_policy` and the time.

    own_kernel: False where the host shares another's, as a container does.
    now: seconds since 1970 by the host's clock. timezone: the name of its zone, such as Europe/Lisbon. born: when the
    system was set up, in seconds since 1970.
    """
    door = host.door
    area.facts["now"] = int(time.time())
    area.learn("timezone", timezone, door)
    area.learn("born", door.modified, MACHINE_ID)
    release = area.learn("release", os_release, door)
    if release is not None:
        area.facts["family"] = family(release)
    area.learn("hostname", lambda: door.read("/etc/hostname").strip())
    area.facts["own_kernel"] = own_kernel(door)
    area.facts["systemd"] = booted_by_systemd(door)
    area.facts["privileged"] = not door.live or os.geteuid() == 0
    area.facts["account"] = login_account() if door.live else ""
    area.facts["peer"] = ssh_peer(door) if door.live else ""
    area.learn("crypto_policy", crypto_policy, door)


def os_release(door: Door) -> dict[str, str]:
    """Return the fields of os-release(5) in lower-case keys."""
    path = "/etc/os-release" if door.exists("/etc/os-release") else "/usr/lib/os-release"
    fields = {}
    for line in door.lines(path):
        key, separator, value = line.partition("=")
        if separator:
            try:
                fields[key.lower()] = " ".join(shlex.split(value))
            except ValueError:
                raise Unreadable("%s: unbalanced quotes in %s" % (path, key)) from None
    return fields


def family(release: dict[str, str]) -> str:
    """Return debian, ubuntu or redhat; "other" for a system the collection doesn't know."""
    for name in [release.get("id", ""), *release.get("id_like", "").split()]:
        if name in FAMILIES:
            return FAMILIES[name]
    return "other"


def timezone(door: Door) -> str:
    """Return the name of the host's time zone, UTC where none is set (localtime(5))."""
    if not door.exists(LOCALTIME):
        return "UTC"
    _folder, known, name = door.real(LOCALTIME).partition(ZONES)
    if not known:
        raise Unreadable("%s leads to no zone of %s" % (LOCALTIME, ZONES))
    return name


def booted_by_systemd(door: Door) -> bool:
    """Say whether systemd runs the host, as sd_booted(3) does; a recorded host says so by its folder."""
    return door.exists("/run/systemd/system")


def own_kernel(door: Door) -> bool:
    """Say whether the host is in the kernel's first process namespace, as no container is; a recorded one counts so."""
    try:
        found = door.real(NAMESPACE).rpartition("/")[2]
    except Unreadable:
        return True
    return not found.startswith("pid:[") or found == FIRST


def crypto_policy(door: Door) -> str | None:
    """Return the system-wide crypto policy in force (RHEL family), None where the system has no such thing."""
    try:
        return door.output(["update-crypto-policies", "--show"]).strip()
    except Missing:
        return None


def ssh_peer(door: Door) -> str:
    """Return the address our SSH session comes from, as this host sees it; empty where there is none.

    sudo takes SSH_CONNECTION out of our environment, so it is looked for in those of the processes we descend from.
    """
    process = os.getpid()
    while process > 1:
        try:
            environment = door.read("/proc/%d/environ" % process)
            parent = door.read("/proc/%d/stat" % process).rpartition(")")[2].split()[1]
        except (Unreadable, IndexError):
            return ""
        for entry in environment.split("\0"):
            if entry.startswith("SSH_CONNECTION="):
                return entry.partition("=")[2].split(" ")[0]
        process = int(parent)
    return ""


def login_account() -> str:
    """Return the account that logged in: the one sudo or doas was called by, else the one we run as."""
    for variable in ("SUDO_USER", "DOAS_USER"):
        if os.environ.get(variable):
            return os.environ[variable]
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
