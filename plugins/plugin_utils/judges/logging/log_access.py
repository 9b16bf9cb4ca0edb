# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may read and change what is logged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ...evaluators.patterns import matches
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
AUDIT = "/var/log/audit"
WRITE, READ, ENTER = 0o002, 0o004, 0o001
#: Most that the folder of the kernel's audit, its files and its programs may let anybody do.
AUDIT_FOLDER, AUDIT_FILE, AUDIT_PROGRAM = 0o750, 0o640, 0o755


class Loose(NamedTuple):
    """A file or folder that lets in more than it should: its mode, and the one that takes away no more than that."""

    path: str
    mode: int
    tight: int


@JUDGES.of("lin-lm-log-perms")
def log_perms(case: Case) -> Verdict:
    """Nobody but its owner and group reads or writes a log, now and after the next rotation; audit is root's."""
    wrong = [
        item("%s: mode" % one.path, "%s has mode %04o, more than %04o" % (one.path, one.mode, one.tight))
        for one in loose(case)
    ]
    return verdict(
        "no file below /var/log is writable by everybody, or readable unless bulwark_public_logs names it; what "
        "logrotate creates neither; /var/log/audit %04o, its files %04o and the programs of audit %04o at most, and "
        "root's" % (AUDIT_FOLDER, AUDIT_FILE, AUDIT_PROGRAM),
        [*wrong, *_created(case), *owned_by_others(case)],
        evidence=["modes and owners below /var/log", "/etc/logrotate.conf and what it includes"],
    )


def loose(case: Case) -> Iterator[Loose]:
    """Yield what lets in more than it should."""
    facts = case.facts["log_files"]
    folders = {folder["path"]: int(folder["mode"], 8) for folder in facts["folders"]}
    for group in facts["files"]:
        mode = int(group["mode"], 8)
        for path in ("%s/%s" % (group["folder"], name) for name in group["names"]):
            if _in_audit(group["folder"]):
                tight = mode & ~0o777 | mode & AUDIT_FILE
            else:
                within_reach = _reachable(folders, group["folder"])
                tight = mode & ~((0 if public(case, path) else READ) | WRITE) if within_reach else mode
            if tight != mode:
                yield Loose(path, mode, tight)
    for path, mode in folders.items():
        most = AUDIT_FOLDER if _in_audit(path) else 0o775
        if mode & 0o777 & ~most and not mode & 0o1000:
            yield Loose(path, mode, mode & ~(0o777 & ~most))
    for one in facts["programs"]:
        mode = int(one["mode"], 8)
        if mode & 0o777 & ~AUDIT_PROGRAM:
            yield Loose(one["path"], mode, mode & ~(0o777 & ~AUDIT_PROGRAM))


def created(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (log, stanza) where the next rotation makes a log that everybody reads or writes."""
    facts = case.facts["rotation"]
    there = case.facts["log_files"]["logs"]
    for path, index in sorted(facts["logs"].items()):
        stanza = facts["stanzas"][index]
        if not stanza["create"] or path not in there or not path.startswith("/var/log/"):
            continue
        if int(stanza["create"], 8) & ((0 if public(case, path) else READ) | WRITE):
            yield path, stanza


def _created(case: Case) -> Iterator[Item]:
    for path, stanza in created(case):
        text = "%s: the next rotation creates it with mode %s (%s)" % (path, stanza["create"], stanza["place"])
        yield item("%s: create" % path, text)


def owned_by_others(case: Case) -> Iterator[Item]:
    """Yield what of the kernel's audit is not root's."""
    facts = case.facts["log_files"]
    files = [
        ("%s/%s" % (group["folder"], name), group["uid"])
        for group in facts["files"]
        for name in group["names"]
        if _in_audit(group["folder"])
    ]
    folders = [(one["path"], one["uid"]) for one in facts["folders"] if _in_audit(one["path"])]
    for path, uid in [*files, *folders, *((one["path"], one["uid"]) for one in facts["programs"])]:
        if uid:
            yield item("%s: owner" % path, "%s belongs to uid %d" % (path, uid))


def public(case: Case, path: str) -> bool:
    """Say whether policy lets everybody read a log."""
    return matches(path, case.policy["bulwark_public_logs"])


def _in_audit(path: str) -> bool:
    return path == AUDIT or path.startswith(AUDIT + "/")


def _reachable(folders: dict[str, int], path: str) -> bool:
    """Say whether everybody may go through the folders to a file; one that is not known is taken to be open."""
    while path.count("/") >= 2:
        if not folders.get(path, ENTER) & ENTER:
            return False
        path = path.rpartition("/")[0]
    return True
