# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `audit`: the kernel's audit, the daemon that writes its records down, and how much of them there is."""

from __future__ import annotations

import re
from typing import Any

from ..audit_log import measure, newest_first, rated
from ..door import Door, Missing
from ..name_values import parse
from ..reading import Area, Reading
from .system import NAMESPACE

FOLDER = "/etc/audit"
CONFIGURATION = FOLDER + "/auditd.conf"
REMOTE = FOLDER + "/audisp-remote.conf"
#: The second is where audit 2 had them.
PLUGINS = (FOLDER + "/plugins.d", "/etc/audisp/plugins.d")
RULES = FOLDER + "/rules.d"
BUILT = FOLDER + "/audit.rules"
UNIT = "auditd.service"
OTHERS = "the kernel lets nobody here set audit rules: this host is not in its first process namespace (%s)" % NAMESPACE
LOG = "/var/log/audit/audit.log"
NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)
#: The kernel's own answers, as auditctl prints them: it lets nobody here ask, root has no CAP_AUDIT_CONTROL, or it was
#: made without audit. That its audit is switched off is none of them: that can be changed.
REFUSES = re.compile(
    r"\((?:Operation not permitted|Protocol not supported|Address family not supported by protocol)\)"
    r"|audit support not in kernel|^You must be root"
)
NOTHING: dict[str, Any] = {
    "refusal": None, "status": {}, "daemon": {"active": False, "enabled": False}, "conf": {}, "plugins": [],
    "remote": {}, "loaded": [], "written": [], "log": None, "rate": None,
}  # fmt: skip


def read(host: Reading, area: Area) -> None:
    """Learn what follows; without audit's programs `installed` is False and all else but refusal and cmdline empty.

    installed: whether auditctl and auditd are here. refusal: why the kernel lets nobody ask or set its audit here, as
    in a container: found out by asking as root, or without the program by the namespace; None where it answers.
    status: {name: number} as `auditctl -s` prints (enabled 0, 1 or 2; lost, backlog_limit, failure, pid, ...), empty
    after a refusal. cmdline: {"audit", "audit_backlog_limit": text or None} of the running kernel's parameters.
    daemon: {active, enabled} of auditd. conf: {option in lower case: value} as auditd.conf says, without defaults.
    plugins: [{name, active, path, args, file}] of the daemon's. remote: {option: value} of audisp-remote.conf.
    loaded: [rule as `auditctl -l` prints it], in the kernel's order; [] where it says "No rules", None after a
    refusal. written: [{file, line, text}] of rules.d in the order augenrules takes them, and of audit.rules.
    log: {path, bytes, files, oldest, newest (seconds since 1970, None without a record), daily_bytes (None where it
    spans less than an hour), gap (when what lies behind a gap ends, which is left out; None without)} of all that
    auditd and rotation keep; None where auditd writes no log. rate: {seconds, events, a_day, by_key: {key: events a
    day}} by the serial numbers and keys of the newest records (a few MB, the last week), None without records.
    """
    door = host.door
    area.learn("cmdline", cmdline, door)
    area.facts["installed"] = bool(door.which("auditctl") and door.which("auditd"))
    if not area.facts["installed"]:
        area.facts.update(NOTHING, refusal=None if host.fact("system", "own_kernel") else OTHERS)
        return
    _ask_kernel(host, area)
    area.learn("daemon", daemon, host)
    conf = area.learn("conf", configuration, door, CONFIGURATION)
    area.learn("plugins", plugins, door)
    area.learn("remote", configuration, door, REMOTE)
    area.learn("written", written, door)
    path = (conf or {}).get("log_file", LOG)
    if not writes(conf or {}):
        area.facts["log"] = area.facts["rate"] = None
        return
    area.learn("log", log, door, path)
    area.learn("rate", rate, door, path)


