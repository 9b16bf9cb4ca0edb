# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of a host, and what puts a run back by itself: a timer, and a boot unit for when the timer is gone."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from typing import Any

from . import putback
from .problem import Problem
from .putback import Home

#: The lock outlives the deadline by this, so that nobody starts while the host is being put back.
LOCK_SECONDS = 60
BOOT = """\
[Unit]
Description=Put back what was changed and never confirmed
ConditionPathExists=%(pending)s
DefaultDependencies=no
RequiresMountsFor=/etc %(folder)s
After=local-fs.target systemd-remount-fs.service
Before=sysinit.target network-pre.target nftables.service firewalld.service ufw.service netfilter-persistent.service
Before=ssh.service sshd.service ssh.socket sshd.socket auditd.service audit-rules.service %(units)s
Conflicts=shutdown.target
Before=shutdown.target

[Service]
Type=oneshot
ExecStart=%(python)s %(script)s boot
TimeoutStartSec=60
"""
BOOT_TEST = """\
[Unit]
Description=See whether SSH answers on every address after this boot
After=ssh.service sshd.service network-online.target
Wants=network-online.target

[Service]
Type=oneshot
ExecStart=%(python)s %(script)s boottest
"""
INIT = """\
#!/bin/sh
### BEGIN INIT INFO
# Provides:          bulwark-putback
# Required-Start:    $local_fs
# Required-Stop:
# Default-Start:     S
# Default-Stop:
# Short-Description: Put back what was changed and never confirmed
### END INIT INFO
[ "$1" = stop ] || [ ! -e %(pending)s ] || %(python)s %(script)s boot
"""
CRON = "@reboot root [ ! -e %(pending)s ] || %(python)s %(script)s boot\n"


def lock(home: Home, run: str, owner: str, seconds: float) -> None:
    """Take the lock; raises Problem where another run holds it. One that ran out is taken over."""
    held = holder(home, run)
    if held:
        raise Problem(held)
    now = time.time()
    putback.save(home.lock, {"run": run, "owner": owner, "at": now, "expires": now + seconds + LOCK_SECONDS})


def holder(home: Home, run: str) -> str | None:
    """Return who keeps `run` from changing this host now, None where nobody does."""
    held = putback.load(home.lock)
    if held is None or held["run"] == run or held["expires"] < time.time():
        return None
    left = max(1, round(held["expires"] - time.time()))
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(held["expires"]))
    return "the host is locked by %s (run %s) until %s, %d s from now" % (held["owner"], held["run"], until, left)


def arm(home: Home, run: str, owner: str, seconds: float, units: Iterable[str]) -> dict[str, Any]:
    """Have the host put `run` back in `seconds`, and at the next boot before it starts any of the units it changed.

    Returns the pending mark; raises Problem.
    """
    source = putback.__spec__.loader.get_source(putback.__name__)  # type: ignore[union-attr]
    with putback.parent(home.script) as (folder, name):
        putback.write(folder, name, source.encode(), {"mode": 0o600})
    pending = {
        "run": run,
        "owner": owner,
        "at": time.time(),
        "deadline": time.time() + seconds,
        "boot": putback.boot_id(),
        "monotonic": time.monotonic() + seconds,
        "folders": [],
        "survives_reboot": False,
    }
    # The mark first: nothing is changed yet, and what finds it puts nothing back.
    putback.save(home.pending, pending)
    _boot(home, pending, units)
    putback.save(home.pending, pending)
    _timer(home, run, seconds)
    return pending


def _words(home: Home) -> dict[str, str]:
    return {"python": sys.executable, "script": home.script, "pending": home.pending, "folder": home.folder}


def _boot(home: Home, pending: dict[str, Any], units: Iterable[str]) -> None:
    wants, unit, start, init, cron = putback.BOOT_FILES
    words = _words(home)
    if putback.has_systemd():
        _place(unit, BOOT % {**words, "units": " ".join(units)})
        _enable(wants, unit, pending["folders"])
    elif os.path.isdir("/etc/rcS.d"):
        _place(init, INIT % words, 0o755)
        _enable(start, "../init.d/" + os.path.basename(init), [])
    elif os.path.isdir("/etc/cron.d"):
        _place(cron, CRON % words)
    else:
        return
    pending["survives_reboot"] = True


def leave_boot_test(home: Home) -> list[str]:
    """Have the next boot test whether SSH answers; return the folders that were made for it."""
    wants, unit = putback.BOOT_TEST_FILES
    made: list[str] = []
    _place(unit, BOOT_TEST % _words(home))
    _enable(wants, unit, made)
    return made


def _place(path: str, text: str, mode: int = 0o644) -> None:
    with putback.parent(path) as (folder, name):
        putback.write(folder, name, text.encode(), {"mode": mode})


def _enable(link: str, target: str, made: list[str]) -> None:
    above = os.path.dirname(link)
    if not os.path.isdir(above):
        os.mkdir(above, 0o755)
        made.append(above)
    if not os.path.islink(link):
        os.symlink(target, link)


def _timer(home: Home, run: str, seconds: float) -> None:
    if not putback.has_systemd():
        _detach([sys.executable, home.script, "wait", run, "%g" % seconds])
        return
    # What an earlier run left of the fixed name; there is nothing to stop as a rule.
    putback.command(["systemctl", "stop", putback.TIMER + ".timer"])
    rc, said = putback.command(
        [
            "systemd-run", "--quiet", "--collect", "--unit", putback.TIMER, "--on-active=%gs" % seconds,
            "--timer-property=AccuracySec=100ms", sys.executable, home.script, "timer", run,
        ]
    )  # fmt: skip
    if rc != 0:
        raise Problem("the timer that would put the change back can't be set: %s" % said.strip()[-300:])


def _detach(argv: list[str]) -> None:
    """Start a program that outlives us and our terminal."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        os.setsid()
        if os.fork() == 0:
            nothing = os.open(os.devnull, os.O_RDWR)
            for handle in range(3):
                os.dup2(nothing, handle)
            os.closerange(3, 1024)
            os.chdir("/")
            os.execv(argv[0], argv)
    finally:
        os._exit(0)
