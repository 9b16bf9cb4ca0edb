# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `datastores`: what guards Redis and Docker's TCP socket, neither of which asks for a password by itself."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

REDIS = ("redis-server", "valkey-server", "keydb-server")
REDIS_CONFIGS = ("/etc/redis.conf", "/etc/valkey.conf")
REDIS_FOLDERS = ("/etc/redis", "/etc/valkey", "/etc/keydb")
INCLUDE_DEPTH = 8
DAEMON_JSON = "/etc/docker/daemon.json"
ARGUMENTS = re.compile(r"argv\[\]=(.*?) ; ignore_errors=", re.DOTALL)
PROTECTED = re.compile(r"(?:^|\s)--protected-mode[\s=]+(yes|no)\b")


def read(host: Reading, area: Area) -> None:
    """Learn `redis` and `docker`.

    redis: [{place, protected: bool}], one for each configuration file and for each unit whose command line sets it.
    docker: None without a daemon.json and a daemon that listens, else {tlsverify: bool}.
    """
    area.learn("redis", lambda: redis_files(host.door) + redis_units(host.door, host.fact("sockets", "listening")))
    area.learn("docker", lambda: docker(host.door, host.fact("sockets", "listening")))


def redis_files(door: Door) -> list[dict[str, Any]]:
    """Return the protected-mode of each configuration file; it is on unless one turns it off, the last line counts."""
    paths = [path for path in REDIS_CONFIGS if door.exists(path)]
    for folder in REDIS_FOLDERS:
        names = [name for name in door.names(folder) if name.endswith(".conf") and "sentinel" not in name]
        paths += [f"{folder}/{name}" for name in names]
    return [{"place": path, "protected": _protected(door, path)} for path in paths]


def _protected(door: Door, path: str) -> bool:
    values = [words[1].lower() for words in _directives(door, path, 0) if words[0].lower() == "protected-mode"]
    return values[-1:] != ["no"]


def _directives(door: Door, path: str, depth: int) -> list[list[str]]:
    """Return the lines of a configuration as words, those of included files in their place."""
    if depth > INCLUDE_DEPTH:
        raise Unreadable(f"{path}: included too deeply")
    found: list[list[str]] = []
    for line in door.lines(path):
        words = [word.strip("\"'") for word in line.split()]
        if words[0].lower() == "include" and len(words) > 1:
            found += [inner for name in _matching(door, words[1]) for inner in _directives(door, name, depth + 1)]
        elif len(words) > 1:
            found.append(words)
    return found


def _matching(door: Door, pattern: str) -> list[str]:
    folder, _slash, name = pattern.rpartition("/")
    return [f"{folder}/{one}" for one in door.names(folder) if fnmatchcase(one, name)]


def redis_units(door: Door, listening: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the protected-mode that a running unit's command line sets over its file."""
    units = sorted({one["unit"] for one in listening if one["process"] in REDIS and one["unit"]})
    found = []
    for unit in units:
        arguments = ARGUMENTS.search(door.output(["systemctl", "show", "-p", "ExecStart", unit]))
        setting = PROTECTED.findall(arguments.group(1)) if arguments else []
        if setting:
            found.append({"place": f"{unit} (command line)", "protected": setting[-1] == "yes"})
    return found


def docker(door: Door, listening: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Return whether the daemon asks clients on TCP for a certificate."""
    words: list[str] = []
    for pid in sorted({one["pid"] for one in listening if one["process"] == "dockerd"}):
        words += door.read(f"/proc/{pid}/cmdline").split("\0")
    try:
        settings = json.loads(door.read(DAEMON_JSON))
    except Missing:
        settings = None
    except ValueError:
        raise Unreadable(f"{DAEMON_JSON} is not JSON") from None
    if settings is None and not words:
        return None
    flag = any(word in ("--tlsverify", "--tlsverify=true") for word in words)
    return {"tlsverify": flag or (isinstance(settings, dict) and settings.get("tlsverify") is True)}
