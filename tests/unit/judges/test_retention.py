# SPDX-License-Identifier: GPL-3.0-or-later
"""How far back security events go, what a collector proves, and whether there is room."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.forwarding.rules import FACILITIES
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import Context
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.log_volumes import file, volumes
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


def held_file(stored: int, packed: dict[str, int] | None = None, **more: Any) -> dict[str, Any]:
    return {"live": True, "rotated": 0, "bytes": stored, "stored": stored, "packed": packed, "newest": NOW, **more}


def stanza(**more: Any) -> dict[str, Any]:
    return {"rotate": 4, "trigger": "period", "period": "weekly", "size": 0, "maxsize": 0, "maxage": 0, **more}


def running(back: float | None, **more: Any) -> dict[str, Any]:
    log = {"path": "/var/log/audit/audit.log", "bytes": 40 * MIB, "daily_bytes": MIB, "oldest": None, "gap": None,
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
    since = {"/var/log/auth.log": NOW - 190 * DAY, "/var/log/mail.log": NOW - 900 * DAY}
    files: dict[str, Any] = {"logs": {}, "oldest": since, "gaps": {}}
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


AUDIT_LOG = "/var/log/audit/audit.log"
FIVE = {**GOOD, "max_log_file_action": "ROTATE", "num_logs": "5", "max_log_file": "8"}
ROTATES = {**running(2, bytes=40 * MIB, files=5, daily_bytes=20 * MIB), "conf": FIVE, "plugins": [], "remote": {}}
ROTATES["refusal"] = None


def sending(*destinations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a host with three weeks of journal that sends its logs by these."""
    state = {"installed": True, "running": True, "enabled": True}
    forwarding = {"destinations": [*destinations], "others": [], "modules": {}, "programs": {"rsyslog": state}}
    return host(held(20), forwarding=forwarding, **more)


def sent(*what: str, address: str = "logs.acme.example", may: bool = False) -> dict[str, Any]:
    """Return a protected way by which facilities and files go to a collector, or may go."""
    takes: dict[str, Any] = {"system": {one: 7 for one in what if one[0] != "/"}}
    takes.update({one: {"local0": 7} for one in what if one[0] == "/"})
    return {
        "program": "rsyslog", "place": "a:1", "protocol": "relp", "address": address, "port": 2514, "tls": True,
        "peer_check": "name", "peers": [address], "queue": None, "takes": {} if may else takes, "may": takes,
        "unclear": ["a:2"] if may else [], "active": True, "collector": None, "lacks": [],
    }  # fmt: skip


def spanned(areas: dict[str, Any], *seen: Sighting) -> Verdict:
    return judge("lin-lm-audit-span", areas, context=Context(canary=seen), bulwark_collectors=COLLECTORS)


@pytest.mark.parametrize(
    "ways",
    [
        [], [sent("auth", "authpriv")], [sent("auth", AUDIT_LOG, may=True)],
        [sent("auth", "authpriv"), sent(AUDIT_LOG, address="logs.north.example")],
    ],
)  # fmt: skip
def test_a_canary_proves_nothing_of_an_audit_log_that_is_not_sent(ways: list[dict[str, Any]]) -> None:
    """The collector holds 200 days of this host; of its audit log 40 MiB are kept, which are two days."""
    north = {"name": "north", "address": "logs.north.example", "party": "msp:north"}
    areas, context = sending(*ways, audit=ROTATES), Context(canary=(sighting(),))
    found = judge(OLDEST, areas, context=context, bulwark_collectors=[*COLLECTORS, north])
    assert (identities(found), found.assurance) == (["audit"], "effective")
    span = judge("lin-lm-audit-span", areas, context=context, bulwark_collectors=[*COLLECTORS, north])
    assert (identities(span), span.cause) == (["rotate"], OLDEST)


def test_an_audit_log_that_is_sent_counts_as_configured() -> None:
    areas = sending(sent("auth", "authpriv", AUDIT_LOG), audit=ROTATES)
    span, found = spanned(areas, sighting()), oldest(areas, sighting())
    assert (span.status, span.assurance) == (found.status, found.assurance) == ("pass", "configured")
    assert "acme holds this host's log since 2026-05-06 (canary of 2026-11-21), and audit goes there" in span.evidence
    assert spanned(areas, sighting(back=100)).status == "fail"


def test_logons_that_the_ways_leave_out_are_not_where_the_canary_is() -> None:
    """RHEL logs logons as authpriv, and the canary is auth."""
    assert oldest(sending(sent("auth", "authpriv")), sighting()).assurance == "proven"
    assert identities(oldest(sending(sent("auth")), sighting())) == ["logons"]
    assert identities(oldest(sending(sent("auth"), sent("authpriv", may=True)), sighting())) == ["logons"]


