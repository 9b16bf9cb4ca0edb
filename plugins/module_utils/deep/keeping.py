# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a host keeps what the deep reading found: one dated file, for root only."""

from __future__ import annotations

import fcntl
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

FOLDER = "/var/lib/bulwark/deep"
NAME = "result.json"
PATH = "%s/%s" % (FOLDER, NAME)
SCHEMA = "bulwark/deep/1"
#: Bytes of the file.
LIMIT = 8 * 1024 * 1024
OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class NotKept(Exception):
    """The result can't be left on the host; the text says why."""


@contextmanager
def folder() -> Iterator[int]:
    """Yield a descriptor of the folder, made where it isn't there, and ours alone meanwhile; raises NotKept."""
    handle = os.open("/", OPEN)
    try:
        for name in FOLDER.strip("/").split("/"):
            handle = _step(handle, name)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotKept("another deep reading of this host is still running") from None
        yield handle
    except OSError as error:
        raise NotKept("%s can't be written to: %s" % (FOLDER, os.strerror(error.errno or 0).lower())) from None
    finally:
        os.close(handle)


def _step(parent: int, name: str) -> int:
    """Return a descriptor of a folder in `parent`, which is closed."""
    try:
        try:
            inner = os.open(name, OPEN, dir_fd=parent)
        except FileNotFoundError:
            os.mkdir(name, 0o700, dir_fd=parent)
            inner = os.open(name, OPEN, dir_fd=parent)
    finally:
        os.close(parent)
    status = os.fstat(inner)
    if status.st_uid != 0 or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        os.close(inner)
        raise NotKept("%s: others than root may write on the way there (%s)" % (FOLDER, name))
    return inner


def keep(handle: int, document: Mapping[str, Any], name: str = NAME) -> None:
    """Write the document in an open folder at once; raises NotKept where it is too large."""
    temporary = name + ".tmp"
    content = json.dumps(document, separators=(",", ":")).encode()
    if len(content) > LIMIT:
        raise NotKept("the result is larger than %d bytes" % LIMIT)
    file = os.open(
        temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=handle
    )
    try:
        os.fchmod(file, 0o600)
        view = memoryview(content)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    finally:
        os.close(file)
    os.rename(temporary, name, src_dir_fd=handle, dst_dir_fd=handle)
