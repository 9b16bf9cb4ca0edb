# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every role: check says what then changes, it is mended, and the next run changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.enforcement.outcome import enforcement, still_failing, tasks

CUSTOMER = "harbour"
HOSTS = ("molecule-bookworm", "molecule-trixie")
REPORTS = Path(os.environ["BULWARK_REPORTS"])
#: What a decision is missing for: codes are the method here, and codes can be phished; a container has one disk; and
#: which firewall is to deny what is nobody's word yet.
LEFT = {"lin-mf-sk-keys", "lin-lm-log-capacity", "lin-lm-fw-log"}


def runs() -> list[Path]:
    """Return the folders of check, converge and idempotence."""
    return sorted(path for path in REPORTS.iterdir() if path.is_dir() and not path.is_symlink())


@pytest.mark.parametrize("host", HOSTS)
def test_check_says_what_then_changes(host: str) -> None:
    check, converge, _ = runs()
    would = tasks(check, host, CUSTOMER, "would_change")
    assert would
    assert would == tasks(converge, host, CUSTOMER, "changed")


@pytest.mark.parametrize("host", HOSTS)
def test_what_was_changed_passes(host: str) -> None:
    _, converge, _ = runs()
    told = enforcement(converge, host, CUSTOMER)
    ended = {control: entry["after"] for control, entry in told.items() if entry["state"] == "changed"}
    assert set(ended.values()) == {"pass"}, ended
    assert set(still_failing(converge, host, CUSTOMER)) <= LEFT


@pytest.mark.parametrize("host", HOSTS)
def test_the_next_run_changes_nothing(host: str) -> None:
    *_, idempotence = runs()
    assert not tasks(idempotence, host, CUSTOMER, "changed")
