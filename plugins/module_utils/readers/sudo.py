# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `sudo`: the sudoers policy with its aliases and includes resolved, as sudo's own cvtsudoers reads it."""

from __future__ import annotations

import json
import os
import re
import stat
from typing import Any

from ..door import Door, Missing, Status, Unreadable
from ..reading import Area, Reading
from ..sudoers_file import include, taken
from .keys import parents

SUDOERS = "/etc/sudoers"
FOLDER = SUDOERS + ".d"
NSSWITCH = "/etc/nsswitch.conf"
CONVERT = ("cvtsudoers", "-e", "-f")
#: The Defaults that are judged; others may hold anything.
OPTIONS = frozenset(
    {"authenticate", "exempt_group", "timestamp_timeout", "timestamp_type", "pam_service", "pam_login_service",
     "rootpw", "runaspw", "targetpw", "use_pty", "log_input", "log_output", "logfile", "log_servers", "secure_path",
     "env_reset", "noexec", "setenv", "runas_default"}
)  # fmt: skip
BARE = re.compile(
    r'^(\s*)("(?:runcwd|runchroot|role|type|apparmor_profile|privs|limitprivs)": "(?:[^"\\]|\\.)*")(?=,?$)',
    re.MULTILINE,
)
GAP = re.compile(r"\}(\n\s*)\{")
#: What a tag or an option of a rule is called in JSON.
TAGS = ("noexec", "setenv", "log_input", "log_output", "notbefore", "notafter")
WILD = re.compile(r"[*?\[]|^\^.*\$$")
SCOPES = {":": "user", "@": "host", "!": "command", ">": "runas"}

#: More programs than this are not looked at one by one.
PROGRAMS_LIMIT = 2000

Member = dict[str, Any]


def read(host: Reading, area: Area) -> None:
    """Learn `installed`, `sources`, `rules`, `defaults`, `programs` and `drop_ins`.

    sources: where sudo looks for rules, in order (nsswitch.conf; ["files"] without an entry).
    rules: [{users, hosts, runas, runas_groups, commands, details, nopasswd, noexec, setenv, log_input, log_output,
    notbefore, notafter}]: users, hosts and runas as [{kind, name, negated}] with kind as cvtsudoers names it (username,
    usergroup, userid, usergid, netgroup, hostname, networkaddr, ...); runas_groups: whether it names groups to run as;
    commands: the programs' paths, "!" before an excluded one; details: for each command {arguments, digest}, arguments
    being any, none, given or wildcard; nopasswd and the tags: True, False, or None where the rule doesn't say;
    notbefore and notafter: YYYYmmddHHMMSSZ or None.
    defaults: [{scope: user|host|command|runas|None, members: [{kind, name, negated}], options: {name: value}}] in
    order.
    programs: {path of a command: {real, writable}}: real: the program's path with its links followed, None where it
    isn't there; writable: the paths on the way to it that others than root can write to, itself included. Of a pattern
    it is the folder above the pattern.
    drop_ins: the names of the files in /etc/sudoers.d that sudo reads, in its order; None where it doesn't read the
    folder, or reads other rules after it.
    """
    door = host.door
    area.facts["installed"] = door.which("sudo") is not None
    if not area.facts["installed"]:
        return
    area.learn("sources", sources, door)
    try:
        policy = load(door)
    except Unreadable as problem:
        area.unread("rules", str(problem))
        area.unread("defaults", str(problem))
        area.unread("programs", str(problem))
        area.unread("drop_ins", str(problem))
        return
    area.facts["rules"] = [rule for spec in policy.get("User_Specs", []) for rule in rules(spec)]
    area.learn("defaults", defaults, door, policy.get("Defaults", []))
    area.learn("drop_ins", drop_ins, door)
    area.learn("programs", programs, door, area.facts["rules"])


def load(door: Door) -> dict[str, Any]:
    """Return what cvtsudoers makes of the installed policy."""
    try:
        text = door.output([*CONVERT, "json", SUDOERS])
    except Missing:
        raise Unreadable("cvtsudoers is not installed (it comes with sudo 1.8.24 and newer)") from None
    try:
        policy = json.loads(mended(text or "{}"), strict=False)
    except ValueError as error:
        raise Unreadable("cvtsudoers printed no JSON: %s" % error) from None
    if not isinstance(policy, dict):
        raise Unreadable("cvtsudoers printed no JSON object")
    return policy


def mended(text: str) -> str:
    """Return the JSON of cvtsudoers with what 1.9.13 forgets: braces around such options as CWD, and the comma after a
    rule whose commands are an alias that isn't there."""
    return GAP.sub(r"},\1{", BARE.sub(r"\1{\2}", text))


def sources(door: Door) -> list[str]:
    """Return the sources that nsswitch.conf(5) names for sudoers."""
    try:
        lines = door.lines(NSSWITCH)
    except Missing:
        return ["files"]
    for line in lines:
        database, _colon, rest = line.partition(":")
        if database.strip() == "sudoers":
            return [word for word in rest.partition("#")[0].split() if not word.startswith("[")]
    return ["files"]


