# SPDX-License-Identifier: GPL-3.0-or-later
"""What the files of sensors show."""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading
from ansible_collections.bulwark.msp.plugins.module_utils.sensor_files import FORMS, look
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

#: 2026-11-23 07:30 UTC.
BUILT = 1795419000
HEAD = "ClamAV-VDB:23 Nov 2026 08-30 +0100:27000:1:90:X:X:builder:1"


def shown(root: Path, form: str, files: dict[str, str], *paths: str) -> Any:
    """Return what files below a root show; all are as of BUILT."""
    for path, text in files.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    owners = {path: {"modified": BUILT} for path in files}
    (root / "owners.json").write_text(json.dumps(owners))
    return look(Door(str(root)), form, list(paths or files))


def test_the_newest_of_the_files_that_match_counts(tmp_path: Path) -> None:
    assert (
        shown(tmp_path, "modified", {"/var/lib/rules/a.rules": "", "/var/lib/rules/b": ""}, "/var/*/r?les/*.rules")
        == BUILT
    )
    assert look(Door(str(tmp_path)), "modified", ["/var/lib/other/*.rules", "/var/lib/rules"]) is None


def test_what_everybody_may_change_proves_nothing(tmp_path: Path) -> None:
    place = tmp_path / "contact"
    place.write_text("")
    (tmp_path / "owners.json").write_text(json.dumps({"/contact": {"mode": "0666", "modified": 1}}))
    with pytest.raises(Unreadable, match="may be changed by everybody"):
        look(Door(str(tmp_path)), "modified", ["/contact"])


def test_wazuh_writes_when_its_manager_answered(tmp_path: Path) -> None:
    text = "# State file\nstatus='connected'\nlast_keepalive='2026-11-23 10:00:00'\nlast_ack='%s'\n"
    local = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(BUILT))
    assert shown(tmp_path, "wazuh_state", {"/state": text % local}) == BUILT
    assert shown(tmp_path, "wazuh_state", {"/state": "status='pending'\nlast_ack=''\n"}) is None


def test_signatures_are_of_when_they_were_built_or_freshclam_had_no_newer(tmp_path: Path) -> None:
    files = {"/daily.cld": HEAD}
    assert shown(tmp_path, "clamav", files) == BUILT
    later = time.strftime("%a %b %e %H:%M:%S %Y", time.localtime(BUILT + 3600))
    log = "%s -> daily.cld database is up-to-date (version: 27000)\n%s -> main.cvd database is up-to-date\n"
    assert shown(tmp_path, "clamav", {**files, "/freshclam.log": log % (later, later)}) == BUILT + 3600
    assert shown(tmp_path, "clamav", {"/freshclam.log": log % (later, later)}, "/freshclam.log") is None
    with pytest.raises(Unreadable, match="no signature file"):
        shown(tmp_path, "clamav", {"/daily.cld": "nothing"}, "/daily.cld")


def test_suricata_counts_in_the_last_of_its_tables(tmp_path: Path) -> None:
    packets = "Date: %s\ncapture.kernel_packets   | W#01 | %d\ncapture.kernel_packets | W#02 | %d\n"
    table = packets + "capture.kernel_drops | Total | %d\n"
    text = table % ("a", 1, 1, 1) + table % ("b", 400, 600, 7)
    assert shown(tmp_path, "suricata_stats", {"/stats.log": text}) == {"packets": 1000, "drops": 7, "at": BUILT}


def test_zeek_tells_gaps_in_its_last_interval(tmp_path: Path) -> None:
    tabs = "#fields\tts\tts_delta\tpeer\tgaps\tacks\n1.0\t9\ta\t5\t5\n2.0\t9\ta\t1\t50\n2.0\t9\tb\t1\t50\n"
    wanted = {"packets": 100, "drops": 2, "at": 2}
    assert shown(tmp_path, "zeek_loss", {"/loss.log": tabs}) == wanted
    rows = [json.dumps({"ts": 2.0, "gaps": 1, "acks": 50})] * 2
    assert shown(tmp_path, "zeek_loss", {"/loss.log": "\n".join(rows)}) == wanted


def test_defender_is_guarded_where_it_is_told_to_block(tmp_path: Path) -> None:
    assert shown(tmp_path, "mdatp_managed", {"/m.json": '{"tamperProtection": {"enforcementLevel": "block"}}'}) is True
    assert shown(tmp_path, "mdatp_managed", {"/m.json": '{"tamperProtection": {"enforcementLevel": "audit"}}'}) is False


def test_the_reader_tells_each_look_and_why_one_could_not_be_had(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("x")
    asked = [{"name": "S", "looks": [
        {"what": "drops", "form": "suricata_stats", "paths": ["/log"]},
        {"what": "rules", "form": "modified", "paths": ["/none"]},
    ]}]  # fmt: skip
    facts, errors = Reading(Door(str(tmp_path)), AREAS, sensors=asked).state(["sensors"], 20)
    assert facts["sensors"] == {"looks": {"S": {"rules": None}}}
    assert [(one["fact"], one["reason"]) for one in errors] == [("S.drops", "/log counts no packets")]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(FORMS)),
    st.text()
    | st.sampled_from([HEAD, HEAD.replace("Nov", "Nix"), "last_ack='2026-99-23 10:00:00'", "[1]", '{"ts": 1}']),
)
def test_any_text_is_understood_or_refused(tmp_path: Path, form: str, text: str) -> None:
    (tmp_path / "daily.log").write_text(text)
    (tmp_path / "x").write_text(text)
    os.utime(tmp_path / "x")
    with suppress(Unreadable):
        look(Door(str(tmp_path)), form, ["/x", "/daily.log"])
