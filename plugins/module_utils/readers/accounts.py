# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `accounts`: every user and group that the host's name services know, and whether a password opens them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

#: Prefix of a crypt(5) hash -> its scheme, spelled as in login.defs(5).
SCHEMES = {
    "$y$": "yescrypt",
    "$gy$": "gost-yescrypt",
    "$7$": "scrypt",
    "$2": "bcrypt",
    "$6$": "sha512",
    "$5$": "sha256",
    "$sha1": "sha1",
    "$md5": "sunmd5",
    "$1$": "md5",
    "_": "bsdicrypt",
}
DES = re.compile(r"[./0-9A-Za-z]{13}")
NUMBER = re.compile(r"[0-9]{1,10}")
EPOCH = date(1970, 1, 1)
#: UID_MIN where login.defs(5) doesn't set it.
UID_MIN = 1000
#: sssd and others don't enumerate: an account the controller asks about is then looked up by its name.
ASKED_LIMIT = 500


def read(host: Reading, area: Area) -> None:
    """Learn `users`, `groups`, `gids`, `shells`, `uid_min` and `passwords`.

    users: [{name, uid, gid, home, shell, groups: [names, the primary one too], source: files|nss, described: whether
    GECOS holds a text}], and where shadow could be read, for those in it: password: usable|locked|empty|none, hash:
    scheme of a usable password or None, barred: somebody locked a password that is still there (passwd -l), changed:
    ISO date of the last password change or None, expires: ISO date or None, expired: by the host's clock.
    passwords: {user: the same password state}; where shadow can't be read its error says why.
    groups: {name: [members, those by primary group too]}. gids: {name: gid}.
    shells: what /etc/shells lists, None where the host has no such file. uid_min: the first uid of people's accounts.
    """
    door = host.door
    area.learn("shells", shells, door)
    area.learn("uid_min", uid_min, door)
    groups = parse_groups(door.output(["getent", "group"]))
    users = read_users(door, [subject["user"] for subject in host.subjects])
    area.facts["groups"] = join(users, groups)
    area.facts["gids"] = {name: gid for name, (gid, _named) in groups.items()}
    area.facts["users"] = users
    try:
        states = password_states(door)
    except Unreadable as problem:
        area.unread("passwords", str(problem))
        return
    area.facts["passwords"] = {name: state["password"] for name, state in states.items()}
    for user in users:
        user.update(states.get(user["name"], {}))


def shells(door: Door) -> list[str] | None:
    """Return the valid login shells, None where the host keeps no list of them."""
    try:
        return door.lines("/etc/shells")
    except Missing:
        return None


def uid_min(door: Door) -> int:
    """Return UID_MIN of login.defs(5), in whose texts the last line wins."""
    try:
        settings = [line.split() for line in door.lines("/etc/login.defs")]
    except Missing:
        return UID_MIN
    numbers = [words[1] for words in settings if words[0] == "UID_MIN" and len(words) > 1]
    return int(numbers[-1]) if numbers and NUMBER.fullmatch(numbers[-1]) else UID_MIN


def read_users(door: Door, asked: list[str]) -> list[dict[str, Any]]:
    """Return the users that the name services enumerate, and those of `asked` that they know all the same."""
    local = {user["name"] for user in parse_users(door.read("/etc/passwd"))}
    users = {user["name"]: user for user in parse_users(door.output(["getent", "passwd"]))}
    hidden = [name for name in asked if name not in users and not name.startswith("-")][:ASKED_LIMIT]
    if hidden:
        # Exit status 2 says that some of them are unknown; the others are printed all the same.
        for user in parse_users(door.run(["getent", "passwd", *hidden]).out):
            user["groups"] = door.run(["id", "-Gn", user["name"]]).out.split()
            users[user["name"]] = user
    for user in users.values():
        user["source"] = "files" if user["name"] in local else "nss"
    return list(users.values())