def drop_ins(door: Door) -> list[str] | None:
    """Return the names of the files in the folder for drop-ins, None where they don't have the last word."""
    found = None
    try:
        lines = door.lines(SUDOERS, comment="")
    except Missing:
        return None
    for line in lines:
        taken_in = include(line)
        if taken_in and taken_in.folder and os.path.join("/etc", taken_in.path).rstrip("/") == FOLDER:
            found = [name for name in door.list(FOLDER) if taken(name)]
        elif taken_in or not line.startswith(("#", "Defaults")):
            found = None
    return found


def members(entries: list[Member]) -> list[Member]:
    """Return [{kind, name, negated}] of cvtsudoers' one-key objects."""
    found = []
    for entry in entries:
        for kind, name in entry.items():
            if kind != "negated":
                found.append({"kind": kind, "name": str(name), "negated": bool(entry.get("negated"))})
    return found


def rules(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one rule for each group of commands that share their tags."""
    found = []
    for part in spec.get("Cmnd_Specs", []):
        options = {name: value for option in part.get("Options", []) for name, value in option.items()}
        commands = [command for command in part.get("Commands", []) if command.get("command")]
        found.append(
            {
                "users": members(spec.get("User_List", [])),
                "hosts": members(spec.get("Host_List", [])),
                "runas": members(part.get("runasusers", [])),
                "runas_groups": bool(part.get("runasgroups")),
                "commands": [program(command) for command in commands],
                "details": [detail(command) for command in commands],
                "nopasswd": None if "authenticate" not in options else not options["authenticate"],
                **{tag: options.get(tag) for tag in TAGS},
            }
        )
    return found


def program(command: dict[str, Any]) -> str:
    """Return a command's path without its arguments, which may hold anything."""
    return ("!" if command.get("negated") else "") + str(command["command"]).split(" ", 1)[0]


def detail(command: dict[str, Any]) -> dict[str, Any]:
    """Return whether a command may have arguments of one's own, and whether its content is fixed by a digest."""
    _path, _space, arguments = str(command["command"]).partition(" ")
    if not arguments:
        kind = "any"
    elif arguments == '""':
        kind = "none"
    else:
        kind = "wildcard" if WILD.search(arguments) else "given"
    return {"arguments": kind, "digest": any(name.startswith("sha") for name in command)}


def programs(door: Door, known: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return {path: {real, writable}} of the commands that some rule allows."""
    paths = {path for rule in known for path in rule["commands"] if path[:1] in ("/", "^")}
    if len(paths) > PROGRAMS_LIMIT:
        raise Unreadable("sudoers names more than %d programs" % PROGRAMS_LIMIT)
    return {path: {"real": real(door, path), "writable": writable(door, path)} for path in sorted(paths)}


def real(door: Door, path: str) -> str | None:
    """Return the path of a program with its links followed, None where there is none."""
    return door.real(path) if path.startswith("/") and door.exists(path) else None


def writable(door: Door, path: str) -> list[str]:
    """Return the paths on the way to a program that others than root can write to."""
    fixed = path.lstrip("^")
    wild = WILD.search(path)
    if wild:
        fixed = re.split(r"[*?\[\]().$+|\\]", fixed, maxsplit=1)[0].rpartition("/")[0]
    found = []
    fixed = fixed.rstrip("/")
    for way in dict.fromkeys((fixed, door.real(fixed))):
        # In a folder such as /tmp nobody can put another file in the place of root's.
        safe = door.exists(way)
        for place in (way, *parents(way)):
            try:
                status = door.stat(place)
            except Missing:
                safe = False
                continue
            shielded = safe and place != way and status.mode & stat.S_ISVTX
            if status.uid != 0 or (foreign(status) and not shielded):
                found.append(place)
            safe = status.uid == 0
    return sorted(set(found))


def foreign(status: Status) -> bool:
    """Say whether others than root and its group may write."""
    return bool(status.mode & stat.S_IWOTH or (status.mode & stat.S_IWGRP and status.gid != 0))


def defaults(door: Door, entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return each Defaults line: to whom it is bound, and what it sets."""
    bound = scopes(door.output([*CONVERT, "sudoers", "-s", "aliases,privileges", SUDOERS])) if entries else []
    if len(bound) != len(entries):
        raise Unreadable("cvtsudoers printed %d Defaults as sudoers and %d as JSON" % (len(bound), len(entries)))
    found = []
    for scope, entry in zip(bound, entries):  # noqa: B905 - strict= is newer than the oldest Python on hosts
        options = {name: value for option in entry.get("Options", []) for name, value in option.items()}
        found.append(
            {
                "scope": scope,
                "members": members(entry.get("Binding", [])),
                "options": {name: value for name, value in options.items() if name in OPTIONS},
            }
        )
    return found


def scopes(text: str) -> list[str | None]:
    """Return what each Defaults line of a sudoers text is bound to, which JSON doesn't tell of user and runas."""
    lines = [line for line in text.split("\n") if line.startswith("Defaults")]
    return [SCOPES.get(line[len("Defaults") : len("Defaults") + 1]) for line in lines]
