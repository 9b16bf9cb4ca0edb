# SPDX-License-Identifier: GPL-3.0-or-later
"""Looks at what a log collector received since the last look, and tells a SOC of what a few rules find in it.

The rules: somebody of a provider logs on from elsewhere or outside the hours of the contract (msp_logon), an account
becomes an administrator (new_admin), second factors fail again and again (mfa_failures), a sender is silent
(silent_source), auditing stops (audit_stopped). A small set that works by itself, not a SIEM: it knows what the text of
a line says and nothing else. Whoever is root at a sender can keep lines back or forge them; silence is told, too.

Usage: bulwark-log-alert CONFIGURATION

CONFIGURATION is a JSON file, all of it data: {store, routes: {name: {kind: mail, to} | {kind: webhook, url_file} |
{kind: syslog, facility}}, rules: {rule: {routes: [name], ...what the rule needs}}}. Ends with 0 where all is well, 1
where an alert could not be delivered (it is kept and tried again), 2 where nothing could be done.

Of one rule and one sender no more than a few are told one by one, and the others by their number, so that a sender that
makes noise hides nothing of another.
"""

from __future__ import annotations

import fcntl
import http.client
import ipaddress
import json
import os
import re
import subprocess
import sys
import syslog
import tempfile
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from zoneinfo import ZoneInfo

HOUR = 3600.0
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = re.compile(r"\d{4}-\d\d-\d\d\.log")
STATE = "/var/lib/bulwark-log-alert"
SENDMAIL = "/usr/sbin/sendmail"
SECONDS = 30
#: Of one look: bytes of a line, and bytes of all senders.
LINE, BYTES = 16384, 1 << 30
#: Alerts that are told one by one, of one rule and sender, and of all that a route is told at once.
EACH, ALERTS = 20, 1000
#: Accounts whose failed second factors are counted at once.
NAMES = 10000
TAG = re.compile(r"(?:.*/)?([\w.-]+)(?:\[\d+\])?:?")
ACCEPTED = re.compile(r"Accepted \S+ for (\S+) from (\S+) port \d+")
#: What shadow's programs, systemd's and auditd say when somebody is put into a group, or made another root.
MEMBERS = (
    re.compile(r"add '(?P<user>[^']*)' to (?:shadow )?group '(?P<group>[^']*)'"),
    re.compile(r"user (?P<user>\S+) added by \S+ to group (?P<group>\S+)"),
    re.compile(r'op=add-user-to-group .*\bgrp="(?P<group>[^"]*)" acct="(?P<user>[^"]*)"'),
)
ROOTS = re.compile(r"new user: name=(\S+), UID=0,|change user '(\S+)' UID from '\d+' to '0'")
#: (program or None, pattern with the account): a second factor that was refused.
FACTORS = (
    (r"sshd.*", re.compile(r"Failed keyboard-interactive/pam for (?:invalid user )?(\S+) from ")),
    (r".*google_authenticator.*|sshd.*|sudo.*", re.compile(r"Invalid verification code for (\S+)")),
    (r".*duo.*|sshd.*|sudo.*", re.compile(r"Failed Duo login for '?([^\s']+)")),
    (r"login_duo|pam_duo|sshd.*", re.compile(r"Denied Duo login for '?([^\s']+)")),
)  # fmt: skip
STOPPED = (
    re.compile(r"type=DAEMON_(END|ABORT)\b|\bThe audit daemon is exiting"),
    re.compile(r"Stopped (auditd\.service|Security Auditing Service|Security Audit Logging Service)"),
    re.compile(r"\baudit_enabled=0\b|type=CONFIG_CHANGE .*\bop=remove_rule\b"),
)


class Failed(Exception):
    """It could not be done; the text says why."""


#: What may go wrong with a route; an address that can't be called is neither an OSError nor a ValueError.
BROKEN = (
    Failed, OSError, ValueError, LookupError, AttributeError, http.client.HTTPException, subprocess.TimeoutExpired,
)  # fmt: skip


