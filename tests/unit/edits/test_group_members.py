# SPDX-License-Identifier: GPL-3.0-or-later
"""Members leave a group's line, and nothing else changes."""

from __future__ import annotations

from ansible_collections.bulwark.msp.plugins.module_utils.edits.group_members import edit
from hypothesis import given
from hypothesis import strategies as st

GROUP = "root:x:0:\nsudo:x:27:ana,bo,cy\n# note\ndocker:x:998:bo\nsudoers:x:30:bo\n"
NAMES = st.lists(st.sampled_from(["ana", "bo", "cy", "bobo"]), unique=True)


def without(text: str | None, **remove: list[str]) -> str | None:
    """Return the text without members."""
    return edit(text, {"remove": remove}, {})


def test_only_the_groups_and_members_that_are_named_change() -> None:
    found = without(GROUP, sudo=["bo"], docker=["bo"])
    assert found == "root:x:0:\nsudo:x:27:ana,cy\n# note\ndocker:x:998:\nsudoers:x:30:bo\n"


def test_gshadow_keeps_its_administrators() -> None:
    assert without("sudo:!:bo:ana,bo\n", sudo=["bo"]) == "sudo:!:bo:ana\n"


def test_a_file_that_is_not_there_stays_away() -> None:
    assert without(None, sudo=["bo"]) is None


@given(NAMES, NAMES)
def test_it_is_done_once_and_for_all(members: list[str], out: list[str]) -> None:
    text = "sudo:x:27:%s\n" % ",".join(members)
    found = without(text, sudo=out)
    assert found == "sudo:x:27:%s\n" % ",".join(name for name in members if name not in out)
    assert without(found, sudo=out) == found
