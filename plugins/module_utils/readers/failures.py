# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `failures`: failed and successful logons of the last hours or days, by account and by source."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

from ..auth_log import btmp
from ..auth_log.events import LOCAL, SSH, WANTED, parse
from ..auth_log.lines import Line, of_file, of_journal
from ..auth_log.tally import Period, Tally
from ..door import CutShort, Door, Missing, Unreadable
from ..reading import Area, Reading

FILES = ("/var/log/auth.log", "/var/log/secure")
BTMP = "/var/log/btmp"
#: Seconds that the log may take; what it didn't show by then is not known.
SECONDS = 5.0
#: Who may write a line that counts: a local account can send the journal any text, but not as root or as sudo. Of a
#: program that ended at once the journal knows only as whom it ran.
TRUSTED = (
    "_UID=0", *("SYSLOG_IDENTIFIER=" + name for name in (*SSH, *LOCAL, "passwd", "chpasswd", "usermod")),
    "+", *("_EXE=/usr/bin/" + name for name in ("sudo", "su", "passwd")),
)  # fmt: skip
JOURNAL = ("journalctl", "-q", "--no-pager", "-o", "short-unix")
#: A log that began so many seconds after the system was set up has seen all of it.
SETTING_UP = 3600
LOOKED = re.compile(WANTED.replace("^", r"\]?: "))
#: Lines between two looks at the time, in a file of which few lines are wanted.
EVERY = 1000
EPOCH = date(1970, 1, 1)


def read(host: Reading, area: Area) -> None:
    """Learn who failed to log on, and how far back that is known. Times are seconds since 1970 by the host's clock.

    logs: [{name, since, cut}]: what was read, how far back it surely goes (None: nothing), and why no further.
    since: how far back all failures are known, None where they aren't at all. whole: the log goes back to when the
    system was set up. accounts: {name: {count, local (at this host itself), sources: {address: count}, more_sources}}
    of existing accounts, the most failures first. sources: [{address, count, accounts}], the most accounts first.
    unknown_names: failures on names that no account has; the names never leave the host.
    attempts, logons: {account the controller asks about: {list: [[when, address, (logons) method]], more}}.
    changes: {account: {when (None: only the day is known), after, unsure}}: failures after its password was changed,
    and those of the same day of which that can't be told. full: which bounds were reached.
    """
    now = host.fact("system", "now")
    if not host.fact("system", "privileged"):
        raise Unreadable("only root sees all of the log")
    asked = host.log_hours
    period = Period(now, *(now - asked[what] * 3600 for what in ("failures", "changes", "sessions")))
    users = host.fact("accounts", "users")
    changed = {
        user["name"]: (date.fromisoformat(user["changed"]) - EPOCH).days for user in users if user.get("changed")
    }
    tally = Tally(period, (user["name"] for user in users), (subject["user"] for subject in host.subjects), changed)
    name, oldest = best_log(host.door, period)
    since, cut = read_log(host.door, name, oldest, tally) if name else (None, "%s: none is there" % ", ".join(FILES))
    logs = [{"name": name or "no log", "since": since, "cut": cut}]
    if since is None or since > period.failures:
        logs += read_btmp(host.door, tally, since)
    area.facts.update(tally.facts(), logs=logs, since=since)
    area.facts["whole"] = cut is None and oldest is not None and oldest <= born(host) + SETTING_UP


def best_log(door: Door, period: Period) -> tuple[str, int | None]:
    """Return the log that goes back far enough, else the furthest ("" without any), and its oldest moment."""
    found = [("journal", journal_start(door))]
    if found[0][1] is None or found[0][1] > period.start:
        found += [(path, file_start(door, path, period.now)) for path in FILES]
    there = [(name, oldest) for name, oldest in found if oldest is not None]
    return min(there, key=lambda log: log[1] or 0) if there else ("", None)


