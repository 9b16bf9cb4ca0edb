# SPDX-License-Identifier: GPL-3.0-or-later
"""What is noted of a restore test: nothing passes that the host does not show, whatever it answers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.backups import Backup
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.kinds.backups import RESTORE_TEST
from ansible_collections.bulwark.msp.plugins.plugin_utils.runs.restore_testing import Trial, entry, told
from hypothesis import given
from hypothesis import strategies as st

BACKUP = Backup("nightly", "restic", "/r", ("/srv",), 24.0, "save.service", rto=1.0)
TRIAL = Trial(BACKUP, "0cb52799" * 8, "2026-11-23T02:00:00Z", ("/srv/data",))
GOOD = {"passed": True, "seconds": 2.1, "files": 3, "bytes": 9, "verified": 3, "live": 2, "newer": 1, "defects": []}
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.lists(st.text(max_size=3))


def noted(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what is noted of an answer."""
    return entry(TRIAL, answer, "web", "20261123T020000Z-1a2b3c", "2026-11-23", {"name": "kim"})


def test_a_test_that_passed_is_noted_with_its_run() -> None:
    made = noted(GOOD)
    assert (made["result"], made["scope"], made["seconds"], made["assurance"]) == ("passed", "sample", 3, "proven")
    assert "came back in 3 s: 3 files, 9 bytes, 2 equal to the live ones (RTO: 3600 s)" in told(TRIAL, made)


@pytest.mark.parametrize(
    "answer", [{**GOOD, "passed": False}, {**GOOD, "defects": ["x"]}, {**GOOD, "files": 0}, {**GOOD, "files": "many"}]
)
def test_what_is_not_shown_did_not_pass(answer: dict[str, Any]) -> None:
    made = noted(answer)
    assert made["result"] == "failed"
    assert "FAILED" in told(TRIAL, made)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), ANYTHING))
def test_no_answer_makes_another_record_than_one(answer: dict[str, Any]) -> None:
    made = noted({"passed": True, **answer})
    assert set(made) <= set(RESTORE_TEST)
    assert {key for key, option in RESTORE_TEST.items() if option.get("required")} <= set(made)
    assert all(isinstance(made[key], int) and made[key] >= 0 for key in ("seconds", "files", "bytes", "verified"))
    told(TRIAL, made)