class Gathered:
    """Alerts, kept one by one up to a number of each rule and sender; of the others only how many there are."""

    def __init__(self, alerts=()):
        self.kept, self.more = {}, {}
        for one in alerts:
            self.add(one)

    def add(self, one):
        """Add an alert, or one that tells of a number of them."""
        own = self.kept.setdefault((one["rule"], one["sender"]), [])
        if "more" not in one and len(own) < EACH:
            own.append(one)
        else:
            self.fold(one, one["sender"])

    def fold(self, one, sender):
        """Tell of an alert by its number only."""
        before = self.more.get((one["rule"], sender), {"at": 0, "more": 0})
        number, at = before["more"] + one.get("more", 1), max(before["at"], one["at"])
        text = "%d more of %s from %s" % (number, one["rule"], sender)
        self.more[one["rule"], sender] = {**alert(at, one["rule"], sender, "", text), "more": number}

    def listed(self):
        """Return all of them: silent senders first, then the first of each rule and sender, their second and so on."""
        ranked = [(rank, one) for own in self.kept.values() for rank, one in enumerate(own)]
        ranked.sort(key=lambda pair: (pair[1]["rule"] != "silent_source", pair[0]))
        for _rank, one in ranked[ALERTS:]:
            self.fold(one, "all senders")
        return [one for _rank, one in ranked[:ALERTS]] + [self.more[key] for key in sorted(self.more)]


class Line:
    """A line of the store: when it was received and reported (aware), the sender, the program and the text."""

    def __init__(self, sender, text):
        received, reported, _host, _facility, rest = text.split(" ", 4)
        self.sender = sender
        self.received = moment(received)
        # A sender's clock that is ahead of ours is wrong.
        self.reported = min(moment(reported), self.received)
        tag, _blank, self.text = rest.partition(" ")
        found = TAG.fullmatch(tag)
        self.program = found.group(1) if found else ""


def moment(text):
    """Return the moment of an RFC 3339 text, in UTC; raises ValueError."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(timezone.utc)


# The rules. Each is `rule(line, settings, memory) -> (whom it is about, text) or None`; memory is a dict of its own
# that outlives the program.


def msp_logon(line, settings, _memory):
    """A provider's account was opened from an address or at a time that is not agreed."""
    found = ACCEPTED.match(line.text) if line.program.startswith("sshd") else None
    account = settings["accounts"].get(found.group(1)) if found else None
    if account is None:
        return None
    name, address = found.groups()
    wrong = []
    if not within(address, account["sources"]):
        wrong.append("from %s, which is none of its sources" % address)
    if not agreed(account, line.reported):
        wrong.append("outside the hours of its contract")
    return (name, "%s logged on %s" % (name, " and ".join(wrong))) if wrong else None


def new_admin(line, settings, _memory):
    """An account became a member of a group of administrators, or another root."""
    for pattern in MEMBERS:
        found = pattern.search(line.text)
        if found and found.group("group") in settings["groups"]:
            return found.group("user"), "%s was put into group %s" % (found.group("user"), found.group("group"))
    found = ROOTS.search(line.text)
    if found:
        name = found.group(1) or found.group(2)
        return name, "%s has uid 0" % name
    return None


def mfa_failures(line, settings, memory):
    """The second factor of one account failed so often within so many minutes; told once until it rests."""
    name = None
    for program, pattern in FACTORS:
        found = pattern.search(line.text) if re.fullmatch(program, line.program) else None
        name = name or (found.group(1) if found else None)
    if name is None:
        return None
    key, now = "%s %s" % (line.sender, name), line.reported.timestamp()
    since = now - settings["minutes"] * 60
    # Put in again behind the others, so that those that failed longest ago stand first, and go where they rest.
    recent = [one for one in memory.pop(key, ()) if since < one <= now] + [now]
    memory[key] = recent[-settings["count"] :]
    while len(memory) > 1 and (len(memory) > NAMES or memory[next(iter(memory))][-1] <= since):
        del memory[next(iter(memory))]
    if len(recent) != settings["count"]:
        return None
    return name, "%d second factors of %s failed within %d minutes" % (len(recent), name, settings["minutes"])


def audit_stopped(line, _settings, _memory):
    """Auditing was stopped or switched off, or rules were taken out."""
    found = any(pattern.search(line.text) for pattern in STOPPED)
    return ("audit", "auditing stopped: %s" % line.text[:200]) if found else None


RULES = {
    "msp_logon": msp_logon, "new_admin": new_admin, "mfa_failures": mfa_failures, "audit_stopped": audit_stopped,
}  # fmt: skip


