# SPDX-License-Identifier: GPL-3.0-or-later
"""How far back security events go, what a collector proves, and whether there is room."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import Context
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.retention import headline, kept_elsewhere
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.canary import Sighting

from tests.unit.judges.host import TODAY, identities, judge, policy
from tests.unit.judges.journal_host import DAY, GIB, MIB, NOW, OPTIONS, held, host, mount

OLDEST, CAPACITY = "lin-lm-oldest-event", "lin-lm-log-capacity"
COLLECTORS = [{"name": "acme", "address": "logs.acme.example"}]
GOOD = {"space_left_action": "SYSLOG", "admin_space_left_action": "SUSPEND", "disk_full_action": "SUSPEND"}


def sighting(sent: int = 1, back: int = 200, found: bool = True, collector: str = "acme") -> Sighting:
    at = datetime.combine(TODAY, datetime.min.time(), timezone.utc) - timedelta(days=sent)
    return Sighting(collector, at, at if found else None, TODAY - timedelta(days=back))


def case(areas: dict[str, Any], *seen: Sighting, errors: list[dict[str, Any]] | None = None) -> Case:
    registers = build({"bulwark_collectors": COLLECTORS})
    return Case(Facts({"areas": areas, "errors": errors or []}), policy(), registers, TODAY, Context(canary=seen))


def oldest(areas: dict[str, Any], *seen: Sighting, errors: list[dict[str, Any]] | None = None) -> Verdict:
    return judge(OLDEST, areas, errors, context=Context(canary=seen or None), bulwark_collectors=COLLECTORS)


def running(back: float | None, **more: Any) -> dict[str, Any]:
    log = {"path": "/var/log/audit/audit.log", "bytes": 40 * MIB, "daily_bytes": MIB, "oldest": None,
           "newest": None if back is None else NOW, **more}  # fmt: skip
    if back is not None:
        log["oldest"] = NOW - int(back * DAY)
    return {"installed": True, "daemon": {"active": True}, "conf": GOOD, "log": log}


def test_an_old_enough_journal_passes() -> None:
    assert oldest(host()).status == "pass"
    assert headline(case(host())) is None


def test_a_young_journal_fails_and_is_the_headline() -> None:
    found = oldest(host(held(20)))
    assert identities(found) == ["logons"] and "the journal: since 2026-11-02 only" in found.wrong[0].text
    assert headline(case(host(held(20)))) == OLDEST


def test_what_rsyslog_writes_counts_too() -> None:
    files = {"logs": {}, "oldest": {"/var/log/auth.log": NOW - 190 * DAY, "/var/log/mail.log": NOW - 900 * DAY}}
    assert oldest(host(held(20), log_files=files)).status == "pass"
    files["oldest"]["/var/log/auth.log"] = NOW - 170 * DAY
    assert "/var/log/auth.log and what was rotated of it" in oldest(host(held(20), log_files=files)).wrong[0].text


def test_a_host_that_is_younger_has_all_of_its_log() -> None:
    young = {"systemd": True, "now": NOW, "born": NOW - 21 * DAY}
    assert oldest(host(held(21), system=young)).status == "pass"
    assert oldest(host(held(18), system=young)).status == "fail"


def test_where_the_age_is_not_known_a_young_log_is_unknown() -> None:
    errors = [{"area": "system", "fact": "born", "reason": "/etc/machine-id does not exist"}]
    areas = host(held(20), system={"systemd": True, "now": NOW})
    found = oldest(areas, errors=errors)
    assert found.status == "unknown" and "/etc/machine-id does not exist" in found.reason
    assert headline(case(areas, errors=errors)) is None
    assert oldest(host(system={"systemd": True, "now": NOW}), errors=errors).status == "pass"


def test_what_is_in_memory_is_not_kept() -> None:
    mounts = {"points": [mount("/"), mount("/var/log", "tmpfs")], "fstab": [], "units": []}
    assert oldest(host(mounts=mounts)).wrong[0].text == "logons: none is kept"


def test_the_audit_log_counts_where_auditd_runs() -> None:
    assert identities(oldest(host(audit=running(5)))) == ["audit"]
    assert identities(oldest(host(audit=running(None)))) == ["audit"]
    assert oldest(host(audit=running(190))).status == "pass"
    assert oldest(host(audit={**running(5), "daemon": {"active": False}})).status == "pass"
    assert oldest(host(audit={**running(5), "log": None})).status == "pass"


def test_an_audit_log_that_nobody_writes_any_more_shows_nothing_of_today() -> None:
    found = oldest(host(audit=running(400, newest=NOW - 190 * DAY)))
    assert found.status == "unknown" and "its newest record is 190 days old" in found.reason
    assert oldest(host(audit=running(400, newest=NOW - 6 * DAY))).status == "pass"
    stopped = {**running(400, newest=NOW - 190 * DAY), "daemon": {"active": False}}
    assert oldest(host(audit=stopped)).status == "pass"
    assert identities(oldest(host(audit=running(90, newest=NOW - 30 * DAY)))) == ["audit"]


def test_one_log_that_is_unread_hides_no_other() -> None:
    areas = host(held(20))
    del areas["audit"]["installed"]
    assert oldest(areas).status == "fail"
    areas = host()
    del areas["log_files"]["oldest"]
    assert oldest(areas).status == "pass"
    areas = host(held(20))
    del areas["log_files"]["oldest"]
    assert oldest(areas).status == "unknown"
    del areas["journal"]["oldest"]
    assert (oldest(areas).status, headline(case(areas))) == ("unknown", None)


@pytest.mark.parametrize(
    ("seen", "proven"),
    [
        (sighting(), True), (sighting(sent=8), False), (sighting(back=100), False), (sighting(found=False), False),
        (sighting(collector="gone"), False),
    ],
)  # fmt: skip
def test_a_collector_proves_the_retention(seen: Sighting, proven: bool) -> None:
    assert bool(kept_elsewhere(case(host(held(20)), seen))) is proven
    found = oldest(host(held(20)), seen)
    assert (found.status, found.assurance) == (("pass", "proven") if proven else ("fail", "effective"))
    capped = host({**held(20), "limits": {"max_use": {"value": MIB, "place": "x:1"}}})
    cap = judge("lin-lm-journal-cap", capped, context=Context(canary=(seen,)), bulwark_collectors=COLLECTORS)
    assert cap.status == ("pass" if proven else "fail")


def test_a_collector_that_has_all_since_a_young_host_was_set_up() -> None:
    young = {"systemd": True, "now": NOW, "born": NOW - 21 * DAY}
    assert "since %s" % date(2026, 11, 2) in str(kept_elsewhere(case(host(system=young), sighting(back=20))))
    assert kept_elsewhere(Case(Facts({}), policy(), build({}), TODAY, Context(canary="broken"))) is None


def capacity(areas: dict[str, Any], thresholds: dict[str, Any] | None = None, *seen: Sighting) -> Verdict:
    context = Context(canary=seen or None)
    return judge(CAPACITY, areas, None, thresholds, context, bulwark_collectors=COLLECTORS)


def on(*points: dict[str, Any], boot: bool = True) -> dict[str, Any]:
    fstab = [{"point": one["point"], "line": 1} for one in points] if boot else []
    return {"points": [mount("/"), *points], "fstab": fstab, "units": []}


def test_there_is_room_and_the_projection_is_told() -> None:
    found = capacity(host())
    assert found.status == "pass"
    assert "/var/log: journal 10.0 MiB a day; 50.0 GiB are free, for 5120 days" in found.evidence


def test_too_little_room_for_the_retention() -> None:
    tight = on(mount("/var/log", available=GIB // 2))
    areas = host({**held(200), "persistent": {**host()["journal"]["persistent"], "bytes": 100 * MIB}}, mounts=tight)
    found = capacity(areas)
    assert identities(found) == ["room: /var/log"] and found.severity is None
    assert "room for 61 days" in found.wrong[0].text
    assert capacity(areas, None, sighting()).status == "pass"


def test_a_log_that_only_grows_fills_the_disk() -> None:
    path = "/var/log/auth.log"
    files = {
        "logs": {path: {"live": True, "rotated": 0, "bytes": 200 * MIB, "newest": NOW}},
        "oldest": {path: NOW - 10 * DAY},
    }
    areas = host(mounts=on(mount("/var/log", available=300 * MIB)), log_files=files)
    assert "full: /var/log" in identities(capacity(areas))
    rotated = {**areas["rotation"], "logs": {path: 0}}
    assert "full: /var/log" not in identities(capacity({**areas, "rotation": rotated}))


def test_an_audit_log_that_rotates_is_bounded() -> None:
    areas = host(audit=running(190, daily_bytes=100 * MIB), mounts=on(mount("/var/log", available=2 * GIB)))
    assert "full: /var/log" in identities(capacity(areas))
    bounded = {**GOOD, "max_log_file_action": "ROTATE", "num_logs": "5", "max_log_file": "x"}
    areas["audit"]["conf"] = bounded
    assert "full: /var/log" not in identities(capacity(areas))


def test_file_systems_of_their_own() -> None:
    assert identities(capacity(host(mounts=on()))) == ["apart: /var/log"]
    assert capacity(host(mounts=on())).severity == "medium"
    loose = on(mount("/var/log", options=["rw", "nodev"]))
    assert "without nosuid, noexec" in capacity(host(mounts=loose)).wrong[0].text
    assert identities(capacity(host(mounts=on(mount("/var/log"), boot=False)))) == ["boot: /var/log"]
    assert "apart: /var/log/audit" in identities(capacity(host(audit=running(190))))
    assert capacity(host(mounts=on()), {"bulwark_log_file_systems": []}).status == "pass"
    unit = {**on(mount("/var/log"), boot=False), "units": [{"point": "/var/log", "wanted": True}]}
    assert capacity(host(mounts=unit)).status == "pass"
    assert OPTIONS


@pytest.mark.parametrize(
    ("conf", "wrong"),
    [
        ({}, {"space_left_action", "admin_space_left_action", "disk_full_action"}),
        (GOOD, set()),
        ({**GOOD, "space_left_action": "exec /usr/local/sbin/tell"}, set()),
        ({**GOOD, "space_left_action": "rotate"}, {"space_left_action"}),
        ({**GOOD, "admin_space_left_action": "halt"}, {"admin_space_left_action"}),
        ({**GOOD, "disk_full_action": "single"}, {"disk_full_action"}),
    ],
)
def test_what_auditd_does_as_its_disk_fills_up(conf: dict[str, str], wrong: set[str]) -> None:
    areas = host(audit={"installed": True, "conf": conf})
    found = capacity(areas, {"bulwark_log_file_systems": []})
    assert set(identities(found)) == wrong
    halts = capacity(areas, {"bulwark_log_file_systems": [], "bulwark_audit_halt": True})
    assert set(identities(halts)) == {one for one in wrong if conf.get(one) not in ("halt", "single")}


def test_what_is_not_measured_yet_is_unknown() -> None:
    assert "holds 48 hours only" in capacity(host(held(2))).reason
    audit = running(0, daily_bytes=None)
    areas = host(audit=audit, mounts=on(mount("/var/log"), mount("/var/log/audit")))
    assert "too little is logged" in capacity(areas).reason
