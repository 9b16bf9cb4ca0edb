# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal is kept on disk and sized from what was measured; auditd alerts before its disk is full."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.judges.journal_host import GIB, MIB, held, host, mount
from tests.unit.judges.network import case

from .debian_files import brief, steps

PERSIST, CAP, CAPACITY = "lin-lm-journal-persist", "lin-lm-journal-cap", "lin-lm-log-capacity"
FLUSH = "systemd-journal-flush"
OURS = "/etc/systemd/journald.conf.d/90-bulwark-%s.conf"


def said(value: Any, place: str = "/etc/systemd/journald.conf:3") -> dict[str, Any]:
    return {"value": value, "place": place}


def options(found: list[dict[str, Any]], *flush: str) -> list[str]:
    """Return the lines of the one drop-in that is written. flush: what is started again behind journald."""
    ((step),) = found
    assert step["restart"] == ["systemd-journald", *flush] and step["kind"] == "file"
    lines: list[str] = step["content"].split("\n")
    assert lines[0].startswith("# Managed by bulwark.msp: ") and lines[1] == "[Journal]" and lines[-1] == ""
    return lines[2:-1]


def sized(**journal: Any) -> list[str]:
    return options(steps(case(host(journal)), CAP))


def test_the_journal_is_moved_to_disk() -> None:
    known = {"storage": said("volatile"), "level": said("err")}
    assert options(steps(case(host(known)), PERSIST), FLUSH) == ["Storage=persistent", "MaxLevelStore=debug"]
    assert options(steps(case(host()), PERSIST), FLUSH) == ["Storage=persistent"]


def test_a_file_system_in_memory_is_left() -> None:
    mounts = {"points": [mount("/"), mount("/var/log/journal", "tmpfs")], "fstab": [], "units": []}
    with pytest.raises(Left, match="/var/log/journal is a file system in memory"):
        steps(case(host(mounts=mounts)), PERSIST)


def test_the_journal_is_sized_from_what_was_measured() -> None:
    limits = {"max_use": said(50 * MIB), "retention": said(30 * 86400)}
    assert sized(limits=limits) == ["MaxRetentionSec=0", "SystemMaxUse=2250M"]
    # Small files would have to be very many.
    assert sized(limits={**limits, "max_file_size": said(8 * MIB)})[-1] == "SystemMaxFiles=564"
    assert sized(limits={"max_files": said(3)}) == ["SystemMaxFiles=36"]


def test_what_our_drop_in_sets_already_stays() -> None:
    ours = OURS % CAP + ":3"
    limits = {"max_use": said(50 * MIB, ours), "retention": said(0, ours)}
    assert sorted(sized(limits=limits)) == ["MaxRetentionSec=0", "SystemMaxUse=2250M"]


def test_what_cannot_be_done_is_left_with_the_reason() -> None:
    with pytest.raises(Left, match="behind any drop-in of ours"):
        sized(limits={"max_use": said(MIB, "/etc/systemd/journald.conf.d/99-small.conf:2")})
    with pytest.raises(Left, match="a larger file system or a collector"):
        steps(case(host({"limits": {"keep_free": said(50 * GIB)}})), CAP)
    with pytest.raises(Left, match="somebody's own to end"):
        sized(vacuum=[{"place": "/etc/cron.daily/x", "kind": "files", "value": 1}])
    with pytest.raises(Left, match="once it is on disk"):
        sized(runtime={"path": "/run/log/journal/m", "active": True})


def test_a_busier_week_is_provided_for() -> None:
    busy = held(200)
    busy["growth"]["recent"]["bytes"] *= 4
    assert sized(**busy) == ["SystemMaxUse=9000M"]


def test_auditd_alerts() -> None:
    conf = {"space_left_action": "email", "admin_space_left_action": "halt", "num_logs": "5"}
    found = steps(case(host(audit={"installed": True, "conf": conf})), CAPACITY)
    assert brief(found) == [("edit", "/etc/audit/auditd.conf")]
    assert found[0]["arguments"] == {"values": {"admin_space_left_action": "syslog", "disk_full_action": "suspend"}}
    with pytest.raises(Left, match="partitions"):
        steps(case(host()), CAPACITY)
