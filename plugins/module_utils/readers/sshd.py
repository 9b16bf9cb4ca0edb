# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `sshd`: the SSH server as it really is, by `sshd -T`, and for each kind of login by `sshd -T -C`."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ..door import Door, Unreadable
from ..reading import Area, Reading
from ..ssh import config as sshd_config
from ..ssh import match as sshd_match

CONFIG = "/etc/ssh/sshd_config"
#: The service is called ssh on Debian and Ubuntu, sshd elsewhere; Ubuntu 24.04 starts it by the socket.
UNITS = ("ssh.service", "sshd.service", "ssh.socket", "sshd.socket")
VERSION = re.compile(r"OpenSSH_(\d+)\.(\d+)")
TITLE = re.compile(r"^sshd: (.*?) \[listener\]")
OTHER_SERVERS = ("dropbear", "tinysshd")
#: Commands whose arguments may hold secrets; judged is whether there is one, and which program.
PRIVATE = ("forcecommand", "authorizedkeyscommand", "authorizedprincipalscommand")
#: What sshd says beside the error that stops it.
NOTICE = re.compile(r"Deprecated option|Unsupported option|Could not load host key|Unable to load host key")
UNSTARTED = re.compile(r"privilege separation directory|no hostkeys available")
NEVER_STARTED = " (it never started here, or this account may not read its host keys)"
#: A port that no SSH server uses.
NO_PORT = "lport=1"
WORKERS = 4

Settings = dict[str, list[str]]


def read(host: Reading, area: Area) -> None:
    """Learn what the SSH server does with each login.

    installed: bool. running: bool (serves, or is started by a socket). others: other SSH servers installed.
    version: [major, minor]. options: what the running server was started with beside its configuration file.
    settings: {option in lower case: [values as `sshd -T` prints them, one a line]}, as for no login in particular.
    config_files: paths, in the order read. matches: [{match: its criteria, file, line}].
    set_in: [{option, file, line, match (None outside of any)}], the lines that set something, in the order read.
    contexts: [{user, users, address, why, asked, settings}]: one login of each class that the Match lines tell apart;
    users: all accounts in the class; address: where that login comes from; why: those of the matches that it meets;
    asked: the argument of -C, None where there is no Match at all; settings: only what differs from those above.
    Values of SetEnv are left out, and of commands all but the program.
    """
    door = host.door
    area.facts["installed"] = door.which("sshd") is not None
    area.facts["others"] = [name for name in OTHER_SERVERS if door.which(name)]
    options = _served_with(area, door)
    if not area.facts["installed"]:
        return
    area.learn("version", version, door)
    matches = _matches(area, door, config_path(options))
    command = ["sshd", "-T", *options]
    # Without a port, test mode stops at a Match LocalPort.
    by_port = any(name == "localport" for match in matches or () for name, _value in match.criteria)
    settings = area.learn("settings", ask, door, [*command, "-C", NO_PORT] if by_port else command)
    if settings is None or matches is None:
        area.unread("contexts", area.errors[-1]["reason"])
    else:
        area.learn("contexts", contexts, host, command, settings, matches)


def _served_with(area: Area, door: Door) -> list[str]:
    """Learn `running` and `options`; return the latter, none where they can't be known."""
    try:
        area.facts["running"], area.facts["options"] = serving(door)
    except Unreadable as problem:
        area.unread("running", str(problem))
        area.unread("options", str(problem))
    options: list[str] = area.facts.get("options", [])
    return options


def _matches(area: Area, door: Door, path: str) -> tuple[sshd_config.Match, ...] | None:
    """Learn `config_files` and `matches`; return the latter, None where a file can't be read."""
    try:
        config = sshd_config.load(door, path)
    except Unreadable as problem:
        area.unread("config_files", str(problem))
        area.unread("matches", str(problem))
        area.unread("set_in", str(problem))
        return None
    area.facts["config_files"] = list(config.files)
    area.facts["matches"] = [_match(match) for match in config.matches]
    area.facts["set_in"] = [
        {"option": one.option, "file": one.file, "line": one.line, "match": one.match and _match(one.match)}
        for one in config.settings
    ]
    return config.matches


