# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `forwarding`: where the host's logs are sent, by rsyslog, syslog-ng, systemd-journal-upload and declared agents.

Configurations may hold keys and passwords: only what is judged leaves the host, and of an agent's not even that, but
whether it has the lines that were asked for.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from ..door import Door, Missing, Unreadable
from ..forwarding import rsyslog, rules, syslog_ng, ways
from ..reading import Area, Reading
from ..started import words
from ..systemd_settings import ANYBODY, effective

RSYSLOG = "/etc/rsyslog.conf"
SYSLOG_NG = "/etc/syslog-ng/syslog-ng.conf"
JOURNALD = ("/etc/systemd/journald.conf", "/usr/lib/systemd/journald.conf")
UPLOAD = ("/etc/systemd/journal-upload.conf", "/usr/lib/systemd/journal-upload.conf")
UNITS = {
    "rsyslog": "rsyslog.service", "syslog-ng": "syslog-ng.service", "journal-upload": "systemd-journal-upload.service",
}  # fmt: skip
#: Files that an include may name.
FILES = 500
WILD = re.compile(r"[*?\[]")
URL = re.compile(r"(?:(https?)://)?(\[[0-9A-Fa-f:.]+\]|[^:/\s]+)(?::(\d{1,5}))?(?:/.*)?")
UPLOAD_PORT = 19532
#: Arguments of systemd-journal-upload that change neither where to, nor under what protection, nor what of the journal.
USUAL = re.compile(r"--save-state(=.*)?|--follow|--merge|-m")
OPTION = re.compile(r"--[\w-]+|-\w")
TRUE = ("1", "yes", "y", "true", "t", "on")
#: journald.conf(5): what is handed on where nothing is said.
LEVEL = "debug"


def read(host: Reading, area: Area) -> None:
    """Learn `programs`, `destinations`, `others` and `modules`.

    programs: {rsyslog, syslog-ng, journal-upload or a declared agent's name: {installed, running, enabled}}.
    destinations: what is configured, whether its program is active or not: [{program, place ("file:line"), protocol
    (relp, tls, tcp, udp, https, http, agent), address, port (None for an agent), tls, peer_check (name, fingerprint,
    certvalid, none, agent), peers, ca, certificate, key (paths or None), queue ({type, filename, save, space, retries},
    texts but `save`; None where the journal itself is it), takes, may, unclear, beside, active, collector, lacks}].
    takes: {"system" or a file's path or pattern: {facility: number of the least severity that surely goes along}}; may:
    what possibly does; unclear: the places of conditions that only a message's content decides. beside: inputs of
    rsyslog's (a module's name, or a file's path) of which something may go along that is not in the journal: imudp, a
    watched file, imuxsock with a socket of its own. active: its program runs and the next boot starts it. collector:
    for an agent, which declared collector it is for. lacks: the declared lines that an agent's configuration doesn't
    have.
    others: [{place, type}] of rsyslog's outputs to elsewhere that nothing is known of. modules: {name: the file that
    loads it} of rsyslog's.
    """
    door = host.door
    found: list[dict[str, Any]] = []
    states = area.learn("programs", programs, host)
    area.facts.update(others=[], modules={})
    for name, path, read_it in (("rsyslog", RSYSLOG, _rsyslog), ("syslog-ng", SYSLOG_NG, _syslog_ng)):
        if _has(host, name, path):
            try:
                found += read_it(host, area)
            except Unreadable as problem:
                area.unread("destinations", str(problem))
                return
    try:
        found += _upload(door, bool(states) and any(states["journal-upload"][how] for how in ("running", "enabled")))
        found += (_agent(door, one) for one in host.log_agents)
    except Unreadable as problem:
        area.unread("destinations", str(problem))
        return
    if states is None:
        area.unread("destinations", "whether the programs that forward run could not be read")
        return
    kept = {name for name, state in states.items() if state["running"] and state["enabled"]}
    area.facts["destinations"] = [
        {"lacks": [], "beside": [], **one, "active": one["program"] in kept} for one in found
    ]  # fmt: skip


def programs(host: Reading) -> dict[str, dict[str, bool]]:
    """Return how it stands with each program that forwards."""
    active, enabled = host.fact("units", "active"), host.fact("units", "enabled")
    units = {**UNITS, **{one["name"]: one["unit"] for one in host.log_agents}}
    files = {"rsyslog": RSYSLOG, "syslog-ng": SYSLOG_NG}
    return {
        name: {
            "installed": unit in active or unit in enabled or (name in files and host.door.exists(files[name])),
            "running": unit in active,
            "enabled": unit in enabled,
        }
        for name, unit in units.items()
    }


def _has(host: Reading, name: str, path: str) -> bool:
    """Say whether a program's configuration counts: one that was left behind by a removed package doesn't."""
    return host.door.exists(path) and host.door.which({"rsyslog": "rsyslogd"}.get(name, name)) is not None


def _rsyslog(host: Reading, area: Area) -> list[dict[str, Any]]:
    door = host.door
    statements = rsyslog.parse(RSYSLOG, door.read(RSYSLOG), _including(door, "/etc"))
    found, others = ways.destinations(statements, handed_on(door))
    area.facts["others"] = others
    area.facts["modules"] = ways.load(statements).files
    return found


def _syslog_ng(host: Reading, _area: Area) -> list[dict[str, Any]]:
    text = host.door.read(SYSLOG_NG)
    return syslog_ng.destinations(SYSLOG_NG, text, _including(host.door, posixpath.dirname(SYSLOG_NG)))


