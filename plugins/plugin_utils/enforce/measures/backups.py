# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups are made by a timer and pruned by another host; what keeps them only appends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...declared.backups import COMMAND, NAME, PASSWORD, Backup
from ...declared.moments import as_hours
from ...evaluators import kept_backups as kept
from ...evaluators.verdict import Case
from ..programs import FOLDER, program
from ..steps import HEADER, Left, Measures, Step, file, package, unit

MEASURES = Measures()

UNITS = "/etc/systemd/system"
FOLDERS = {"backup": "/etc/bulwark/backups", "prune": "/etc/bulwark/prune"}
PACKAGES = {"restic": "restic", "borg": "borgbackup"}
ROLE = "backups"
FAILED = "bulwark-backup-failed@.service"
REST_PACKAGE, REST_ACCOUNT = "restic-rest-server", "restic-rest-server"
REST_PROGRAM, REST_USERS = "/usr/bin/restic-rest-server", "/etc/restic-rest-server/%s.htpasswd"
#: Pauses that fit into a day, in minutes, the longest first.
RHYTHMS = (720, 480, 360, 240, 180, 120, 60, 30, 20, 15, 10, 5)
LISTEN = re.compile(r"(?:[0-9A-Za-z.-]*|\[[0-9a-f:.]+\]):\d{1,5}")
#: What neither systemd nor a shell takes for anything but a part of a path.
PATH = re.compile(r"/[\w./+@-]*", re.ASCII)
#: Root makes backups, and writes nowhere but to where they go.
QUIET = ["Nice=10", "IOSchedulingClass=idle", "UMask=0077", "PrivateTmp=yes", "NoNewPrivileges=yes"]


