# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups lie where what befalls their source doesn't reach: elsewhere, unmounted, and once more away and offline."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ...declared.backups import Backup
from ...declared.registers import Undeclared
from ...evaluators import kept_backups as kept
from ...evaluators.checks import Check, gather
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
COPIES = {"offsite": "off-site", "offline": "offline"}


@JUDGES.of("lin-bk-isolated")
def isolated(case: Case) -> Verdict:
    """Repositories are on other hosts and not mounted, their server stands alone, there are copies away and offline."""
    kept.take_part(case)
    checks: list[Check] = [partial(_elsewhere, backup=backup) for backup in kept.sources(case)]
    checks += [partial(_copy, backup=backup, kind=kind) for backup in kept.sources(case) for kind in COPIES]
    if kept.sources(case):
        checks.append(_mounted)
    if kept.keeps(case):
        checks += [_zone, _keys, _realm]
    wrong, unread = gather(case, *checks)
    zone, days = case.policy["bulwark_backup_zone"], case.policy["bulwark_offline_copy_days"]
    return verdict(
        "no repository lies or is mounted read-write where its backups are made; its server answers zone "
        f"{zone} alone and belongs to no realm of others; an off-site and an offline copy are at most {days} days old",
        wrong,
        [*unread, *kept.nothing_served(case)],
        ["/proc/self/mounts", "the firewall's rules", "sssd.conf, smb.conf", "offsite and offline of bulwark_backups"],
        "configured",
    )


def _elsewhere(case: Case, backup: Backup) -> Iterator[Item]:
    path = kept.local_path(backup.repository)
    if path is not None:
        here = [one for one in case.facts["keeping"]["repositories"] if one["path"] == path]
        if here and (here[0]["mount"] or {"point": "/"})["point"] == "/":
            yield item(f"{backup.name}: here", f"{backup.name}: {path} lies on this host's own disk")
    elif kept.is_here(case, kept.host_of(backup.repository)) or (backup.server and kept.is_here(case, backup.server)):
        yield item(f"{backup.name}: here", f"{backup.name}: {kept.plain(backup.repository)} is on this very host")


def _mounted(case: Case) -> Iterator[Item]:
    for one in case.facts["keeping"]["repositories"]:
        mount = one["mount"]
        if mount and mount["point"] != "/" and mount["writable"] and not one["served"]:
            yield item(f"mounted {one['path']}", f"the {one['tool']} repository {one['path']} is mounted read-write "
                       f"at {mount['point']} ({mount['kind']})")  # fmt: skip


def _copy(case: Case, backup: Backup, kind: str) -> Iterator[Item]:
    made, most = getattr(backup, kind), case.policy["bulwark_offline_copy_days"]
    if made is None:
        raise Undeclared(f"{backup.name}: bulwark_backups does not say when the {COPIES[kind]} copy was made ({kind})")
    if (case.today - made).days > most:
        yield item(f"{backup.name}: {kind}", f"{backup.name}: the {COPIES[kind]} copy is of {made}")


def _networks(case: Case) -> tuple[str, ...]:
    wanted = case.policy["bulwark_backup_zone"]
    found = [zone for zone in case.registers.declared("zones") if zone.name == wanted]
    if not found:
        raise Undeclared(f"the zone {wanted} (bulwark_backup_zone) is not in bulwark_zones")
    return tuple(cidr for zone in found for cidr in zone.cidrs)


def _zone(case: Case) -> Iterator[Item]:
    open_questions = []
    for server in case.facts["keeping"]["servers"]:
        name = f"rest-server on {server['listen']}"
        others = kept.others_reach(case, server, [*_networks(case), *case.policy["bulwark_prune_sources"]])
        if others is None:
            open_questions.append(name)
        elif others:
            yield item(name, f"the {name} can be reached from outside zone {case.policy['bulwark_backup_zone']}")
    if open_questions:
        raise Undeclared(f"who reaches the {', the '.join(open_questions)} can't be told")


def _keys(case: Case) -> Iterator[Item]:
    for key in case.facts["keeping"]["serves"]:
        if not kept.only_from(key["options"], [*_networks(case), *case.policy["bulwark_prune_sources"]]):
            where = f"{key['path']} line {key['line']}"
            yield item(f"{key['user']}: {key['fingerprint']}", f"{where}: the key of {key['user']} is taken from "
                       f"outside zone {case.policy['bulwark_backup_zone']}: no from= says otherwise")  # fmt: skip


def _realm(case: Case) -> Iterator[Item]:
    for one in case.facts["keeping"]["realms"]:
        if one["realm"] not in case.policy["bulwark_backup_realms"]:
            yield item(f"realm {one['realm']}", f"{one['place']}: this host takes the accounts of {one['realm']}, and "
                       "so do hosts whose backups it keeps")  # fmt: skip
