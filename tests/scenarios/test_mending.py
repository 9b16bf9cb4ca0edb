# SPDX-License-Identifier: GPL-3.0-or-later
"""What enforcement mends: check says what harden does, the control passes, and restore leaves no trace of it."""

from __future__ import annotations

import re

from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue import catalogue

from tests.enforcement.tree import differences
from tests.scenarios.mending import Mending
from tests.scenarios.playing import Playing
from tests.scenarios.scenario import Scenario, load_all

#: Mended in tests of their own: tests/integration/test_access_measures.py, test_ssh_measures.py, test_totp_login.py.
SHOWN_ELSEWHERE = ("initial_access", "segregation")
ELSEWHERE = (
    "lin-aa-key-hygiene", "lin-aa-password-policy", "lin-aa-session-timeout", "lin-lm-ssh-verbose", "lin-mf-enrolled",
    "lin-mf-pam-required", "lin-mf-ssh-methods", "lin-mf-ssh-pam", "lin-mf-sudo",
)  # fmt: skip


def test_a_control_is_mended_and_put_back(mended: Scenario, playing: Playing) -> None:
    """It is one story: what check tells comes true, the second run finds nothing, restore undoes all of it."""
    mending, mend = playing.mending(mended.id), mended.mend
    assert isinstance(mending, Mending), mending
    assert mend is not None
    assert differences(mending.pictures["before"], mending.pictures["check"]) == []
    assert mending.told["check"] == mending.told["harden"] != set(), mending.outputs["check"]
    assert mending.statuses["harden"] == "pass", mending.outputs["harden"]
    assert differences(mending.pictures["harden"], mending.pictures["again"]) == [], mending.outputs["again"]
    assert mending.statuses["again"] == "pass"
    assert mending.statuses["restore"] == mend.restored, mending.outputs["restore"]
    assert mend.says in " ".join(mending.outputs["restore"].split())
    left = differences(mending.pictures["before"], mending.pictures["restore"])
    assert [line for line in left if not any(re.search(kept, line) for kept in mend.kept)] == []


def test_every_control_that_roles_enforce_is_shown_mended() -> None:
    """A task file without a scenario that it mends is named."""
    known = catalogue.load()
    shown = {one.control for file in load_all() for one in file.scenarios if one.mend is not None}
    lacking = {control for control in known.enforced() if known.section_of(control) not in SHOWN_ELSEWHERE}
    assert lacking - shown - set(ELSEWHERE) == set()