def _including(door: Door, folder: str) -> Callable[[str], list[tuple[str, str]]]:
    """Return what finds the files of an include: a file, a folder's files, or those that a pattern names."""

    def include(pattern: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        for path in _matching(door, pattern if pattern.startswith("/") else "%s/%s" % (folder, pattern)):
            if len(found) >= FILES:
                raise Unreadable("%s names more than %d files" % (pattern, FILES))
            try:
                found.append((path, door.read(path)))
            except Missing:
                continue
        return found

    return include


def _matching(door: Door, pattern: str) -> Iterator[str]:
    folder, name = posixpath.split(pattern)
    if WILD.search(folder):
        raise Unreadable("%s: a pattern of folders is not looked into" % pattern)
    if not WILD.search(name):
        try:
            if name and door.stat(pattern).kind != "dir":
                yield pattern
                return
        except Missing:
            return
        folder, name = pattern.rstrip("/"), "*"
    try:
        names = door.list(folder)
    except Missing:
        return
    for one in names:
        path = "%s/%s" % (folder, one)
        if fnmatchcase(one, name) and not (one.startswith(".") and name[:1] in "*?") and door.stat(path).kind == "file":
            yield path


def handed_on(door: Door) -> int:
    """Return the mask of the severities that journald hands on to the socket of syslog."""
    settings = effective(door, "journald.conf", "Journal")
    said = settings["ForwardToSyslog"].value if "ForwardToSyslog" in settings else _compiled(door)
    if said.lower() not in TRUE:
        return 0
    most = settings["MaxLevelSyslog"].value if "MaxLevelSyslog" in settings else LEVEL
    try:
        return rules.mask_up_to(rules.severity(most or LEVEL))
    except rules.NotUnderstood:
        return 0


def _compiled(door: Door) -> str:
    """Return what is in force where nothing is set: distributions differ, and their files show it as a comment."""
    for path in JOURNALD:
        try:
            found = re.search(r"^#ForwardToSyslog=(\w+)", door.read(path), re.MULTILINE)
        except Missing:
            continue
        return found[1] if found else ""
    return ""


def _upload(door: Door, started: bool) -> Iterator[dict[str, Any]]:
    """Yield where systemd-journal-upload sends the journal: all of it, from where it stopped the last time.

    started: it runs or the next boot starts it, so that its arguments count. Raises Unreadable for those that overrule
    its configuration.
    """
    if started:
        _usual(words(door, UNITS["journal-upload"]))
    settings = {name: one.value for name, one in effective(door, "journal-upload.conf", "Upload").items()}
    url = URL.fullmatch(settings.get("URL", ""))
    if not url and settings.get("URL"):
        raise Unreadable("%s: the URL is not understood" % UNITS["journal-upload"])
    if not url:
        return
    tls = url[1] != "http"
    address = url[2].strip("[]")
    whole = {"system": dict.fromkeys(rules.FACILITIES, 7)}
    checked = tls and settings.get("TrustedCertificateFile") not in ANYBODY
    yield {
        "program": "journal-upload", "place": effective(door, "journal-upload.conf", "Upload")["URL"].place,
        "protocol": "https" if tls else "http", "address": address, "port": int(url[3] or UPLOAD_PORT), "tls": tls,
        "peer_check": "name" if checked else "none", "peers": [address] if checked else [],
        "ca": settings.get("TrustedCertificateFile") or None,
        "certificate": settings.get("ServerCertificateFile") or None, "key": settings.get("ServerKeyFile") or None,
        "queue": None, "takes": whole, "may": whole, "unclear": [], "collector": None,
    }  # fmt: skip


def _usual(command: list[str]) -> None:
    """Raise Unreadable where a command is not systemd-journal-upload as its configuration alone shapes it."""
    program, *arguments = command or [""]
    if posixpath.basename(program) != "systemd-journal-upload":
        raise Unreadable("%s starts %s, which is not known" % (UNITS["journal-upload"], program or "nothing"))
    strange = [one for one in arguments if not USUAL.fullmatch(one)]
    if strange:
        # Their names alone: a URL may hold a password.
        names = [found[0] for found in map(OPTION.match, strange) if found] or ["words of its own"]
        text = "%s is started with %s, which is not followed" % (UNITS["journal-upload"], ", ".join(names))
        raise Unreadable(text)


def _agent(door: Door, asked: dict[str, Any]) -> dict[str, Any]:
    """Return what a declared agent carries, and which of its declared lines its configuration doesn't have."""
    try:
        lines = {" ".join(line.split()) for line in door.read(asked["config"]).split("\n")}
    except Missing:
        lines = set()
    lacks = [line for line in asked["lines"] if " ".join(line.split()) not in lines]
    keeps = bool(asked["keeps"]) and all(" ".join(line.split()) in lines for line in asked["keeps"])
    takes: dict[str, dict[str, int]] = {"system": {}}
    for one in asked["carries"]:
        takes.setdefault(one, {"agent": 7}) if one.startswith("/") else takes["system"].update({one: 7})
    return {
        "program": asked["name"], "place": asked["config"], "protocol": "agent", "address": None, "port": None,
        "tls": not lacks, "peer_check": "agent", "peers": [], "ca": None, "certificate": None, "key": None,
        "queue": {"type": "agent", "filename": None, "save": keeps, "space": None, "retries": "-1"},
        "takes": takes, "may": takes, "unclear": [], "collector": asked["collector"], "lacks": lacks,
    }  # fmt: skip