def test_what_a_collector_keeps_is_no_cause_of_what_is_here_alone() -> None:
    path = "/var/log/nginx/access.log"
    files = {"logs": {path: held_file(MIB)}, "oldest": {path: NOW - 20 * DAY}, "gaps": {}}
    rotation = {**host()["rotation"], "logs": {path: 0}, "stanzas": [{**stanza(), "place": "n:1", "removes": False}]}
    rotation["elsewhere"] = []

    def kept(*ways: dict[str, Any]) -> Verdict:
        areas = sending(*ways, log_files=files, rotation=rotation)
        context = Context(canary=(sighting(),))
        return judge("lin-lm-logrotate-span", areas, context=context, bulwark_collectors=COLLECTORS)

    alone = kept(sent("auth", "authpriv"))
    assert (identities(alone), alone.cause) == (["%s: rotate" % path], None)
    there = kept(sent("auth", "authpriv", path))
    assert (there.status, there.assurance) == ("pass", "configured")


def test_a_canary_keeps_no_delivery_log_that_is_not_sent() -> None:
    path = "/var/log/vault/audit.log"
    files = {"logs": {path: held_file(MIB)}, "oldest": {path: NOW - 20 * DAY}, "gaps": {}}
    rotation = {**host()["rotation"], "logs": {path: 0}, "stanzas": [{**stanza(), "place": "n:1"}]}
    areas = sending(
        sent("auth", "authpriv"), log_files=files, rotation=rotation, delivery={"ansible": None, "awx": False}
    )

    def found() -> list[str]:
        declared = {"bulwark_delivery_logs": [path]}
        context = Context(canary=(sighting(),))
        return identities(judge("lin-lm-delivery-log", areas, None, declared, context, bulwark_collectors=COLLECTORS))

    assert found() == ["%s: forwarded" % path, "%s: kept" % path]
    areas["forwarding"] = sending(sent("auth", "authpriv", path))["forwarding"]
    assert found() == []


@pytest.mark.parametrize(
    ("what", "ways", "kept"),
    [
        ("/var/log/sudo.log", ["auth"], None), ("/var/log/sudo.log", ["/var/log/sudo.log"], "configured"),
        ("/var/log/secure", ["auth"], None), ("/var/log/secure", ["authpriv"], "configured"),
        ("/var/log/secure", ["/var/log/secure"], "configured"), ("/var/log/auth.log", [], "proven"),
        ("/var/log/cron", ["cron"], "configured"), ("/var/log/messages", ["kern", "auth", "authpriv"], None),
        ("/var/log/messages", FACILITIES, "configured"), (AUDIT_LOG, [AUDIT_LOG], "configured"),
        ("journal", ["auth", "authpriv"], "proven"), ("journal", ["auth"], None), ("journal", ["kern"], "proven"),
    ],
)  # fmt: skip
def test_which_logs_a_collector_keeps(what: str, ways: list[str], kept: str | None) -> None:
    found = kept_elsewhere(case(sending(sent(*ways), audit=ROTATES), sighting()), what)
    assert (found.assurance if found else None) == kept


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
        "logs": {path: held_file(200 * MIB)},
        "oldest": {path: NOW - 10 * DAY},
        "gaps": {},
    }
    areas = host(mounts=on(mount("/var/log", available=300 * MIB)), log_files=files)
    assert "full: /var/log" in identities(capacity(areas))
    rotated = {**areas["rotation"], "logs": {path: 0}, "stanzas": [stanza(rotate=14, period="daily")]}
    assert "full: /var/log" not in identities(capacity({**areas, "rotation": rotated}))


MESSAGES = "/var/log/messages"


