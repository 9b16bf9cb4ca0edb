# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `services`: what the next boot starts and from which file, and the kernel modules that may be loaded."""

from __future__ import annotations

from typing import Any

from ..door import Door, Missing
from ..reading import Area, Reading
from .units import WANTED_IN, WANTS

KINDS = (".service", ".socket", ".timer", ".path")
MASK = "/dev/null"
#: Where units of the host's own lie; systemd looks here before it looks at those of packages.
LOCAL = ("/etc/systemd/system", "/run/systemd/system")
#: As modprobe.d(5) reads them: of files with one name the first counts.
MODPROBE = ("/etc/modprobe.d", "/run/modprobe.d", "/usr/local/lib/modprobe.d", "/usr/lib/modprobe.d", "/lib/modprobe.d")
MODULES = "/lib/modules"
DEPENDENCIES_LIMIT = 8 * 1024 * 1024
NOTHING = ("true", "false")


def read(host: Reading, area: Area) -> None:
    """Learn `enabled`, `blocked`, `loaded` and `loadable`.

    enabled: {unit: the file it comes from} of the services, sockets, timers and paths that a target wants and nobody
    masked. Kernel modules are named with underscores. blocked: [{module, how: "install"|"blacklist", place}] by
    modprobe's configuration. loaded: those in the kernel now. loadable: those that lie ready for the running kernel;
    none in a container, and where the kernel takes no modules.
    """
    area.learn("enabled", enabled, host.door)
    area.learn("blocked", blocked, host.door)
    area.learn("loaded", loaded, host.door)
    area.learn("loadable", loadable, host.door)


def enabled(door: Door) -> dict[str, str]:
    """Return where the links that targets want lead to, but for masked units."""
    found: dict[str, str] = {}
    for folder in WANTED_IN:
        for target in (name for name in door.names(folder) if name.endswith(WANTS)):
            for unit in door.names(f"{folder}/{target}"):
                if unit.endswith(KINDS) and unit not in found and not masked(door, unit):
                    found[unit] = door.real(f"{folder}/{target}/{unit}")
    return found


def masked(door: Door, unit: str) -> bool:
    """Say whether a unit is masked: linked to nothing, or an empty file."""
    for folder in LOCAL:
        path = f"{folder}/{unit}"
        if door.real(path) == MASK:
            return True
        try:
            status = door.stat(path)
        except Missing:
            continue
        return status.kind == "file" and status.size == 0
    return False


def blocked(door: Door) -> list[dict[str, Any]]:
    """Return the modules that modprobe doesn't load, for good or by an alias."""
    files: dict[str, str] = {}
    for folder in MODPROBE:
        for name in door.names(folder):
            if name.endswith(".conf"):
                files.setdefault(name, f"{folder}/{name}")
    found = []
    for path in (files[name] for name in sorted(files)):
        for number, line in enumerate(door.read(path).split("\n"), 1):
            words = line.split()
            if words[:1] == ["blacklist"] and len(words) == 2:
                found.append({"module": plain(words[1]), "how": "blacklist", "place": f"{path}:{number}"})
            elif words[:1] == ["install"] and len(words) > 2 and words[2].rpartition("/")[2] in NOTHING:
                found.append({"module": plain(words[1]), "how": "install", "place": f"{path}:{number}"})
    return found


def loaded(door: Door) -> list[str]:
    """Return the modules in the kernel."""
    try:
        return sorted(line.split()[0] for line in door.lines("/proc/modules"))
    except Missing:
        return []


def loadable(door: Door) -> list[str]:
    """Return the modules that depmod(8) knows for the running kernel."""
    try:
        release = door.read("/proc/sys/kernel/osrelease").strip()
        text = door.read(f"{MODULES}/{release}/modules.dep", DEPENDENCIES_LIMIT)
    except Missing:
        return []
    paths = (line.partition(":")[0] for line in text.split("\n"))
    return sorted({plain(path.rpartition("/")[2].partition(".")[0]) for path in paths if path})


def plain(module: str) -> str:
    """Return a module's name as the kernel has it."""
    return module.replace("-", "_")
