# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `running`: what still runs from before the last updates: the kernel, and programs whose files were replaced.

Nobody is asked that would look at every package: `needs-restarting` goes by the time at which a few packages came, and
so does this.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, NamedTuple

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading
from .agents import IN_CGROUP, PROCESS_LIMIT, STATUS

FLAG = "/run/reboot-required"
PACKAGES = "/run/reboot-required.pkgs"
CONTAINER = "/run/systemd/container"
KERNEL = "vmlinuz-"
DPKG_INFO = "/var/lib/dpkg/info"
LIVE_PATCHES = "/sys/kernel/livepatch"
BOOTED = re.compile(r"^btime (\d+)$", re.MULTILINE)
#: What only a boot brings into use (needs-restarting of dnf-utils has the same list).
AT_BOOT = (
    "kernel", "kernel-core", "kernel-rt", "glibc", "linux-firmware", "systemd", "dbus", "dbus-broker", "dbus-daemon",
    "microcode_ctl",
)  # fmt: skip
FORMAT = "%{NAME}\t%{INSTALLTIME}\t%{VERSION}-%{RELEASE}.%{ARCH}\n"
RPM = ["rpm", "-q", "--nodigest", "--nosignature", "--qf", FORMAT, *AT_BOOT]
#: Of these the ones that bring a kernel, whose release is the package's version.
KERNELS = ("kernel", "kernel-core")
#: Of a process: a mapping that may be executed, of a file that isn't there any more.
REPLACED = re.compile(r"^\S+ ..x. \S+ \S+ \d+ +(/.*) \(deleted\)$", re.MULTILINE)
#: What programs make and remove by themselves: no package put it there.
OWN_FILES = ("/memfd:", "/dev/", "/SYSV", "/tmp/", "/var/tmp/", "/run/", "/proc/", "/home/", "/[aio]", "/anon_hugepage")
MAPS_LIMIT = 16 * 1024 * 1024
FILES = 5
LIVEPATCH = ["canonical-livepatch", "status", "--format", "json"]
TIME = re.compile(r"[0-9]{1,12}")


class Package(NamedTuple):
    """A package of rpm's: its version with release and architecture, and when it came (epoch)."""

    name: str
    version: str
    came: int


def read(host: Reading, area: Area) -> None:
    """Learn `flag`, `kernel`, `patched`, `since_boot`, `container` and `stale`.

    flag: {at (seconds since 1970), packages} of /run/reboot-required, None without. kernel: {release, build, installed:
    {release: when it came, None where that isn't known}, live_patches: [names]}. patched: "yes" or "no" by Ubuntu's
    livepatch client, None without one. since_boot: {package: when it came first} of those of AT_BOOT that rpm put there
    after the boot. container: what systemd found itself to run in, None for a machine of its own. stale: [{name, uid,
    unit, count, listens, files}] of processes with code of files that were replaced; count of processes, files at most
    FILES.
    """
    door = host.door
    area.learn("flag", flag, door)
    packages = lru_cache(maxsize=None)(lambda: installed(door))
    area.learn("kernel", lambda: kernel(door, packages()))
    area.learn("patched", patched, door)
    area.learn("since_boot", lambda: since_boot(door, packages()))
    area.learn("container", lambda: door.read(CONTAINER).strip() if door.exists(CONTAINER) else None)
    area.learn("stale", stale, host)


def flag(door: Door) -> dict[str, Any] | None:
    """Return since when packages ask for a reboot, and which do."""
    if not door.exists(FLAG):
        return None
    try:
        names = sorted(set(door.lines(PACKAGES)))
    except Missing:
        names = []
    return {"at": door.modified(FLAG), "packages": names}


