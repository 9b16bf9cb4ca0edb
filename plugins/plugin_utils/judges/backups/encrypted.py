# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups are encrypted before they leave the host, as the tool itself says of the repository."""

from __future__ import annotations

from ...evaluators.backups import Seen, seen
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
#: Borg's modes that encrypt; "authenticated" only signs.
BORG = ("repokey", "keyfile")
NONE = "none"


@JUDGES.of("lin-bk-encrypted")
def encrypted(case: Case) -> Verdict:
    """No repository can be read by whoever holds it."""
    wrong: list[Item] = []
    unread, evidence = [], []
    backups = seen(case)
    for one in backups:
        try:
            mode = _mode(one)
        except Unread as reason:
            unread.append(str(reason))
            continue
        evidence.append("%s: %s" % (one.backup.name, mode))
        if mode == NONE or (one.backup.tool == "borg" and not mode.startswith(BORG)):
            text = "%s: %s is not encrypted (%s)" % (one.backup.name, one.backup.repository, mode)
            wrong.append(item("%s: %s" % (one.backup.name, mode), text))
    # Of other tools there is only the word of the program that lists their snapshots.
    worded = any(one.backup.tool == "command" for one in backups)
    expected = "every backup's repository is encrypted"
    return verdict(expected, wrong, unread, evidence, assurance="configured" if worded else "effective")


def _mode(one: Seen) -> str:
    mode = one["encryption"]
    if not mode:
        raise Unread("%s: %s says nothing of encryption" % (one.backup.name, one.backup.command))
    return str(mode)
