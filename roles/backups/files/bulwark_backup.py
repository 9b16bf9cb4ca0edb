# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes one backup: dumps of databases first, then everything that was declared.

Usage: bulwark-backup CONFIGURATION          the backup
       bulwark-backup CONFIGURATION now      have its unit start, and wait for a little while

CONFIGURATION is a JSON file: {name, tool: restic|borg, repository, paths, excludes, key_file?, environment?, dumps:
[{name, kind: postgresql|mysql|sqlite, target}], unit}. Paths that are not there are left out. Ends with 0 where all of
the rest was saved.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time

STATE = "/var/lib/bulwark-backup"
WAIT_SECONDS = 20


class Failed(Exception):
    """The backup could not be made as a whole; the text says why."""


def run(argv, environment=None, out=None):
    """Run a program; raises Failed with its last words."""
    try:
        done = subprocess.run(
            argv, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, check=False
        )
    except OSError as error:
        raise Failed("%s: %s" % (argv[0], error.strerror)) from None
    if done.returncode:
        said = re.sub(r"//[^/@\s]*@", "//", done.stderr.decode("utf-8", "replace").strip())
        raise Failed("%s ended with %d: %s" % (argv[0], done.returncode, said[-500:]))


def dump(one, folder):
    """Write one dump; the last good one stays until the new one is whole."""
    path = os.path.join(folder, "%s.%s" % (one["name"], "sqlite" if one["kind"] == "sqlite" else "sql"))
    fresh = path + ".new"
    if one["kind"] == "sqlite":
        source = sqlite3.connect("file:%s?mode=ro" % one["target"], uri=True)
        target = sqlite3.connect(fresh)
        source.backup(target)
        target.close()
        source.close()
    else:
        argv = {
            "postgresql": ["runuser", "-u", "postgres", "--", "pg_dump", "--clean", "--if-exists", one["target"]],
            "mysql": ["mysqldump", "--single-transaction", "--routines", "--events", one["target"]],
        }[one["kind"]]
        with open(fresh, "wb") as out:
            run(argv, out=out)
    os.rename(fresh, path)


def saved(configuration, folder):
    """Return what is saved of that which is there."""
    paths = [*configuration["paths"], *([folder] if configuration["dumps"] else [])]
    found = [path for path in dict.fromkeys(paths) if os.path.lexists(path)]
    if not found:
        raise Failed("nothing of what is declared is there")
    return found


def restic(configuration, environment, paths):
    """Save to a repository of restic."""
    if configuration.get("key_file"):
        environment["RESTIC_PASSWORD_FILE"] = configuration["key_file"]
    excludes = ["--exclude=%s" % pattern for pattern in configuration["excludes"]]
    run(["restic", "backup", "--quiet", *excludes, "--", *paths], environment)


def borg(configuration, environment, paths):
    """Save to a repository of borg."""
    if configuration.get("key_file"):
        environment["BORG_PASSCOMMAND"] = "cat %s" % configuration["key_file"]
    excludes = [word for pattern in configuration["excludes"] for word in ("--exclude", pattern)]
    archive = "%s::%s-{utcnow:%%Y-%%m-%%dT%%H:%%M:%%S}" % (configuration["repository"], configuration["name"])
    run(["borg", "create", *excludes, archive, *paths], environment)


TOOLS = {"restic": restic, "borg": borg}


def environment_of(configuration):
    """Return the tool's environment with what the environment file says.

    That may name the repository with its login: restic takes it in no other way before 0.16.
    """
    found = {**os.environ, "LC_ALL": "C", "RESTIC_REPOSITORY": configuration["repository"]}
    if configuration.get("environment"):
        with open(configuration["environment"], encoding="utf-8") as file:
            pairs = (line.strip().partition("=") for line in file if "=" in line and not line.startswith("#"))
            found.update({name.strip(): value.strip().strip("\"'") for name, _equals, value in pairs})
    return found


def now(unit):
    """Have the backup's unit start, and wait until it has ended or a while is over. It says itself how it went."""
    subprocess.run(["systemctl", "start", "--no-block", unit], check=False)
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        time.sleep(0.5)
        asked = ["systemctl", "show", "--property=ActiveState", "--value", unit]
        state = subprocess.run(asked, stdout=subprocess.PIPE, check=False).stdout.decode().strip()
        if state not in ("activating", "active", "reloading"):
            return


def main(arguments):
    """Make the backup that a configuration describes."""
    with open(arguments[0], encoding="utf-8") as file:
        configuration = json.load(file)
    if arguments[1:] == ["now"]:
        now(configuration["unit"])
        return
    os.umask(0o077)
    folder = os.path.join(STATE, configuration["name"])
    if configuration["dumps"]:
        os.makedirs(folder, exist_ok=True)
    wrong = []
    for one in configuration["dumps"]:
        try:
            dump(one, folder)
        except (Failed, OSError, sqlite3.Error) as error:
            wrong.append("dump %s: %s" % (one["name"], error))
    # What can be saved is saved all the same.
    environment = environment_of(configuration)
    environment.setdefault("XDG_CACHE_HOME", "/var/cache")
    TOOLS[configuration["tool"]](configuration, environment, saved(configuration, folder))
    if wrong:
        raise Failed("; ".join(wrong))


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    try:
        main(sys.argv[1:])
    except (Failed, OSError, ValueError) as error:
        sys.exit("bulwark-backup: %s" % error)