def parse_users(text: str) -> list[dict[str, Any]]:
    """Return [{name, uid, gid, home, shell, groups: [], described}] of passwd(5) lines; no shell means /bin/sh."""
    users = []
    for line in text.split("\n"):
        fields = line.split(":")
        if len(fields) == 7 and NUMBER.fullmatch(fields[2]) and NUMBER.fullmatch(fields[3]):
            name, _password, uid, gid, gecos, home, shell = fields
            user = {"name": name, "uid": int(uid), "gid": int(gid), "home": home, "shell": shell or "/bin/sh"}
            # Of GECOS only whether it says anything: adduser(8) leaves ",,," where nobody was asked.
            users.append(dict(user, groups=[], described=bool(gecos.strip(", "))))
    return users


def parse_groups(text: str) -> dict[str, tuple[int, list[str]]]:
    """Return {name: (gid, members)} of group(5) lines."""
    groups = {}
    for line in text.split("\n"):
        fields = line.split(":")
        if len(fields) == 4 and NUMBER.fullmatch(fields[2]):
            groups[fields[0]] = (int(fields[2]), [name for name in fields[3].split(",") if name])
    return groups


def join(users: list[dict[str, Any]], groups: dict[str, tuple[int, list[str]]]) -> dict[str, list[str]]:
    """Fill in each user's groups and return {group: sorted members}, the primary group counted."""
    held = {user["name"]: set(user["groups"]) for user in users}
    by_gid = {gid: name for name, (gid, _named) in groups.items()}
    for user in users:
        if user["gid"] in by_gid:
            held[user["name"]].add(by_gid[user["gid"]])
    for name, (_gid, named) in groups.items():
        for member in named:
            held.setdefault(member, set()).add(name)
    for user in users:
        user["groups"] = sorted(held[user["name"]])
    members: dict[str, list[str]] = {name: [] for name in groups}
    for user_name in sorted(held):
        for group in held[user_name]:
            members.setdefault(group, []).append(user_name)
    return members


def password_states(door: Door) -> dict[str, dict[str, Any]]:
    """Return {user: {password, hash, changed, expires, expired}} of local accounts, from passwd(5) and shadow(5)."""
    shadow = {fields[0]: fields for fields in (line.split(":") for line in door.read("/etc/shadow").split("\n"))}
    today = date.today()
    states = {}
    for fields in (line.split(":") for line in door.read("/etc/passwd").split("\n")):
        if len(fields) != 7:
            continue
        entry = shadow.get(fields[0], [])
        # Only an "x" refers to shadow; anything else in passwd is the password field itself.
        field = fields[1] if fields[1] != "x" else entry[1] if len(entry) > 1 else None
        password, scheme = password_state(field)
        expires = day(entry[7]) if len(entry) > 7 else None
        changed = day(entry[2]) if len(entry) > 2 else None
        states[fields[0]] = {
            "password": password,
            "hash": scheme,
            "barred": is_barred(field),
            # Day 0 asks for a new password at the next login; it is no date.
            "changed": changed.isoformat() if changed and changed > EPOCH else None,
            "expires": expires.isoformat() if expires else None,
            "expired": expires is not None and expires <= today,
        }
    return states


def password_state(field: str | None) -> tuple[str, str | None]:
    """Return (state, hash scheme) of a shadow(5) password field; a text that is no hash matches no password."""
    if field is None:
        return "none", None
    if field == "":
        return "empty", None
    if field[0] in "!*":
        return "locked", None
    for prefix, scheme in SCHEMES.items():
        if field.startswith(prefix):
            return "usable", scheme
    if field.startswith("$"):
        return "usable", "other"
    return ("usable", "des") if DES.fullmatch(field) else ("locked", None)


def is_barred(field: str | None) -> bool:
    """Say whether a password hash stands behind the "!" that passwd -l and usermod -L put before it."""
    return (field or "").startswith("!") and password_state((field or "").lstrip("!"))[0] == "usable"


def day(field: str) -> date | None:
    """Return the day that a field of shadow(5) counts from 1970 to, None where it is empty or no number."""
    if not NUMBER.fullmatch(field):
        return None
    try:
        return EPOCH + timedelta(days=int(field))
    except OverflowError:
        return None
