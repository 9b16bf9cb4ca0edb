# SPDX-License-Identifier: GPL-3.0-or-later
"""Only who makes a backup reads it, and only backup administrators can change what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...declared.registers import Undeclared
from ...evaluators import kept_backups as kept
from ...evaluators.checks import gather
from ...evaluators.privilege import powers
from ...evaluators.standing import enabled, is_system
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
ROOT = "root"


@JUDGES.of("lin-bk-access")
def access(case: Case) -> Verdict:
    """Repositories, and what opens them, are one identity's; on the keeper only backup administrators are root."""
    kept.take_part(case)
    checks = [_servers, _keys, _files, _administrators] if kept.keeps(case) else []
    wrong, unread = gather(case, *checks, *([_credentials] if kept.sources(case) else []))
    return verdict(
        "each backup is read by the identity that makes it and by nobody else; whoever can become root where backups "
        "are kept is in bulwark_backup_admins",
        wrong,
        [*unread, *kept.nothing_served(case)],
        ["/proc/*/cmdline", "owners and modes of repositories and of what opens them", "sudo", "authorized_keys"],
    )


def _servers(case: Case) -> Iterator[Item]:
    for server in case.facts["keeping"]["servers"]:
        name = f"rest-server on {server['listen']}"
        if not server["auth"]:
            yield item(f"{name}: no login", f"the {name} asks nobody who he is (--no-auth)")
        elif not server["private"]:
            if server["users"] is None:
                raise Undeclared(f"who may log in to the {name} could not be read")
            if len(server["users"]) > 1:
                yield item(f"{name}: shared", f"the {name} gives each of {', '.join(server['users'])} the repositories "
                           "of all (no --private-repos)")  # fmt: skip


def _keys(case: Case) -> Iterator[Item]:
    for key in case.facts["keeping"]["serves"]:
        if key["forced"] == "borg" and not key["paths"]:
            where = f"{key['path']} line {key['line']}"
            yield item(f"{key['user']}: {key['fingerprint']}", f"{where}: borg serve gives the key every repository of "
                       f"{key['user']} (no --restrict-to-path)")  # fmt: skip


def _files(case: Case) -> Iterator[Item]:
    for one in case.facts["keeping"]["repositories"]:
        if _passes(one["way"], 0o001) and int(one["way"][-1]["mode"], 8) & 0o007:
            yield item(one["path"], f"{one['path']} is open to every account (mode {one['way'][-1]['mode']})")
            continue
        names = _members(case, one) if _passes(one["way"], 0o011) and int(one["way"][-1]["mode"], 8) & 0o070 else []
        if names:
            yield item(one["path"], f"{one['path']} is open to {', '.join(names)} by its group")


def _passes(way: list[Mapping[str, Any]], bits: int) -> bool:
    """Say whether folders above let somebody through: by the bits of everybody, or of everybody and the group."""
    return all(int(one["mode"], 8) & bits for one in way[:-1])


def _members(case: Case, repository: Mapping[str, Any]) -> list[str]:
    groups = {name for name, gid in case.facts["accounts"]["gids"].items() if gid == repository["gid"]}
    return sorted(
        user["name"]
        for user in case.facts["accounts"]["users"]
        if user["uid"] not in (0, repository["uid"])
        and (user["gid"] == repository["gid"] or groups & set(user["groups"]))
    )


def _administrators(case: Case) -> Iterator[Item]:
    for user in case.facts["accounts"]["users"]:
        name = user["name"]
        if name == ROOT or name in case.policy["bulwark_backup_admins"] or is_system(case, user):
            continue
        why = powers(case, user) if enabled(case, user) else []
        if why:
            account = case.registers.account(name)
            whose = f" ({account.party})" if account and account.external else ""
            yield item(
                name, f"{name}{whose} can change what is kept here ({why[0]}), and is not in bulwark_backup_admins"
            )


def _credentials(case: Case) -> Iterator[Item]:
    uids = {user["name"]: user["uid"] for user in case.facts["accounts"]["users"]}
    owners = {backup.name: {0, uids.get(backup.user, 0)} for backup in kept.sources(case)}
    for one in case.facts["keeping"]["credentials"]:
        if int(one["mode"], 8) & 0o077 or one["uid"] not in owners.get(one["set"], {0}):
            yield item(f"{one['set']}: {one['path']}", f"{one['set']}: {one['path']} opens the repository to others "
                       f"than the account that makes the backup (uid {one['uid']}, mode {one['mode']})")  # fmt: skip
