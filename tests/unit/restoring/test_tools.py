# SPDX-License-Identifier: GPL-3.0-or-later
"""What backup tools are asked and what they print, and what they are started with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.restoring import tools
from ansible_collections.bulwark.msp.plugins.module_utils.restoring.environment import environment, harmless
from ansible_collections.bulwark.msp.plugins.module_utils.restoring.refused import Refused
from ansible_collections.bulwark.msp.plugins.module_utils.restoring.tools import Entry, entry
from hypothesis import given
from hypothesis import strategies as st

RESTIC = {"name": "n", "tool": "restic", "repository": "rest:https://b/web", "key_file": "/k"}


def test_files_of_a_listing_are_told_by_both_tools() -> None:
    assert entry("restic", '{"name": "a", "type": "file", "path": "/srv/a", "size": 6}') == Entry("/srv/a", 6)
    assert entry("borg", '{"type": "-", "path": "srv/a", "size": 6, "sha256": "ab"}') == Entry("/srv/a", 6, "ab")
    assert entry("restic", '{"name": "srv", "type": "dir", "path": "/srv"}') is None
    assert entry("borg", '{"type": "l", "path": "srv/link", "size": 1, "sha256": ""}') is None


@pytest.mark.parametrize("path", ["/a/../../etc/shadow", "a\0b"])
def test_a_listing_leads_nowhere_else(path: str) -> None:
    assert entry("restic", json.dumps({"type": "file", "path": path, "size": 1})) is None


@given(st.sampled_from(["restic", "borg"]), st.text(max_size=80) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from(["type", "path", "size", "sha256"]), inner | st.sampled_from(["file", "-"]), max_size=4),
).map(json.dumps))  # fmt: skip
def test_no_line_is_more_than_no_file(tool: str, line: str) -> None:
    found = entry(tool, line)
    assert found is None or (found.path.startswith("/") and found.size >= 0)


@pytest.mark.parametrize(("tool", "snapshot"), [
    ("restic", "--help"), ("restic", "latest"), ("borg", "-x"), ("borg", "a b"), ("borg", "a/b"),
    ("command", "0cb52799"),
])  # fmt: skip
def test_what_is_no_snapshot_reaches_no_tool(tool: str, snapshot: str) -> None:
    with pytest.raises(Refused):
        tools.checked(tool, snapshot)


def test_paths_are_no_patterns() -> None:
    assert tools.restoring("restic", "0cb52799", ["/srv/a [1]*"], "/t")[-1] == r"/srv/a \[1\]\*"
    assert tools.restoring("borg", "one", ["/srv/a [1]*"], "/t")[-1] == "pp:srv/a [1]*"


def _file(root: Path, text: str, mode: str = "0600") -> Door:
    (root / "settings").write_text(text, "utf-8")
    (root / "commands.json").write_text("{}", "utf-8")
    (root / "owners.json").write_text(json.dumps({"/settings": {"uid": 0, "mode": mode}}), "utf-8")
    return Door(str(root))


def test_a_key_file_of_borgs_own_is_found_wherever_it_keeps_the_rest(tmp_path: Path) -> None:
    found = environment(Door(str(tmp_path)), {**RESTIC, "tool": "borg", "repository": "/r"}, "/base")
    assert (found["BORG_BASE_DIR"], found["BORG_KEYS_DIR"]) == ("/base", "/root/.config/borg/keys")
    assert found["BORG_PASSCOMMAND"] == "cat /k"


def test_another_repository_than_declared_is_not_opened(tmp_path: Path) -> None:
    same = _file(tmp_path, "RESTIC_REPOSITORY=rest:https://u:geheim@b/web/\n")
    assert environment(same, {**RESTIC, "environment": "/settings"}, "/base")["RESTIC_REPOSITORY"].endswith("@b/web/")
    other = _file(tmp_path, "RESTIC_REPOSITORY=rest:https://u:geheim@b/db/\n")
    with pytest.raises(Refused, match="names another repository"):
        environment(other, {**RESTIC, "environment": "/settings"}, "/base")


def test_a_setting_decides_what_is_opened_and_never_what_is_run(tmp_path: Path) -> None:
    door = _file(tmp_path, "RESTIC_REPOSITORY_FILE=/r\nRESTIC_REST_PASSWORD=geheim\nPATH=/tmp\nLD_PRELOAD=/tmp/x\n")
    found = environment(door, {**RESTIC, "environment": "/settings"}, "/base")
    assert found["RESTIC_REST_PASSWORD"] == "geheim"
    assert "RESTIC_REPOSITORY" not in found
    assert "LD_PRELOAD" not in found
    assert "/tmp" not in found["PATH"]


def test_a_file_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="others than root may change"):
        environment(_file(tmp_path, "A=1", "0660"), {**RESTIC, "environment": "/settings"}, "/base")


def test_what_a_tool_says_holds_no_secret() -> None:
    used = {"RESTIC_REST_PASSWORD": "geheim", "RESTIC_REPOSITORY": "rest:http://u:geheim@h/"}
    assert harmless("Fatal: geheim at rest:http://u:other@h/", used) == "Fatal: *** at rest:http://h/"