def journal_start(door: Door) -> int | None:
    """Return the time of the journal's oldest line, None where there is none."""
    try:
        # What users' processes say lies in files of their own, sudo's and su's failures too: only this one is whole.
        lines = door.stream([*JOURNAL, "--system"], SECONDS)
        return next((line.time for line in map(of_journal, lines) if line), None)
    except Unreadable:
        return None


def file_start(door: Door, path: str, now: int) -> int | None:
    """Return the time of the oldest line of a log and the one rotated before it, None where there is none."""
    for one in reversed(files(door, path)):
        try:
            (begin,) = door.pieces(one, [(0, 4096)])
        except Unreadable:
            continue
        line = of_file(begin.split(b"\n", 1)[0].decode("utf-8", "replace"), now)
        if line:
            return line.time
    return None


def files(door: Door, path: str) -> list[str]:
    """Return a log's file and the newest rotated one that isn't compressed, the newest first."""
    folder, _slash, name = path.rpartition("/")
    try:
        rotated = sorted(one for one in door.list(folder) if re.fullmatch(re.escape(name) + r"(\.1|-\d{8})", one))
    except Unreadable:
        rotated = []
    return [path, *("%s/%s" % (folder, one) for one in rotated[-1:])]


def read_log(door: Door, name: str, oldest: int | None, tally: Tally) -> tuple[int | None, str | None]:
    """Tally a log, the newest line first; return how far back it went, and why not as far as it was asked."""
    start, reached = tally.period.start, tally.period.now
    lines = journal(door, start) if name == "journal" else text_log(door, name, tally.period)
    try:
        for line in lines:
            if line.time < start:
                break
            reached = min(reached, line.time)
            event = parse(line.program, line.text)
            if event:
                tally.add(line, event)
    except CutShort as reason:
        return reached, str(reason)
    except Unreadable as reason:
        return None, str(reason)
    return max(start, oldest if oldest is not None else tally.period.now), None


def journal(door: Door, start: int) -> Iterator[Line]:
    """Yield the lines of the journal that tell of logons since `start`, the newest first."""
    command = [*JOURNAL, "-r", "--since=@%d" % start, "--grep=%s" % WANTED, "--case-sensitive=true", *TRUSTED]
    try:
        for text in door.stream(command, SECONDS):
            line = of_journal(text)
            if line:
                yield line
    except CutShort:
        raise CutShort("reading the journal took longer than %g seconds" % SECONDS) from None
    except Unreadable as problem:
        # Newer versions exit so where nothing matches.
        if not str(problem).endswith("exited 1: no message"):
            raise Unreadable("journalctl: %s" % str(problem).rpartition(": ")[2]) from None


def text_log(door: Door, path: str, period: Period) -> Iterator[Line]:
    """Yield the lines of a log that rsyslog writes that tell of logons, the newest first."""
    deadline = time.monotonic() + SECONDS
    for one in files(door, path):
        try:
            for number, text in enumerate(door.backwards(one, max(0.0, deadline - time.monotonic()))):
                wanted = LOOKED.search(text) or "message repeated" in text
                line = of_file(text, period.now) if wanted or number % EVERY == 0 else None
                if line:
                    yield line
                    if line.time < period.start:
                        return
        except Missing:
            continue


def read_btmp(door: Door, tally: Tally, before: int | None) -> list[dict[str, Any]]:
    """Tally the failures that btmp knows from before the log begins: those with a password, by SSH or at a console."""
    try:
        records = btmp.parse(door.tail(BTMP, btmp.LIMIT), btmp.is_wide(door))
    except Missing:
        return []
    except Unreadable as problem:
        return [{"name": BTMP, "since": None, "cut": str(problem)}]
    for line, event in reversed(records):
        if before is None or line.time < before:
            tally.add(line, event)
    return [{"name": BTMP, "since": records[0][0].time if records else None, "cut": None}]


def born(host: Reading) -> int:
    """Return when the system was set up, in seconds since 1970; 0 where that can't be known."""
    try:
        return int(host.fact("system", "born"))
    except Unreadable:
        return 0