@MEASURES.of("backups_made")
def backups_made(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have every declared backup made within its rpo, with the host's settings, packages and dumps, and failures told.

    arguments: settings and package_lists, paths to save where they are there.
    """
    steps = [
        step
        for backup in case.registers.declared("backups")
        for step in _made(backup, [*arguments["settings"], *arguments["package_lists"]], control)
    ]
    return [
        file("%s/bulwark-backup" % FOLDER, program(ROLE, "bulwark-backup"), "0755"),
        file("%s/%s" % (UNITS, FAILED), _unit(control, {
            "Unit": ["Description=Tell that the backup %i failed"],
            "Service": ["Type=oneshot", "ExecStart=/usr/bin/logger -p daemon.crit -t bulwark-backup %i failed"],
        })),
        *steps,
    ]  # fmt: skip


def _made(backup: Backup, more: Iterable[str], control: str) -> list[Step]:
    name, base = backup.name, backup.unit.removesuffix(".service")
    if backup.tool == COMMAND:
        raise Left("%s: what makes it is a program of your own, and so is what starts it" % name)
    if backup.unit != "bulwark-backup-%s.service" % name:
        raise Left("%s: %s makes it, which is a unit of your own" % (name, backup.unit))
    if backup.user != "root":
        raise Left(
            "%s: only root can save all that is asked for; bulwark_backups has it run as %s" % (name, backup.user)
        )
    paths = list(dict.fromkeys([*backup.scope, *more]))
    for secret in filter(None, (backup.key_file, backup.environment)):
        inside = [path for path in paths if secret == path or secret.startswith(path.rstrip("/") + "/")]
        if inside and secret not in backup.excludes:
            raise Left("%s: %s would be saved with %s; move it, or name it in excludes" % (name, secret, inside[0]))
    place = "%s/%s.json" % (FOLDERS["backup"], name)
    content = {
        "name": name, "tool": backup.tool, "repository": backup.repository, "paths": paths,
        "excludes": list(backup.excludes), "key_file": backup.key_file, "environment": backup.environment,
        "dumps": [{"name": one.name, "kind": one.kind, "target": one.target} for one in backup.dumps],
        "unit": backup.unit,
    }  # fmt: skip
    told = FAILED.replace("@", "@%s" % name)
    unit_monitor = backup.monitor if backup.monitor and not backup.monitor.startswith("/") else told
    hook = ["ExecStopPost=%s" % backup.monitor] if backup.monitor and backup.monitor.startswith("/") else []
    call = "%s/bulwark-backup %s" % (FOLDER, place)
    return [
        package(PACKAGES[backup.tool]),
        file(place, json.dumps(content, indent=1) + "\n", "0600"),
        file("%s/%s" % (UNITS, backup.unit), _unit(control, {
            "Unit": [
                "Description=Backup %s" % name, "Wants=network-online.target", "After=network-online.target",
                "OnFailure=%s" % unit_monitor,
            ],
            "Service": ["Type=oneshot", "ExecStart=%s" % call, *hook, *QUIET],
        })),
        file("%s/%s.timer" % (UNITS, base), _unit(control, {
            "Unit": ["Description=When the backup %s is made" % name],
            "Timer": ["OnCalendar=%s" % calendar(backup.rpo), "Persistent=yes"],
            "Install": ["WantedBy=timers.target"],
        })),
        file("%s/%s-now.service" % (UNITS, base), _unit(control, {
            "Unit": ["Description=Make the backup %s now" % name],
            "Service": ["Type=oneshot", "ExecStart=%s now" % call],
        })),
        unit("%s.timer" % base, active=True, enabled=True),
        unit("%s-now.service" % base, active=True),
    ]  # fmt: skip


@MEASURES.of("backups_pruned")
def backups_pruned(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have bulwark-prune look every day at what this host prunes, and remove what is old.

    arguments: prunes, as bulwark_prunes; keep_within_days, delay_days, change_percent.
    """
    if not arguments["prunes"]:
        return []
    own = {kept.plain(backup.repository) for backup in kept.sources(case)}
    steps = [file("%s/bulwark-prune" % FOLDER, program(ROLE, "bulwark-prune"), "0755")]
    for entry in arguments["prunes"]:
        steps += _pruned(entry, arguments, own, control)
    return steps


def _pruned(entry: Mapping[str, Any], arguments: Mapping[str, Any], own: set[str], control: str) -> list[Step]:
    name, repository, tool = entry["name"], entry["repository"], entry.get("tool") or "restic"
    if not NAME.fullmatch(name):
        raise Left("bulwark_prunes: a name must be of a-z, 0-9, dot, dash and underscore")
    if PASSWORD.search(repository):
        raise Left(
            "bulwark_prunes: the repository of %s holds a password; put it into a file named by environment" % name
        )
    if kept.plain(repository) in own:
        raise Left("bulwark_prunes: the backups of %s are made on this very host; another one has to prune them" % name)
    if arguments["keep_within_days"] <= arguments["delay_days"]:
        raise Left("bulwark_prune_keep_days must be more than bulwark_prune_delay_days")
    place = "%s/%s.json" % (FOLDERS["prune"], name)
    files = {key: str(entry[key]) for key in ("key_file", "environment") if entry.get(key)}
    for key, path in files.items():
        if not PATH.fullmatch(path):
            raise Left("bulwark_prunes: %s of %s is no plain path" % (key, name))
    try:
        hours = as_hours(entry.get("rpo") or "24h")
    except ValueError as error:
        raise Left("bulwark_prunes: rpo of %s: %s" % (name, error)) from None
    content = {
        "name": name, "tool": tool, "repository": repository, "rpo_hours": hours,
        **{key: arguments[key] for key in ("keep_within_days", "delay_days", "change_percent")}, **files,
    }  # fmt: skip
    secrets = ["LoadCredential=key:%s" % files["key_file"]] if "key_file" in files else []
    secrets += ["EnvironmentFile=%s" % files["environment"]] if "environment" in files else []
    return [
        package(PACKAGES[tool]),
        file(place, json.dumps(content, indent=1) + "\n"),
        file("%s/bulwark-prune-%s.service" % (UNITS, name), _unit(control, {
            "Unit": ["Description=Prune the backups %s" % name, "Wants=network-online.target",
                     "After=network-online.target", "OnFailure=%s" % FAILED.replace("@", "@prune-%s" % name)],
            "Service": [
                "Type=oneshot", "ExecStart=%s/bulwark-prune %s" % (FOLDER, place), *secrets,
                "User=%s" % (entry.get("user") or "root"), "StateDirectory=bulwark-prune/%s" % name,
                "StateDirectoryMode=0700", *QUIET,
            ],
        })),
        file("%s/bulwark-prune-%s.timer" % (UNITS, name), _unit(control, {
            "Unit": ["Description=When the backups %s are pruned" % name],
            "Timer": ["OnCalendar=*-*-* 05:40:00", "RandomizedDelaySec=15min", "Persistent=yes"],
            "Install": ["WantedBy=timers.target"],
        })),
        file("%s/%s" % (UNITS, FAILED), _unit(control, {
            "Unit": ["Description=Tell that the backup %i failed"],
            "Service": ["Type=oneshot", "ExecStart=/usr/bin/logger -p daemon.crit -t bulwark-backup %i failed"],
        })),
        unit("bulwark-prune-%s.timer" % name, active=True, enabled=True),
    ]  # fmt: skip


@MEASURES.of("backups_kept")
def backups_kept(case: Case, arguments: Mapping[str, Any], control: str) -> list[Step]:
    """Have restic's REST server take backups and give none of them up, and another one for those who prune.

    Only on a host whose bulwark_host_functions name backup.

    arguments: path, listen, prune_listen, certificate, certificate_key.
    """
    if not case.registers.has_function(kept.KEEPER):
        return []
    if kept.sources(case) and any(kept.is_here(case, one.server or "") for one in kept.sources(case)):
        raise Left("this host would keep its own backups")
    for key in ("path", "certificate", "certificate_key"):
        if arguments[key] and not PATH.fullmatch(arguments[key]):
            raise Left("%s is no plain path: %s" % (key, arguments[key]))
    steps = [package(REST_PACKAGE, [REST_PROGRAM, "/usr/lib/systemd/system/restic-rest-server.service"])]
    drop_in = "%s/restic-rest-server.service.d/bulwark.conf" % UNITS
    prepared = "ExecStartPre=+/usr/bin/install -d -m 0700 -o %s -g %s %s" % (
        REST_ACCOUNT,
        REST_ACCOUNT,
        arguments["path"],
    )
    served = _served(arguments, "listen", "users", ["--append-only", "--private-repos"])
    steps += [
        file(drop_in, _unit(control, {"Service": ["ExecCondition=", prepared, "ExecStart=", served]}),
             restart=["restic-rest-server"]),
        unit("restic-rest-server.service", active=True, enabled=True),
    ]  # fmt: skip
    if arguments["prune_listen"]:
        sources = case.policy["bulwark_prune_sources"]
        if not sources:
            raise Left("bulwark_prune_sources must say who may reach %s" % arguments["prune_listen"])
        own = "bulwark-prune-server.service"
        steps += [
            file("%s/%s" % (UNITS, own), _unit(control, {
                "Unit": ["Description=REST server for those who prune", "After=network.target"],
                "Service": [
                    "User=%s" % REST_ACCOUNT, "Group=%s" % REST_ACCOUNT, prepared,
                    _served(arguments, "prune_listen", "prune", []), "Restart=on-failure", "UMask=027",
                    "NoNewPrivileges=yes", "ProtectSystem=full", "ProtectHome=yes", "PrivateTmp=yes",
                    "IPAddressDeny=any", "IPAddressAllow=%s" % " ".join(sources),
                ],
                "Install": ["WantedBy=multi-user.target"],
            }), restart=[own]),
            unit(own, active=True, enabled=True),
        ]  # fmt: skip
    return steps


def _served(arguments: Mapping[str, Any], listen: str, users: str, more: list[str]) -> str:
    if not LISTEN.fullmatch(arguments[listen]):
        raise Left("%s is no address:port" % arguments[listen])
    tls = []
    if arguments["certificate"]:
        tls = ["--tls", "--tls-cert", arguments["certificate"], "--tls-key", arguments["certificate_key"]]
    words = [REST_PROGRAM, "--path", arguments["path"], "--listen", arguments[listen],
             "--htpasswd-file", REST_USERS % users, *more, *tls]  # fmt: skip
    return "ExecStart=%s" % " ".join(words)


def calendar(rpo: float) -> str:
    """Return how often a backup runs so that its end, too, lies within the rpo (hours): as OnCalendar= takes it."""
    minutes = next((one for one in RHYTHMS if one < rpo * 60), RHYTHMS[-1])
    if rpo >= 48:
        return "*-*-* 01:20:00"
    return "*-*-* 00/%d:20:00" % (minutes // 60) if minutes >= 60 else "*-*-* *:00/%d:00" % minutes


def _unit(control: str, sections: Mapping[str, Iterable[str]]) -> str:
    """Return the text of a unit; a percent sign means something to systemd only where we put it."""
    parts = ["[%s]\n%s\n" % (name, "\n".join(lines)) for name, lines in sections.items()]
    return HEADER % control + "\n".join(parts)
