# SPDX-License-Identifier: GPL-3.0-or-later
"""LP-01: only root writes the files that accounts and their powers are made of, and homes are their owners'."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...evaluators.checks import gather
from ...evaluators.facts import Unread
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()
#: The kinds of files that bulwark_file_modes tells apart.
KINDS = ("sudoers", "passwd", "shadow", "home")
HIDDEN = ("shadow", "gshadow")
#: What visudo says of modes and owners, which is judged by themselves.
STANDING = ("bad permissions", "wrong owner", "owned by")


@JUDGES.of("lin-lp-sudoers-perms")
def sudoers_perms(case: Case) -> Verdict:
    """sudoers, passwd and group are root's to write, shadow nobody's to read, and visudo has no complaint."""
    modes = tuple(widest(case, kind) for kind in KINDS)
    wrong, unread = gather(case, _files, _homes, complaints)
    return verdict(
        "sudoers and its drop-ins %04o or tighter, root's and taken by visudo; passwd and group %04o, shadow and "
        "gshadow %04o; homes %04o" % modes,
        wrong,
        unread,
        evidence=["modes and owners", "visudo -c"],
    )


def _files(case: Case) -> Iterator[Item]:
    for file, mode in limits(case):
        if looser(file, mode):
            text = "%s has mode %s, more than %04o" % (file["path"], file["mode"], mode)
            yield item("%s: mode" % file["path"], text)
        if not owned(case, file):
            yield item("%s: owner" % file["path"], "%s belongs to %d:%d" % (file["path"], file["uid"], file["gid"]))


def limits(case: Case) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield (file, widest mode) of the files of sudo and of accounts."""
    facts = case.facts["permissions"]
    for file in facts["sudoers"]:
        yield file, widest(case, "sudoers")
    for file in facts["accounts"]:
        hidden = file["path"].rsplit("/", 1)[-1].rstrip("-") in HIDDEN
        yield file, widest(case, "shadow" if hidden else "passwd")


def widest(case: Case, kind: str) -> int:
    """Return the widest mode that bulwark_file_modes has for a kind of file; raises Unread where it is none."""
    text = str(case.policy["bulwark_file_modes"].get(kind))
    try:
        return int(text, 8)
    except ValueError:
        raise Unread('bulwark_file_modes: %s: %s is no mode such as "0640", in quotes' % (kind, text)) from None


def owned(case: Case, file: Mapping[str, Any]) -> bool:
    """Say whether a file is root's, its group too, or the group shadow's where that is its purpose."""
    return file["uid"] == 0 and file["gid"] in (0, case.facts["accounts"]["gids"].get("shadow", 0))


def looser(file: Mapping[str, Any], mode: int) -> bool:
    """Say whether a file or folder lets in more than `mode`."""
    return bool(int(file["mode"], 8) & 0o777 & ~mode)


def _homes(case: Case) -> Iterator[Item]:
    mode = widest(case, "home")
    for home in case.facts["permissions"]["homes"]:
        if looser(home, mode):
            text = "%s, home of %s, has mode %s, more than %04o" % (home["path"], home["user"], home["mode"], mode)
            yield item("%s: mode" % home["path"], text)


def complaints(case: Case) -> Iterator[Item]:
    """Yield what visudo says of the policy, but for modes and owners, which are judged by themselves."""
    checked = case.facts["permissions"]["visudo"]
    for said in checked["said"] if checked else ():
        if not any(word in said for word in STANDING):
            yield item("visudo: %s" % said)
