# SPDX-License-Identifier: GPL-3.0-or-later
"""What a collector received can't be shortened by anybody but its own administrators, and not before its time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...evaluators import collecting
from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.standing import is_system
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
SEAL, TIMER = "bulwark-log-seal", "bulwark-log-seal.timer"
HOUR = 3600


@JUDGES.of("lin-lm-store-immutable")
def immutable(case: Case) -> Verdict:
    """Files of the store only grow or can't be changed, root alone reaches them, and old ones stay long enough."""
    collecting.take_part(case)
    held = case.policy["bulwark_log_hold_days"] >= case.policy["bulwark_log_retention_days"]
    wrong, unread = gather(case, _reach, *([] if held else [_files]), _keeping)
    days = case.policy["bulwark_log_retention_days"]
    return verdict(
        "the files that hold received logs are append-only or immutable, or an object lock holds them elsewhere "
        f"(bulwark_log_hold_days); root alone can remove them, and nothing does before {days} days",
        wrong,
        unread,
        ["attributes, owners and modes of the store", "/etc/bulwark/collector/seal.json", "/etc/rsyslog.conf"],
        "attested" if held else "effective",
    )


def _stores(case: Case) -> list[Mapping[str, Any]]:
    stores: list[Mapping[str, Any]] = case.facts["collecting"]["stores"]
    if not stores:
        raise Unread("where the received logs lie was not found in rsyslog's configuration; see bulwark_log_store")
    return stores


def _files(case: Case) -> Iterator[Item]:
    for store in _stores(case):
        path = store["path"]
        if not store["way"]:
            raise Unread("%s is not there: nothing has been received" % path)
        if not store["files"]:
            raise Unread("%s holds no file: there is nothing that shows how received logs are kept" % path)
        if not store["guarded"]:
            yield item("%s: folder" % path, "%s: whole senders can be removed from it (chattr +a is missing)" % path)
        for one in store["loose"]:
            yield item(one, "%s can be changed and removed: it is neither append-only nor immutable" % one)
        if store["more"]:
            yield item("%s: more" % path, "%s: so can others of its files" % path)


def _reach(case: Case) -> Iterator[Item]:
    """Yield who reaches the store beside root, and the account of the program that writes it."""
    users = case.facts["accounts"]["users"]
    gids = {gid: name for name, gid in case.facts["accounts"]["gids"].items()}
    for store in _stores(case):
        for one in store["way"]:
            bits = int(one["mode"], 8)
            names = [user["name"] for user in users if user["uid"] == one["uid"] != 0 and not is_system(case, user)]
            if bits & 0o020 and one["gid"] != 0:
                members = [
                    user for user in users if one["gid"] == user["gid"] or gids.get(one["gid"]) in user["groups"]
                ]
                names += [user["name"] for user in members if user["uid"] != 0 and not is_system(case, user)]
            names += ["everybody"] if bits & 0o002 and not bits & 0o1000 else []
            for name in dict.fromkeys(names):
                text = "%s can rename and remove what is in %s (mode %s)" % (name, one["path"], one["mode"])
                yield item("%s: %s" % (one["path"], name), text)


def _keeping(case: Case) -> Iterator[Item]:
    """Yield what is wrong with how days are closed and removed."""
    seal = case.facts["collecting"]["seal"]
    if seal is None:
        return
    days, least = seal["settings"].get("keep_days"), case.policy["bulwark_log_retention_days"]
    if not isinstance(days, int) or days < least:
        yield item("keep_days", "%s removes a day when there are %s newer ones" % (seal["place"], days))
    floor, wanted = seal["settings"].get("free_percent"), case.policy["bulwark_log_store_free_percent"]
    if not isinstance(floor, int) or floor < wanted:
        text = "%s has nobody told when less than %d %% are free: apply the role's collector again"
        yield item("free_percent", text % (seal["place"], wanted))
    if not seal["safe"]:
        yield item("not root's alone", "others than root can change %s or its settings" % SEAL)
    if TIMER not in case.facts["units"]["enabled"]:
        yield item("timer", "%s is not enabled: days are not closed any more" % TIMER)
    last = seal["last"]
    if last is None:
        raise Unread("%s has not run yet" % SEAL)
    if case.facts["system"]["now"] - last["at"] > HOUR:
        yield item("not run", "%s has not run for more than an hour" % SEAL)
    for problem in last["problems"][:20]:
        yield item("seal: %s" % problem.partition(" had ")[0].partition(": ")[0], "%s: %s" % (SEAL, problem))
