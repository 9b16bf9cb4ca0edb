# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes old snapshots of one repository, and none while what arrived last does not look like a backup.

Append-only storage is undone by its owner's own pruning: whoever has a source's keys adds snapshots until those that
matter count as old. What a snapshot says of itself is the source's word. This program therefore keeps a ledger of when
it saw each snapshot first, by its own clock, and how large it found it. It removes a snapshot only when that was seen
long enough ago and lies outside the time to keep, counted from the newest snapshot that it trusts. It removes nothing
at all while one snapshot is doubtful (its date is not when it arrived, too many came at once, its size or what changed
is out of line) or one has vanished. A person then looks, and either removes the forged ones or accepts them by name.

Usage: bulwark-prune CONFIGURATION            one look, and what may be removed is
       bulwark-prune CONFIGURATION accept ID  somebody has looked at that snapshot, and it is right (or rightly gone)

CONFIGURATION is a JSON file: {name, tool: restic|borg, repository, keep_within_days, delay_days, rpo_hours,
change_percent, key_file?, environment?}. Ends with 0 where all is well, 1 where nothing was removed for a reason that
somebody has to look at, 2 where it could not be done.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone

HOUR, DAY = 3600.0, 86400.0
#: Clocks differ by this much, and a backup takes at most this long: it is dated by its beginning.
SKEW, LONGEST = 5 * 60.0, DAY
#: Snapshots of a group that a new one is compared with.
COMPARED = 14
SHOWN = 5
STATE = "/var/lib/bulwark-prune"
SECONDS = 6 * HOUR


class Failed(Exception):
    """It could not be done; the text says why."""


# What follows up to the tools is pure: a ledger and a list of snapshots become doubts and what may be removed.
# A snapshot: {id, time, group}, times in seconds since 1970. An entry of the ledger: the same, and {seen, doubt: text
# or None, files, bytes, added: numbers or None}.


def arrivals(ledger, snapshots, now, rpo_hours):
    """Return the entries of snapshots that the ledger doesn't have, with what their number and dates give to doubt."""
    known, looked = ledger["snapshots"], ledger["looked"]
    fresh = [
        dict(one, seen=now, doubt=None, files=None, bytes=None, added=None)
        for one in snapshots
        if one["id"] not in known
    ]
    for entry in fresh:
        if entry["time"] > now + SKEW:
            entry["doubt"] = "it is dated in the future"
        elif looked is not None and entry["time"] < looked - LONGEST:
            entry["doubt"] = "it is dated before the last look, which did not see it"
    if looked is not None:
        groups = {entry["group"] for entry in known.values()}
        most = max(1, len(groups)) * (2 + 2 * int((now - looked) / (rpo_hours * HOUR)))
        if len(fresh) > most:
            for entry in fresh:
                entry["doubt"] = entry["doubt"] or "%d arrived at once, at most %d were due" % (len(fresh), most)
    return sorted(fresh, key=lambda entry: entry["time"])


def sized(ledger, entry, change_percent):
    """Return what the size of a measured entry gives to doubt, None where it is in line with those before."""
    before = [
        one
        for one in ledger["snapshots"].values()
        if one["group"] == entry["group"] and one["doubt"] is None and one["files"] is not None
        and one["time"] <= entry["time"]
    ]  # fmt: skip
    if not before:
        return None
    before = sorted(before, key=lambda one: one["time"])[-COMPARED:]
    least = 1 - change_percent / 100.0
    for what in ("files", "bytes"):
        usual = statistics.median(one[what] for one in before)
        if entry[what] < usual * least:
            return "%s: %d, usually %d" % (what, entry[what], usual)
    if entry["added"] > max(1, before[-1]["bytes"]) * change_percent / 100.0:
        return "%d of %d bytes are new" % (entry["added"], entry["bytes"])
    return None


