# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `keeping`: how backups are kept here: what serves them, where they lie, who can get at them, who prunes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from .. import scheduled
from ..door import Door, Missing, Unreadable
from ..keeping import removing, repositories, serving
from ..reading import Area, Reading

Entry = dict[str, Any]

TOOLS = ("restic", "borg", *serving.REST_SERVERS)
PRUNER = "/usr/local/sbin/bulwark-prune"
PRUNES = "/etc/bulwark/prune"
LEDGERS = "/var/lib/bulwark-prune"
REALMS = {
    "/etc/sssd/sssd.conf": re.compile(r"^\s*\[domain/([A-Za-z0-9._-]+)\]", re.MULTILINE),
    "/etc/samba/smb.conf": re.compile(r"^\s*realm\s*=\s*([A-Za-z0-9._-]+)", re.MULTILINE),
}
#: Domains of sssd that are the host's own files.
LOCAL_DOMAINS = ("files", "implicit_files", "local", "shadowutils")
REALM_FOLDERS = {"/etc/sssd/conf.d": REALMS["/etc/sssd/sssd.conf"]}


def read(host: Reading, area: Area) -> None:
    """Learn how repositories are served, kept and pruned here; all is empty where none of it is installed.

    servers: [{kind: "rest", pid, uid, unit, path, listen, append_only, private, auth, tls, users: names or None}] of
    the REST servers that run. serves: [{user, path, line, fingerprint, options, forced: "borg"|"other"|None,
    append_only, paths}] of each key that opens an account which owns a repository, or that forces `borg serve`.
    repositories: [{path, tool, uid, gid, way: [{path, uid, gid, mode}], append_only: borg's own setting, mount:
    {point, kind, writable, network}, served: by a server or key here}]: those below what is served, at what is
    declared, and on file systems mounted beside the root. jobs: [{place, tool, action, keeps}] that remove snapshots
    by themselves. pruners: [{name, place, tool, repository, keep_within_days, delay_days, safe: only root changes the
    program and its configuration, last: {at, count, removed, alarms, waits} or None}] of bulwark-prune.
    credentials: [{set, path, uid, gid, mode}] of the declared key and environment files. realms: [{realm, place}].
    """
    door = host.door
    installed = any(door.which(tool) for tool in TOOLS)
    empty: dict[str, Any] = {name: [] for name in ("servers", "serves", "repositories", "jobs", "pruners")}
    area.learn("credentials", credentials, door, host.backups)
    area.learn("realms", realms, door)
    if not installed and not host.backups:
        area.facts.update(empty)
        return
    servers = area.learn("servers", rest_servers, door)
    keys = area.learn("serves", borg_keys, host)
    if servers is not None and keys is not None:
        area.learn("repositories", kept, host, servers, keys)
    area.learn("jobs", jobs, door)
    area.learn("pruners", pruners, door)
    if keys is not None and "repositories" in area.facts:
        area.learn("serves", all_keys, host, keys, area.facts["repositories"])


def rest_servers(door: Door) -> list[Entry]:
    """Return the REST servers that run, by their own command lines."""
    found = []
    for name in door.list("/proc"):
        if not name.isdigit():
            continue
        try:
            argv = door.read("/proc/%s/cmdline" % name).split("\0")
        except Unreadable:
            continue
        if argv[0].rpartition("/")[2] in serving.REST_SERVERS:
            server = serving.rest_server(argv)
            if server is not None:
                found.append({"kind": "rest", "pid": int(name), **_process(door, name), **_named(door, server)})
    return sorted(found, key=lambda one: (one["path"], one["listen"]))


def _process(door: Door, pid: str) -> Entry:
    unit = None
    try:
        units = re.findall(r"/([^/\n]+\.service)", door.read("/proc/%s/cgroup" % pid))
        unit = units[-1] if units else None
    except Unreadable:
        pass
    return {"uid": door.stat("/proc/%s" % pid).uid, "unit": unit}


def _named(door: Door, server: Entry) -> Entry:
    """Return a server with the names of those who may log in, in place of the file with their passwords' hashes."""
    path = server.pop("users_file") or "%s/.htpasswd" % server["path"]
    try:
        server["users"] = serving.users(door.read(path)) if server["auth"] else None
    except Unreadable:
        server["users"] = None
    return server


def borg_keys(host: Reading) -> list[Entry]:
    """Return the keys that force a command which is borg serve."""
    return [key for key in _keys(host) if key["forced"] == "borg"]


def all_keys(host: Reading, keys: list[Entry], found: Iterable[Entry]) -> list[Entry]:
    """Return those keys, and every other one that opens an account to which a repository belongs; root's aside."""
    owners = {one["uid"] for one in found} - {0}
    names = {user["name"] for user in host.fact("accounts", "users") if user["uid"] in owners} if owners else set()
    return [*keys, *(key for key in (_keys(host) if names else ()) if key["user"] in names and key not in keys)]


def _keys(host: Reading) -> Iterator[Entry]:
    lines: dict[str, list[str]] = {}
    for key in host.fact("keys", "authorized"):
        command = None
        if "command" in key["options"]:
            if key["path"] not in lines:
                lines[key["path"]] = host.door.read(key["path"]).split("\n")
            at = key["line"] - 1
            command = serving.forced_command(lines[key["path"]][at]) if at < len(lines[key["path"]]) else None
        serve = serving.borg_serve(command) if command is not None else None
        yield {
            **{name: key[name] for name in ("user", "path", "line", "fingerprint", "options")},
            "forced": None if "command" not in key["options"] else "borg" if serve else "other",
            "append_only": bool(serve and serve["append_only"]),
            "paths": serve["paths"] if serve else [],
        }


