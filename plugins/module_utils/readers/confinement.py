# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `confinement`: whether the kernel confines programs by SELinux or AppArmor, and those that serve the network."""

from __future__ import annotations

import re
from typing import Any

from ..apparmor_profiles import profiles
from ..door import Door, Missing, Unreadable
from ..name_values import parse
from ..reading import Area, Reading

SELINUX, SELINUX_CONFIG = "/sys/fs/selinux/enforce", "/etc/selinux/config"
SECURITY = "/sys/kernel/security"
LOADED = SECURITY + "/apparmor/profiles"
ENABLED = "/sys/module/apparmor/parameters/enabled"
PROFILES = "/etc/apparmor.d"
#: A link here has the profile of that file complain, or left out, whatever it says itself (apparmor.d(5)).
FORCED, DISABLED = PROFILES + "/force-complain", PROFILES + "/disable"
UNIT = "apparmor.service"
LABEL = re.compile(r"(?P<name>.+?)(?: \((?P<mode>[a-z]+)\))?")
FILE_LIMIT = 1000


def read(host: Reading, area: Area) -> None:
    """Learn `selinux`, `apparmor` and `serving`; None, None and [] where the host has no kernel of its own.

    selinux: {mode: "enforcing"|"permissive", configured: SELINUX= of its configuration or ""}, None where the kernel
    doesn't run it. apparmor: {loaded: {profile: mode}, boots: the next boot loads the profiles, written: [{file,
    profile, complain, forced}]} where one complains by its file or a link; None where the kernel doesn't run it.
    serving: [{pid, process, unit, profile, mode}] of the processes that listen; profile is None for one that nothing
    confines.
    """
    door = host.door
    if not host.fact("system", "own_kernel"):
        area.facts.update(selinux=None, apparmor=None, serving=[])
        return
    area.learn("selinux", selinux, door)
    if area.learn("apparmor", apparmor, host) or area.facts.get("selinux"):
        area.learn("serving", serving, host)
    else:
        area.facts["serving"] = []


def selinux(door: Door) -> dict[str, str] | None:
    """Return how SELinux runs and how it will."""
    try:
        mode = door.read(SELINUX).strip()
    except Missing:
        return None
    try:
        configured = parse(door.read(SELINUX_CONFIG)).get("SELINUX", "")
    except Missing:
        configured = ""
    return {"mode": "enforcing" if mode == "1" else "permissive", "configured": configured.lower()}


def apparmor(host: Reading) -> dict[str, Any] | None:
    """Return which profiles the kernel holds, and which are made to complain by files."""
    door = host.door
    try:
        if door.read(ENABLED).strip() != "Y":
            return None
        loaded = parse_loaded(door.read(LOADED))
    except Missing:
        return None
    return {"loaded": loaded, "boots": UNIT in host.fact("units", "enabled"), "written": written(door)}


def parse_loaded(text: str) -> dict[str, str]:
    """Return {profile: mode} of what the kernel lists."""
    labels = (LABEL.fullmatch(line.strip()) for line in text.split("\n"))
    return {label["name"]: label["mode"] for label in labels if label and label["mode"]}


def written(door: Door) -> list[dict[str, Any]]:
    """Return the profiles that complain by what lies in files."""
    found = []
    forced = set(door.names(FORCED))
    for name in door.names(PROFILES)[:FILE_LIMIT]:
        path = "%s/%s" % (PROFILES, name)
        try:
            text = door.read(path)
        except Unreadable:
            # A folder: abstractions, tunables and the like.
            continue
        for profile, flags in profiles(text):
            if "complain" in flags or name in forced:
                found.append({
                    "file": path, "profile": profile, "complain": "complain" in flags, "forced": name in forced,
                })  # fmt: skip
    return found


def serving(host: Reading) -> list[dict[str, Any]]:
    """Return the processes that listen and what confines each."""
    found = {}
    for listener in host.fact("sockets", "listening"):
        pid = listener["pid"]
        if pid is None or pid in found:
            continue
        try:
            label = host.door.read("/proc/%d/attr/current" % pid).strip("\0\n ")
        except Missing:
            continue
        parts = LABEL.fullmatch(label)
        confined = parts is not None and label != "unconfined" and not label.endswith(":unconfined_t:s0")
        found[pid] = {
            "pid": pid, "process": listener["process"], "unit": listener["unit"],
            "profile": parts["name"] if parts and confined else None, "mode": parts["mode"] if parts else None,
        }  # fmt: skip
    return list(found.values())