def kernel(door: Door, packages: list[Package]) -> dict[str, Any]:
    """Return the kernel that runs and those that lie ready."""
    releases = [name[len(KERNEL) :] for name in door.names("/boot")
                if name.startswith(KERNEL) and "rescue" not in name]  # fmt: skip
    by_rpm = {one.version: one.came for one in packages if one.name in KERNELS}
    return {
        "release": door.read("/proc/sys/kernel/osrelease").strip(),
        "build": door.read("/proc/sys/kernel/version").strip(),
        "installed": {release: by_rpm.get(release) or _came(door, release) for release in releases},
        "live_patches": door.names(LIVE_PATCHES),
    }


def _came(door: Door, release: str) -> int | None:
    """Return when dpkg installed a kernel, as it writes the list of its files then; its own time is of its build."""
    for name in (f"linux-image-{release}", f"linux-image-unsigned-{release}"):
        try:
            return door.modified(f"{DPKG_INFO}/{name}.list")
        except Missing:
            continue
    return None


def patched(door: Door) -> str | None:
    """Return whether Ubuntu's livepatch client has every patch of the running kernel in it; None without one."""
    try:
        status = json.loads(door.output(LIVEPATCH))
        states = [one["Livepatch"]["State"] for one in status["Status"] if one["Running"]]
    except Missing:
        return None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise Unreadable("canonical-livepatch: not the status that it is known to print") from None
    return "yes" if states and set(states) <= {"applied", "nothing-to-apply"} else "no"


def since_boot(door: Door, packages: list[Package]) -> dict[str, int]:
    """Return the packages of AT_BOOT that came after the boot, and when each did first."""
    if not packages:
        return {}
    booted = BOOTED.search(door.read("/proc/stat"))
    if not booted:
        raise Unreadable("/proc/stat: it doesn't say when the host was booted")
    return {one.name: one.came for one in reversed(packages) if one.came > int(booted[1])}


def installed(door: Door) -> list[Package]:
    """Return the packages of AT_BOOT that rpm has, the oldest first; none where there is no rpm."""
    try:
        return listed(door.run(RPM).out)
    except Missing:
        return []


def listed(text: str) -> list[Package]:
    """Return the packages of the lines that rpm prints, the oldest first; others say what is not there."""
    rows = (line.split("\t") for line in text.split("\n"))
    return sorted(
        (Package(row[0], row[2], int(row[1])) for row in rows if len(row) == 3 and TIME.fullmatch(row[1])),
        key=lambda one: one.came,
    )


def stale(host: Reading) -> list[dict[str, Any]]:
    """Return the processes that run code which is not on the disk any more."""
    door = host.door
    processes = [name for name in door.list("/proc") if name.isdigit()]
    if len(processes) > PROCESS_LIMIT:
        raise Unreadable(f"more than {PROCESS_LIMIT} processes run")
    if not host.fact("system", "privileged"):
        raise Unreadable("only root sees what the processes of others run")
    found: dict[tuple[str, int, str | None], dict[str, Any]] = {}
    listening: set[int] | None = None
    for process in processes:
        try:
            files = replaced(door.read(f"/proc/{process}/maps", MAPS_LIMIT))
            if not files:
                continue
            fields = dict(STATUS.findall(door.read(f"/proc/{process}/status")))
            groups = IN_CGROUP.findall(door.read(f"/proc/{process}/cgroup"))
        except Missing:
            continue  # it has ended
        if listening is None:
            listening = {one["pid"] for one in host.fact("sockets", "listening") if one["pid"]}
        key = (fields.get("Name", ""), int(fields.get("Uid", "0")), groups[-1] if groups else None)
        empty = {"name": key[0], "uid": key[1], "unit": key[2], "count": 0, "listens": False, "files": []}
        one = found.setdefault(key, empty)
        one["count"] += 1
        one["listens"] = one["listens"] or int(process) in listening
        one["files"] = sorted({*one["files"], *files})[:FILES]
    return list(found.values())


def replaced(maps: str) -> list[str]:
    """Return the files in /proc/<pid>/maps whose code is run and that are not there any more."""
    if "(deleted)" not in maps:
        return []
    return sorted({path for path in REPLACED.findall(maps) if not path.startswith(OWN_FILES)})