def held(ledger, snapshots, now, configuration):
    """Return (what somebody has to look at, why else nothing is removed this time)."""
    present = {one["id"] for one in snapshots}
    known = ledger["snapshots"]
    doubtful = ["%s (%s)" % (id_[:12], known[id_]["doubt"]) for id_ in sorted(present) if known[id_]["doubt"]]
    gone = [id_[:12] for id_ in sorted(known) if id_ not in present and not known[id_]["doubt"]]
    alarms = []
    if doubtful:
        alarms.append("%d doubtful snapshots: %s" % (len(doubtful), _some(doubtful)))
    if gone:
        alarms.append("%d snapshots are gone that were not removed here: %s" % (len(gone), _some(gone)))
    trusted = [known[id_]["time"] for id_ in present if not known[id_]["doubt"]]
    if trusted and now - max(trusted) > 2 * configuration["rpo_hours"] * HOUR + LONGEST:
        alarms.append("no backup has arrived since %s" % _day(max(trusted)))
    looked, waits = ledger["looked"], ""
    if looked is None:
        waits = "this was the first look"
    elif now < looked:
        alarms.append("the clock of this host went back")
    elif now - looked > configuration["delay_days"] * DAY:
        waits = "nobody had looked since %s" % _day(looked)
    return alarms, waits


def removable(ledger, snapshots, now, configuration):
    """Return the ids that are old by the ledger and outside the time to keep, counted from their group's newest."""
    known = ledger["snapshots"]
    here = [known[one["id"]] for one in snapshots if not known[one["id"]]["doubt"]]
    newest = {}
    for entry in here:
        newest[entry["group"]] = max(entry["time"], newest.get(entry["group"], 0))
    return sorted(
        entry["id"] for entry in here
        if entry["seen"] <= now - configuration["delay_days"] * DAY
        and entry["time"] < newest[entry["group"]] - configuration["keep_within_days"] * DAY
    )  # fmt: skip


def _some(texts):
    more = len(texts) - SHOWN
    return ", ".join(texts[:SHOWN]) + (" and %d more" % more if more > 0 else "")


