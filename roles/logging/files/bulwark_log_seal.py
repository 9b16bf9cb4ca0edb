# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps what a log collector received: today's files only grow, those of the days before can't be changed.

The store holds a folder for each sender, and in it a file for each day (UTC) on which something was received:
<store>/<sender>/<YYYY-MM-DD>.log. This program gives folders and today's files the attribute "append only" and older
files "immutable" (chattr(1)), and remembers how large each was when it was closed. It removes a day only when the store
holds `keep_days` newer ones. It counts the days that are there rather than trusting the clock, so that a clock that was
put forward removes nothing; a collector that was off for a week keeps more.

What rsyslog finds no room for is lost, though it has said that it came. Little room is therefore told beforehand.

A folder that it finds with anything else in it is none of ours, and is left as it is. What somebody lays into a store
later is told.

Usage: bulwark-log-seal CONFIGURATION          one look
       bulwark-log-seal CONFIGURATION accept   somebody has looked at what is not as it was left: from here on anew

CONFIGURATION is a JSON file: {store, keep_days, free_percent: less of the file system than that is little room}. Ends
with 0 where all is well, 1 where something is not as it was left or there is little room, which its report names, 2
where it could not be done.
"""

from __future__ import annotations

import fcntl
import itertools
import json
import os
import re
import stat
import struct
import sys
import tempfile
import time

DAY = re.compile(r"\d{4}-\d\d-\d\d\.log")
#: FS_IOC_GETFLAGS and FS_IOC_SETFLAGS of linux/fs.h, and the two attributes.
GET_FLAGS, SET_FLAGS = (0x80086601, 0x40086602) if sys.maxsize > 2**32 else (0x80046601, 0x40046602)
IMMUTABLE, APPEND = 0x10, 0x20
#: Seconds after midnight in which what came before it may still be written.
LATE = 600
STATE = "/var/lib/bulwark-log-seal"
SHOWN = 20


class Failed(Exception):
    """It could not be done; the text says why."""


def removable(days, keep_days):
    """Return the days (YYYY-MM-DD) of which the store holds `keep_days` newer ones."""
    return sorted(set(days))[: -int(keep_days)]


def changed(ledger, found):
    """Return what became of files since they were closed. Both map a path below the store to a size in bytes."""
    gone = ["%s is gone" % path for path in sorted(ledger) if path not in found]
    return gone + [
        "%s had %d bytes and has %d" % (path, ledger[path], found[path])
        for path in sorted(ledger) if path in found and found[path] != ledger[path]
    ]  # fmt: skip


def mark(path, flags):
    """Give a file or folder these attributes of IMMUTABLE and APPEND, and no other of the two."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        before = _flags(handle)
        after = before & ~(IMMUTABLE | APPEND) | flags
        if after != before:
            fcntl.ioctl(handle, SET_FLAGS, struct.pack("l", after))
    finally:
        os.close(handle)


