# SPDX-License-Identifier: GPL-3.0-or-later
"""Security updates that wait: since when, how long they may, and what keeps them away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.edits import lines
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.all import MEASURES
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import Context
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.exploited import Data, Exploited, Feed, Fix, Flaw

from tests.unit.judges.host import policy

NOW = 1795392000  # 2026-11-23 00:00 UTC
DAY = 86400
TODAY = date(2026, 11, 23)
INSIDE: dict[str, Any] = {"bulwark_host_functions": ["database"]}
EXPOSED: dict[str, Any] = {"bulwark_host_functions": ["internet_facing"]}


def update(package: str = "libssl3", **more: Any) -> dict[str, Any]:
    return {
        "package": package, "source": "openssl", "installed": "3.0-1", "candidate": "3.0-2",
        "origin": "Debian-Security", "archive": "bookworm-security", "security": True, "held": False, "by": None,
        "pin": None, "issued": None, "severity": None, **more,
    }  # fmt: skip


def case(
    *pending: Mapping[str, Any],
    listed: float | None = 0,
    seen: Mapping[str, str] | None = None,
    known: Exploited | None = None,
    pins: list[dict[str, Any]] | None = None,
    holds: list[dict[str, Any]] | None = None,
    **declared: Any,
) -> Case:
    """Return a host whose lists are `listed` days old; seen: what the last run remembered, None without one."""
    at = NOW - (listed or 0) * DAY
    lists = [{"origin": "Debian-Security", "archive": "bookworm-security", "security": True, "at": at}]
    updates = {
        "pending": list(pending), "lists": lists if listed is not None else [], "holds": holds or [],
        "pins": pins or [], "advisories": None,
    }  # fmt: skip
    sources = {"openssl": {"version": "3.0-1", "binaries": ["libssl3", "openssl"]}}
    system = {"now": NOW, "family": "debian", "release": {"id": "debian", "version_codename": "bookworm"}}
    areas = {"updates": updates, "system": system, "packages": {"sources": sources, "installed": {}}}
    earlier = None if seen is None else {"lin-up-pending": seen}
    chosen = {name: declared.pop(name) for name in list(declared) if name.startswith("bulwark_patch")}
    return Case(
        Facts({"areas": areas, "errors": []}), {**policy(), **chosen}, build(declared), TODAY,
        Context(exploited=known, earlier=earlier),
    )  # fmt: skip


WAITS = JUDGES["lin-up-pending"]
KEPT = JUDGES["lin-up-no-holds"]


def test_nothing_waits() -> None:
    found = WAITS(case(**INSIDE))
    assert found.status == "pass"
    assert "the list of bookworm-security was made on 2026-11-23 00:00 UTC" in found.evidence
    assert found.remember == {}


def test_without_an_earlier_run_the_age_is_unknown_and_never_zero() -> None:
    found = WAITS(case(update(), **INSIDE))
    assert found.status == "unknown"
    assert "how long before isn't known, since no earlier run looked" in found.reason
    assert found.remember == {"libssl3=3.0-1": "2026-11-23 00:00"}


@pytest.mark.parametrize(
    ("seen", "declared", "status"),
    [
        ("2026-11-08 23:00", EXPOSED, "fail"),
        ("2026-11-09 01:00", EXPOSED, "pass"),
        ("2026-11-08 23:00", INSIDE, "pass"),
        ("2026-10-23 23:00", INSIDE, "fail"),
        ("2026-10-23 23:00", {}, "fail"),
        ("2026-11-08 23:00", {}, "unknown"),
        ("2026-11-09 01:00", {}, "pass"),
        ("soon", EXPOSED, "pass"),
        ("2031-01-01 00:00", EXPOSED, "pass"),
    ],
)
def test_it_is_out_since_it_was_first_seen(seen: str, declared: dict[str, Any], status: str) -> None:
    assert WAITS(case(update(), seen={"libssl3=3.0-1": seen}, **declared)).status == status


def test_what_was_not_there_in_the_last_run_is_new() -> None:
    found = WAITS(case(update(), seen={"libssl3=2.9": "2020-01-01 00:00"}, **EXPOSED))
    assert found.status == "pass"
    assert found.remember == {"libssl3=3.0-1": "2026-11-23 00:00"}


def test_a_newer_fix_does_not_make_the_first_one_younger() -> None:
    found = WAITS(case(update(candidate="3.0-9"), seen={"libssl3=3.0-1": "2026-09-01 00:00"}, **INSIDE))
    assert [item.identity for item in found.wrong] == ["openssl"]
    assert "out since 2026-09-01 00:00 UTC or before" in found.wrong[0].text
    assert found.remember == {"libssl3=3.0-1": "2026-09-01 00:00"}


def test_a_list_can_not_name_what_was_not_out_yet() -> None:
    assert WAITS(case(update(), listed=31, **INSIDE)).status == "fail"
    assert WAITS(case(update(), listed=29, **INSIDE)).status == "unknown"


def test_advisories_say_when_they_were_issued() -> None:
    assert WAITS(case(update(issued=NOW - 15 * DAY), **EXPOSED)).status == "fail"
    assert WAITS(case(update(issued=NOW - 13 * DAY), **EXPOSED)).status == "pass"


def test_packages_of_one_source_are_one_item() -> None:
    found = WAITS(case(update(), update("openssl"), listed=31, **INSIDE))
    assert [item.identity for item in found.wrong] == ["openssl"]
    assert found.wrong[0].text.startswith("libssl3 and 1 more 3.0-1, bookworm-security has 3.0-2, out since")


def test_updates_that_are_no_security_updates_may_wait() -> None:
    assert WAITS(case(update(security=False), listed=1, **INSIDE)).status == "pass"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"bulwark_patch_critical": ["lib*"]}, "(lib* is in bulwark_patch_critical)"),
        ({"severity": "critical"}, "(the vendor calls it critical)"),
    ],
)
def test_critical_ones_have_48_hours(more: dict[str, Any], why: str) -> None:
    severity = {"severity": more.pop("severity")} if "severity" in more else {}
    found = WAITS(case(update(**severity), seen={"libssl3=3.0-1": "2026-11-20 00:00"}, **EXPOSED, **more))
    assert found.status == "fail"
    assert why in found.wrong[0].text


def exploited(problem: str = "") -> Exploited:
    fix = {"bookworm": {"openssl": (Fix("CVE-2026-1", "3.0-2"),)}}
    return Exploited(
        Feed("kev.json", flaws={"CVE-2026-1": Flaw("CVE-2026-1", date(2026, 11, 1))}),
        {"debian": Data("debian", "debian.json", fix, problem=problem)},
    )


def test_exploited_ones_have_48_hours() -> None:
    seen = {"libssl3=3.0-1": "2026-11-20 00:00"}
    found = WAITS(case(update(), seen=seen, known=exploited(), **EXPOSED))
    assert "(CVE-2026-1 is exploited)" in found.wrong[0].text
    found = WAITS(case(update(), seen=seen, known=exploited("it is truncated"), **EXPOSED))
    assert (found.status, found.reason) == ("unknown", "whether any of them is exploited: it is truncated")
    found = WAITS(case(update(), seen=seen, **EXPOSED))
    assert "bulwark_kev is not set: which flaws are exploited isn't known here" in found.evidence


def test_lists_that_are_missing_or_old_show_nothing() -> None:
    assert "no list of an archive of security updates is here" in WAITS(case(listed=None, **INSIDE)).reason
    old = WAITS(case(listed=31, **INSIDE))
    assert (old.status, "made on 2026-10-23 00:00 UTC" in old.reason) == ("unknown", True)
    assert WAITS(case(listed=15, **INSIDE)).status == "pass"
    assert WAITS(case(listed=15, **EXPOSED)).status == WAITS(case(listed=15)).status == "unknown"


def test_nothing_is_held() -> None:
    assert KEPT(case(update(), **INSIDE)).status == "pass"
    assert KEPT(case(listed=None)).status == "pass"


def test_a_hold_on_what_has_no_security_update_is_told() -> None:
    holds = [{"package": "sudo", "by": "apt-mark hold", "file": None}]
    found = KEPT(case(update(), holds=holds, **INSIDE))
    assert (found.status, "apt-mark hold: sudo" in found.evidence) == ("pass", True)
    assert KEPT(case(holds=holds, listed=None)).status == "unknown"


def test_what_keeps_updates_away_is_named_with_them() -> None:
    found = KEPT(case(update(held=True, by="apt-mark hold"), update("openssl", held=True, by="apt-mark hold")))
    assert [item.identity for item in found.wrong] == ["apt-mark hold: libssl3, openssl"]
    assert found.wrong[0].text == "apt-mark hold keeps the security updates of libssl3 (3.0-2), openssl (3.0-2) away"


PIN = {"packages": ["libssl3"], "pin": "version 3.0-1", "priority": 1001, "file": "/etc/apt/preferences.d/x"}


def mend(*pending: Mapping[str, Any], **more: Any) -> list[dict[str, Any]]:
    return MEASURES["updates_let_in"](case(*pending, **more), None, "lin-up-no-holds")


def test_pins_are_commented_out() -> None:
    (step,) = mend(update(held=True, by=PIN["file"], pin=0), update("sudo", security=False, held=True), pins=[PIN])
    record = {key: PIN[key] for key in ("packages", "pin", "priority")}
    assert (step["path"], step["edit"], step["arguments"]) == (PIN["file"], "apt_pins", {"records": [record]})


def test_a_default_release_is_outweighed() -> None:
    (step,) = mend(update(held=True, by="APT::Default-Release"))
    assert step["path"] == "/etc/apt/preferences.d/00-bulwark-lin-up-no-holds"
    assert "Package: *\nPin: release bookworm-security\nPin-Priority: 990\n" in step["content"]


def test_entries_of_versionlock_are_commented_out() -> None:
    file = "/etc/dnf/plugins/versionlock.list"
    locks = [{"package": name, "by": "versionlock", "file": file} for name in ("libssl3", "vim")]
    (step,) = mend(update(held=True, by=f"versionlock in {file}"), holds=locks)
    text = "libssl3-0:3.0-1.*\nvim-9-1.*\nlibssl3-devel-0:3.0-1.*"
    assert lines.edit(text, step["arguments"], {}) == "#" + text


def test_holds_are_left_and_named() -> None:
    with pytest.raises(Left, match="apt-mark hold of libssl3"):
        mend(update(held=True, by="apt-mark hold"))
    assert mend(update()) == []