def _day(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def seconds_of(text):
    """Return seconds since 1970 of a time as restic and borg write it; UTC where it names no zone."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?", str(text))
    if not found:
        raise Failed("a snapshot's time can't be read")
    day, clock, _part, zone = found.groups()
    try:
        return datetime.fromisoformat("%sT%s%s" % (day, clock, "+00:00" if zone in (None, "Z") else zone)).timestamp()
    except (ValueError, OverflowError):
        raise Failed("a snapshot's time is none") from None


class Restic:
    """A repository of restic. The size of a snapshot is what the repository holds of it, not what it says of itself."""

    def __init__(self, configuration, environment):
        self.keep = "%dd" % configuration["keep_within_days"]
        self.environment = dict(environment)
        if configuration.get("key_file"):
            self.environment["RESTIC_PASSWORD_FILE"] = configuration["key_file"]

    def run(self, *arguments):
        return answer(["restic", "--quiet", *arguments], self.environment)

    def snapshots(self):
        listed = parsed(self.run("snapshots", "--json", "--no-lock"))
        return [
            {"id": str(one["id"]), "time": seconds_of(one["time"]),
             "group": "%s %s" % (one.get("hostname", ""), " ".join(sorted(map(str, one.get("paths") or ()))))}
            for one in listed or ()
        ]  # fmt: skip

    def measure(self, id_, previous):
        content = parsed(self.run("stats", "--json", "--no-lock", "--mode", "restore-size", id_))
        stored = self._stored(id_)
        added = self._stored(id_, previous) - self._stored(previous) if previous else stored
        return {"files": int(content["total_file_count"]), "bytes": stored, "added": added}

    def _stored(self, *ids):
        return int(parsed(self.run("stats", "--json", "--no-lock", "--mode", "raw-data", *ids))["total_size"])

    def agreed(self, ids):
        """Return those that restic, too, would not keep."""
        look = ("forget", "--dry-run", "--json", "--no-lock")
        groups = parsed(self.run(*look, "--group-by", "host,paths", "--keep-within", self.keep))
        own = {str(one["id"]) for group in groups or () for one in group.get("remove") or ()}
        return [id_ for id_ in ids if id_ in own]

    def remove(self, ids):
        self.run("check")
        self.run("forget", *ids)
        self.run("prune")


class Borg:
    """A repository of borg. What a client deleted in append-only mode is only written down: pruning would carry it out.

    Such archives are missing from the list, and chunks that archives still need are missed by the check.
    """

    def __init__(self, configuration, environment):
        self.repository = configuration["repository"]
        # borg writes times without their zone.
        self.environment = dict(environment, TZ="UTC", BORG_RELOCATED_REPO_ACCESS_IS_OK="no")
        if configuration.get("key_file"):
            self.environment["BORG_PASSCOMMAND"] = "cat %s" % configuration["key_file"]
        self.names = {}

    def run(self, *arguments):
        return answer(["borg", *arguments], self.environment)

    def snapshots(self):
        listed = parsed(self.run("list", "--json", "--format", "{hostname}", self.repository))["archives"]
        self.names = {str(one["id"]): str(one["name"]) for one in listed}
        return [
            {"id": str(one["id"]), "time": seconds_of(one.get("start") or one["time"]),
             "group": str(one.get("hostname", ""))}
            for one in listed
        ]  # fmt: skip

    def measure(self, id_, _previous):
        stats = parsed(self.run("info", "--json", self._archive(id_)))["archives"][0]["stats"]
        return {
            "files": int(stats["nfiles"]), "bytes": int(stats["compressed_size"]),
            "added": int(stats["deduplicated_size"]),
        }  # fmt: skip

    def agreed(self, ids):
        return list(ids)

    def remove(self, ids):
        self.run("check", "--archives-only", self.repository)
        for id_ in ids:
            self.run("delete", self._archive(id_))
        self.run("compact", self.repository)

    def _archive(self, id_):
        return "%s::%s" % (self.repository, self.names[id_])


TOOLS = {"restic": Restic, "borg": Borg}


def answer(argv, environment):
    """Return what a tool prints; raises Failed with its last words, without what could be a password."""
    try:
        done = subprocess.run(
            argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed("%s: %s" % (argv[0], type(error).__name__)) from None
    if done.returncode:
        said = re.sub(r"//[^/@\s]*@", "//", done.stderr.decode("utf-8", "replace").strip())
        raise Failed("%s ended with %d: %s" % (" ".join(argv[:3]), done.returncode, said[-300:]))
    return done.stdout


def parsed(text):
    """Return JSON; raises Failed."""
    try:
        return json.loads(text)
    except ValueError:
        raise Failed("what the tool printed is no JSON") from None


def look(tool, ledger, configuration, now):
    """Bring the ledger up to date and remove what may go; return the report."""
    snapshots = tool.snapshots()
    for entry in _measurable(ledger, arrivals(ledger, snapshots, now, configuration["rpo_hours"])):
        if entry.pop("measured"):
            entry.update(tool.measure(entry["id"], _previous(ledger, entry)))
            entry["doubt"] = sized(ledger, entry, configuration["change_percent"])
        ledger["snapshots"][entry["id"]] = entry
    alarms, waits = held(ledger, snapshots, now, configuration)
    ledger["looked"] = now
    # Doubtful ones that somebody removed are settled.
    present = {one["id"] for one in snapshots}
    for id_ in [id_ for id_, entry in ledger["snapshots"].items() if entry["doubt"] and id_ not in present]:
        del ledger["snapshots"][id_]
    report = {"at": now, "count": len(snapshots), "removed": [], "alarms": alarms, "waits": waits}
    if not alarms and not waits:
        report["removed"] = tool.agreed(removable(ledger, snapshots, now, configuration))
    return report


def _measurable(ledger, fresh):
    """Yield entries with `measured`: whether their size counts. On the first look only the newest are worth it."""
    newest = {}
    for entry in reversed(fresh):
        newest.setdefault(entry["group"], []).append(entry["id"])
    for entry in fresh:
        worth = ledger["looked"] is not None or entry["id"] in newest[entry["group"]][:COMPARED]
        yield dict(entry, measured=worth and entry["doubt"] is None)


def _previous(ledger, entry):
    before = [
        one for one in ledger["snapshots"].values()
        if one["group"] == entry["group"] and one["doubt"] is None and one["time"] <= entry["time"]
    ]  # fmt: skip
    return max(before, key=lambda one: one["time"])["id"] if before else None


def checked(configuration):
    """Return the configuration; raises Failed where it can't be gone by."""
    for key in ("name", "tool", "repository"):
        if not isinstance(configuration.get(key), str):
            raise Failed("the configuration's %s must be a text" % key)
    for key in ("keep_within_days", "delay_days", "rpo_hours", "change_percent"):
        value = configuration.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            raise Failed("the configuration's %s must be a number above 0" % key)
    if configuration["tool"] not in TOOLS or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", configuration["name"]):
        raise Failed("the configuration's tool or name is none")
    if configuration["keep_within_days"] <= configuration["delay_days"]:
        raise Failed("the time to keep must be longer than the delay")
    return configuration


def environment_of(configuration):
    """Return the tool's environment: ours, what the environment file says, and where the passphrase lies.

    The file may name the repository with its login: restic takes it in no other way before 0.16.
    """
    found = {**os.environ, "LC_ALL": "C", "RESTIC_REPOSITORY": configuration["repository"]}
    path = configuration.get("environment")
    if path and os.access(path, os.R_OK):
        with open(path, encoding="utf-8") as file:
            pairs = (line.strip().partition("=") for line in file if "=" in line and not line.startswith("#"))
            found.update({name.strip(): value.strip().strip("\"'") for name, _equals, value in pairs})
    return found


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
    handle, fresh = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(fresh, path)


def main(arguments):
    """Carry out one call; return its exit status."""
    if len(arguments) not in (1, 3) or (len(arguments) == 3 and arguments[1] != "accept"):
        raise Failed(__doc__.partition("Usage: ")[2].partition("\n\n")[0])
    configuration = checked(load(arguments[0]))
    # A unit hands over the passphrase as a credential, and brings the folder of its state.
    given = os.path.join(os.environ.get("CREDENTIALS_DIRECTORY", "/nonexistent"), "key")
    if os.path.exists(given):
        configuration["key_file"] = given
    folder = os.environ.get("STATE_DIRECTORY") or os.path.join(STATE, configuration["name"])
    os.makedirs(folder, mode=0o700, exist_ok=True)
    ledger_file, report_file = os.path.join(folder, "ledger.json"), os.path.join(folder, "report.json")
    with open(os.path.join(folder, "lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ledger = load(ledger_file, {"looked": None, "snapshots": {}})
        if len(arguments) == 3:
            return accept(ledger, ledger_file, arguments[2])
        environment = environment_of(configuration)
        environment.setdefault("RESTIC_CACHE_DIR", os.path.join(folder, "cache"))
        environment.setdefault("BORG_BASE_DIR", os.path.join(folder, "borg"))
        tool = TOOLS[configuration["tool"]](configuration, environment)
        try:
            report = look(tool, ledger, configuration, time.time())
            # What was seen counts from now on, whatever becomes of the rest.
            save(ledger_file, ledger)
            if report["removed"]:
                tool.remove(report["removed"])
                for id_ in report["removed"]:
                    del ledger["snapshots"][id_]
                save(ledger_file, ledger)
        except Failed as error:
            save(report_file, {"at": time.time(), "count": 0, "removed": [], "alarms": [str(error)], "waits": ""})
            raise
        save(report_file, report)
    for text in report["alarms"]:
        sys.stderr.write("nothing was removed: %s\n" % text)
    waits = "; " + report["waits"] if report["waits"] else ""
    sys.stdout.write("%d snapshots, %d removed%s\n" % (report["count"], len(report["removed"]), waits))
    return 1 if report["alarms"] else 0


def accept(ledger, path, wanted):
    """Settle what somebody has looked at: a doubtful snapshot is trusted, one that is gone is forgotten."""
    found = [id_ for id_ in ledger["snapshots"] if id_.startswith(wanted)] if len(wanted) >= 8 else []
    if len(found) != 1:
        raise Failed("%d snapshots in the ledger begin with %s; give at least 8 characters" % (len(found), wanted))
    entry = ledger["snapshots"][found[0]]
    if entry["doubt"]:
        # Its size, which nothing vouches for, is not what others are compared with.
        entry.update(doubt=None, files=None)
    else:
        del ledger["snapshots"][found[0]]
    save(path, ledger)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as error:
        sys.stderr.write("bulwark-prune: %s\n" % error)
        sys.exit(2)
