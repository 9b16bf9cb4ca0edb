# SPDX-License-Identifier: GPL-3.0-or-later
"""Backups that came back when it was tried, and images that hosts can be rebuilt from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from ...declared.backups import Backup
from ...declared.moments import as_date
from ...evaluators.recorded import own_name, record
from ...evaluators.verdict import Case, Item, Judges, NotApplicable, Verdict, item, verdict

JUDGES = Judges()
TESTS, IMAGES = "ev-restore-test", "ev-gold-image"
PASSED = "passed"
HOUR = 3600


@JUDGES.of("lin-bk-restore-test")
def restore_test(case: Case) -> Verdict:
    """Each backup of the host was restored not long ago, whole and in time, as the record of restore tests says."""
    backups = case.registers.declared("backups")
    if not backups:
        raise NotApplicable("bulwark_backups is empty: nothing is saved that could be restored")
    tests = (record(case, TESTS) or {}).get("tests", ())
    days = case.policy["bulwark_restore_test_days"]
    wrong: list[Item] = []
    unread: list[str] = []
    aged: list[str] = []
    last: list[Mapping[str, Any]] = []
    for backup in backups:
        test = _newest(tests, "date", system=own_name(case), backup=backup.name)
        if test is None:
            wrong.append(item("%s: untested" % backup.name, "%s: no restore test is on record" % backup.name))
            continue
        last.append(test)
        wrong += _faults(backup, test)
        if backup.rto is None:
            unread.append("%s: bulwark_backups declares no rto that the time could be held against" % backup.name)
        reason, old = _age("%s: the restore test" % backup.name, test["date"], case.today, days)
        (aged if old else unread).extend(reason)
    expected = "each backup was restored in the last %d days, with the snapshot's content and within its rto" % days
    proven = all(test.get("run") and test.get("assurance") == "proven" for test in last)
    told = [_told(test) for test in last]
    return verdict(expected, wrong, unread, told, "proven" if last and proven else "attested", aged=aged)


def _faults(backup: Backup, test: Mapping[str, Any]) -> Iterator[Item]:
    if test["result"] != PASSED:
        why = "; ".join(test.get("defects") or ()) or "no defect is noted"
        text = "%s: the restore test of %s failed: %s" % (backup.name, test["date"], why)
        yield item("%s: failed" % backup.name, text)
    elif not test.get("files") or test.get("verified", 0) < test["files"]:
        text = "%s: of %d restored files the content of %d was compared with the snapshot's"
        shown = text % (backup.name, test.get("files", 0), test.get("verified", 0))
        yield item("%s: not compared" % backup.name, shown)
    if backup.rto is not None and test["seconds"] > backup.rto * HOUR:
        text = "%s: the restore took %d s, and its rto is %d s" % (backup.name, test["seconds"], backup.rto * HOUR)
        yield item("%s: slow" % backup.name, text)


def _told(test: Mapping[str, Any]) -> str:
    text = "%s, %s of %s, snapshot %s: %s, %d files in %d s, by %s%s"
    made = ", run %s" % test["run"] if test.get("run") else ""
    return text % (test["date"], test["scope"], test["backup"], test["snapshot"], test["result"],
                   test.get("files", 0), test["seconds"], test["tester"]["name"], made)  # fmt: skip


@JUDGES.of("lin-bk-gold")
def gold(case: Case) -> Verdict:
    """What each critical function of the host is rebuilt from is a recent image, checked, booted and kept apart."""
    critical = set(case.policy["bulwark_gold_functions"])
    functions = sorted(critical & case.registers.declared("functions"))
    if not functions:
        raise NotApplicable("bulwark_host_functions names none of %s" % ", ".join(sorted(critical)))
    images = (record(case, IMAGES) or {}).get("images", ())
    days = case.policy["bulwark_gold_days"]
    wrong: list[Item] = []
    unread: list[str] = []
    aged: list[str] = []
    last: list[str] = []
    for function in functions:
        image = _newest(images, "built", role=function)
        if image is None:
            wrong.append(item("%s: none" % function, "%s: no gold image is on record" % function))
            continue
        last.append("%s: %s, built on %s, sha256 %s" % (function, image["image"], image["built"], image["sha256"]))
        wrong += _lacking(function, image)
        reason, old = _age("%s: the image" % function, image["built"], case.today, days)
        (aged if old else unread).extend(reason)
    expected = (
        "each critical function has an image of the last %d days whose sum was verified, which was booted and is kept "
        "with the isolated backups" % days
    )
    return verdict(expected, wrong, unread, last, "attested", aged=aged)


def _lacking(function: str, image: Mapping[str, Any]) -> Iterator[Item]:
    lacks = {
        "verified": "nobody verified the image's sum since it was built",
        "boot_tested": "nobody booted the image since it was built",
    }
    for key, text in lacks.items():
        if not image.get(key) or str(image[key])[:10] < str(image["built"])[:10]:
            yield item("%s: %s" % (function, key), "%s: %s (%s)" % (function, text, key))
    if not image.get("store") or image.get("isolated") is not True:
        text = "%s: the image is not said to be kept with isolated backups (store, isolated)" % function
        yield item("%s: store" % function, text)


def _newest(entries: Any, dated: str, **wanted: str) -> Mapping[str, Any] | None:
    """Return the entry with these values that is dated last, the later one of a day."""
    found = [each for each in entries if all(each[key] == value for key, value in wanted.items())]
    return max(reversed(found), key=lambda each: str(each[dated])[:10], default=None)


def _age(what: str, written: str, today: date, days: int) -> tuple[list[str], bool]:
    """Return why a day can't be gone by, and whether that is for its age."""
    day = as_date(written) or date.min
    if (day - today).days > 0:
        return ["%s is dated %s, which is still to come" % (what, day)], False
    if (today - day).days > days:
        return ["%s is of %s, more than %d days old" % (what, day, days)], True
    return [], False
