# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `mounts`: the file systems that hold this host's files, as mounted now and as the next boot mounts them."""

from __future__ import annotations

import re
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading
from .units import WANTED_IN, WANTS

MOUNTED = "/proc/self/mountinfo"
FSTAB = "/etc/fstab"
#: What holds files of the host's own. File systems of the kernel and of the network are left out: asking a server that
#: is gone how much room it has would hang.
KINDS = {
    "bcachefs", "btrfs", "ext2", "ext3", "ext4", "f2fs", "overlay", "ramfs", "reiserfs", "tmpfs", "vfat", "xfs", "zfs",
}  # fmt: skip
UNITS = ("/etc/systemd/system", "/run/systemd/system", "/usr/lib/systemd/system")
ESCAPED = re.compile(r"\\([0-7]{3})")
#: Layers and memory of containers, hundreds of them, that are not the host's own.
ENGINES = ("/var/lib/containers/", "/var/lib/docker/", "/var/lib/containerd/", "/var/lib/kubelet/", "/run/containerd/")
ELSEWHERE = (*ENGINES, "/proc/", "/sys/", "/run/netns")


def read(host: Reading, area: Area) -> None:
    """Learn `points`, `fstab` and `units`.

    points: [{point, source, kind, options: [text], size, available}] of disks and memory that are mounted as folders
    now; of several at one point the one that is seen. size and available (to accounts that are not root's) are bytes,
    None where they can't be had. fstab: [{point, kind, options: [text], line}]. units: [{unit, point, kind, options:
    [text], place, wanted}] of mount units with their drop-ins; wanted says whether some target wants it.
    """
    area.learn("points", points, host.door)
    area.learn("fstab", fstab, host.door)
    area.learn("units", units, host.door)


def points(door: Door) -> list[dict[str, Any]]:
    """Return what is mounted."""
    found = {one["point"]: one for one in parse(door.read(MOUNTED))}
    kept = [
        one for one in found.values()
        if one["kind"] in KINDS and not one["point"].startswith(ELSEWHERE) and _a_folder(door, one["point"])
    ]  # fmt: skip
    for one in kept:
        try:
            one["size"], one["available"] = door.room(one["point"])
        except Unreadable:
            one["size"] = one["available"] = None
    return kept


def parse(text: str) -> list[dict[str, Any]]:
    """Return every mount that /proc/self/mountinfo (proc(5)) lists, in its order, without sizes."""
    found = []
    for line in text.split("\n"):
        here, dash, behind = line.partition(" - ")
        fields, rest = here.split(" "), behind.split(" ")
        if not dash or len(fields) < 6 or len(rest) < 3:
            continue
        options = fields[5].split(",")
        options += ["ro"] if "ro" in rest[2].split(",") and "ro" not in options else []
        found.append({"point": _plain(fields[4]), "source": _plain(rest[1]), "kind": rest[0], "options": options})
    return found


def fstab(door: Door) -> list[dict[str, Any]]:
    """Return what fstab(5) has mounted; nothing where there is none."""
    try:
        return parse_fstab(door.read(FSTAB))
    except Missing:
        return []


def parse_fstab(text: str) -> list[dict[str, Any]]:
    """Return the lines of an fstab."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        fields = line.split()
        if len(fields) >= 3 and not fields[0].startswith("#"):
            options = fields[3].split(",") if len(fields) > 3 else ["defaults"]
            point = _plain(fields[1]).rstrip("/") or "/"
            found.append({"point": point, "kind": fields[2], "options": options, "line": number})
    return found


def units(door: Door) -> list[dict[str, Any]]:
    """Return the mount units of the host and its packages; of one name the first place counts, as for systemd."""
    wanted = _wanted(door)
    found: dict[str, dict[str, Any]] = {}
    for folder in UNITS:
        for name in door.names(folder):
            path = "%s/%s" % (folder, name)
            if name.endswith(".mount") and name not in found and door.real(path) != "/dev/null":
                values = unit_values(_text(door, path))
                for place in UNITS:
                    for part in door.names("%s/%s.d" % (place, name)):
                        values.update(unit_values(_text(door, "%s/%s.d/%s" % (place, name, part))))
                found[name] = {
                    "unit": name, "point": values.get("Where", ""), "kind": values.get("Type", ""),
                    "options": values.get("Options", "").split(",") if values.get("Options") else [],
                    "place": path, "wanted": name in wanted,
                }  # fmt: skip
    return [one for one in found.values() if one["point"]]


def unit_values(text: str) -> dict[str, str]:
    """Return the settings in the section [Mount] of a unit's text."""
    section, values = "", {}
    for line in (one.strip() for one in text.split("\n")):
        if line.startswith("["):
            section = line
        elif section == "[Mount]" and "=" in line and not line.startswith(("#", ";")):
            name, _equals, value = line.partition("=")
            values[name.strip()] = value.strip()
    return values


def _wanted(door: Door) -> set[str]:
    return {
        unit
        for folder in (*WANTED_IN, "/usr/lib/systemd/system")
        for target in door.names(folder)
        if target.endswith(WANTS)
        for unit in door.names("%s/%s" % (folder, target))
        if unit.endswith(".mount")
    }


def _plain(text: str) -> str:
    """Return a field with the characters that stand as octal numbers in it."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 8)), text)


def _a_folder(door: Door, path: str) -> bool:
    try:
        return door.stat(path).kind == "dir"
    except Unreadable:
        return False


def _text(door: Door, path: str) -> str:
    try:
        return door.read(path)
    except Missing:
        return ""