def rotating(log: dict[str, Any], back: int = 20, free: int = 3 * GIB, **more: Any) -> dict[str, Any]:
    """Return a host with one log that logrotate rotates daily, 180 times."""
    rotated = {**host()["rotation"], "logs": {MESSAGES: 0}}
    rotated["stanzas"] = [stanza(**{"rotate": 180, "period": "daily", **more})]
    files = {"logs": {MESSAGES: log}, "oldest": {MESSAGES: NOW - back * DAY}, "gaps": {}}
    return host(held(200, MIB // 10), mounts=on(mount("/var/log", available=free)), log_files=files, rotation=rotated)


def test_a_rotated_log_that_fills_the_disk_long_before_it_is_all_rotated() -> None:
    """Two GiB a day, to be kept for 180 days: of these 20 are there, and 3 GiB are free."""
    found = capacity(rotating(held_file(40 * GIB)))
    assert identities(found) == ["full: /var/log", "room: /var/log"]
    assert "/var/log/messages 2.0 GiB a day" in found.evidence[0]
    assert "room for " in found.wrong[1].text and "180 are wanted" in found.wrong[1].text
    assert capacity(rotating(held_file(40 * GIB), free=400 * GIB)).status == "pass"


@pytest.mark.parametrize(
    ("more", "left"),
    [
        ({}, 160.0), ({"rotate": 20}, 0.0), ({"rotate": 10}, 0.0), ({"rotate": -1}, math.inf), ({"maxage": 30}, 10.0),
        ({"rotate": -1, "maxage": 30}, 10.0), ({"rotate": 4, "period": "weekly"}, 8.0),
        ({"trigger": "size", "period": None, "size": 8 * MIB, "rotate": 5}, 20.0), ({"maxsize": 1}, 160.0),
        ({"period": "hourly"}, 160.0), ({"rotate": 0}, 0.0), ({"maxsize": 2 * MIB, "period": "weekly"}, 340.0),
    ],
)  # fmt: skip
def test_what_is_still_to_come_of_a_rotated_log(more: dict[str, Any], left: float) -> None:
    """A MiB a day, of which 20 days are held; logrotate runs daily."""
    volume = file(case(rotating(held_file(20 * MIB), **more)), MESSAGES)
    assert (volume.daily, volume.bytes, volume.left) == (MIB, 20 * MIB, left * MIB)


def test_what_is_packed_grows_as_such() -> None:
    """Of 20 days the newest two are not packed yet; what is left in the end is packed but for these."""
    log = held_file(20 * MIB, {"bytes": 18 * MIB // 10, "seconds": 18 * DAY})
    assert file(case(rotating(log)), MESSAGES).daily == pytest.approx(MIB / 10)
    log["packed"]["seconds"] = 3 * DAY
    assert file(case(rotating(log)), MESSAGES).daily == MIB


def test_what_rotation_leaves_is_unknown_where_it_can_not_be_told() -> None:
    young = capacity(rotating(held_file(MIB), back=3))
    assert young.status == "unknown" and "/var/log/messages: too few days are logged" in young.reason
    sized = rotating(held_file(20 * MIB, bytes=None), trigger="size", size=MIB, period=None)
    assert "how it is compressed doesn't tell" in capacity(sized).reason
    hidden = rotating(held_file(20 * MIB))
    hidden["rotation"]["runs"] = [{"by": "logrotate.timer", "seconds": None}]
    assert "how often logrotate.timer starts" in capacity(hidden).reason
    hidden["rotation"]["logs"] = {}
    assert file(case(hidden), MESSAGES).left == math.inf
    hidden["mounts"]["points"][1].update(size=None, available=None)
    assert "how much is free at /var/log isn't known" in capacity(hidden).reason


def test_only_what_a_collector_keeps_needs_no_room() -> None:
    areas = rotating(held_file(40 * GIB), free=100 * GIB)
    areas["forwarding"] = sending(sent("auth", "authpriv"))["forwarding"]
    assert identities(capacity(areas, None, sighting())) == ["room: /var/log"]
    areas["forwarding"] = sending(sent("auth", "authpriv", MESSAGES))["forwarding"]
    found = capacity(areas, None, sighting())
    assert (found.status, found.assurance) == ("pass", "configured")


def test_an_audit_log_is_one_log() -> None:
    """auditd bounds it, whether logrotate names it or not."""
    areas = host(audit={**running(190, daily_bytes=MIB), "conf": FIVE})
    areas["log_files"] = {"logs": {AUDIT_LOG: held_file(GIB)}, "oldest": {AUDIT_LOG: NOW - 190 * DAY}, "gaps": {}}
    assert [one.name for one in volumes(case(areas))[0]] == ["journal", "audit"]
    areas["audit"]["daemon"] = {"active": False}
    assert [one.name for one in volumes(case(areas))[0]] == ["journal", AUDIT_LOG]


def test_what_lies_behind_a_gap_is_told() -> None:
    gap = "; what is older ends on 2025-10-18, with a gap behind it"
    at = NOW - 400 * DAY
    assert oldest(host({**held(20), "gap": at})).wrong[0].text == "the journal: since 2026-11-02 only" + gap
    assert oldest(host(audit=running(5, gap=at))).wrong[0].text.endswith(gap)
    since = {"/var/log/auth.log": NOW - 190 * DAY}
    found = oldest(host(held(20), log_files={"logs": {}, "oldest": since, "gaps": {"/var/log/auth.log": at}}))
    assert found.status == "pass" and any(one.endswith(gap) for one in found.evidence)


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
