# SPDX-License-Identifier: GPL-3.0-or-later
"""A declared backup as its tool is asked for it: with its own environment, as its own account, within a time limit."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..door import Door, Unreadable

NAME = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
#: What tools are told by their environment; nothing else of the file is passed on.
PASSED_ON = ("RESTIC_", "BORG_", "AWS_", "AZURE_", "B2_", "GOOGLE_", "OS_", "RCLONE_", "ST_")
#: Variables by which a file holds the passphrase itself.
PASSPHRASES = ("RESTIC_PASSWORD", "BORG_PASSPHRASE")
USER_INFO = re.compile(r"(//)[^/@\s]+@")
ROOT = "root"
OTHERS_WRITE = 0o022
#: By which lines of a traceback say what went wrong.
ERROR = re.compile(r"\w*(Error|Exception)\b")
#: Shorter values tell nothing, and would make holes in every text.
LEAST_SECRET = 4
REASON_LIMIT = 300


class Entry:
    """One declared backup of this host. deadline: by time.monotonic(), for all that is asked of its tool."""

    def __init__(self, door: Door, declared: Mapping[str, Any], deadline: float) -> None:
        self.door = door
        self.declared = declared
        self.variables = environment(door, declared.get("environment"))
        self._deadline = deadline

    def ask(self, argv: Sequence[str], more: Mapping[str, str]) -> str:
        """Return what the tool prints; raises Unreadable with its own words, without the secrets it was given."""
        user = self.declared["user"]
        command = [*(["runuser", "-u", user, "--"] if user != ROOT else []), *argv]
        seconds = max(1.0, self._deadline - time.monotonic())
        try:
            done = self.door.run(command, seconds, environment={**self.variables, **more})
        except Unreadable as problem:
            raise type(problem)(self.scrubbed(str(problem))) from None
        if done.rc != 0:
            raise Unreadable("%s exited %d: %s" % (argv[0], done.rc, self.scrubbed(said(done.err or done.out))))
        return done.out

    def scrubbed(self, text: str) -> str:
        """Return a text without what the environment file holds, and without passwords in addresses."""
        for value in sorted(self.variables.values(), key=len, reverse=True):
            if len(value) >= LEAST_SECRET:
                text = text.replace(value, "***")
        return without_login(text)[:REASON_LIMIT]


def environment(door: Door, path: str | None) -> dict[str, str]:
    """Return the variables of an environment file that tools are told; raises Unreadable where others may change it."""
    if not path:
        return {}
    trusted(door, path)
    return {name: value for name, value in assignments(door.read(path)) if name.startswith(PASSED_ON)}


def trusted(door: Door, path: str) -> None:
    """Raise Unreadable unless a file is root's, and nobody else can change it or what leads to it."""
    step = door.real(path)
    while True:
        found = door.stat(step)
        if found.uid != 0 or found.mode & OTHERS_WRITE:
            raise Unreadable("%s isn't used: others than root may change %s" % (path, step))
        if step == "/":
            return
        step = step.rpartition("/")[0] or "/"


def assignments(text: str) -> list[tuple[str, str]]:
    """Return the (name, value) of an environment file, as systemd and shells write them."""
    found = []
    for line in text.split("\n"):
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        value = value.strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1]
        if equals and NAME.fullmatch(name.strip()) and "\0" not in value:
            found.append((name.strip(), value))
    return found


def without_login(text: str) -> str:
    """Return a text whose addresses have no user and password."""
    return USER_INFO.sub(r"\1", text)


def said(text: str) -> str:
    """Return the line in which a failing tool says why, out of its JSON where it writes that."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or ["no message"]
    try:
        message = json.loads(lines[-1])
        lines = str(message["message"]).splitlines()[:1] or lines
    except (ValueError, TypeError, KeyError):
        pass
    return next((line for line in lines if line.startswith("Fatal")), None) or next(
        (line for line in reversed(lines) if ERROR.match(line)), lines[-1]
    )
