# SPDX-License-Identifier: GPL-3.0-or-later
"""Parses command lines that serve repositories: of restic's REST server, and `borg serve` as a key's forced command."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from typing import Any

from ..ssh.authorized_key import OPTION

#: What the program is called upstream and on Debian.
REST_SERVERS = ("rest-server", "restic-rest-server")
#: Its options that take a value; what it takes where they are not given.
VALUES = {"path": "/tmp/restic", "listen": ":8000", "htpasswd-file": "", "tls-cert": "", "tls-key": "",
          "max-size": "", "log": "", "cpu-profile": "", "proxy-auth-username": ""}  # fmt: skip
FALSE = ("false", "f", "0", "no")
#: Options of borg serve that say where it may go.
RESTRICTIONS = ("--restrict-to-path", "--restrict-to-repository")


def rest_server(argv: Sequence[str]) -> dict[str, Any] | None:
    """Return {path, listen, append_only, private, auth, tls, users_file} of a REST server's command line, else None.

    path: of its data; users_file: with those who may log in, None for the one in its data.
    """
    if not argv or argv[0].rpartition("/")[2] not in REST_SERVERS:
        return None
    given: dict[str, str] = {}
    words = iter(argv[1:])
    for word in words:
        name, equals, value = word.lstrip("-").partition("=")
        if word.startswith("--"):
            given[name] = value if equals else next(words, "") if name in VALUES else "true"
    flags = {name for name, value in given.items() if name not in VALUES and value.lower() not in FALSE}
    path = given.get("path") or VALUES["path"]
    return {
        "path": path.rstrip("/") or "/",
        "listen": given.get("listen") or VALUES["listen"],
        "append_only": "append-only" in flags,
        "private": "private-repos" in flags,
        "auth": "no-auth" not in flags or "proxy-auth-username" in given,
        "tls": "tls" in flags,
        "users_file": given.get("htpasswd-file") or None,
    }


def users(text: str) -> list[str]:
    """Return who may log in by a file of htpasswd(1); the hashes stay."""
    names = (line.partition(":") for line in text.split("\n") if not line.startswith("#"))
    return sorted({name.strip() for name, colon, _hash in names if colon and name.strip()})


def forced_command(line: str) -> str | None:
    """Return what a line of authorized_keys forces, None where it forces nothing (sshd(8))."""
    place, text = 0, line.strip()
    while place < len(text) and not text[place].isspace():
        found = OPTION.match(text, place)
        if not found:
            return None
        if found.group(1).lower() == "command" and found.group(2) is not None:
            return found.group(2).replace('\\"', '"')
        place = found.end()
    return None


def borg_serve(command: str) -> dict[str, Any] | None:
    """Return {append_only, paths} of a command that is borg serve and nothing more, else None."""
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    # What a shell would make of these could be anything.
    if re.search(r"[;&|<>`$\n]", command) or "serve" not in words[1:] or words[0].rpartition("/")[2] != "borg":
        return None
    paths = []
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in RESTRICTIONS:
            paths.append(value if equals else next(iter(words[place + 1 :]), ""))
    return {"append_only": "--append-only" in words, "paths": [path.rstrip("/") or "/" for path in paths if path]}
