# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `throttle`: what slows down or bans an address that guesses SSH passwords, beyond sshd itself."""

from __future__ import annotations

import re
from typing import Any

from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

SOCKET = "/run/fail2ban/fail2ban.sock"
PROMPT = "fail2ban> "
#: One answer each, in this order; the client takes 60 ms to start, so it is started once.
QUESTIONS = ("maxretry", "bantime", "findtime", "ignoreip", "ignorecommand", "actions", "logpath", "journalmatch")
CROWDSEC_PARSERS = ("/etc/crowdsec/parsers/s02-enrich", "/etc/crowdsec/parsers/s01-parse")
NETWORK = re.compile(r"^\s*-\s*[\"']?([0-9a-fA-F:.]+(?:/\d+)?)[\"']?\s*(?:#.*)?$", re.MULTILINE)


def read(host: Reading, area: Area) -> None:
    """Learn `fail2ban` and `crowdsec_exempt`.

    fail2ban: None where its server does not run, else its jail `sshd` as the server itself sees it: {maxretry, bantime,
    findtime (seconds), ignoreip: [..], ignorecommand: bool, actions: [..], watches: bool}, or {} without that jail.
    crowdsec_exempt: the addresses and networks that CrowdSec's whitelists name.
    """
    area.learn("fail2ban", fail2ban, host.door)
    area.learn("crowdsec_exempt", crowdsec_exempt, host.door)


def fail2ban(door: Door) -> dict[str, Any] | None:
    """Return the jail of sshd in force."""
    if not door.exists(SOCKET):
        return None
    script = "".join(f"get sshd {question}\n" for question in QUESTIONS)
    done = door.run(["fail2ban-client", "-i"], stdin=script)
    return parse(done.out, done.err)


def parse(out: str, err: str) -> dict[str, Any]:
    """Return the jail from the answers to QUESTIONS; raises Unreadable where the server didn't answer."""
    answers = out.split(PROMPT)[1:]
    if "Failed to access socket" in err or "Permission denied" in err:
        raise Unreadable("fail2ban's server may only be asked by root")
    if any("does not exist" in answer for answer in answers[:1]):
        return {}
    if len(answers) < len(QUESTIONS):
        raise Unreadable("fail2ban-client -i: an answer that is not understood")
    found = dict(zip(QUESTIONS, answers))  # noqa: B905 - after the last answer follows an empty prompt
    actions = found["actions"]
    return {
        **{name: _number(name, found[name]) for name in ("maxretry", "bantime", "findtime")},
        "ignoreip": _listing(found["ignoreip"]),
        "ignorecommand": bool(found["ignorecommand"].strip()) and "None" not in found["ignorecommand"],
        "actions": [] if "No actions" in actions else actions.partition(":")[2].replace(",", " ").split(),
        "watches": bool(_listing(found["logpath"])) or "Current match filter" in found["journalmatch"],
    }


def _number(name: str, answer: str) -> int:
    try:
        return int(float(answer.strip()))
    except (ValueError, OverflowError):
        raise Unreadable(f"fail2ban's {name} of jail sshd is not a number") from None


def _listing(answer: str) -> list[str]:
    """Return the entries of fail2ban-client's lists, drawn with |- and `-."""
    return [line[3:].strip() for line in answer.splitlines() if line.startswith(("|- ", "`- "))]


def crowdsec_exempt(door: Door) -> list[str]:
    """Return what CrowdSec's whitelists exempt; one by expression can't be told."""
    exempt: list[str] = []
    for folder in CROWDSEC_PARSERS:
        for path in _files(door, folder):
            text = door.read(path)
            if "whitelist:" not in text:
                continue
            if re.search(r"^\s*expression:", text, re.MULTILINE):
                raise Unreadable(f"{path} exempts by an expression")
            exempt += NETWORK.findall(text.split("whitelist:", 1)[1])
    return sorted(set(exempt))


def _files(door: Door, folder: str) -> list[str]:
    try:
        return [f"{folder}/{name}" for name in door.list(folder) if name.endswith((".yaml", ".yml"))]
    except Missing:
        return []
