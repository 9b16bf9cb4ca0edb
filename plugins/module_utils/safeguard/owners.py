# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the owning programs whether they would take a candidate's files: sshd, visudo, nft, rsyslogd, aide."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from ..door import Door, Unreadable
from ..netfilter import written
from ..readers import sshd
from ..ssh import config as sshd_config
from . import aide_conf, staged_rsyslog
from .candidate import Candidate
from .staged import StagedDoor

SUDOERS = "/etc/sudoers"
NFTABLES = ("/etc/nftables.conf", "/etc/nftables/", "/etc/nftables.d/", "/etc/sysconfig/nftables.conf")
NFTABLES_UNIT = "nftables.service"
SECONDS = 30

#: Builds the candidate without these controls (and the reason), in a new folder.
Rebuild = Callable[[Mapping[str, str]], "tuple[Candidate, StagedDoor]"]


def check(candidate: Candidate, door: StagedDoor, rebuild: Rebuild) -> tuple[Candidate, StagedDoor]:
    """Return the candidate without the controls whose files an owning program refuses."""
    while True:
        said = next(refusals(candidate, door), None)
        if said is None:
            return candidate, door
        path, reason = said
        suspects = _suspects(candidate, path)
        guilty = _guilty(suspects, path, candidate, rebuild) if len(suspects) > 1 else suspects
        candidate, door = rebuild({**candidate.refused, **dict.fromkeys(guilty, reason)})


def refusals(candidate: Candidate, door: StagedDoor) -> Iterator[tuple[str, str]]:
    """Yield (path of the file or folder, reason) for each check that a program answers with no."""
    changed = candidate.files.changed()
    path = sshd.CONFIG
    if _concerns_sshd(changed, door):
        yield from _asked(door, ["sshd", "-t", *_options(door)], path)
    for path, file in changed.items():
        if file.content is None:
            continue
        if path == SUDOERS or path.startswith(SUDOERS + ".d/"):
            yield from _asked(door, ["visudo", "-c", "-f", door.place(path)], path)
        elif path == staged_rsyslog.CONFIG or path.startswith(staged_rsyslog.FOLDER + "/"):
            # What comes with its packages it finds only once they are there, and is asked again then.
            if not any(name.startswith("rsyslog") for name in candidate.packages):
                yield from _rsyslog(door, path)
        elif path == aide_conf.CONFIG:
            yield from ((path, reason) for reason in aide_conf.refusals(door))
        elif path.startswith(NFTABLES):
            yield from _asked(door, ["nft", "-c", "-f", door.place(path)], path)
            if NFTABLES_UNIT in candidate.services:
                yield from _flushed(path)


def _rsyslog(door: StagedDoor, path: str) -> Iterator[tuple[str, str]]:
    """Yield what rsyslogd says of its whole configuration beside what it said before.

    What it complains of now keeps nothing from being changed. Before it is installed, it can't be asked.
    """
    if Door().which("rsyslogd") is None:
        return
    try:
        copy = staged_rsyslog.copy(door, door.folder)
        done = door.run(["rsyslogd", "-N1", "-f", copy], SECONDS)
        before = door.run(["rsyslogd", "-N1"], SECONDS) if done.rc else done
    except Unreadable as problem:
        yield path, "%s can't be checked: %s" % (path, problem)
        return
    said = staged_rsyslog.complaints(done.err, door.folder)
    fresh = [line for line in said if line not in staged_rsyslog.complaints(before.err, door.folder)]
    if done.rc and fresh:
        yield path, "rsyslogd refuses it: %s" % fresh[0]


def _flushed(path: str) -> Iterator[tuple[str, str]]:
    """Yield what the kernel holds otherwise than the file says now: to load it takes that away for good."""
    door = Door()
    try:
        lost = written.lost(door.read(path), door.output(["nft", "-j", "list", "ruleset"], SECONDS))
    except Unreadable as problem:
        yield path, "what it would take from the kernel to load it again can't be told: %s" % problem
        return
    if lost:
        yield path, "to load it again flushes what others put into the kernel: %s" % lost


def _options(door: StagedDoor) -> list[str]:
    try:
        return sshd.serving(door)[1]
    except Unreadable:
        return []


def _concerns_sshd(changed: Mapping[str, object], door: StagedDoor) -> bool:
    if any(path.startswith(sshd_config.FOLDER + "/") for path in changed):
        return door.which("sshd") is not None
    try:
        return bool(set(sshd_config.load(door, sshd.config_path(_options(door))).files) & set(changed))
    except Unreadable:
        return False


def _asked(door: StagedDoor, command: list[str], path: str) -> Iterator[tuple[str, str]]:
    program = command[0]
    try:
        done = door.run(command, SECONDS)
    except Unreadable as problem:
        yield path, "%s can't be checked: %s" % (path, problem)
        return
    if done.rc != 0:
        said = [line.strip() for line in (done.err + "\n" + done.out).split("\n") if line.strip()]
        said = [line for line in said if not sshd.NOTICE.search(line)] or ["exit status %d" % done.rc]
        yield path, "%s refuses it: %s" % (program, said[0].replace(door.place(path), path))


def _suspects(candidate: Candidate, path: str) -> list[str]:
    """Return the controls that changed a file; of sshd's configuration those that changed any of its files."""
    if path == sshd.CONFIG:
        touched = [
            controls for name, controls in candidate.touched.items() if name.startswith(sshd_config.FOLDER + "/")
        ]
        touched = touched or list(candidate.touched.values())
    else:
        touched = [candidate.touched[path]]
    return sorted({control for controls in touched for control in controls})


def _guilty(suspects: list[str], path: str, candidate: Candidate, rebuild: Rebuild) -> list[str]:
    """Return the one control without which all is well; all of them where that is not one."""
    for control in suspects:
        without, door = rebuild({**candidate.refused, control: "tried without it"})
        if path not in dict(refusals(without, door)):
            return [control]
    return suspects
