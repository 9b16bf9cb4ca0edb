# SPDX-License-Identifier: GPL-3.0-or-later
"""What opens a backup is root's alone, lies in nothing that it opens, and is kept offline too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...evaluators.backups import Seen, below, seen
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
OTHERS = 0o077


@JUDGES.of("lin-bk-key-apart")
def key_apart(case: Case) -> Verdict:
    """The key neither goes with the backup nor is lost with the host."""
    wrong: list[Item] = []
    unread, evidence = [], []
    for one in seen(case):
        wrong += _escrow(case, one)
        try:
            keys = one["keys"]
        except Unread as reason:
            unread.append(str(reason))
            continue
        if not any(key["opens"] for key in keys):
            unread.append(
                "%s: which file holds its passphrase is neither in key_file nor in environment" % one.backup.name
            )
        for key in keys:
            evidence.append("%s: %s" % (one.backup.name, key["path"]))
            wrong += _file(one, key)
            unread += _unseen(one, key)
    days = case.policy["bulwark_key_escrow_days"]
    expected = "keys are root's alone (0600), outside what they open, and seen offline within %d days" % days
    return verdict(expected, wrong, unread, evidence)


def _file(one: Seen, key: dict[str, Any]) -> Iterator[Item]:
    name, path = one.backup.name, key["path"]
    if not key["there"]:
        yield item("%s: no %s" % (name, path), "%s: %s is not there" % (name, path))
        return
    if key["uid"] != 0:
        yield item("%s: owner of %s" % (name, path), "%s: %s is of uid %d, not root's" % (name, path, key["uid"]))
    if int(key["mode"], 8) & OTHERS:
        text = "%s: %s has mode %s: others than root may get at it" % (name, path, key["mode"])
        yield item("%s: mode of %s" % (name, path), text)
    if key["in_repository"]:
        text = "%s: %s lies in the repository it opens, %s" % (name, path, one.backup.repository)
        yield item("%s: %s in its repository" % (name, path), text)
    if key["in_snapshot"]:
        text = "%s: %s is in its newest snapshot: with the host, the key to its backup would be lost" % (name, path)
        yield item("%s: %s in its snapshot" % (name, path), text)


def _unseen(one: Seen, key: dict[str, Any]) -> Iterator[str]:
    if key["there"] and key["opens"] and key["in_snapshot"] is None and below(key["real"], one.backup.scope):
        yield "%s: whether %s is in what it opens can't be seen" % (one.backup.name, key["path"])


def _escrow(case: Case, one: Seen) -> Iterator[Item]:
    name, day, days = one.backup.name, one.backup.escrow, case.policy["bulwark_key_escrow_days"]
    if day is None:
        yield item("%s: escrow" % name, "%s: nobody says that a copy of its key is kept offline (escrow)" % name)
    elif not 0 <= (case.today - day).days <= days:
        text = "%s: that a copy of its key is kept offline was last seen on %s, at most %d days ago is asked" % (
            name, day, days
        )  # fmt: skip
        yield item("%s: escrow" % name, text)
