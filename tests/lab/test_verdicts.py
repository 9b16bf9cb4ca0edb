# SPDX-License-Identifier: GPL-3.0-or-later
"""An audit of the lab finds what expected.yml says, host by host and control by control."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.integration.fleet import Played
from tests.lab import lab

EXPECTED: dict[str, dict[str, str]] = yaml.safe_load((lab.HERE / "expected.yml").read_text(encoding="utf-8"))
OTHER_PLATFORMS = {"acme-dc": "Windows", "globex-switch": "network device"}


def result(audited: Played, host: str) -> dict[str, Any]:
    return audited.host(host, customer=host.partition("-")[0])


def test_the_audit_succeeds(audited: Played) -> None:
    assert audited.rc == 0, audited.output


@pytest.mark.parametrize("host", EXPECTED)
def test_each_verdict_is_the_expected_one(audited: Played, host: str) -> None:
    findings = {finding["control"]: finding for finding in result(audited, host)["findings"]}
    assert set(findings) == set(EXPECTED[host])
    wrong = [
        f"{control}: expected {EXPECTED[host][control]}, found {finding['status']}: "
        f"{finding['reason']} {'; '.join(finding['actual'])}"
        for control, finding in findings.items()
        if finding["status"] != EXPECTED[host][control]
    ]
    assert not wrong, "\n".join(wrong)


def test_a_waiver_that_holds_and_one_that_is_over_are_told_apart(audited: Played) -> None:
    findings = {finding["control"]: finding for finding in result(audited, "acme-backup")["findings"]}
    assert findings["lin-ns-ssh-forwarding"]["waiver"]["ticket"] == "ACME-1182"
    assert "expired" in findings["lin-ns-ssh-listen"]["reason"]


@pytest.mark.parametrize("host", OTHER_PLATFORMS)
def test_other_platforms_are_named_and_not_connected_to(audited: Played, host: str) -> None:
    found = result(audited, host)
    assert found["platform"]["system"] == OTHER_PLATFORMS[host]
    assert "no judge for this platform yet" in str(found["errors"])