def silent_source(heard, settings, memory, now):
    """Yield (sender, text) of senders that have been silent for too long; each is told once until it speaks again."""
    for sender in settings["senders"]:
        # One that never spoke is silent since it was first asked for.
        last = heard.get(sender) or memory["since"].setdefault(sender, now)
        if now - last <= settings["hours"] * HOUR:
            memory["told"].pop(sender, None)
        elif sender not in memory["told"]:
            memory["told"][sender] = now
            yield sender, "nothing has come for more than %g hours" % settings["hours"]


def within(address, networks):
    """Say whether an address lies in one of the networks (CIDR)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
        return any(found in ipaddress.ip_network(one, strict=False) for one in networks)
    except ValueError:
        return False


def agreed(account, when):
    """Say whether an account's contract is in force, and one of its windows open: {days, start, end, timezone}."""
    if not account["from"] <= when.date().isoformat() <= account["until"]:
        return False
    return any(opened(window, when) for window in account["windows"])


def opened(window, when):
    """Say whether a window is open; one whose end is not after its start closes on the next day."""
    local = when.astimezone(ZoneInfo(window["timezone"]) if window.get("timezone") else timezone.utc)
    clock, yesterday = local.strftime("%H:%M"), local - timedelta(days=1)
    days = window.get("days") or DAYS
    begins = DAYS[local.weekday()] in days and clock >= window["start"]
    if window["end"] > window["start"]:
        return begins and clock < window["end"]
    return begins or (DAYS[yesterday.weekday()] in days and clock < window["end"])


# Reading and telling.


def fresh(store, offsets, today):
    """Yield (sender, line) of what came since the last look, and keep in `offsets` how far that was."""
    wanted = {(today - timedelta(days=ago)).isoformat() + ".log" for ago in (0, 1)}
    senders = sorted(os.listdir(store))
    for sender in senders:
        # A share for each, so that none keeps the others from being looked at.
        left = BYTES // len(senders)
        folder = os.path.join(store, sender)
        names = sorted(name for name in os.listdir(folder) if name in wanted) if os.path.isdir(folder) else ()
        for name in names:
            key = "%s/%s" % (sender, name)
            with open(os.path.join(folder, name), "rb") as file:
                file.seek(offsets.get(key, 0))
                for raw in file:
                    if not raw.endswith(b"\n") or left < 0:
                        break
                    offsets[key] = offsets.get(key, 0) + len(raw)
                    left -= len(raw)
                    yield sender, raw[:LINE].decode("utf-8", "replace").rstrip("\n")
    for key in [key for key in offsets if key.rpartition("/")[2] not in wanted]:
        del offsets[key]


def heard_of(store):
    """Return when each sender was heard last, in seconds since 1970."""
    found = {}
    for sender in os.listdir(store):
        folder = os.path.join(store, sender)
        if os.path.isdir(folder):
            names = [name for name in os.listdir(folder) if DAY.fullmatch(name)]
            if names:
                found[sender] = os.stat(os.path.join(folder, max(names))).st_mtime
    return found


def look(configuration, state, now):
    """Return the alerts of a look, and how many lines were not as ours are.

    An alert is {at, rule, sender, about, text}, and has `more` where it stands for so many.
    """
    alerts, strange, rules, store = Gathered(), 0, configuration["rules"], configuration["store"]
    for sender, text in fresh(store, state["offsets"], datetime.fromtimestamp(now, timezone.utc).date()):
        try:
            line = Line(sender, text)
        except ValueError:
            strange += 1
            continue
        for name, rule in RULES.items():
            found = rule(line, rules[name], state["memory"].setdefault(name, {})) if name in rules else None
            if found:
                alerts.add(alert(line.reported.timestamp(), name, sender, *found))
    if "silent_source" in rules:
        memory = state["memory"].setdefault("silent_source", {"since": {}, "told": {}})
        for sender, text in silent_source(heard_of(store), rules["silent_source"], memory, now):
            alerts.add(alert(now, "silent_source", sender, sender, text))
    return alerts.listed(), strange


def alert(at, rule, sender, about, text):
    """Return an alert; what came from a host is shown without characters that control a terminal."""
    shown = "".join(char if char.isprintable() else "?" for char in text)[:500]
    return {"at": int(at), "rule": rule, "sender": sender, "about": about[:100], "text": shown}


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirection: it would be a GET without the alerts, and seem to have taken them."""

    def redirect_request(self, *_given):
        return None


def webhook(text):
    """Return a webhook's address as a file holds it; None where it is none, such as one with a blank in it."""
    url = text[:-1] if text.endswith("\n") else text
    return url if url.startswith("https://") and url.isprintable() and " " not in url else None


