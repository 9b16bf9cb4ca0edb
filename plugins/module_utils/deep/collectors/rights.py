# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that give whoever starts them somebody else's rights: setuid, setgid, file capabilities."""

from __future__ import annotations

import os
import stat
import struct
from typing import Any

from ..walk import Entry

MOST = 1000
ATTRIBUTE = "security.capability"
EXECUTABLE = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
#: Names of the kernel's capabilities by number (linux/capability.h), without their common "cap_".
_NAMES = (
    "chown dac_override dac_read_search fowner fsetid kill setgid setuid setpcap linux_immutable net_bind_service "
    "net_broadcast net_admin net_raw ipc_lock ipc_owner sys_module sys_rawio sys_chroot sys_ptrace sys_pacct sys_admin "
    "sys_boot sys_nice sys_resource sys_time sys_tty_config mknod lease audit_write audit_control setfcap mac_override "
    "mac_admin syslog wake_alarm block_suspend audit_read perfmon bpf checkpoint_restore"
)
CAPABILITIES = _NAMES.split()


class Rights:
    """Collects [{path, inode, uid, setuid?: uid, setgid?: gid, capabilities?: [names]}]."""

    name = "rights"

    def __init__(self) -> None:
        self._found: list[dict[str, Any]] = []
        self.dropped = 0

    def look(self, entry: Entry) -> None:
        """Keep a file that the kernel would start with other rights."""
        status = entry.status
        if not stat.S_ISREG(status.st_mode) or not status.st_mode & EXECUTABLE or entry.mount.nosuid:
            return
        given: dict[str, Any] = {}
        if status.st_mode & stat.S_ISUID:
            given["setuid"] = status.st_uid
        if status.st_mode & stat.S_ISGID:
            given["setgid"] = status.st_gid
        capabilities = _capabilities(entry)
        if capabilities:
            given["capabilities"] = capabilities
        if given and len(self._found) == MOST:
            self.dropped += 1
        elif given:
            self._found.append({"path": entry.path, "inode": status.st_ino, "uid": status.st_uid, **given})

    def result(self) -> list[dict[str, Any]]:
        """Return what was found, by path."""
        return sorted(self._found, key=lambda found: str(found["path"]))


def _capabilities(entry: Entry) -> list[str]:
    place = "/proc/self/fd/%d/%s" % (entry.folder, entry.name)
    try:
        return capability_names(os.getxattr(place, ATTRIBUTE, follow_symlinks=False))
    except OSError:  # the usual file has none
        return []


def capability_names(value: bytes) -> list[str]:
    """Return what a security.capability attribute permits or lets inherit (struct vfs_cap_data, revisions 1 to 3)."""
    if len(value) < 12:
        return []
    words = struct.unpack("<%dI" % (len(value) // 4), value[: len(value) // 4 * 4])
    pairs = 1 if words[0] >> 24 == 1 else 2
    bits = 0
    for index in range(pairs):
        permitted, inheritable = (*words[1 + 2 * index : 3 + 2 * index], 0, 0)[:2]
        bits |= (permitted | inheritable) << (32 * index)
    known = ["cap_" + name for number, name in enumerate(CAPABILITIES) if bits >> number & 1]
    return known + ["cap_%d" % number for number in range(len(CAPABILITIES), 64) if bits >> number & 1]
