# SPDX-License-Identifier: GPL-3.0-or-later
"""The restore tests of one host: what is tested of which snapshot, and what is noted of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..declared.backups import COMMAND, Backup
from ..evaluators.facts import Unread
from ..evaluators.restorable import chosen
from ..evaluators.verdict import Case
from ..text import clean
from .remote import Remote, RemoteError, Unreachable, account_of

MODULE = "bulwark.msp.restore_snapshot"
PASSED, FAILED = "passed", "failed"
SHORT_ID = 12
DEFECTS = 12


@dataclass(frozen=True)
class Trial:
    """What is to be restored: paths of a snapshot, all of it where none is named. problem: why nothing can be."""

    backup: Backup
    snapshot: str = ""
    taken: str = ""
    paths: tuple[str, ...] = ()
    problem: str = ""

    @property
    def told(self) -> str:
        """Return what is tested in words."""
        what = ", ".join(self.paths) or "everything"
        return clean("%s of %s, snapshot %s of %s" % (what, self.backup.name, self.snapshot[:SHORT_ID], self.taken))


def trials(case: Case) -> list[Trial]:
    """Return what the policy asks for of each declared backup of the host."""
    policy = case.policy
    names = policy["bulwark_restore_backups"]
    return [_trial(case, one) for one in case.registers.backups or () if not names or one.name in names]


def _trial(case: Case, backup: Backup) -> Trial:
    full = case.policy["bulwark_restore_full"]
    if backup.tool == COMMAND:
        return Trial(
            backup, problem="%s can't be restored from here (tool command); note its test by hand" % backup.name
        )
    if not full and not backup.sample:
        return Trial(backup, problem="%s has no sample; declare some paths, or set bulwark_restore_full" % backup.name)
    try:
        snapshot = chosen(case, backup, str(case.policy["bulwark_restore_snapshot"]))
    except Unread as reason:
        return Trial(backup, problem=str(reason))
    return Trial(backup, str(snapshot["id"]), str(snapshot["time"]), () if full else backup.sample)


def tried(remote: Remote, trial: Trial, policy: Mapping[str, Any]) -> dict[str, Any]:
    """Have the host try it and return the module's answer; raises Unreachable, RemoteError where it was not tried."""
    seconds = float(policy["bulwark_restore_seconds"])
    backup = trial.backup
    given = {key: getattr(backup, key) for key in ("name", "tool", "repository", "key_file", "environment")}
    arguments = {
        "backup": given,
        "snapshot": trial.snapshot,
        "paths": list(trial.paths),
        "place": str(policy["bulwark_restore_scratch"]),
        "seconds": seconds,
    }
    answer = remote.call(MODULE, arguments, seconds)
    if not isinstance(answer.get("passed"), bool):
        raise RemoteError(account_of(answer, "restore test"))
    return answer


def entry(
    trial: Trial, answer: Mapping[str, Any], host: str, run: str, day: str, tester: Mapping[str, str]
) -> dict[str, Any]:  # fmt: skip
    """Return what is noted of a test, as records/kinds/backups.py has it; what the host answers is bounded."""
    defects = answer["defects"] if isinstance(answer.get("defects"), list) else []
    numbers = {name: _number(answer.get(name)) for name in ("files", "bytes", "verified", "live")}
    made = {
        "date": day,
        "system": host,
        "backup": trial.backup.name,
        "snapshot": _said(trial.snapshot, 200),
        "scope": "sample" if trial.paths else "full",
        "result": PASSED if answer["passed"] is True and not defects and numbers["files"] else FAILED,
        "seconds": _number(answer.get("seconds")),
        **numbers,
        "tester": dict(tester),
        "run": run,
        "assurance": "proven",
    }
    return {**made, "defects": [_said(each, 300) for each in defects[:DEFECTS]]} if defects else made


def _said(value: Any, limit: int) -> str:
    """Return a text of the host's; a record holds no empty one."""
    return clean(value, limit).strip() or "not named"


def _number(value: Any) -> int:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 2**60
    return math.ceil(value) if good else 0


def told(trial: Trial, test: Mapping[str, Any]) -> str:
    """Return one line that says how a test went."""
    if test["result"] == FAILED:
        why = "; ".join(test.get("defects", ())) or "no file came back"
        return clean("%s FAILED after %d s: %s" % (trial.told, test["seconds"], why))
    text = "%s came back in %d s: %d files, %d bytes, %d equal to the live ones"
    words = text % (trial.told, test["seconds"], test["files"], test["bytes"], test["live"])
    rto = trial.backup.rto
    return words if rto is None else "%s (RTO: %d s)" % (words, rto * 3600)


def tester(case: Case, name: str) -> dict[str, str]:
    """Return who tests: a name, and the party where the name is an account's or a person's of bulwark_accounts."""
    parties = {one.party for one in case.registers.accounts or () if name in (one.name, one.person)}
    return {"name": name, **({"party": parties.pop()} if len(parties) == 1 else {})}


def each(
    remote: Remote, case: Case, host: str, run: str, who: Mapping[str, str], note: Callable[[dict[str, Any]], object]
) -> tuple[list[str], list[str]]:  # fmt: skip
    """Make every test of a host and note each at once; return what is told and what went wrong, a line each.

    Raises Unreachable where the host doesn't answer.
    """
    said: list[str] = []
    wrong: list[str] = []
    for trial in trials(case):
        if trial.problem:
            wrong.append(clean(trial.problem))
            continue
        try:
            answer = tried(remote, trial, case.policy)
        except Unreachable:
            raise
        except RemoteError as failure:
            wrong.append("%s was not tried: %s" % (trial.told, failure))
            continue
        test = entry(trial, answer, host, run, case.today.isoformat(), who)
        note(test)
        (said if test["result"] == PASSED else wrong).append(told(trial, test))
    return said, wrong
