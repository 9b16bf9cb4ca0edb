# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Completed, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.readers import recording
from hypothesis import given
from hypothesis import strategies as st

from .host import read

CONFIGURED = """// a comment
{
  // "writer" : "journal"
  "log": { "output": false, },  /* not
  this */
  "syslog": {"facility": "local3", "url": "http://x // y, }"},
  "limit": {"action": "drop"},
  "writer": "syslog",
}
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def facts_of(root: Path, text: str | None) -> tuple[dict[str, Any], dict[str | None, str]]:
    (root / "usr/bin").mkdir(parents=True)
    (root / "usr/bin/tlog-rec-session").touch(mode=0o755)
    files = {} if text is None else {"/etc/tlog/tlog-rec-session.conf": text}
    said = "kim:x:1:1:Kim:/home/kim:/usr/bin/tlog-rec-session\n"
    return read(root, "recording", files, {"getent passwd kim gone": Completed(2, said, "")}, ["kim", "gone", "-x", ""])


def test_what_tlog_records_and_for_whom(tmp_path: Path) -> None:
    facts, errors = facts_of(tmp_path, CONFIGURED)
    assert not errors
    assert facts == {
        "program": "/usr/bin/tlog-rec-session",
        "settings": {"writer": "syslog", "facility": "local3", "path": "", "output": False, "drops": True},
        "shells": {"kim": "/usr/bin/tlog-rec-session"},
    }


def test_nothing_said_is_the_journal(tmp_path: Path) -> None:
    facts, _errors = facts_of(tmp_path, None)
    assert facts["settings"]["writer"] == "journal"
    assert facts["settings"]["output"]


def test_a_host_without_it(tmp_path: Path) -> None:
    assert read(tmp_path, "recording", {}) == ({"program": None, "settings": None, "shells": {}}, {})


@pytest.mark.parametrize("text", ["", "[]", "{", "{'a': 1}"])
def test_what_is_no_configuration_is_unread(tmp_path: Path, text: str) -> None:
    facts, errors = facts_of(tmp_path, text)
    assert list(errors) == ["settings"]
    assert "shells" in facts


@given(st.dictionaries(st.text(max_size=8), JSON, max_size=4), st.sampled_from([None, 1]))
def test_plain_json_stays_what_it_is(content: dict[str, Any], indent: int | None) -> None:
    assert recording.parse(json.dumps(content, indent=indent)) == content


@given(st.text(max_size=100))
def test_arbitrary_text_is_read_or_unreadable(text: str) -> None:
    with suppress(Unreadable):
        assert isinstance(recording.parse(text), dict)
