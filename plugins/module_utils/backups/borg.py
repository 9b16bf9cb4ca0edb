# SPDX-License-Identifier: GPL-3.0-or-later
"""Borg, asked without a lock and with scratch folders in place of its own: nothing changes anywhere.

How much an archive holds and added is known by Borg's cache alone, which can't be had without writing: it isn't told.
"""

from __future__ import annotations

import json
import posixpath
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from ..door import Unreadable
from .entry import Entry
from .snapshots import KEPT, document, rows, snapshot

PROGRAM = "borg"
FORMAT = "{time}{command_line}{hostname}"
#: Options of `borg create` whose value is the next word.
EXCLUDING = ("-e", "--exclude")
VALUED = (*EXCLUDING, "-C", "--compression", "-s", "--stats-format", "--exclude-from", "--patterns-from", "--pattern",
          "--comment", "--timestamp", "-c", "--checkpoint-interval", "--chunker-params", "--files-cache", "--rsh",
          "--remote-path", "--umask", "--lock-wait", "--exclude-if-present")  # fmt: skip


def listed(entry: Entry) -> tuple[list[dict[str, Any]], str]:
    """Return (the last archives, encryption mode) of a repository."""
    argv = ["list", "--json", "--last", str(KEPT), "--format", FORMAT, entry.declared["repository"]]
    answer = document(_ask(entry, argv), PROGRAM)
    if not isinstance(answer, dict) or not isinstance(answer.get("encryption"), dict):
        raise Unreadable("borg printed no encryption")
    found = []
    for row in rows(answer.get("archives"), PROGRAM):
        paths, excludes = created(row.get("command_line"))
        found.append(snapshot(row.get("name"), row.get("time"), paths, row.get("hostname"), excludes))
    return found, str(answer["encryption"].get("mode"))


def holds(entry: Entry, newest: Mapping[str, Any], path: str) -> bool:
    """Say whether an archive has a file."""
    archive = "%s::%s" % (entry.declared["repository"], newest["id"])
    wanted = path.lstrip("/")
    lines = _ask(entry, ["list", "--json-lines", archive, posixpath.dirname(wanted) or wanted]).splitlines()
    try:
        return any(json.loads(line).get("path") == wanted for line in lines)
    except (ValueError, AttributeError):
        raise Unreadable("borg printed no JSON") from None


def created(command: Any) -> tuple[list[str] | None, list[str]]:
    """Return (paths, patterns of what is left out) of the command line that made an archive.

    None in place of paths that are not all absolute: what they belong to isn't known any more.
    """
    words = [str(word) for word in command] if isinstance(command, list) else []
    paths: list[str] = []
    excludes: list[str] = []
    archive, before = False, ""
    for word in words:
        if before in EXCLUDING:
            excludes.append(word)
        elif word.startswith("--exclude="):
            excludes.append(word.partition("=")[2])
        elif archive and not word.startswith("-") and before not in VALUED:
            paths.append(word)
        archive = archive or ("::" in word and before not in VALUED)
        before = word
    return (paths if paths and all(path.startswith("/") for path in paths) else None), excludes


def _ask(entry: Entry, arguments: Sequence[str]) -> str:
    with entry.door.scratch(entry.declared["user"]) as own:
        more = {
            **dict.fromkeys(("BORG_CACHE_DIR", "BORG_SECURITY_DIR", "BORG_CONFIG_DIR"), own),
            "BORG_KEYS_DIR": keys(entry.variables, entry.declared["user"]),
            # Asked for what was declared, and given nothing but questions.
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
            "TZ": "UTC",
        }
        if entry.declared.get("key_file"):
            more["BORG_PASSCOMMAND"] = "cat %s" % shlex.quote(entry.declared["key_file"])
        return entry.ask([PROGRAM, "--bypass-lock", *arguments], more)


def keys(variables: Mapping[str, str], user: str) -> str:
    """Return where an account's key files lie."""
    home = "/root" if user == "root" else "/home/" + user
    base = variables.get("BORG_BASE_DIR", home) + "/.config/borg"
    return variables.get("BORG_KEYS_DIR", variables.get("BORG_CONFIG_DIR", base) + "/keys")
