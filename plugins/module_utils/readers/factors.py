# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `factors`: who holds which second factor on this host, and who could change it. Never a seed, key or code."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .. import factor_files
from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading
from . import pam

DUO_CONFIGS = {
    "/etc/duo/pam_duo.conf": "pam_duo",
    "/etc/security/pam_duo.conf": "pam_duo",
    "/etc/duo/login_duo.conf": "login_duo",
    "/etc/security/login_duo.conf": "login_duo",
}
DUO_PROXY = "/opt/duoauthproxy/conf/authproxy.cfg"
RADIUS_CONFIGS = ("/etc/pam_radius_auth.conf", "/etc/pam_radius.conf", "/etc/raddb/server")

#: Module -> the argument that names its file, and the file it takes without one.
FILES = {
    "pam_oath": ("usersfile", "/etc/users.oath"),
    "pam_google_authenticator": ("secret", "~/.google_authenticator"),
    "pam_u2f": ("authfile", "~/.config/Yubico/u2f_keys"),
    "pam_yubico": ("authfile", "~/.yubico/authorized_yubikeys"),
}
NO_LOGIN = ("nologin", "false", "sync", "shutdown", "halt")

File = dict[str, Any]


def read(host: Reading, area: Area) -> None:
    """Learn `modules`, `oath`, `google`, `u2f`, `yubico`, `duo`, `duo_proxy` and `radius`.

    modules: [{module, service, pattern, args, file, line}]: every PAM line that asks one of the four modules whose
    files we know; pattern: the file's name as the line gives it, "~" and ${USER} and the like unresolved.
    oath, google, u2f, yubico: [{path, pattern, owner_uid, mode, ...}], one for each file that exists; of a pattern that
    depends on the user one for each account with a login shell, with `user`. oath: users: [{user, type, line}]; google:
    options: {RATE_LIMIT: [tries, seconds], WINDOW_SIZE: [n], DISALLOW_REUSE: [], ...}; u2f and yubico: users:
    {user: number of keys}. A file that can't be read has `unread` (the reason) instead.
    duo: [{path, program: pam_duo|login_duo, owner_uid, mode, options: {failmode, groups, prompts, autopush, host, keys:
    bool}}]. duo_proxy: {path, servers: [{name, line, failmode}]} or None. radius: [{path, servers: [names]}].
    """
    door = host.door
    modules = area.learn("modules", lambda: list(used_modules(host)))
    for module, fact, parse in (
        ("pam_oath", "oath", lambda text: {"users": factor_files.oath_users(text)}),
        ("pam_google_authenticator", "google", lambda text: {"options": factor_files.google_options(text)}),
        ("pam_u2f", "u2f", lambda text: {"users": factor_files.mapped_keys(text)}),
        ("pam_yubico", "yubico", lambda text: {"users": factor_files.mapped_keys(text)}),
    ):
        if modules is None:
            area.unread(fact, area.errors[0]["reason"])
        else:
            patterns = [line["pattern"] for line in modules if line["module"] == module]
            area.learn(fact, files, host, [*patterns, FILES[module][1]], parse)
    area.learn("duo", duo, host)
    area.learn("duo_proxy", duo_proxy, door)
    area.learn("radius", radius, host)


def used_modules(host: Reading) -> Iterator[File]:
    """Yield the lines of every service's auth stack that ask a module whose files we know."""
    for service, stacks in host.fact("pam", "services").items():
        for entry in pam.modules(stacks.get("auth", [])):
            if entry["module"] in FILES:
                name, default = FILES[entry["module"]]
                yield {
                    "module": entry["module"],
                    "service": service,
                    "pattern": argument(entry["args"], name) or default,
                    "args": entry["args"],
                    "file": entry["file"],
                    "line": entry["line"],
                }


def argument(arguments: list[str], name: str) -> str | None:
    """Return the value of the last `name=value` argument, None without one."""
    values = [word[len(name) + 1 :] for word in arguments if word.startswith(name + "=")]
    return values[-1] if values else None


def files(host: Reading, patterns: list[str], parse: Callable[[str], File]) -> list[File]:
    """Return what `parse` finds in each file that the patterns lead to."""
    found: list[File] = []
    seen = set()
    for pattern in dict.fromkeys(patterns):
        for user, path in places(host, pattern):
            if path not in seen:
                seen.add(path)
                found += file(host.door, {"path": path, "pattern": pattern, **({"user": user} if user else {})}, parse)
    return found


def places(host: Reading, pattern: str) -> Iterator[tuple[str, str]]:
    """Yield (user, path) for each account with a login shell; once, with an empty user, for a central file."""
    if not personal(pattern):
        yield "", pattern
        return
    for user in host.fact("accounts", "users"):
        if user["shell"].rsplit("/", 1)[-1] not in NO_LOGIN:
            yield user["name"], resolve(pattern, user)


def personal(pattern: str) -> bool:
    """Say whether a file name depends on who logs in; one without a leading slash lies in the home folder."""
    return not pattern.startswith("/") or any(mark in pattern for mark in ("${USER}", "${HOME}", "%u", "%h"))


def resolve(pattern: str, user: dict[str, Any]) -> str:
    """Return the path that a pattern of google-authenticator, pam_u2f or pam_oath means for a user."""
    home = user["home"].rstrip("/")
    path = home + pattern[1:] if pattern.startswith("~/") else pattern
    for mark, value in (("${USER}", user["name"]), ("${HOME}", home), ("%u", user["name"]), ("%h", home)):
        path = path.replace(mark, value)
    return path if path.startswith("/") else "%s/%s" % (home, path)


def file(door: Door, place: File, parse: Callable[[str], File]) -> list[File]:
    """Return the one file with its owner and mode, nothing where it doesn't exist."""
    try:
        status = door.stat(place["path"])
        found = dict(place, owner_uid=status.uid, mode=status.mode)
        return [dict(found, **parse(door.read(place["path"])))]
    except Missing:
        return []
    except Unreadable as problem:
        return [dict(place, unread=str(problem))]


def duo(host: Reading) -> list[File]:
    """Return Duo's configuration files, those that a conf= argument names too."""
    paths = dict(DUO_CONFIGS)
    for path in named_configs(host, "pam_duo"):
        paths[path] = "pam_duo"
    found: list[File] = []
    for path, program in paths.items():
        place = {"path": path, "program": program}
        found += file(host.door, place, lambda text: {"options": factor_files.duo_options(text)})
    return found


def named_configs(host: Reading, module: str) -> list[str]:
    """Return the files that conf= arguments of a module name in any service's auth stack."""
    entries = [
        entry for stacks in host.fact("pam", "services").values() for entry in pam.modules(stacks.get("auth", []))
    ]
    paths = [argument(entry["args"], "conf") for entry in entries if entry["module"] == module]
    return list(dict.fromkeys(path for path in paths if path))


def duo_proxy(door: Door) -> File | None:
    """Return the server sections of Duo's authentication proxy, None where there is none."""
    try:
        return {"path": DUO_PROXY, "servers": factor_files.duo_servers(door.read(DUO_PROXY))}
    except Missing:
        return None


def radius(host: Reading) -> list[File]:
    """Return the RADIUS servers that pam_radius_auth asks, by name."""
    found = []
    for path in dict.fromkeys([*RADIUS_CONFIGS, *named_configs(host, "pam_radius_auth")]):
        try:
            found.append({"path": path, "servers": factor_files.radius_servers(host.door.read(path))})
        except Missing:
            continue
    return found