def kept(host: Reading, servers: list[Entry], keys: list[Entry]) -> list[Entry]:
    """Return the repositories that lie here or are mounted here."""
    door = host.door
    mounted = repositories.mounts(door.read("/proc/self/mounts"))
    served = [*(one["path"] for one in servers), *(path for key in keys for path in key["paths"])]
    declared = [path for path in (local_path(entry["repository"]) for entry in host.backups) if path]
    places = [(path, repositories.DEPTH) for path in (*served, *declared)]
    for one in mounted:
        if one.point != "/" and _a_folder(door, one.point):
            network = one.kind in repositories.NETWORK
            places.append((one.point, repositories.DEPTH if network else repositories.SHALLOW))
    found = []
    for path, tool in repositories.find(door, places):
        mount = repositories.mount_of(path, mounted)
        way = repositories.way(door, path)
        found.append({
            "path": path, "tool": tool, "uid": way[-1]["uid"], "gid": way[-1]["gid"], "way": way,
            "append_only": tool == "borg" and _appends_only(door, path),
            "served": any(path == one or path.startswith(one.rstrip("/") + "/") for one in served),
            "mount": None if mount is None else {
                "point": mount.point, "kind": mount.kind, "writable": mount.writable,
                "network": mount.kind in repositories.NETWORK,
            },
        })  # fmt: skip
    return found


def local_path(repository: str) -> str | None:
    """Return the path of a repository that lies in this host's own files, None for one that is reached otherwise."""
    text = repository[len("local:") :] if repository.startswith("local:") else repository
    text = text[len("file://") :] if text.startswith("file://") else text
    return text.rstrip("/") if text.startswith("/") else None


def _a_folder(door: Door, path: str) -> bool:
    try:
        return door.stat(path).kind == "dir"
    except Unreadable:
        return False


def _appends_only(door: Door, path: str) -> bool:
    try:
        return repositories.appends_only(door.read(path + "/config"))
    except Unreadable:
        return False


def jobs(door: Door) -> list[Entry]:
    """Return what units, crontabs and the scripts they call remove by themselves."""
    return [
        {"place": place, **one}
        for place, text in scheduled.texts(door)
        if place != PRUNER
        for one in removing.removals(text)
    ]


def pruners(door: Door) -> list[Entry]:
    """Return the configurations of bulwark-prune that a unit carries out, and how that went last."""
    wanted = {}
    for place in scheduled.places(door):
        for name in removing.guarded(scheduled.read(door, place)):
            wanted[name] = place
    found = []
    for name, place in sorted(wanted.items()):
        path = "%s/%s.json" % (PRUNES, name)
        content = _object(door.read(path), path)
        safe = _roots_alone(door, path) and _roots_alone(door, PRUNER)
        found.append({
            "name": name, "place": place, "tool": str(content.get("tool")),
            "repository": plain(str(content.get("repository"))),
            **{key: _number(content.get(key)) for key in ("keep_within_days", "delay_days")},
            "safe": safe, "last": _last(door, name),
        })  # fmt: skip
    return found


def _last(door: Door, name: str) -> Entry | None:
    path = "%s/%s/report.json" % (LEDGERS, name)
    try:
        content = _object(door.read(path), path)
    except Missing:
        return None
    alarms = content.get("alarms")
    return {
        "at": _number(content.get("at")),
        "count": _number(content.get("count")),
        "removed": len(content.get("removed") or ()),
        "alarms": [str(text)[:500] for text in (alarms if isinstance(alarms, list) else ())][:20],
        "waits": str(content.get("waits") or "")[:200],
    }


def _roots_alone(door: Door, path: str) -> bool:
    try:
        way = repositories.way(door, path)
    except Missing:
        return False
    return all(one["uid"] == 0 and not int(one["mode"], 8) & 0o022 for one in way)


def _object(text: str, path: str) -> Entry:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable("%s is not JSON" % path) from None
    if not isinstance(content, dict):
        raise Unreadable("%s holds no object" % path)
    return content


def _number(value: Any) -> float | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12
    return value if good else None


def plain(repository: str) -> str:
    """Return a repository's address without whom one logs in as, and by which password."""
    return re.sub(r"//[^/@]*@", "//", repository)


def credentials(door: Door, backups: Iterable[Entry]) -> list[Entry]:
    """Return who may read the files that open the declared repositories; those that are not there are left out."""
    found = []
    for entry in backups:
        for path in (entry.get("key_file"), entry.get("environment")):
            if not path:
                continue
            try:
                status = door.stat(path)
            except Missing:
                continue
            found.append(
                {"set": entry["name"], "path": path, "uid": status.uid, "gid": status.gid, "mode": "%04o" % status.mode}
            )
    return found


def realms(door: Door) -> list[Entry]:
    """Return the directories whose accounts this host takes for its own."""
    places = dict(REALMS)
    for folder, pattern in REALM_FOLDERS.items():
        places.update({"%s/%s" % (folder, name): pattern for name in door.names(folder) if name.endswith(".conf")})
    found = []
    for path, pattern in places.items():
        try:
            text = door.read(path)
        except Missing:
            continue
        found += [{"realm": name, "place": path} for name in pattern.findall(text) if name not in LOCAL_DOMAINS]
    return found