def version(door: Door) -> list[int]:
    """Return [major, minor] of the server; old releases print it with the message that they don't know -V."""
    done = door.run(["sshd", "-V"])
    found = VERSION.search(done.out + done.err)
    if not found:
        raise Unreadable("sshd -V names no version")
    return [int(found.group(1)), int(found.group(2))]


def serving(door: Door) -> tuple[bool, list[str]]:
    """Return whether sshd serves logins, and the options it was started with (-f, -o, -p) from its process title."""
    try:
        shown = door.output(["systemctl", "show", *UNITS, "-p", "Id,ActiveState,MainPID"])
    except Unreadable:
        return _listening_process(door)
    units = [dict(line.partition("=")[::2] for line in block.split("\n")) for block in shown.split("\n\n")]
    active = [unit for unit in units if unit.get("ActiveState") == "active"]
    processes = [unit["MainPID"] for unit in active if unit.get("MainPID", "0") != "0"]
    return bool(active), title_options(_title(door, processes[0])) if processes else []


def _listening_process(door: Door) -> tuple[bool, list[str]]:
    """Look for sshd among the processes: the way for hosts without systemd."""
    for process in door.list("/proc"):
        title = _title(door, process) if process.isdigit() else ""
        if TITLE.match(title):
            return True, title_options(title)
    return False, []


def _title(door: Door, process: str) -> str:
    try:
        return door.read("/proc/%s/cmdline" % process).replace("\0", " ")
    except Unreadable:
        return ""


def title_options(title: str) -> list[str]:
    """Return the configuration options in the title of a listening sshd; `-D` and the like change no setting."""
    found = TITLE.match(title)
    words = found.group(1).split()[1:] if found else []
    options: list[str] = []
    for place, word in enumerate(words):
        if word[:2] in ("-f", "-o", "-p"):
            options += [word] if len(word) > 2 else words[place : place + 2]
    return options


def config_path(options: list[str]) -> str:
    """Return the configuration file that the server's options name, the usual one without any."""
    for place, word in enumerate(options):
        if word.startswith("-f"):
            return word[2:] or options[place + 1]
    return CONFIG


def ask(door: Door, command: list[str]) -> Settings:
    """Return what `sshd -T` prints; raises Unreadable with sshd's own first complaint."""
    done = door.run(command)
    if done.rc != 0:
        complaints = [line.strip() for line in done.err.split("\n") if line.strip() and not NOTICE.search(line)]
        reason = complaints[0] if complaints else "exit status %d" % done.rc
        raise Unreadable("%s: %s%s" % (" ".join(command), reason, NEVER_STARTED if UNSTARTED.search(reason) else ""))
    return parse(done.out)


def parse(text: str) -> Settings:
    """Return {option: [values]} of what `sshd -T` prints, one line each."""
    settings: Settings = {}
    for line in text.split("\n"):
        option, _blank, value = line.strip().partition(" ")
        if option in PRIVATE:
            value = value.split(" ")[0]
        elif option == "setenv":
            value = value.partition("=")[0]
        if option:
            settings.setdefault(option.lower(), []).append(value)
    return settings


def _match(match: sshd_config.Match) -> dict[str, Any]:
    return {"match": match.text(), "file": match.file, "line": match.line}


def contexts(
    host: Reading, command: list[str], settings: Settings, matches: tuple[sshd_config.Match, ...]
) -> list[dict[str, Any]]:
    """Ask sshd about one login of each class, several at a time."""
    users, ports = host.fact("accounts", "users"), settings.get("port", [])
    logins = sshd_match.logins(matches, users, host.subjects, ports)

    def answer(login: sshd_match.Login) -> dict[str, Any]:
        asked = login.specification() if matches else None
        own = ask(host.door, [*command, "-C", asked]) if asked else settings
        return {
            "user": login.user,
            "users": list(login.users),
            "address": login.places["address"],
            "why": [_match(match) for match in sshd_match.met(matches, login)],
            "asked": asked,
            "settings": {
                option: own.get(option, []) for option in {**settings, **own} if own.get(option) != settings.get(option)
            },
        }

    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(answer, logins))