def deliver(route, alerts):
    """Hand alerts to a route; raises Failed or one of BROKEN where it doesn't take them."""
    lines = ["%s %s %s: %s" % (stamp(one["at"]), one["rule"], one["sender"], one["text"]) for one in alerts]
    if route["kind"] == "syslog":
        facility = getattr(syslog, "LOG_%s" % route["facility"].upper())
        for line in lines:
            syslog.syslog(facility | syslog.LOG_ALERT, line)
    elif route["kind"] == "mail":
        message = EmailMessage()
        message["To"], message["Subject"] = route["to"], "%d alerts of %s" % (len(lines), os.uname().nodename)
        message.set_content("\n".join(lines) + "\n")
        done = subprocess.run([SENDMAIL, "-i", route["to"]], input=message.as_bytes(), timeout=SECONDS, check=False)
        if done.returncode:
            raise Failed("sendmail ended with %d" % done.returncode)
    else:
        with open(route["url_file"], encoding="utf-8") as file:
            url = webhook(file.read())
        if url is None:
            raise Failed("%s holds no https address" % route["url_file"])
        body = json.dumps({"text": "\n".join(lines), "alerts": alerts}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        with urllib.request.build_opener(Stay).open(request, timeout=SECONDS):
            pass


def stamp(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def tell(configuration, state, alerts):
    """Deliver what waits and what is new by each rule's routes; return {route: why it took nothing}."""
    waiting, broken = state["waiting"], {}
    for one in alerts:
        for name in configuration["rules"][one["rule"]]["routes"]:
            waiting.setdefault(name, []).append(one)
    for name in sorted(waiting):
        own = Gathered(waiting[name]).listed()
        number = sum(one.get("more", 0) for one in own)
        if number:
            state["folded"] = {"at": int(time.time()), "alerts": number}
        try:
            deliver(configuration["routes"][name], own)
            del waiting[name]
        except BROKEN as error:
            waiting[name] = own
            broken[name] = reason(error)
    return broken


def reason(error):
    """Return why something failed: only our own words, since others' may hold the address of a webhook, a secret."""
    return str(error) if isinstance(error, Failed) else type(error).__name__


def load(path, otherwise=None):
    """Return the JSON object of a file; raises Failed."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except FileNotFoundError:
        if otherwise is not None:
            return otherwise
        raise Failed("%s does not exist" % path) from None
    except (OSError, ValueError):
        raise Failed("%s can't be read" % path) from None
    if not isinstance(content, dict):
        raise Failed("%s is no object" % path)
    return content


def save(path, content):
    """Write a file as a whole or not at all."""
    handle, whole = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(whole, path)


def main(arguments):
    """Look once and tell; return the exit status."""
    if len(arguments) != 1:
        raise Failed("usage: bulwark-log-alert CONFIGURATION")
    configuration = load(arguments[0])
    folder = os.environ.get("STATE_DIRECTORY") or STATE
    os.makedirs(folder, mode=0o700, exist_ok=True)
    with open(os.path.join(folder, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = os.path.join(folder, "state.json")
        state = {"offsets": {}, "memory": {}, "waiting": {}, "counts": {}, **load(path, {})}
        now = time.time()
        alerts, strange = look(configuration, state, now)
        for one in alerts:
            state["counts"][one["rule"]] = state["counts"].get(one["rule"], 0) + one.get("more", 1)
        broken = tell(configuration, state, alerts)
        save(path, state)
        report = {
            "at": now, "alerts": sum(one.get("more", 1) for one in alerts), "counts": state["counts"],
            "strange": strange, "broken": broken, "folded": state.get("folded"),
        }  # fmt: skip
        save(os.path.join(folder, "report.json"), report)
    for name, why in broken.items():
        sys.stderr.write("%s took no alerts: %s\n" % (name, why))
    return 1 if broken else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (*BROKEN, TypeError) as problem:
        sys.stderr.write("bulwark-log-alert: %s\n" % (problem if isinstance(problem, OSError) else reason(problem)))
        sys.exit(2)
