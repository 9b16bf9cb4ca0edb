# SPDX-License-Identifier: GPL-3.0-or-later
"""systemd's journal is kept on disk and may hold what the retention asks for; auditd alerts before its disk is full."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from ...evaluators.kept_journal import FILES, IN_MEMORY, MIB, bounds, daily, held_on, lost, shown, usual_file
from ...evaluators.verdict import Case
from ...judges.logging.journal import LEVELS, ceiling
from ...judges.logging.retention import actions_wrong
from ..steps import HEADER, Left, Measures, Step, edit, file

MEASURES = Measures()
UNIT = "systemd-journald"
#: After it was kept in memory, journald writes to disk again once this has asked it to.
FLUSH = "systemd-journal-flush"
#: Sorts behind what others write; of drop-ins the last one counts.
DROP_IN = "/etc/systemd/journald.conf.d/90-bulwark-%s.conf"
#: A host becomes busier: so much more than was measured.
SPARE = 1.25
AUDITD = "/etc/audit/auditd.conf"


@MEASURES.of("journal_on_disk")
def journal_on_disk(case: Case, arguments: Any, control: str) -> list[Step]:
    """Have journald keep its journal on disk, logons included; takes no arguments."""
    known = case.facts["journal"]
    path = known["persistent"]["path"]
    disk = held_on(case, path)
    if disk["kind"] in IN_MEMORY:
        raise Left("%s is a file system in memory; mount a disk there, or nothing" % disk["point"])
    options = {"Storage": "persistent"}
    if known["level"] and known["level"]["value"] not in LEVELS:
        options["MaxLevelStore"] = "debug"
    present = {"Storage": known["storage"], "MaxLevelStore": known["level"]}
    return _drop_in(control, options, present, restart=(UNIT, FLUSH))


@MEASURES.of("journal_sized")
def journal_sized(case: Case, arguments: Any, control: str) -> list[Step]:
    """Let the journal grow to what was measured in a day times the retention; takes no arguments."""
    if lost(case):
        raise Left("the journal is in memory (lin-lm-journal-persist): its volume is measured once it is on disk")
    limits = case.facts["journal"]["limits"]
    options = {"MaxRetentionSec": "0"} if any(ceiling(case)) else {}
    wanted = daily(case) * case.policy["bulwark_log_retention_days"]
    present, target = bounds(case), math.ceil(wanted * SPARE / MIB) * MIB
    if present["room"].bytes < wanted:
        text = "there is room for %s of journal (%s), and %s are wanted: a larger file system or a collector is needed"
        raise Left(text % (shown(present["room"].bytes), present["room"].why, shown(wanted)))
    if present["use"].bytes < wanted:
        options["SystemMaxUse"] = "%dM" % (target // MIB)
    if "files" in present:
        file = limits["max_file_size"]["value"] if "max_file_size" in limits else usual_file(target)
        count = limits["max_files"]["value"] if "max_files" in limits else FILES
        # Files are closed before they are full, too, by a crash or after a month.
        if count * file < target:
            options["SystemMaxFiles"] = str(2 * math.ceil(target / file))
    if not options:
        raise Left("what deletes entries of the journal is somebody's own to end")
    facts = {"SystemMaxUse": "max_use", "SystemMaxFiles": "max_files", "MaxRetentionSec": "retention"}
    return _drop_in(control, options, {name: limits.get(fact) for name, fact in facts.items()})


@MEASURES.of("audit_alerts")
def audit_alerts(case: Case, arguments: Mapping[str, str], control: str) -> list[Step]:
    """Set auditd's actions as its disk fills up, {option: action} of those that fail; the others stay."""
    wrong = {found.identity for found in actions_wrong(case)}
    values = {name: action for name, action in arguments.items() if name in wrong}
    if not values:
        raise Left("file systems and room are whoever partitions this host's to give")
    return [edit(AUDITD, "settings", {"values": values}, reload=["auditd"])]


def _drop_in(
    control: str,
    options: Mapping[str, str],
    present: Mapping[str, Mapping[str, Any] | None],
    restart: Sequence[str] = (UNIT,),
) -> list[Step]:
    """Return the step that sets options of journald beside what our drop-in sets already.

    present: what is in force, of all options that the control's drop-in may set. Raises Left where another drop-in is
    read after ours.
    """
    ours = DROP_IN % control
    kept = {}
    for name, said in present.items():
        place = said["place"].rpartition(":")[0] if said else ""
        if place == ours and said:
            kept[name] = str(said["value"])
        elif name in options and ".conf.d/" in place and place.rpartition("/")[2] > ours.rpartition("/")[2]:
            raise Left("%s sets %s behind any drop-in of ours" % (place, name))
    lines = ["[Journal]", *("%s=%s" % option for option in {**kept, **options}.items())]
    return [file(ours, HEADER % control + "".join(line + "\n" for line in lines), restart=restart)]
