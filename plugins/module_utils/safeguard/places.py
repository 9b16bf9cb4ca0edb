# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a path of a plan really leads, and that it leads nowhere it should not."""

from __future__ import annotations

import os
import stat

from ..edits.refused import Refused
from . import putback

#: Links are followed where they stay in here; elsewhere a link may lead to what a plan has no business with.
LINKED = ("/etc/", "/var/lib/")
MAX_LINKS = 20


def real(path: str, folder: bool = False) -> str:
    """Return the path with the host's own links followed; raises Refused where it can't be trusted.

    folder: it may be a folder as well as a file.
    """
    if not path.startswith("/") or path.endswith("/") or ".." in path.split("/") or "\0" in path:
        raise Refused("%s is not an absolute path of a file" % path)
    found = _followed(path)
    if found == putback.FOLDER or found.startswith(putback.FOLDER + "/"):
        raise Refused("%s is the safeguard's own" % path)
    if found != path and _leads_out(path, found):
        raise Refused("%s leads to %s, which is neither in /etc nor in /var/lib" % (path, found))
    _check_kind(found, folder)
    return found


def _leads_out(path: str, found: str) -> bool:
    # That /lib is a link to /usr/lib, where all of /usr was merged, is no way out.
    return not found.startswith(LINKED) and found != "/usr" + path


def _followed(path: str) -> str:
    todo, done, links = [part for part in path.split("/") if part], "", 0
    while todo:
        part = todo.pop(0)
        if part == "..":
            done = os.path.dirname(done) if done != "/" else ""
            continue
        step = "%s/%s" % (done, part)
        if not os.path.islink(step):
            done = step
            continue
        links += 1
        if links > MAX_LINKS:
            raise Refused("%s: too many links" % path)
        if os.lstat(step).st_uid != 0 or _others_write(done or "/"):
            raise Refused("%s: the link %s could be somebody else's than root's" % (path, step))
        target = os.readlink(step)
        todo[:0] = [piece for piece in target.split("/") if piece not in ("", ".")]
        done = "" if target.startswith("/") else done
    return done


def _others_write(folder: str) -> bool:
    found = os.stat(folder)
    return found.st_uid != 0 or bool(found.st_mode & 0o022)


def _check_kind(path: str, folder: bool) -> None:
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return
    if folder and stat.S_ISDIR(found.st_mode):
        return
    if not stat.S_ISREG(found.st_mode):
        raise Refused("%s is not a regular file" % path)
    if found.st_nlink > 1:
        raise Refused(
            "%s has %d names (hard links); changing one would part it from the others" % (path, found.st_nlink)
        )
