# SPDX-License-Identifier: GPL-3.0-or-later
"""A picture of a host, and what differs between two: files, modes, owners, unit states, accounts and packages.

before = picture(host)
...
assert differences(before, picture(host)) == []
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Protocol

WATCHED = ("/etc", "/var/lib", "/root", "/home")
LOOK = Path(__file__).with_name("look.py")
#: What may differ, and why that is nobody's change: whole paths, or names of units, as regular expressions.
EXCEPTIONS = {
    "file": (
        # What putting back needs. bulwark_forget removes it, and has a test of its own.
        r"/var/lib/bulwark(/.*)?",
        # Ansible's own, which any module leaves.
        r"/(root|home/[^/]+)/\.ansible(/.*)?",
        # sudo's mark of who has used it once.
        r"/home/[^/]+/\.sudo_as_admin_successful",
        # The shadow tools' lock, and the backups they keep of the file before their last change.
        r"/etc/((passwd|group|shadow|gshadow|subuid|subgid)-|\.pwd\.lock)",
        # The index of what could be installed, fetched again by each update.
        r"/var/lib/apt/(lists|periodic|mirrors)(/.*)?",
        # dpkg's database, which it writes in another order: what is installed is compared as packages.
        r"/var/lib/dpkg/(status|available|diversions|statoverride|lock|lock-frontend|triggers/Lock|.*-old)",
        # The older copies that ucf keeps of its records, one more with each change; the records themselves come back.
        r"/var/lib/ucf/(hashfile|registry)\.\d",
        # What fail2ban remembers of bans; it makes the file anew whenever it starts.
        r"/var/lib/fail2ban/fail2ban\.sqlite3",
        # AIDE's first database: made anew after the next harden it would bless what changed in between.
        r"/var/lib/bulwark-aide(/.*)?",
        # The logins of the test itself.
        r"/var/lib/(lastlog|wtmpdb)(/.*)?",
        # When systemd's timers ran last, and its clock.
        r"/var/lib/systemd/(timers|timesync|random-seed)(/.*)?",
    ),
    "unit": (
        # Due at their time of the day, whoever does what.
        r"(apt-daily|apt-daily-upgrade|dpkg-db-backup|e2scrub_\w+|logrotate|systemd-tmpfiles-clean)\.service",
        # Asked for by programs, and gone again after a while.
        r"systemd-(hostnamed|timedated|localed)\.service",
        # They come and go with a login.
        r"(user|user-runtime-dir|sshd)@.*",
    ),
    "account": (),
    "package": (),
}

Picture = dict[str, dict[str, str]]


class Pictured(Protocol):
    """A host, in a container or a guest, on which scripts run as root."""

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a bash script; raises where it fails."""


def picture(host: Pictured) -> Picture:
    """Return {file, unit, account, package: {name: how it is}}; times, sizes and inodes are left out."""
    found: Picture = json.loads(host.run(f"python3 - {' '.join(WATCHED)} <<'END'\n{LOOK.read_text()}\nEND").stdout)
    return {kind: {name: state for name, state in entries.items() if not _excepted(kind, name)}
            for kind, entries in found.items()}  # fmt: skip


def differences(before: Picture, after: Picture) -> list[str]:
    """Return a line for each thing that only one picture shows, or that they show otherwise."""
    found = []
    for kind in before:
        for name in sorted(before[kind].keys() | after[kind].keys()):
            was, now = before[kind].get(name, "absent"), after[kind].get(name, "absent")
            if was != now:
                found.append(f"{kind} {name}: {was} -> {now}")
    return found


def _excepted(kind: str, name: str) -> bool:
    return any(re.fullmatch(pattern, name) for pattern in EXCEPTIONS[kind])
