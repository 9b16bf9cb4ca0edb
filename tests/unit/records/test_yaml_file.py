# SPDX-License-Identifier: GPL-3.0-or-later
"""A record's file: plain data comes through as it is, and nothing else does."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.plugin_utils.records.yaml_file import LARGEST, RecordError, read
from hypothesis import given
from hypothesis import strategies as st

TEXTS = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def of(folder: Path, text: str | bytes) -> Any:
    """Return what a file with this text is read as."""
    path = folder / "ev-x.yml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path)


def test_days_and_words_stay_as_they_are_written(tmp_path: Path) -> None:
    text = "date: 2026-11-23\nanswer: no\nat: 12:30\ncount: 12\nok: true\nnone: ~\nquoted: '12'\n<<: {a: 1}\n"
    assert of(tmp_path, text) == {
        "date": "2026-11-23", "answer": "no", "at": "12:30", "count": 12, "ok": True, "none": None, "quoted": "12",
        "<<": {"a": 1},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x 1\n", "line 1: anchors and aliases are not allowed"),
        ("a: 1\nb: *x\n", "anchors and aliases are not allowed"),
        ("a: !!python/object/apply:os.system ['id']\n", "line 1: the tag tag:yaml.org,2002:python/object/apply"),
        ("a: 1\nb: 2\na: 3\n", "line 3: the field 'a' stands here a second time"),
        ("1: 2\n", "line 1: a field's name must be a word"),
        ("[a]: 2\n", "line 1: a field's name must be a word"),
        ("a: 1\n---\nb: 2\n", "line 2: a second document begins"),
        ("[" * 40 + "]" * 40, "nested more than 16 deep"),
        ("- " * 300000, "nested more than 16 deep"),
        ("a: [\n", "line 2 is no YAML"),
        ("a: b: c\n", "line 1 is no YAML"),
        ("- 1\n", "must hold one mapping of fields"),
        ("", "must hold one mapping of fields"),
        (b"a: \xff\n", "no UTF-8"),
        ("a: \x07\n", "is no YAML"),
        ("a: " + "x" * LARGEST, "is larger than"),
    ],
)
def test_what_a_record_may_not_hold_is_refused_by_its_line(tmp_path: Path, text: str | bytes, reason: str) -> None:
    with pytest.raises(RecordError) as error:
        of(tmp_path, text)
    assert reason in str(error.value)
    assert str(tmp_path / "ev-x.yml") in str(error.value)


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(RecordError, match="no regular file"):
        read(tmp_path / "fifo")
    with pytest.raises(RecordError, match="not a directory"):
        read(tmp_path / "fifo" / "ev-x.yml")
    assert read(tmp_path / "none.yml") is None


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_what_is_written_is_read_back(tmp_path_factory: pytest.TempPathFactory, value: dict[str, Any]) -> None:
    # As the collection writes records; anchors stay out, since no object is in the value twice.
    dumper: Any = type("Plain", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    text = yaml.dump(value, Dumper=dumper, allow_unicode=True, sort_keys=False)
    assert of(tmp_path_factory.mktemp("r"), text) == value


@given(st.text(max_size=200) | st.binary(max_size=200))
def test_no_text_does_more_than_be_refused(tmp_path_factory: pytest.TempPathFactory, text: str | bytes) -> None:
    content = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    with suppress(RecordError):
        assert isinstance(of(tmp_path_factory.mktemp("r"), content), dict)
