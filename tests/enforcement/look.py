# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs on a pictured host, with Python's standard library alone: prints what tree.py compares, as JSON."""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

RUNNING = ("active", "activating", "reloading", "failed")
#: On a busy machine systemd is asked by many at once, and systemctl would give up after 25 seconds.
PATIENT = {"SYSTEMD_BUS_TIMEOUT": "120s"}
PACKAGE = "${Package}:${Architecture} ${db:Status-Abbrev}${Version}\n"


def main(tops: list[str]) -> None:
    """Print {file, unit, account, package: {name: how it is}}."""
    found = {
        "file": dict(files(tops)),
        "unit": dict(units()),
        "account": dict(accounts()),
        "package": dict(line.split(" ", 1) for line in lines("dpkg-query", "-W", "-f", PACKAGE)),
    }
    json.dump(found, sys.stdout)


def files(tops: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each path below with type and mode, owner, group and the sha256 of its content or its link's target."""
    for top in tops:
        for folder, folders, names in os.walk(top):
            for path in (folder, *(os.path.join(folder, name) for name in folders + names)):
                try:
                    yield path, described(Path(path))
                except FileNotFoundError:  # it was a temporary one
                    continue


def described(path: Path) -> str:
    """Return one path's line."""
    found = path.lstat()
    content = ""
    if stat.S_ISREG(found.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    elif stat.S_ISLNK(found.st_mode):
        content = str(path.readlink())
    owner = f"{named(pwd.getpwuid, found.st_uid)}:{named(grp.getgrgid, found.st_gid)}"
    return f"{found.st_mode:o} {owner} {content}"


@cache
def named(database: Callable[[int], Any], number: int) -> str:
    """Return the name of an account or group, its number where it has none."""
    try:
        return str(database(number)[0])
    except KeyError:
        return str(number)


def units() -> Iterator[tuple[str, str]]:
    """Yield each unit file's state but for logins' scopes, and which services and the like run or have failed."""
    enabled = dict(line.split()[:2] for line in lines("systemctl", "list-unit-files", "--no-legend", "--plain"))
    yield from ((name, state) for name, state in enabled.items() if not name.endswith(".scope"))
    kinds = ("*.service", "*.socket", "*.timer", "*.path")
    for line in lines("systemctl", "list-units", "--all", "--no-legend", "--plain", "--full", *kinds):
        name, _, state = line.split()[:3]
        if state in RUNNING:
            yield name, f"{enabled.get(name, '-')}, {state}"


def accounts() -> Iterator[tuple[str, str]]:
    """Yield the lines of accounts and groups from every source that the host asks."""
    for database in ("passwd", "group"):
        for line in lines("getent", database):
            yield f"{database} {line.partition(':')[0]}", line


def lines(*command: str) -> list[str]:
    """Return what a command prints."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, env={**os.environ, **PATIENT}, text=True, errors="surrogateescape", check=True
    )
    return done.stdout.splitlines()


main(sys.argv[1:])
