# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `agents`: what runs and what could be started, how its units are confined, and whom some of it talks to.

Programs are told by their path and the name the kernel has of them. Arguments, which may hold passwords, aren't read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading
from .services import KINDS, LOCAL, masked

#: Where systemd looks for units of the system, first those that count.
UNITS = (*LOCAL, "/run/systemd/generator", "/run/systemd/generator.late", "/usr/local/lib/systemd/system",
         "/usr/lib/systemd/system", "/lib/systemd/system")  # fmt: skip
USER_UNITS = ("/etc/systemd/user", "/usr/local/lib/systemd/user")
OWN_UNITS = ".config/systemd/user"
#: systemd's own and logins: nobody's agents, and many.
OWN = ("systemd-", "user@", "user-runtime-dir@", "getty@", "serial-getty@", "console-getty.")
CONFINED = ("User", "DynamicUser", "NoNewPrivileges", "ProtectSystem")
IN_CGROUP = re.compile(r"/([^/\n]+\.(?:service|scope))(?=/|$)", re.MULTILINE)
STATUS = re.compile(r"^(Name|PPid|Uid):\s*(\S+)", re.MULTILINE)
KERNEL = "2"
#: Processes beyond these make the list incomplete, which is said.
PROCESS_LIMIT = 3000
HOST = re.compile(r"[A-Za-z0-9_.:\[\]-]{1,255}")
#: Where a tool's configuration names its server: files (a * for one name), and what stands before it.
SERVERS = {
    "meshagent": (
        ("/usr/local/mesh_services/*/meshagent.msh", "/usr/local/mesh_services/*/*/meshagent.msh",
         "/opt/tacticalmesh/meshagent.msh"),
        r"^MeshServer=\w+://([^/:\s]+)",
    ),
    "tacticalrmm": (("/etc/tacticalagent",), r'"baseurl"\s*:\s*"\w+://([^/:"]+)'),
    "rustdesk": (
        ("/root/.config/rustdesk/RustDesk2.toml", "/home/*/.config/rustdesk/RustDesk2.toml"),
        r"^\s*(?:custom-)?rendezvous[-_]server\s*=\s*['\"]([^'\":]+)",
    ),
    "screenconnect": (
        ("/opt/connectwisecontrol-*/ClientLaunchParameters.txt", "/opt/screenconnect-*/ClientLaunchParameters.txt"),
        r"[?&]h=([^&\s]+)",
    ),
    "ngrok": (("/root/.config/ngrok/ngrok.yml", "/etc/ngrok.yml"), r"^\s*server_addr:\s*['\"]?([^'\":\s]+)"),
}  # fmt: skip


def read(host: Reading, area: Area) -> None:
    """Learn `programs`, `units`, `user_units`, `confined` and `servers`.

    programs: [{name, path (None where it can't be seen), uid, unit (None outside of one)}], each once, without the
    kernel's own. units: {name: {path, masked, active, enabled}} of every unit that lies ready. user_units: [{user
    (None: of all users), name, path}] of those that a login starts. confined: {service: {user, no_new_privileges:
    bool, protect_system}} of the active ones. servers: {tool: [{server, file}]} as a tool's configuration has it.
    """
    area.learn("programs", programs, host.door)
    area.learn("units", units, host)
    area.learn("user_units", user_units, host)
    area.learn("confined", confined, host)
    area.learn("servers", servers, host.door)


def programs(door: Door) -> list[dict[str, Any]]:
    """Return what runs."""
    processes = [name for name in door.list("/proc") if name.isdigit()]
    if len(processes) > PROCESS_LIMIT:
        raise Unreadable(f"more than {PROCESS_LIMIT} processes run")
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for process in processes:
        try:
            fields = dict(STATUS.findall(door.read(f"/proc/{process}/status")))
            if fields.get("PPid") == KERNEL or process == KERNEL:
                continue
            path = _program(door, process)
            groups = IN_CGROUP.findall(door.read(f"/proc/{process}/cgroup"))
        except Unreadable:
            continue  # it has ended
        one = {
            "name": fields.get("Name", ""), "path": path,
            "uid": int(fields.get("Uid", "0")), "unit": groups[-1] if groups else None,
        }  # fmt: skip
        found[tuple(one.values())] = one
    return list(found.values())


