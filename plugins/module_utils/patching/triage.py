# SPDX-License-Identifier: GPL-3.0-or-later
"""What is collected of a host before a flaw is mended through which somebody may have come in.

Mending ends processes and replaces files, and with them what would show it. The collection stays on the host, in a file
for root only: it may hold what programs wrote into the log.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..door import Door, Missing, Unreadable
from ..safeguard import putback
from .keeping import NotKept, make

FOLDER = putback.FOLDER + "/triage"
#: Bytes that have to be free beside the collection itself, which the door's limits bound.
SPARE = 256 * 1024 * 1024
COMMAND_SECONDS = 30
VERIFY_SECONDS = 120
WALK_SECONDS = 30
#: Where programs and what starts them lie, and where intruders leave things; what changed there, and how far back.
#: Where everybody may write comes last: many files there must not hide the others.
WATCHED = ("/etc", "/usr/bin", "/usr/sbin", "/usr/lib/systemd", "/usr/local", "/opt", "/root", "/var/spool/cron",
           "/dev/shm", "/var/www", "/var/tmp", "/tmp")  # fmt: skip
CHANGED_DAYS = 14
MOST_CHANGED = 20000
#: Without the arguments of processes: they may be passwords, and whoever investigates has /proc as long as they run.
COMMANDS: Mapping[str, Sequence[str]] = {
    "processes.txt": ("ps", "-e", "-o", "pid,ppid,user:32,lstart,stat,comm"),
    "sockets.txt": ("ss", "-Hanpe"),
    "sessions.txt": ("who", "-a"),
    "logons.txt": ("last", "-F", "-w", "-n", "1000"),
    "failed-logons.txt": ("lastb", "-F", "-w", "-n", "1000"),
    "journal.txt": ("journalctl", "--no-pager", "-q", "-o", "short-iso", "-n", "10000"),
    "kernel-modules.txt": ("lsmod",),
    "units.txt": ("systemctl", "list-units", "--all", "--plain", "--no-legend", "--full"),
    "timers.txt": ("systemctl", "list-timers", "--all", "--no-legend", "--full"),
    "packages-dpkg.txt": ("dpkg-query", "-W"),
    "packages-rpm.txt": ("rpm", "-qa", "--last"),
    "accounts.txt": ("getent", "passwd"),
    "routes.txt": ("ip", "route", "show", "table", "all"),
}
#: Where the contents of files are no more what their package brought.
VERIFICATIONS: Mapping[str, Sequence[str]] = {
    "verified-dpkg.txt": ("dpkg", "--verify"),
    "verified-rpm.txt": ("rpm", "-Va", "--nomtime"),
}


def path(run: str) -> str:
    """Return where the collection of a run lies."""
    return "%s/%s.tar" % (FOLDER, run)


def collect(door: Door, run: str, flaws: Iterable[str]) -> dict[str, Any]:
    """Write the collection and return {path, bytes, sha256, missing: {what could not be collected: why}}.

    Raises NotKept where it can't be written. One that the run has written already is left as it is.
    """
    try:
        make(FOLDER)
        if os.path.lexists(path(run)):
            raise NotKept("%s is there already" % path(run))
        space = os.statvfs(FOLDER)
        if space.f_bavail * space.f_frsize < SPARE:
            raise NotKept("%s: less than %d MB are free" % (FOLDER, SPARE // 1024 // 1024))
        missing: dict[str, str] = {}
        content = _tar(_collected(door, missing), {"run": run, "at": int(time.time()), "flaws": sorted(flaws)}, missing)
        with putback.parent(path(run)) as (folder, name):
            putback.write(folder, name, content, {"mode": 0o600})
    except OSError as error:
        raise NotKept("%s can't be written: %s" % (path(run), os.strerror(error.errno or 0).lower())) from None
    return {"path": path(run), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(), "missing": missing}


def _collected(door: Door, missing: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (name, text), what moves first; note what can't be had."""
    sources: dict[str, Callable[[], str]] = {"programs.txt": lambda: programs(door)}
    sources.update({name: _command(door, argv, COMMAND_SECONDS) for name, argv in COMMANDS.items()})
    sources["changed-files.txt"] = lambda: changed(time.time(), WATCHED)
    sources.update({name: _command(door, argv, VERIFY_SECONDS) for name, argv in VERIFICATIONS.items()})
    for name, source in sources.items():
        try:
            yield name, source()
        except Missing:  # of the other family, or not installed: there is nothing of it
            continue
        except Unreadable as problem:
            missing[name] = str(problem)


def _command(door: Door, argv: Sequence[str], seconds: float) -> Callable[[], str]:
    # A verification that finds something ends with another status than 0.
    return lambda: door.run(argv, seconds).out


def programs(door: Door) -> str:
    """Return a line for each process: its number and the program that it runs, also one that was removed since."""
    lines = []
    for pid in sorted((name for name in door.list("/proc") if name.isdigit()), key=int):
        try:
            lines.append("%s\t%s\n" % (pid, os.readlink("/proc/%s/exe" % pid)))
        except OSError:  # a thread of the kernel, or ended meanwhile
            continue
    return "".join(lines)


def changed(now: float, trees: Iterable[str]) -> str:
    """Return a line for each file below `trees` whose content or attributes changed lately."""
    lines: list[str] = []
    since, deadline = now - CHANGED_DAYS * 86400, time.monotonic() + WALK_SECONDS
    for tree in trees:
        for folder, _folders, names in os.walk(tree):
            if time.monotonic() > deadline or len(lines) >= MOST_CHANGED:
                return "".join(lines) + "cut short here: %s\n" % folder
            for name in names:
                try:
                    found = os.lstat(os.path.join(folder, name))
                except OSError:
                    continue
                if max(found.st_mtime, found.st_ctime) >= since:
                    facts = (found.st_mode, found.st_uid, found.st_gid, found.st_size, found.st_mtime, found.st_ctime)
                    lines.append("%o %d:%d %d %d %d %s\n" % (*facts, os.path.join(folder, name)))
    return "".join(lines)


def _tar(texts: Iterable[tuple[str, str]], about: Mapping[str, Any], missing: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, text in texts:
            _add(tar, name, text, about["at"])
        _add(tar, "about.json", json.dumps({**about, "missing": missing}, indent=1, sort_keys=True), about["at"])
    return buffer.getvalue()


def _add(tar: tarfile.TarFile, name: str, text: str, at: int) -> None:
    content = text.encode("utf-8", "replace")
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode, entry.mtime = len(content), 0o600, at
    tar.addfile(entry, io.BytesIO(content))
