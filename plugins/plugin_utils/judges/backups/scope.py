# SPDX-License-Identifier: GPL-3.0-or-later
"""What the newest snapshots hold is what was declared, and with it the host could be built again."""

from __future__ import annotations

from collections.abc import Iterator

from ...evaluators.backups import Seen, below, seen
from ...evaluators.facts import Unread
from ...evaluators.patterns import matches
from ...evaluators.verdict import Case, Item, Judges, Verdict, item, verdict

JUDGES = Judges()


@JUDGES.of("lin-bk-scope")
def scope(case: Case) -> Verdict:
    """The declared paths, the system's settings, the list of packages and dumps of the databases that run."""
    wrong: list[Item] = []
    unread: list[str] = []
    saved: list[str] = []
    evidence = []
    for one in seen(case):
        try:
            newest = one["snapshots"][-1:]
            paths = newest[0]["paths"] if newest else []
            if paths is None:
                raise Unread("%s: what its newest snapshot holds can't be told from it" % one.backup.name)
        except Unread as reason:
            unread.append(str(reason))
            continue
        saved += paths
        wrong += _own(one, paths, newest[0]["excludes"] if newest else [])
        evidence.append("%s: %s" % (one.backup.name, ", ".join(paths) or "no snapshot"))
    lacking = [*_settings(case, saved), *_packages(case, saved)]
    if unread and lacking:
        unread += ["%s, unless a backup that was not read has it" % entry.text for entry in lacking]
    else:
        wrong += lacking
    wrong += _databases(case)
    expected = "the declared paths, system settings, the list of packages and dumps of running databases are saved"
    return verdict(expected, wrong, unread, evidence)


def _own(one: Seen, paths: list[str], excludes: list[str]) -> Iterator[Item]:
    """Yield what of its scope a backup leaves out."""
    name, declared = one.backup.name, one.backup
    for path in declared.scope:
        if not below(path, paths):
            yield item("%s: %s" % (name, path), "%s: %s is not in its newest snapshot" % (name, path))
    for pattern in excludes:
        if pattern not in declared.excludes:
            text = "%s: its newest snapshot leaves out %s, which bulwark_backups doesn't say" % (name, pattern)
            yield item("%s: without %s" % (name, pattern), text)
    for pattern in declared.excludes:
        for path in declared.scope:
            if below(path, [pattern]):
                yield item("%s: no %s" % (name, path), "%s: its excludes leave out %s itself" % (name, path))


def _settings(case: Case, saved: list[str]) -> Iterator[Item]:
    there = case.facts["backups"]["system"]
    for path in case.policy["bulwark_backup_settings"]:
        if path in there and not below(path, saved):
            yield item(path, "%s is in no backup's newest snapshot" % path)


def _packages(case: Case, saved: list[str]) -> Iterator[Item]:
    if not any(below(path, saved) for path in case.policy["bulwark_backup_package_lists"]):
        yield item("packages", "which packages are installed is in no backup's newest snapshot")


def _databases(case: Case) -> Iterator[Item]:
    """Yield the databases that run, and of which nobody declared a dump: a copy of their files may not start."""
    dumped = {dump.kind for one in case.registers.declared("backups") for dump in one.dumps}
    for kind, patterns in sorted(case.policy["bulwark_backup_databases"].items()):
        found = [unit for unit in case.facts["units"]["active"] if matches(unit, patterns)]
        if found and kind not in dumped:
            yield item(kind, "%s runs, and no dump of a %s database is declared" % (found[0], kind))
