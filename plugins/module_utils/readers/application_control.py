# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `application_control`: what keeps programs that nobody approved from running: fapolicyd, or IMA appraisal."""

from __future__ import annotations

import re
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

FOLDER = "/etc/fapolicyd"
CONFIG = FOLDER + "/fapolicyd.conf"
#: The daemon reads the first of these; the other one is what versions before 1.1 had.
RULES = (FOLDER + "/compiled.rules", FOLDER + "/fapolicyd.rules")
RULE = re.compile(r"(allow|deny)(?:_audit|_syslog|_log)*\s+(.*?)\s+:\s+(.*)")
SET = re.compile(r"%(\w+)=(.*)")
DIRECTORY = re.compile(r"\bdir=(\S+)")
PERMISSION = re.compile(r"\bperm=(\S+)")
IMA_POLICY = "/sys/kernel/security/ima/policy"
SETTINGS = ("permissive", "integrity", "trust")
RULES_LIMIT = 2000


def read(host: Reading, area: Area) -> None:
    """Learn `fapolicyd` and `ima`.

    fapolicyd: {settings: {name: value}, rules: [{decision, perm, subject, object, folders}], place}, None where it
    isn't installed. The rules are those that the daemon reads, in their order: decision allow or deny, perm execute,
    open or any, folders those that a rule names by dir=. ima: {appraise: the kernel's word of its command line, ""
    without one, policy: [lines with "appraise"], None where the kernel shows none}.
    """
    area.learn("fapolicyd", fapolicyd, host.door)
    area.learn("ima", ima, host.door)


def fapolicyd(door: Door) -> dict[str, Any] | None:
    """Return fapolicyd's settings and rules."""
    try:
        lines = door.lines(CONFIG)
    except Missing:
        return None
    settings = dict(_pair(line) for line in lines if "=" in line)
    for path in RULES:
        try:
            parsed = rules(door.lines(path))
        except Missing:
            continue
        return {"settings": {name: settings.get(name) for name in SETTINGS}, "rules": parsed, "place": path}
    return {"settings": {name: settings.get(name) for name in SETTINGS}, "rules": [], "place": RULES[0]}


def rules(lines: list[str]) -> list[dict[str, Any]]:
    """Return the rules of fapolicyd.rules(5)."""
    found = []
    for line in lines:
        rule = RULE.fullmatch(line)
        if not rule:
            if not SET.fullmatch(line):
                raise Unreadable("%s: a line was not understood" % RULES[0])
            continue
        permission = PERMISSION.search(rule[2])
        found.append({
            "decision": rule[1],
            "perm": permission[1] if permission else "open",
            "subject": PERMISSION.sub("", rule[2]).strip(),
            "object": rule[3].strip(),
            "folders": [folder for part in DIRECTORY.findall(rule[3]) for folder in part.split(",")],
        })  # fmt: skip
        if len(found) > RULES_LIMIT:
            raise Unreadable("%s holds more than %d rules" % (RULES[0], RULES_LIMIT))
    return found


def ima(door: Door) -> dict[str, Any]:
    """Return what the kernel was told of appraisal, and its policy where it shows one."""
    try:
        words = door.read("/proc/cmdline").split()
    except Missing:
        words = []
    said = [word.partition("=")[2] for word in words if word.startswith("ima_appraise=")]
    try:
        policy = [line for line in door.lines(IMA_POLICY) if line.startswith("appraise")]
    except Unreadable:
        policy = None
    return {"appraise": said[-1] if said else "", "policy": policy}


def _pair(line: str) -> tuple[str, str]:
    name, _equals, value = line.partition("=")
    return name.strip(), value.strip()
