# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources are had within bounds, whatever answers; what can't be had is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.urls import ConnectionError as NoConnection
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources import fetching
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.fetching import SourceError, opened

URL = "https://feeds.example/kev.json"


class Answer:
    """What a server answers: `size` bytes, in the end from `url`."""

    def __init__(self, size: int, url: str = URL) -> None:
        self.left, self.url = size, url

    def geturl(self) -> str:
        return self.url

    def read(self, most: int) -> bytes:
        piece = min(most, self.left)
        self.left -= piece
        return b"x" * piece


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Any:
    def answering(answer: Answer | Exception) -> None:
        @contextmanager
        def open_url(url: str, **options: Any) -> Iterator[Answer]:
            assert options["timeout"]
            if isinstance(answer, Exception):
                raise answer
            yield answer

        monkeypatch.setattr(fetching, "open_url", open_url)

    return answering


def had(source: str, limit: int = 1 << 22) -> int:
    with opened(source, limit) as file:
        return len(file.stream.read())


def test_what_answers_within_bounds_is_had(answers: Any) -> None:
    answers(Answer(3 << 20))
    assert had(URL) == 3 << 20


def test_the_day_of_a_file_is_known_and_of_a_url_none(answers: Any, tmp_path: Path) -> None:
    path = tmp_path / "kev.json"
    path.write_bytes(b"{}")
    os.utime(path, (0, 0))
    with opened(str(path), 10) as file:
        assert str(file.written) == "1970-01-01"
    answers(Answer(1))
    with opened(URL, 10) as file:
        assert file.written is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(5 << 20), "is larger than 4 MiB"),
        (Answer(1, "http://feeds.example/kev.json"), "leads away from https"),
        (OSError(111, "Connection refused"), "Connection refused"),
        (TimeoutError("timed out"), "timed out"),
        (NoConnection("no way"), "no way"),
        (ValueError("a library's own"), "a library's own"),
    ],
)
def test_what_can_not_be_fetched_is_told(answers: Any, answer: Any, reason: str) -> None:
    answers(answer)
    with pytest.raises(SourceError) as error:
        had(URL)
    assert str(error.value).startswith(URL + ": ")
    assert reason in str(error.value)


def test_what_takes_too_long_is_told(answers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "LONGEST_SECONDS", -1)
    answers(Answer(1))
    with pytest.raises(SourceError, match="did not arrive within"):
        had(URL)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(20))
    for name, reason in (
        ("pipe", "is no regular file"),
        ("none", "No such file or directory"),
        ("", "Is a directory"),
        ("large", "is larger than 0 MiB"),
    ):
        with pytest.raises(SourceError, match=reason):
            had(str(tmp_path / name), 10)
