# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `keys`: the public keys that open each account, by fingerprint, and who can change the files they stand in."""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from ..door import Door, Missing, Status, Unreadable
from ..reading import Area, Reading
from ..ssh import authorized_key

#: Folders whose owner and mode are remembered: all homes lie in a few.
FOLDERS = 1000
#: More keys than this in one file are reported, not judged one by one.
KEYS_LIMIT = 1000

Entry = dict[str, Any]


def read(host: Reading, area: Area) -> None:
    """Learn which keys sshd accepts for each account.

    authorized: [{user, path, line, type, bits, fingerprint, options: [texts], marks, owner_uid, mode,
    writable_by_user}]. marks: the patterns asked for that its comment matches.
    bits: of the modulus or curve, None for a type that has neither; options: from="...", restrict, ..., by name only
    where the value may hold a secret (command, environment); writable_by_user: the account can change or replace it.
    files: [{user, path, exists, writable_by_user}]: every place where sshd looks for keys.
    unreadable: {user: why not all of its keys can be seen}.
    trusted_cas: [{path, line, type, bits, fingerprint, marks}]: whose certificates open accounts (TrustedUserCAKeys).
    All are empty where no SSH server is installed that could accept a key.
    """
    door = host.door
    area.facts.update(authorized=[], files=[], unreadable={}, trusted_cas=[])
    if not host.fact("sshd", "installed"):
        return
    base, contexts = host.fact("sshd", "settings"), host.fact("sshd", "contexts")
    gids = host.fact("accounts", "gids")
    known = [(frozenset(context["users"]), {**base, **context["settings"]}) for context in contexts]
    folder = lru_cache(FOLDERS)(door.stat)
    for user in host.fact("accounts", "users"):
        own = [settings for users, settings in known if user["name"] in users]
        groups = {user["gid"], *(gids[group] for group in user["groups"] if group in gids)}
        try:
            for path in key_files(own, user):
                place = {"user": user["name"], "path": path}
                file = dict(place, **whose(door, path, user["uid"], groups, folder))
                keys = keys_in(door, path, host.marks)
                area.facts["authorized"] += [dict(key, **file) for key in keys]
                writable = file["writable_by_user"]
                area.facts["files"].append(dict(place, exists="mode" in file, writable_by_user=writable))
            hidden = values(own, "authorizedkeyscommand")
            if hidden:
                raise Unreadable("AuthorizedKeysCommand %s gives keys that no file shows" % ", ".join(hidden))
        except Unreadable as problem:
            area.facts["unreadable"][user["name"]] = str(problem)
    del area.facts["trusted_cas"]
    settings = [base, *({**base, **each["settings"]} for each in contexts)]
    area.learn("trusted_cas", trusted_cas, door, settings, host.marks)


def values(settings: list[dict[str, list[str]]], option: str) -> list[str]:
    """Return the different values of an option that means nothing by "none"."""
    found = [value for each in settings for value in each.get(option, [])]
    return [value for value in dict.fromkeys(found) if value and value != "none"]


def key_files(settings: list[dict[str, list[str]]], user: Entry) -> list[str]:
    """Return the absolute paths that AuthorizedKeysFile means for a user in any of its contexts."""
    tokens = {"%%": "%", "%h": user["home"], "%u": user["name"], "%U": str(user["uid"])}
    paths = []
    for pattern in (word for value in values(settings, "authorizedkeysfile") for word in value.split()):
        pieces = pattern.replace("%%", "\0").split("%")
        path = pieces[0] + "".join(tokens.get("%" + piece[:1], "%" + piece[:1]) + piece[1:] for piece in pieces[1:])
        path = path.replace("\0", "%")
        paths.append(path if path.startswith("/") else "%s/%s" % (user["home"].rstrip("/"), path))
    return list(dict.fromkeys(paths))


def keys_in(door: Door, path: str, marks: Sequence[str] = ()) -> list[Entry]:
    """Return the keys of a file with their line numbers; none where there is no file."""
    try:
        text = door.read(path)
    except Missing:
        return []
    parsed = [(number, authorized_key.parse(line, marks)) for number, line in enumerate(text.split("\n"), 1)]
    keys = [dict(key, line=number) for number, key in parsed if key is not None]
    if len(keys) > KEYS_LIMIT:
        raise Unreadable("%s holds more than %d keys" % (path, KEYS_LIMIT))
    return keys


def whose(
    door: Door, path: str, uid: int, groups: set[int], folders: Callable[[str], Status] | None = None
) -> Entry:  # fmt: skip
    """Return {owner_uid, mode, writable_by_user} of a file; of one that isn't there only the last.

    folders: the door's stat for folders, which many files share.
    """
    look = folders or door.stat
    found: Entry = {"writable_by_user": uid == 0}
    try:
        status = door.stat(path)
        found.update(owner_uid=status.uid, mode="%04o" % status.mode)
        sticky_helps = True
        found["writable_by_user"] |= _writable(status.uid, status.gid, status.mode, uid, groups)
    except Missing:
        sticky_helps = False
    # Who can write to a folder on the way can put another file in place; links lead through a second way.
    for way in dict.fromkeys((path, door.real(path))):
        for folder in parents(way):
            try:
                status = look(folder)
            except Missing:
                continue
            if not (sticky_helps and status.mode & stat.S_ISVTX and status.uid != uid):
                found["writable_by_user"] |= _writable(status.uid, status.gid, status.mode, uid, groups)
    return found


def _writable(owner: int, group: int, mode: int, uid: int, groups: set[int]) -> bool:
    return owner == uid or bool(mode & stat.S_IWOTH) or bool(mode & stat.S_IWGRP and group in groups)


def parents(path: str) -> list[str]:
    """Return the folders above a path, the nearest first, "/" last."""
    parts = [part for part in path.split("/") if part]
    return ["/" + "/".join(parts[:count]) for count in range(len(parts) - 1, -1, -1)]


def trusted_cas(door: Door, settings: list[dict[str, list[str]]], marks: Sequence[str]) -> list[Entry]:
    """Return the keys of every TrustedUserCAKeys file; one that isn't there trusts nobody."""
    paths = values(settings, "trustedusercakeys")
    return [dict(key, path=path) for path in paths for key in keys_in(door, path, marks)]
