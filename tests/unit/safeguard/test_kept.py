# SPDX-License-Identifier: GPL-3.0-or-later
"""What keeps somebody out for good is not given back by a restore; everything else is, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard import accounts, kept, putback, restoring, store
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard.putback import Home

SHADOW = "anna:$y$a:1:0:9:7:::\ndana:$y$d:1:0:9:7:::\n"
EXPIRED = SHADOW.replace("dana:$y$d:1:0:9:7:::", "dana:$y$d:1:0:9:7::1:")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = Home(str(tmp_path / "bulwark"))
    store.prepare(found)
    return found


def step(path: str, for_good: bool = True, disables: bool = True, **more: Any) -> dict[str, list[kept.Keep]]:
    label = {"account": "dana", "why": "Dana left", "for_good": for_good, "disables": disables}
    return {path: [kept.of({"keeps_out": label, **more})]}


def chain(home: Home, path: Path, before: str | None, after: str | None) -> list[dict[str, Any]]:
    """Return what one run did to a path, which then is as the run left it."""
    entries = []
    for text in (before, after):
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8")
        entries.append(store.capture(home, str(path)))
    return [{**store.path_item(str(path), entries[0], after=entries[1]), "run": "r1"}]


def test_only_what_is_for_good_is_remembered(home: Home) -> None:
    kept.note(home, {**step("/a"), **step("/b", for_good=False)})
    kept.note(home, step("/a"))
    assert {path: len(known) for path, known in kept.in_force(home, EXPIRED).items()} == {"/a": 1}


def test_who_was_let_in_again_is_kept_out_no_more(home: Home) -> None:
    kept.note(home, {**step("/a"), **step("/keys", disables=False, edit="authorized_keys", arguments={})})
    assert set(kept.in_force(home, EXPIRED)) == {"/a", "/keys"}
    assert set(kept.in_force(home, SHADOW)) == {"/keys"}
    assert set(kept.in_force(home, "")) == {"/keys"}


def test_a_leavers_key_file_stays_away(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "authorized_keys"
    done = chain(home, path, "ssh-ed25519 AAAA dana\n", None)
    (keeps,) = step(str(path)).values()
    assert restoring.wanted(str(path), done, home, keeps) == []
    (move,) = restoring.wanted(str(path), done, home)
    assert home.content(move.wanted["sha256"]) == b"ssh-ed25519 AAAA dana\n"


def test_a_file_comes_back_without_what_it_must_not_give_back(home: Home, tmp_path: Path) -> None:
    path = tmp_path / "u2f"
    done = chain(home, path, "anna:k1\ndana:k2\n", "")
    (keeps,) = step(str(path), edit="mapped_keys", arguments={"remove": ["dana"]}).values()
    (move,) = restoring.wanted(str(path), done, home, keeps)
    assert home.content(move.wanted["sha256"]) == b"anna:k1\n"
    path.write_text("anna:k1\n", encoding="utf-8")
    assert restoring.wanted(str(path), done, home, keeps) == []


def test_a_line_of_shadow_stays_while_the_others_come_back() -> None:
    before, after = SHADOW, EXPIRED.replace("anna:$y$a:1", "anna:$y$a:2")
    assert accounts.undone(before, after, after, {"dana"}) == EXPIRED
    assert accounts.undone(before, after, after) == SHADOW


def test_whom_a_restore_names(home: Home) -> None:
    kept.note(home, {**step("/a"), **step("/b"), **step("/keys", disables=False, edit="authorized_keys", arguments={})})
    held = kept.in_force(home, EXPIRED)
    assert [one["account"] for one in restoring._kept_out(held.values())] == ["a key of dana", "dana"]
    assert putback.load(home.kept) is not None
