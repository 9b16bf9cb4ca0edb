# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether keys, files and processes still have somebody to whom they belong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from ...declared.registers import Account, Undeclared
from ...evaluators import departed
from ...evaluators.deep import deep, named
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()


@JUDGES.of("lin-oa-orphan-keys")
def orphan_keys(case: Case) -> Verdict:
    """Every authorised key maps to a current owner and is not too old; no files or processes of uids that are gone."""
    reading, days = deep(case, "owners"), case.policy["bulwark_key_days"]
    keys, unread = _keys(case)
    left = [found for stranger in reading.found("ownerless") for found in _left_behind(stranger)]
    return verdict(
        "every authorised key is one of a current entry of bulwark_accounts and at most %d days old, and every file "
        "and process belongs to an account" % days,
        [*keys, *left], [*unread, *reading.unread],
        [*dict.fromkeys(key["path"] for key in case.facts["keys"].get("authorized", ())), *reading.evidence],
        severity=None if keys else "medium" if left else None, cause=None if left else _cause(case, keys),
        aged=reading.aged,
    )  # fmt: skip


def _cause(case: Case, keys: Iterable[Item]) -> str | None:
    """Return the control that names all of these keys already, where there is one."""
    wrong = {found.identity for found in keys}
    if not wrong:
        return None
    known = {"%s %s" % key: control for key, control in departed.keys_named(case).items()}
    causes = {known.get(identity) for identity in wrong}
    return causes.pop() if len(causes) == 1 else None


def owners(case: Case) -> Mapping[str, tuple[Account, date | None]]:
    """Return {fingerprint: (the current owner, since when)} of the register; raises Undeclared."""
    gone = departed.leavers(case) if case.registers.leavers is not None else {}
    return {
        fingerprint: (account, since)
        for account in case.registers.declared("accounts")
        if not (account.expires and account.expires < case.today)
        and account.name not in gone
        and account.person not in gone
        for fingerprint, since in account.keys.items()
    }


def _keys(case: Case) -> tuple[list[Item], list[str]]:
    """Return what is wrong with the keys, and what can't be said of them."""
    try:
        known, keys = owners(case), case.facts["keys"]
        wrong = [found for key in keys["authorized"] for found in _judged(case, key, known)]
        unread = ["keys of %s: %s" % one for one in sorted(keys["unreadable"].items())]
    except (Undeclared, Unread) as reason:
        return [], [str(reason)]
    undated = sorted({known[key["fingerprint"]][0].name for key in keys["authorized"]
                      if key["fingerprint"] in known and known[key["fingerprint"]][1] is None})  # fmt: skip
    if undated:
        unread.append("since when keys of %s are in use: bulwark_accounts has no since for them" % ", ".join(undated))
    return wrong, unread


def _judged(case: Case, key: Mapping[str, Any], known: Mapping[str, tuple[Account, date | None]]) -> Iterable[Item]:
    place = "%s line %d: %s opens %s" % (key["path"], key["line"], key["fingerprint"], key["user"])
    identity = "%s %s" % (key["user"], key["fingerprint"])
    if key["fingerprint"] not in known:
        yield item(identity, "%s and has no current owner in bulwark_accounts" % place)
        return
    account, since = known[key["fingerprint"]]
    if since is not None and (case.today - since).days > case.policy["bulwark_key_days"]:
        text = "%s for %s since %s, longer than %d days" % (place, account.name, since, case.policy["bulwark_key_days"])
        yield item("%s age" % identity, text)


def _left_behind(stranger: Mapping[str, Any]) -> Iterable[Item]:
    for kind in ("files", "processes"):
        if stranger[kind]:
            where = ", such as %s" % ", ".join(map(named, stranger["samples"])) if kind == "files" else ""
            text = "%s of uid %d, which no account has: %d%s" % (kind, stranger["uid"], stranger[kind], where)
            yield item("uid %d %s" % (stranger["uid"], kind), text)
