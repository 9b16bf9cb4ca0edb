# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a host's changes: by control and task, harmless, and without what looks like a secret."""

from __future__ import annotations

from typing import Any

from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.record import telling
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.safeguarding import Done

CONTROL = "lin-ic-no-cleartext"


def done(name: str, before: str | None, after: str | None) -> Done:
    change = {"control": CONTROL, "task": CONTROL + " | Do it", "kind": "file", "name": name}
    return Done("confirmed", changes=[{**change, "before": before, "after": after, "masked": False}])


def told(made: Done) -> dict[str, Any]:
    (task,) = telling.controls([CONTROL], [CONTROL], {}, made)[CONTROL]["tasks"]
    (change,) = task["changes"]
    found: dict[str, Any] = change
    return found


def test_a_secret_that_the_host_let_through_is_shown_nowhere() -> None:
    made = done("/etc/app.conf", "user = a\npassword = hunter2\n", "user = b\npassword = hunter2\n")
    assert "hunter2" not in str(told(made)) and "user = b" in told(made)["after"]
    assert "hunter2" not in str(telling.diff(made)) and "user = b" in telling.diff(made)[0]["after"]


def test_of_files_of_secrets_nothing_is_shown() -> None:
    made = done("/etc/users.oath", None, "HOTP/T30/6 ana - 00aa\n")
    assert told(made) == {"kind": "file", "name": "/etc/users.oath", "before": None, "after": None, "masked": True}
    assert telling.diff(made)[0]["after"] == telling.MASKED + "\n"


def test_a_terminal_gets_no_control_characters() -> None:
    (shown,) = telling.diff(done("/etc/x\x1b[2J", "a\tb\n", "\x1b[31mred\n"))
    assert "\x1b" not in str(shown) and shown["before"] == "a       b\n"


def test_what_tags_leave_out_says_so() -> None:
    found = telling.controls([CONTROL], [], {}, Done("unchanged"))
    assert found[CONTROL] == {"state": "left", "reason": "the tags of this run leave it out", "tasks": []}


def test_what_an_entry_point_asked_for_in_vain_is_said() -> None:
    left = {CONTROL: "bulwark_log_senders must say whose logs this host takes"}
    found = telling.controls([CONTROL], {CONTROL}, left, Done("unchanged"))
    assert telling.undone(found, [CONTROL]) == ["%s: %s" % (CONTROL, left[CONTROL])]
    refused = telling.controls([CONTROL], {CONTROL}, {}, Done("refused", "rsyslogd would not start"))
    assert telling.undone(refused, [CONTROL]) == [CONTROL + ": rsyslogd would not start"]
    assert telling.undone(telling.controls([CONTROL], {CONTROL}, {}, Done("confirmed")), [CONTROL]) == []