def ours(store):
    """Say whether the store has been looked at before, which made it append-only."""
    handle = os.open(store, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return bool(_flags(handle) & APPEND)
    except OSError:
        # A file system that knows no attributes, which mark() tells of.
        return False
    finally:
        os.close(handle)


def _flags(handle):
    return struct.unpack("l", fcntl.ioctl(handle, GET_FLAGS, bytes(struct.calcsize("l"))))[0]


def foreign(store):
    """Yield what lies in the store and is neither a sender's folder nor one of its days."""
    for sender in sorted(os.listdir(store)):
        folder = os.path.join(store, sender)
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            yield folder
            continue
        for name in sorted(os.listdir(folder)):
            path = os.path.join(folder, name)
            if not (DAY.fullmatch(name) and stat.S_ISREG(os.lstat(path).st_mode)):
                yield path


def cramped(store, free_percent):
    """Yield that less of the store's file system is free than it should be."""
    system = os.statvfs(store)
    free = 100 * system.f_bavail / system.f_blocks if system.f_blocks else 100
    if free < free_percent:
        text = "%s: %d %% are free, and less than %d %% are too few: what finds no room is lost"
        yield text % (store, free, free_percent)


def contents(store):
    """Yield (sender, name of the day's file, size) of everything in the store that is one."""
    for sender in sorted(os.listdir(store)):
        folder = os.path.join(store, sender)
        if not stat.S_ISDIR(os.lstat(folder).st_mode):
            continue
        for name in sorted(os.listdir(folder)):
            status = os.lstat(os.path.join(folder, name))
            if DAY.fullmatch(name) and stat.S_ISREG(status.st_mode):
                yield sender, name, status.st_size


def look(store, keep_days, ledger, now, free_percent=0):
    """Mark what is there, remove what is old enough; return (report, new ledger). Raises Failed where it isn't ours."""
    strange = list(itertools.islice(foreign(store), SHOWN))
    if strange and not ours(store):
        raise Failed("%s is no store, or not of received logs alone: it holds %s" % (store, strange[0]))
    problems = ["%s: neither a sender's folder nor one of its days" % path for path in strange]
    report = {"at": now, "senders": {}, "removed": [], "problems": problems}
    today = time.strftime("%Y-%m-%d.log", time.gmtime(now - LATE))
    closed = {}
    for sender, name, size in contents(store):
        path = os.path.join(store, sender, name)
        own = report["senders"].setdefault(sender, {"files": 0, "bytes": 0, "oldest": name[:10], "newest": name[:10]})
        own.update(files=own["files"] + 1, bytes=own["bytes"] + size, newest=name[:10])
        try:
            mark(path, APPEND if name >= today else IMMUTABLE)
        except OSError as error:
            report["problems"].append("%s: %s" % (path, os.strerror(error.errno)))
        else:
            if name < today:
                closed[os.path.join(sender, name)] = size
    report["problems"] += changed(ledger, closed)
    old = removable((path.rpartition("/")[2][:10] for path in closed), keep_days)
    for path in sorted(closed) if old else ():
        if path.rpartition("/")[2][:10] in old:
            remove(store, path)
            del closed[path]
            report["removed"].append(path)
    report["problems"] += cramped(store, free_percent)
    for folder in (*(os.path.join(store, sender) for sender in report["senders"]), store):
        mark(folder, APPEND)
    # What is missing or has another size stays in the ledger until somebody has looked.
    kept = {path: size for path, size in ledger.items() if path not in report["removed"]}
    return report, {**closed, **kept}


def remove(store, path):
    """Remove a closed day; the folder is protected again right after."""
    whole = os.path.join(store, path)
    folder = os.path.dirname(whole)
    mark(folder, 0)
    try:
        mark(whole, 0)
        os.unlink(whole)
    finally:
        mark(folder, APPEND)


def load(path, otherwise=None):
    """Return the JSON object of a file; raises Failed."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        if otherwise is not None:
            return otherwise
        raise Failed("%s does not exist" % path) from None
    except (OSError, ValueError):
        raise Failed("%s can't be read" % path) from None
    if not isinstance(content, dict):
        raise Failed("%s is no object" % path)
    return content


def save(path, content):
    """Write a file as a whole or not at all."""
    handle, fresh = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(fresh, path)


def main(arguments):
    """Look once; return the exit status."""
    if len(arguments) not in (1, 2) or arguments[1:] not in ([], ["accept"]):
        raise Failed(__doc__.partition("Usage: ")[2].partition("\n\n")[0])
    configuration = load(arguments[0])
    store, keep_days = configuration.get("store"), configuration.get("keep_days")
    free_percent = configuration.get("free_percent", 0)
    if not isinstance(store, str) or not store.startswith("/"):
        raise Failed("the configuration's store must be a path")
    if isinstance(keep_days, bool) or not isinstance(keep_days, int) or keep_days < 1:
        raise Failed("the configuration's keep_days must be a number of at least 1")
    if isinstance(free_percent, bool) or not isinstance(free_percent, int):
        raise Failed("the configuration's free_percent must be a number")
    state = os.environ.get("STATE_DIRECTORY") or STATE
    os.makedirs(state, mode=0o700, exist_ok=True)
    with open(os.path.join(state, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.makedirs(store, mode=0o700, exist_ok=True)
        ledger = {} if arguments[1:] else load(os.path.join(state, "ledger.json"), {})
        report, ledger = look(store, keep_days, ledger, time.time(), free_percent)
        save(os.path.join(state, "ledger.json"), ledger)
        save(os.path.join(state, "report.json"), report)
    for text in report["problems"][:SHOWN]:
        sys.stderr.write(text + "\n")
    return 1 if report["problems"] else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (Failed, OSError) as problem:
        sys.stderr.write("bulwark-log-seal: %s\n" % problem)
        sys.exit(2)
