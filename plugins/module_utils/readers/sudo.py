# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `sudo`: the sudoers policy with its aliases and includes resolved, as sudo's own cvtsudoers reads it."""

from __future__ import annotations

import json
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

SUDOERS = "/etc/sudoers"
NSSWITCH = "/etc/nsswitch.conf"
CONVERT = ("cvtsudoers", "-e", "-f")
#: The Defaults that are judged; others may hold anything.
OPTIONS = frozenset(
    {"authenticate", "exempt_group", "timestamp_timeout", "timestamp_type", "pam_service", "pam_login_service",
     "rootpw", "runaspw", "targetpw", "use_pty", "log_input", "log_output", "logfile", "log_servers", "secure_path"}
)  # fmt: skip
SCOPES = {":": "user", "@": "host", "!": "command", ">": "runas"}

Member = dict[str, Any]


def read(host: Reading, area: Area) -> None:
    """Learn `installed`, `sources`, `rules` and `defaults`.

    sources: where sudo looks for rules, in order (nsswitch.conf; ["files"] without an entry).
    rules: [{users, hosts, runas, commands, nopasswd}]: users, hosts and runas as [{kind, name, negated}] with kind as
    cvtsudoers names it (username, usergroup, userid, usergid, netgroup, hostname, networkaddr, ...); commands: the
    programs' paths, "!" before an excluded one; nopasswd: True, False, or None where the rule doesn't say.
    defaults: [{scope: user|host|command|runas|None, members: [{kind, name, negated}], options: {name: value}}] in
    order.
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
        return
    area.facts["rules"] = [rule for spec in policy.get("User_Specs", []) for rule in rules(spec)]
    area.learn("defaults", defaults, door, policy.get("Defaults", []))


def load(door: Door) -> dict[str, Any]:
    """Return what cvtsudoers makes of the installed policy."""
    try:
        text = door.output([*CONVERT, "json", SUDOERS])
    except Missing:
        raise Unreadable("cvtsudoers is not installed (it comes with sudo 1.8.24 and newer)") from None
    try:
        policy = json.loads(text or "{}", strict=False)
    except ValueError as error:
        raise Unreadable("cvtsudoers printed no JSON: %s" % error) from None
    if not isinstance(policy, dict):
        raise Unreadable("cvtsudoers printed no JSON object")
    return policy


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
        found.append(
            {
                "users": members(spec.get("User_List", [])),
                "hosts": members(spec.get("Host_List", [])),
                "runas": members(part.get("runasusers", [])),
                "commands": [program(command) for command in part.get("Commands", [])],
                "nopasswd": None if "authenticate" not in options else not options["authenticate"],
            }
        )
    return found


def program(command: dict[str, Any]) -> str:
    """Return a command's path without its arguments, which may hold anything."""
    words = str(command.get("command", "")).split()
    return ("!" if command.get("negated") else "") + (words[0] if words else "")


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
