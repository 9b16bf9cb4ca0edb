# SPDX-License-Identifier: GPL-3.0-or-later
"""AIDE's configuration and reports, and Wazuh's syscheck, become facts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.readers import integrity
from hypothesis import given
from hypothesis import strategies as st

from .host import read

REPORT = """\
Start timestamp: 2026-11-23 08:02:03 +0000 (AIDE 0.18.3)
AIDE found differences between database and filesystem!!
Added entries:
f+++++++++++++++++: /etc/sudoers.d/new
Removed entries:
f-----------------: /etc/pam.d/su-l
Changed entries:
f > ...    .H     : /etc/pam.d/sshd
d =.... mc.. .. .: /etc/with a space
File: /etc/pam.d/sshd
 Size      : 2133                             | 2135
End timestamp: 2026-11-23 09:02:12 +0100 (run time: 0m 9s)
"""
CONFIG = """\
@@define DBDIR /var/lib/aide
database_in=file:@@{DBDIR}/aide.db
report_url=stdout
report_url=file:/var/log/a.log
"""


def test_the_last_report_of_aide(tmp_path: Path) -> None:
    files = {"/etc/aide/aide.conf": CONFIG, "/var/lib/aide/aide.db": "", "/var/log/a.log": REPORT}
    (tmp_path / "owners.json").write_text(json.dumps({"/var/lib/aide/aide.db": {"modified": 1000}}))
    facts, errors = read(tmp_path, "integrity", files)
    (found,) = facts["aide"]
    assert (found["database"], found["made"], found["report"]) == ("/var/lib/aide/aide.db", 1000, "/var/log/a.log")
    assert found["changed"] == ["/etc/sudoers.d/new", "/etc/pam.d/su-l", "/etc/pam.d/sshd", "/etc/with a space"]
    assert found["ended"] == 1795420932
    assert (facts["timers"], facts["cron"], facts["syscheck"], found["more"]) == ({}, [], None, False)
    assert not errors


def long_report(changed: list[str], details: int) -> str:
    """Return a report with so many bytes of details behind what changed."""
    line = " Mtime     : 2026-11-23 08:01:00 +0000        | 2026-11-23 08:02:00 +0000\n"
    summary = "".join("f > ...    .H     : %s\n" % path for path in changed)
    begin, end = "Start timestamp: 2026-11-23 08:02:03 +0000\n", "End timestamp: 2026-11-23 09:02:12 +0100\n"
    return begin + summary + line * (details // len(line)) + end


def test_a_long_report_hides_no_change(tmp_path: Path) -> None:
    files = {"/etc/aide/aide.conf": CONFIG, "/var/lib/aide/aide.db": ""}
    owners = json.dumps({"/var/lib/aide/aide.db": {"modified": 1000}})
    for name, details, more in (("short", 1000, False), ("long", 3 * integrity.REPORT_LIMIT, True)):
        root = tmp_path / name
        root.mkdir()
        (root / "owners.json").write_text(owners)
        report = long_report(["/etc/pam.d/sshd"], details)
        (found,) = read(root, "integrity", {**files, "/var/log/a.log": report})[0]["aide"]
        assert (found["changed"], found["more"], found["ended"]) == (["/etc/pam.d/sshd"], more, 1795420932)


@given(st.lists(st.sampled_from(["/etc/a", "/etc/b", "/usr/c"]), unique=True), st.integers(0, 4000))
def test_what_is_not_whole_says_so(tmp_path_factory: pytest.TempPathFactory, paths: list[str], details: int) -> None:
    place = tmp_path_factory.mktemp("host") / "report"
    text = long_report(paths, details)
    place.write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(integrity, "REPORT_LIMIT", 1000)
        found, whole = integrity.both_ends(Door(str(place.parent)), "/report")
    assert whole is (len(text) <= 1000)
    assert all(path in integrity.CHANGED.findall(found) for path in paths)
    assert integrity.ended_at(found) == 1795420932


def test_debians_cron_job_leaves_it_to_the_timer(tmp_path: Path) -> None:
    files = {
        "/etc/aide/aide.conf": CONFIG,
        "/etc/cron.daily/aide": "#!/bin/sh\n/usr/share/aide/bin/dailyaidecheck aide\n",
        "/etc/cron.d/own": "5 3 * * * root /usr/bin/aide --check\n",
        "/run/systemd/system/x": "",
        "/etc/systemd/system/timers.target.wants/dailyaidecheck.timer": "",
        "/etc/systemd/system/timers.target.wants/laidest.timer": "",
    }
    shown = "systemctl show --property=Id,ActiveState -- dailyaidecheck.timer"
    facts, errors = read(tmp_path, "integrity", files, {shown: "Id=dailyaidecheck.timer\nActiveState=active\n"})
    assert facts["cron"] == ["/etc/cron.d/own"]
    assert facts["timers"] == {"dailyaidecheck.timer": {"active": True, "enabled": True}}
    assert not errors


def test_wazuh_looked_at_all_files(tmp_path: Path) -> None:
    files = {
        "/var/ossec/etc/ossec.conf": "<syscheck>\n <disabled>no</disabled>\n</syscheck>",
        "/var/ossec/logs/ossec.log": "2026/11/23 07:00:00 syscheckd: File integrity monitoring scan ended.\nx\n",
    }
    facts, _errors = read(tmp_path, "integrity", files)
    assert facts["syscheck"]["on"] and facts["syscheck"]["ended"] and facts["syscheck"]["made"] is None
    off = {"/var/ossec/etc/ossec.conf": "<syscheck><disabled>yes</disabled></syscheck>"}
    facts, _errors = read(tmp_path, "integrity", off)
    assert facts["syscheck"]["on"] is False


@given(st.text(), st.lists(st.text()))
def test_any_text_is_understood(text: str, lines: list[str]) -> None:
    integrity.ended_at(text)
    integrity.aide_settings(lines)


def test_a_time_that_is_none() -> None:
    assert integrity.ended_at("End timestamp: 2026-99-99 08:02:03 +0000") is None
