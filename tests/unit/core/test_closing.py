# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of a run counts every targeted host, also those that left nothing and those that are gone since."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.declared import Declaration, declare
from ansible_collections.bulwark.msp.plugins.plugin_utils.formats import summary
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.results import Run, Store
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs import begin, closing
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.finding import SEVERITIES

from tests.checkout import ROOT

KNOWN = catalogue.load()
NOW = datetime(2026, 11, 22, 2, 0, tzinfo=timezone.utc)
AT = "2026-11-22T02:00:09Z"
ACME = declare({"bulwark_customer": "acme"}, KNOWN, NOW.date())


def begun(folder: Path, *hosts: str, platform: str | None = None) -> Run:
    variables = {"bulwark_customer": "acme"}
    plan = begin.check(hosts, lambda _: variables, lambda _: platform, lambda _: (), KNOWN, NOW.date())
    return begin.start(plan, Store(folder), KNOWN, NOW, {}, [], "audit")[0]


def ended(run: Run, declared_of: Callable[[str], Declaration | None], **policy: Any) -> dict[str, Any]:
    closing.fill_gaps(run, declared_of, KNOWN, NOW.date(), AT)
    hosts = [closing.totals(document) for document in run.hosts()]
    others = [target["host"] for target in run.read()["targeted"] if target["other_platform"]]
    about = closing.complete(run, hosts, closing.reasons_to_fail(hosts, others, {**ACME.policy, **policy}), AT)
    jsonschema.Draft202012Validator(json.loads((ROOT / "docs/schemas/run.json").read_text("utf-8"))).validate(about)
    return about


@pytest.mark.parametrize(
    "now_declared",
    [ACME, None, declare({}, KNOWN, NOW.date())],
    ids=["as before", "gone or broken", "another customer"],
)
def test_a_host_that_left_nothing_is_unknown_under_the_customer_it_had(
    now_declared: Declaration | None, tmp_path: Path
) -> None:
    run = begun(tmp_path, "web", "db")
    about = ended(run, lambda _: now_declared)
    assert about["coverage"] == {
        "targeted": 2,
        "read": 0,
        "unread": ["db", "web"],
        "other_platform": [],
        "not_reached": [],
    }
    assert about["reasons"] == [f"{host}: the host left no result in this run" for host in ("db", "web")]
    assert sorted(path.name for path in (run.folder / "hosts/acme").iterdir()) == ["db.json", "web.json"]
    assert about["totals"]["status"] == {"unknown": 2 * len(JUDGES)}


def test_another_platform_is_no_reason_to_fail(tmp_path: Path) -> None:
    about = ended(begun(tmp_path, "dc", platform="Windows"), lambda _: ACME)
    assert (about["reasons"], about["coverage"]["other_platform"], about["coverage"]["unread"]) == ([], ["dc"], [])


def test_hosts_that_may_be_unreachable(tmp_path: Path) -> None:
    assert ended(begun(tmp_path, "web"), lambda _: ACME, bulwark_fail_on_unreachable=False)["reasons"] == []


def document(host: str, *findings: dict[str, Any]) -> dict[str, Any]:
    return {
        "host": host, "customer": "acme", "platform": {"system": "Debian GNU/Linux 12"}, "seconds": 0.2, "errors": [],
        "findings": [
            {"control": "lin-x", "status": "fail", "effective_severity": "high", "actual": [], "reason": "", **finding}
            for finding in findings
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("threshold", "counted"), [("none", None), ("critical", None), ("high", 1), ("medium", 1), ("low", 2)]
)
def test_failing_by_severity_leaves_out_what_follows_from_another(threshold: str, counted: int | None) -> None:
    host = closing.totals(
        document(
            "web",
            {},
            {"effective_severity": "low"},
            {"effective_severity": "critical", "caused_by": "lin-y"},
            {"effective_severity": "critical", "status": "waived"},
        )
    )
    reasons = closing.reasons_to_fail([host], [], {**ACME.policy, "bulwark_fail_on": threshold})
    assert reasons == ([f"web: {counted} failing at {threshold} or above (bulwark_fail_on)"] if counted else [])


ABOUT: dict[str, Any] = {
    "coverage": {"targeted": 1, "read": 1, "unread": [], "other_platform": []}, "warnings": [],
    "totals": {"status": {"fail": 2, "pass": 1}, "failing": dict.fromkeys(SEVERITIES, 1)},
    "controls": {"left_out": []},
}  # fmt: skip


class TestSummary:
    def terminal(self, documents: list[dict[str, Any]], brief: bool = False) -> list[str]:
        hosts = [closing.totals(document) for document in documents]
        return summary.terminal(ABOUT, hosts, documents, "/srv/reports/x", brief).split("\n")

    def test_one_host_fits_one_screen_whatever_it_says(self) -> None:
        many: list[dict[str, Any]] = [{"actual": ["\x1b[2J" + "x" * 9999] * 200} for _ in range(200)]
        many += [{"status": "unknown", "reason": f"{number}\x07" + "y" * 999} for number in range(50)]
        lines = self.terminal([document("web\x1b]0;owned\x07", *many)])
        assert len(lines) <= 50
        assert max(map(len, lines)) <= summary.WIDTH

    def test_a_fleet_has_a_line_a_host_and_the_worst_first(self) -> None:
        lines = self.terminal([document(f"host{number}", *([{}] * (number % 7))) for number in range(200)])
        assert len(lines) < 75
        assert lines[3].startswith("host")
        counts = [
            int(line.split()[2].replace("-", "0"))
            for line in lines
            if line.startswith("host") and "critical" not in line
        ]
        assert counts == sorted(counts, reverse=True)

    def test_under_awx_nothing_but_counts(self) -> None:
        lines = self.terminal([document("web", {"actual": ["secret weakness"]})], brief=True)
        assert lines[:1] == ["1 of 1 hosts read"]
        assert not [line for line in lines if "weakness" in line or "lin-" in line or "web" in line]