def _program(door: Door, process: str) -> str | None:
    link = f"/proc/{process}/exe"
    try:
        path = door.real(link)
    except Missing:
        raise
    except Unreadable:
        return None  # another account's, and we are not root
    return None if path == link else path


def units(host: Reading) -> dict[str, dict[str, Any]]:
    """Return every unit file by its name, the one that counts."""
    active, enabled = host.fact("units", "active"), host.fact("units", "enabled")
    found: dict[str, dict[str, Any]] = {}
    for folder in UNITS:
        for name in host.door.names(folder):
            if name.endswith(KINDS) and name not in found:
                found[name] = {
                    "path": f"{folder}/{name}", "active": name in active, "enabled": name in enabled,
                    "masked": folder in LOCAL and masked(host.door, name),
                }  # fmt: skip
    for name in (name for name in active if name not in found):
        # An instance of a template, or one that was made while running.
        found[name] = {"path": None, "active": True, "enabled": name in enabled, "masked": False}
    return found


def user_units(host: Reading) -> list[dict[str, Any]]:
    """Return the units of users' own managers, but for those of packages."""
    folders = [(None, folder) for folder in USER_UNITS]
    homes = {user["home"]: user["name"] for user in host.fact("accounts", "users") if user["home"] not in ("", "/")}
    folders += [(name, f"{home}/{OWN_UNITS}") for home, name in sorted(homes.items())]
    return [
        {"user": user, "name": name, "path": f"{folder}/{name}"}
        for user, folder in folders
        for name in host.door.names(folder)
        if name.endswith(KINDS)
    ]


def confined(host: Reading) -> dict[str, dict[str, Any]]:
    """Return how systemd confines the services that are active."""
    names = [one for one in host.fact("units", "active") if one.endswith(".service") and not one.startswith(OWN)]
    if not names:
        return {}
    shown = host.door.output(["systemctl", "show", "--property", ",".join(("Id", *CONFINED)), *names])
    return confinement(shown)


def confinement(text: str) -> dict[str, dict[str, Any]]:
    """Return the properties that `systemctl show` printed, by unit."""
    found = {}
    for block in text.split("\n\n"):
        fields = dict(line.partition("=")[::2] for line in block.split("\n") if "=" in line)
        if fields.get("Id"):
            own = fields.get("DynamicUser") == "yes"
            found[fields["Id"]] = {
                "user": fields.get("User") or ("dynamic" if own else "root"),
                "no_new_privileges": fields.get("NoNewPrivileges") == "yes",
                "protect_system": fields.get("ProtectSystem", "no"),
            }
    return found


def servers(door: Door) -> dict[str, list[dict[str, str]]]:
    """Return whom tools are told to talk to."""
    found: dict[str, list[dict[str, str]]] = {}
    for tool, (paths, pattern) in SERVERS.items():
        for path in (path for one in paths for path in _matching(door, one)):
            for server in re.findall(pattern, door.read(path), re.MULTILINE):
                if HOST.fullmatch(server):
                    found.setdefault(tool, []).append({"server": server.lower(), "file": path})
    return found


def _matching(door: Door, pattern: str) -> Iterator[str]:
    """Yield the paths that are there; a part of the pattern with a * stands for names in that folder."""
    before, _slash, rest = pattern.partition("*")
    if not _slash:
        if door.exists(pattern):
            yield pattern
        return
    folder, start = before.rpartition("/")[::2]
    end, slash, deeper = rest.partition("/")
    for name in door.names(folder):
        if name.startswith(start) and name.endswith(end) and len(name) >= len(start) + len(end):
            yield from _matching(door, f"{folder}/{name}{slash}{deeper}")
