# SPDX-License-Identifier: GPL-3.0-or-later
"""The scratch folder of a restore test: root's alone, new, and gone afterwards whatever becomes of the test.

A watcher in a process and session of its own waits for the test to end, and for its death. It ends the tool that is
still writing, then removes the folder. Where watcher and test are killed together, or the power goes, the next test
removes what they left: it holds the lock, so nobody else's can still be going on.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import signal
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from .refused import Refused

PREFIX = "test-"
OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: How often, and how many seconds apart, what a dying tool may still write to is removed.
TRIES, PAUSE = 20, 0.25
#: Of the numbers of processes that the watcher is told.
PIPE_BYTES = 64


class Scratch(NamedTuple):
    """path: the folder, empty. tell: what tells the watcher of a tool's process group, before it writes anything."""

    path: str
    tell: Callable[[int], None]


@contextmanager
def scratch(place: str) -> Iterator[Scratch]:
    """Yield a new folder in `place`, which is made where it isn't there; raises Refused."""
    handle, made = _opened(place)
    try:
        _lock(handle, place)
        _clean(handle, place)
        name = PREFIX + secrets.token_hex(8)
        os.mkdir(name, 0o700, dir_fd=handle)
        path = os.path.join(place, name)
        watcher, pipe = _watch(path, made)
        try:
            yield Scratch(path, lambda group: _tell(pipe, group))
        finally:
            os.close(pipe)
            with suppress(ChildProcessError):
                os.waitpid(watcher, 0)
            _remove(path)
        if os.path.lexists(path):
            raise Refused("%s could not be removed; remove it by hand" % path)
    finally:
        os.close(handle)
        _unmake(made)


def _opened(place: str) -> tuple[int, list[str]]:
    """Return a descriptor of the folder, and which were made on the way there."""
    parts = place.split("/")
    if not place.startswith("/") or place == "/" or any(part in ("", ".", "..") for part in parts[1:]):
        raise Refused("%s is no plain absolute path; name a folder of its own for restore tests" % place)
    handle, path, made = os.open("/", OPEN), "", []
    try:
        for part in parts[1:]:
            path = "%s/%s" % (path, part)
            handle, new = _step(handle, part, path)
            made += [path] if new else []
    except Refused:
        _unmake(made)
        raise
    except OSError as error:
        _unmake(made)
        raise Refused("%s: %s" % (path, os.strerror(error.errno or 0).lower())) from None
    return handle, made


def _unmake(made: list[str]) -> None:
    """Remove the folders that were made on the way, but for what somebody else uses by now."""
    for folder in reversed(made):
        with suppress(OSError):
            os.rmdir(folder)


def _step(parent: int, name: str, path: str) -> tuple[int, bool]:
    """Return a descriptor of a folder in `parent`, which is closed, and whether it was made now."""
    new = False
    try:
        if stat.S_ISLNK(_mode(parent, name)):
            raise Refused("%s is a link; restore tests follow none" % path)
        try:
            inner = os.open(name, OPEN, dir_fd=parent)
        except FileNotFoundError:
            os.mkdir(name, 0o700, dir_fd=parent)
            new = True
            inner = os.open(name, OPEN, dir_fd=parent)
    finally:
        os.close(parent)
    status = os.fstat(inner)
    if (status.st_uid != os.geteuid() and status.st_uid != 0) or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        os.close(inner)
        raise Refused("%s: others than root may write there; name a folder that is root's alone" % path)
    return inner, new


def _mode(parent: int, name: str) -> int:
    try:
        return os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return 0


def _lock(handle: int, place: str) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Refused("another restore test of this host is still going on in %s" % place) from None


def _clean(handle: int, place: str) -> None:
    """Remove what tests left that were killed; raises Refused where anything else is there."""
    names = os.listdir(handle)
    strange = [name for name in names if not name.startswith(PREFIX)]
    if strange:
        raise Refused("%s holds something else (%s); name a folder of its own" % (place, sorted(strange)[0][:60]))
    for name in names:
        _remove(os.path.join(place, name))


def _remove(path: str) -> None:
    for _try in range(TRIES):
        if not os.path.lexists(path):
            return
        shutil.rmtree(path, ignore_errors=True)
        if os.path.lexists(path):
            time.sleep(PAUSE)


def _tell(pipe: int, group: int) -> None:
    os.write(pipe, b"%d\n" % group)


def _watch(path: str, made: list[str]) -> tuple[int, int]:
    """Start the watcher; return its process and the pipe by whose end it knows of ours."""
    reading, writing = os.pipe()
    process = os.fork()
    if process:
        os.close(reading)
        return process, writing
    try:
        os.setsid()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        # Nobody may wait for us: not the connection for its output, nor a lock for its end.
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):
            os.dup2(nothing, standard)
        pipe = os.dup2(reading, 3)
        os.closerange(4, os.sysconf("SC_OPEN_MAX") if os.sysconf("SC_OPEN_MAX") < 65536 else 65536)
        told = b""
        while True:
            piece = os.read(pipe, PIPE_BYTES)
            if not piece:
                break
            told += piece
        for group in told.split():
            with suppress(ProcessLookupError):
                os.killpg(int(group), signal.SIGKILL)
        _remove(path)
        _unmake(made)
    finally:
        os._exit(0)