def _ask_kernel(host: Reading, area: Area) -> None:
    """Learn refusal, status and loaded: what the kernel says, or why it says nothing."""
    if not host.fact("system", "privileged"):
        for fact in ("refusal", "status", "loaded"):
            area.unread(fact, "only root may ask the kernel for its audit rules")
        return
    asked = host.door.run(["auditctl", "-s"])
    if asked.rc != 0:
        said = next((line for line in asked.err.split("\n") if REFUSES.search(line)), None)
        if said is None and host.fact("system", "own_kernel"):
            # It was auditctl that failed: what the kernel would have said isn't known.
            for fact in ("refusal", "status", "loaded"):
                area.unread(fact, "auditctl -s exited %d: %s" % (asked.rc, _last_line(asked.err)))
            return
        reason = "the kernel lets root neither see nor set audit rules here (auditctl -s: %s)" % (
            _last_line(said or asked.err))  # fmt: skip
        area.facts.update(refusal=reason, status={}, loaded=None)
        return
    area.facts.update(refusal=None, status=parse_status(asked.out))
    area.learn("loaded", loaded, host.door)


def parse_status(text: str) -> dict[str, int]:
    """Return the numbers that `auditctl -s` prints, of audit 2 in one line with "=", of later ones a line each."""
    found = {}
    for line in text.replace("AUDIT_STATUS:", "").split("\n"):
        words = line.replace("=", " ").split()
        pairs = [words[at : at + 2] for at in range(0, len(words) - 1, 2)]
        found.update({name: int(value) for name, value in pairs if NUMBER.fullmatch(value)})
    return found


def loaded(door: Door) -> list[str]:
    """Return the kernel's rules, one a line."""
    lines = [line.strip() for line in door.output(["auditctl", "-l"]).split("\n")]
    return [line for line in lines if line and line != "No rules"]


def cmdline(door: Door) -> dict[str, str | None]:
    """Return the parameters of audit that the running kernel was started with; the last of one name counts."""
    words = dict(word.partition("=")[::2] for word in door.read("/proc/cmdline").split())
    return {name: words.get(name) for name in ("audit", "audit_backlog_limit")}


def daemon(host: Reading) -> dict[str, bool]:
    """Return whether auditd runs, and whether the next boot starts it."""
    return {name: UNIT in host.fact("units", name) for name in ("active", "enabled")}


def configuration(door: Door, path: str) -> dict[str, str]:
    """Return the options that a file sets; nothing where it isn't there."""
    try:
        return {name.lower(): value for name, value in parse(door.read(path)).items()}
    except Missing:
        return {}


def writes(conf: dict[str, str]) -> bool:
    """Say whether auditd writes a log; NOLOG is the older way to say that it doesn't."""
    return conf.get("write_logs", "yes").lower() != "no" and conf.get("log_format", "").lower() != "nolog"


def plugins(door: Door) -> list[dict[str, Any]]:
    """Return the programs to which auditd hands its events."""
    found = []
    for folder in PLUGINS:
        for name in door.names(folder):
            if name.endswith(".conf"):
                file = "%s/%s" % (folder, name)
                options = configuration(door, file)
                found.append({
                    "name": name[: -len(".conf")], "active": options.get("active", "no").lower() == "yes",
                    "path": options.get("path", ""), "args": options.get("args", ""), "file": file,
                })  # fmt: skip
    return found


def written(door: Door) -> list[dict[str, Any]]:
    """Return the rules that lie in files, whether they are loaded or not."""
    files = ["%s/%s" % (RULES, name) for name in door.names(RULES) if name.endswith(".rules")]
    found = []
    for file in (*files, BUILT):
        try:
            lines = door.read(file).split("\n")
        except Missing:
            continue
        for number, line in enumerate(lines, 1):
            if line.strip() and not line.strip().startswith("#"):
                found.append({"file": file, "line": number, "text": line.strip()})
    return found


def log(door: Door, path: str) -> dict[str, Any]:
    """Return how much log is kept, and from when to when."""
    return {"path": path, **measure(door, newest_first(door, path))}


def rate(door: Door, path: str) -> dict[str, Any] | None:
    """Return how many events a day came of late, by their keys."""
    return rated(door, newest_first(door, path))


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return lines[-1][:200] if lines else "no message"
