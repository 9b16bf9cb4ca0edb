# SPDX-License-Identifier: GPL-3.0-or-later
"""Who makes backups can't delete them, and what removes the old ones looks at the new ones first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from ...declared.backups import COMMAND, Backup
from ...declared.registers import Undeclared
from ...evaluators import kept_backups as kept
from ...evaluators.checks import gather
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()


@JUDGES.of("lin-bk-immutable")
def immutable(case: Case) -> Verdict:
    """Servers only append, and pruning comes from elsewhere, late, and after a look at what arrived last."""
    kept.take_part(case, pruning=True)
    declared = [partial(_source, backup=backup) for backup in kept.sources(case)]
    wrong, unread = gather(case, _servers, _keys, _jobs, _pruners, *declared)
    days = case.policy["bulwark_prune_delay_days"]
    own = case.facts["keeping"]
    seen = bool(own["servers"] or own["serves"] or own["pruners"])
    return verdict(
        "whoever makes backups can only append to them; they are deleted from bulwark_prune_sources alone, at the "
        f"earliest {days} days after they arrived, and only while what arrived last is plausible",
        wrong,
        [*unread, *kept.nothing_served(case)],
        ["/proc/*/cmdline", "authorized_keys", "units, crontabs and what they call", "/etc/bulwark/prune"],
        "effective" if seen else "attested",
    )


def _servers(case: Case) -> Iterator[Item]:
    servers = case.facts["keeping"]["servers"]
    clients = {user for one in servers if one["append_only"] for user in one["users"] or ()}
    open_questions = []
    for server in servers:
        if server["append_only"]:
            continue
        name = f"rest-server on {server['listen']}"
        others = kept.others_reach(case, server, case.policy["bulwark_prune_sources"])
        if others is None:
            open_questions.append(name)
        elif others:
            yield item(name, f"{name} lets its clients delete: it runs without --append-only, and not only "
                             "bulwark_prune_sources reach it")  # fmt: skip
        for user in sorted(clients & set(server["users"] or ())):
            yield item(f"{name}: {user}", f"{name} prunes, and {user} may log in there as well as where backups arrive")
    if open_questions:
        raise Undeclared(f"{', '.join(open_questions)} does not only append, and who reaches it can't be told")


def _keys(case: Case) -> Iterator[Item]:
    append_only = {one["path"] for one in case.facts["keeping"]["repositories"] if one["append_only"]}
    for key in case.facts["keeping"]["serves"]:
        by_setting = key["forced"] == "borg" and bool(key["paths"]) and set(key["paths"]) <= append_only
        if key["append_only"] or by_setting or kept.only_from(key["options"], case.policy["bulwark_prune_sources"]):
            continue
        what = "borg serve without --append-only" if key["forced"] == "borg" else "more than borg serve --append-only"
        where = f"{key['path']} line {key['line']}"
        yield item(f"{key['user']}: {key['fingerprint']}", f"{where}: the key opens {key['user']} for {what}, and not "
                   "from bulwark_prune_sources alone")  # fmt: skip


def _jobs(case: Case) -> Iterator[Item]:
    for job in case.facts["keeping"]["jobs"]:
        call = f"{job['tool']} {job['action']}"
        if kept.sources(case):
            why = "where backups are made nothing may remove them"
        elif "--keep-within" in job["keeps"]:
            why = "nothing looks whether what arrived last is plausible, nor waits; bulwark-prune does"
        else:
            why = "forged snapshots would push good ones out; bulwark-prune looks first and keeps by time"
        yield item(f"{job['place']}: {call}", f"{job['place']} calls {call}: {why}")


def _pruners(case: Case) -> Iterator[Item]:
    own = {kept.plain(backup.repository) for backup in kept.sources(case)}
    least = case.policy["bulwark_prune_delay_days"]
    for pruner in case.facts["keeping"]["pruners"]:
        name = pruner["name"]
        yield from (item(f"{name}: {key}", f"prune of {name}: {text}") for key, text in _wrong(pruner, own, least))
    waiting = [one["name"] for one in case.facts["keeping"]["pruners"] if one["last"] is None]
    if waiting:
        raise Undeclared(f"the prune of {', '.join(waiting)} has not run yet")


def _wrong(pruner: Mapping[str, Any], own: set[str], least: int) -> Iterator[tuple[str, str]]:
    if pruner["repository"] in own:
        yield "source", "the backups are made on this very host"
    if not pruner["safe"]:
        yield "not root's alone", "others than root can change the program or its configuration"
    if (pruner["delay_days"] or 0) < least:
        yield "delay", f"it removes after {pruner['delay_days']:g} days" if pruner["delay_days"] else "it has no delay"
    for alarm in (pruner["last"] or {}).get("alarms", ()):
        yield f"held back: {alarm.partition(':')[0].lstrip('0123456789 ')}", f"nothing is removed, {alarm}"


def _source(case: Case, backup: Backup) -> Iterator[Item]:
    name, repository = backup.name, backup.repository
    if kept.local_path(repository) is not None:
        yield item(
            f"{name}: path", f"{name}: {repository} is a path of this host, where its root deletes what it likes"
        )
        return
    if repository.startswith("sftp:"):
        yield item(f"{name}: sftp", f"{name}: over SFTP whoever adds to a repository deletes from it as well")
        return
    if backup.pruner and kept.is_here(case, backup.pruner):
        yield item(f"{name}: pruner", f"{name}: this host makes the backup, and bulwark_backups has it prune it, too")
    if backup.tool == COMMAND or repository.startswith(kept.BUCKETS):
        raise Undeclared(f"{name}: whether this host can delete from {repository} can't be seen from here")
    missing = [key for key in ("server", "pruner") if getattr(backup, key) is None]
    if missing:
        raise Undeclared(
            f"{name}: bulwark_backups must name its {' and '.join(missing)}, which are judged by themselves"
        )
