# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's side: which versions there are, when a host is well, what is kept and collected."""

from __future__ import annotations

import json
import os
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.patching import health, keeping, triage, versions
from ansible_collections.bulwark.msp.plugins.module_utils.safeguard import putback
from hypothesis import given
from hypothesis import strategies as st

RUN = "20261123T020000Z-1a2b3c"


class TestVersions:
    def test_of_dpkg(self) -> None:
        text = "installed bash amd64 5.2-1\ninstalled libc6 i386 2.36\nconfig-files old all 1\ninstalled tz all 2026\n"
        assert versions.of_dpkg(text, "amd64") == {"bash": "5.2-1", "libc6:i386": "2.36", "tz": "2026"}

    def test_of_rpm_what_is_there_twice_is_named_with_its_version(self) -> None:
        text = "bash x86_64 0:5.1-1\nkernel-core x86_64 0:5.14-1\nkernel-core x86_64 0:5.14-2\n"
        text += "glibc i686 0:2\nglibc x86_64 0:2\n"
        assert versions.of_rpm(text) == {
            "bash": "0:5.1-1", "kernel-core-5.14-1.x86_64": "0:5.14-1", "kernel-core-5.14-2.x86_64": "0:5.14-2",
            "glibc.i686": "0:2", "glibc.x86_64": "0:2",
        }  # fmt: skip

    def test_what_differs(self) -> None:
        assert versions.differences({"a": "1", "b": "1"}, {"b": "2", "c": "1"}) == {
            "a": ["1", None], "b": ["1", "2"], "c": [None, "1"],
        }  # fmt: skip

    def test_what_can_still_be_had(self, tmp_path: Path) -> None:
        archives = tmp_path / versions.ARCHIVES.lstrip("/")
        archives.mkdir(parents=True)
        (archives / "redis_5%3a7.0-1_amd64.deb").touch()
        madison = {"apt-cache madison bash redis": {"stdout": " bash | 5.2-1 | http://x bookworm/main\n"}}
        (tmp_path / "commands.json").write_text(json.dumps(madison), encoding="utf-8")
        door = Door(str(tmp_path))
        assert versions.offered(door, {"bash": "5.2-1", "redis": "5:7.0-1"}) == {"bash": True, "redis": True}
        assert versions.offered(door, {"vim": "1"}) is None

    @given(st.text())
    def test_any_text_is_taken(self, text: str) -> None:
        for found in (versions.of_dpkg(text, "amd64"), versions.of_rpm(text)):
            assert all(isinstance(version, str) for version in found.values())
        versions.of_madison(text)


class Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        code = int(self.path.rpartition("/")[2])
        self.send_response(code)
        if code == 302:
            self.send_header("Location", "http://198.51.100.1/")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        pass


@pytest.fixture
def served() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class TestHealth:
    BEFORE: ClassVar = {"active": ["a.service", "b.service"], "failed": ["old.service"], "listening": ["tcp ::1:80"]}

    def test_what_is_worse(self) -> None:
        after = {"active": ["c.service"], "failed": ["b.service", "old.service"], "listening": ["tcp :::80"]}
        assert health.worse(self.BEFORE, after) == [
            "b.service has failed",
            "a.service ran before and does not any more",
            "nothing listens on tcp ::1:80 any more",
        ]
        assert health.worse(self.BEFORE, self.BEFORE) == []

    def test_it_has_to_be_well_twice_in_a_row(self) -> None:
        looks: list[list[str]] = [["x"], [], ["x"], [], []]
        slept: list[float] = []
        assert health.settled(lambda: looks.pop(0), 60, lambda: 0.0, slept.append) == []
        assert looks == [] and len(slept) == 4

    def test_what_is_still_wrong_in_the_end_is_told(self) -> None:
        times = iter(range(0, 1000, 10))
        assert health.settled(lambda: ["x"], 25, lambda: next(times), lambda _: None) == ["x"]

    @pytest.mark.parametrize(("path", "wrong"), [("/200", 0), ("/302", 0), ("/404", 1), ("/503", 1)])
    def test_an_address_answers_and_is_not_followed(self, served: str, path: str, wrong: int) -> None:
        assert len(health.ailing(Door(), [{"url": served + path}])) == wrong

    def test_nobody_answers(self) -> None:
        (reason,) = health.ailing(Door(), [{"url": "http://127.0.0.1:1/"}])
        assert "does not answer" in reason


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(keeping, "FOLDER", str(tmp_path / "patch"))
    monkeypatch.setattr(triage, "FOLDER", str(tmp_path / "triage"))
    monkeypatch.setattr(putback, "FOLDER", str(tmp_path))
    monkeypatch.setattr(triage, "WATCHED", (str(tmp_path),))
    monkeypatch.setattr(triage, "VERIFICATIONS", {})
    monkeypatch.setattr(triage, "SPARE", 0)
    return tmp_path


class TestKeeping:
    def test_it_comes_back_and_only_the_newest_stay(self, state: Path) -> None:
        for day in range(1, keeping.MOST + 3):
            keeping.keep(f"202611{day:02}T020000Z-1a2b3c", {"packages": {"a": str(day)}})
        assert len(list((state / "patch").iterdir())) == keeping.MOST
        assert keeping.kept("20261110T020000Z-1a2b3c") == {"packages": {"a": "10"}}
        with pytest.raises(keeping.NotKept, match="nobody looked at this host"):
            keeping.kept("20261101T020000Z-1a2b3c")

    def test_for_root_only(self, state: Path) -> None:
        keeping.keep(RUN, {})
        assert os.stat(keeping.path(RUN)).st_mode & 0o777 == 0o600
        assert os.stat(state / "patch").st_mode & 0o777 == 0o700


class TestTriage:
    def test_what_can_be_had_is_in_the_file_and_the_rest_is_told(self, state: Path) -> None:
        (state / "planted").write_text("x", encoding="utf-8")
        told = triage.collect(Door(), RUN, ["CVE-2026-1"])
        assert os.stat(told["path"]).st_mode & 0o777 == 0o600 and os.path.getsize(told["path"]) == told["bytes"]
        with tarfile.open(told["path"]) as tar:
            names = set(tar.getnames())
            about = json.load(tar.extractfile("about.json"))  # type: ignore[arg-type]
            changed = tar.extractfile("changed-files.txt").read().decode()  # type: ignore[union-attr]
        assert {"programs.txt", "about.json", "changed-files.txt"} <= names
        assert about["flaws"] == ["CVE-2026-1"] and about["missing"] == told["missing"]
        assert str(state / "planted") in changed

    def test_what_was_collected_is_never_written_over(self, state: Path) -> None:
        triage.collect(Door(), RUN, [])
        with pytest.raises(keeping.NotKept, match="there already"):
            triage.collect(Door(), RUN, [])

    def test_without_room_nothing_is_begun(self, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(triage, "SPARE", 1 << 62)
        with pytest.raises(keeping.NotKept, match="MB are free"):
            triage.collect(Door(), RUN, [])
        assert not os.listdir(state / "triage")

    def test_old_files_are_left_out(self, tmp_path: Path) -> None:
        (tmp_path / "old").touch()
        assert triage.changed(4e9, [str(tmp_path)]) == ""
