# SPDX-License-Identifier: GPL-3.0-or-later
"""The door stays shut against what a hostile host may put behind it."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import door as door_module
from ansible_collections.bulwark.msp.plugins.module_utils.door import CutShort, Door, Missing, Unreadable


@pytest.fixture
def live() -> Door:
    return Door()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "host"
    (folder / "etc").mkdir(parents=True)
    (tmp_path / "outside").write_text("the controller's own", "utf-8")
    return folder


def ends(pid: int, seconds: float = 2) -> bool:
    """Say whether the process is dead within `seconds`; one that nobody has waited for is dead all the same."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def pid_in(file: Path, seconds: float = 5) -> int:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if file.exists() and file.read_text("utf-8").strip():
            return int(file.read_text("utf-8"))
        time.sleep(0.02)
    raise AssertionError(f"{file} was never written")


class TestRead:
    def test_text_with_bytes_that_are_not_utf8(self, live: Door, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"caf\xe9\n")
        assert live.read(str(tmp_path / "file")) == "caf\ufffd\n"

    def test_missing_file_is_a_fact_of_its_own(self, live: Door, tmp_path: Path) -> None:
        for path in ("none", "none/deeper"):
            with pytest.raises(Missing, match="does not exist"):
                live.read(str(tmp_path / path))

    def test_fifo_does_not_hang(self, live: Door, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        with pytest.raises(Unreadable, match="not a regular file"):
            live.read(str(tmp_path / "fifo"))

    def test_device_behind_a_link_is_not_even_opened(self, live: Door, tmp_path: Path) -> None:
        (tmp_path / "authorized_keys").symlink_to("/dev/zero")
        opened: list[str] = []
        real_open = os.open

        def watching(path: str, flags: int, *rest: int) -> int:
            if not flags & os.O_PATH:
                opened.append(path)
            return real_open(path, flags, *rest)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "open", watching)
            with pytest.raises(Unreadable, match="not a regular file"):
                live.read(str(tmp_path / "authorized_keys"))
        assert opened == []

    @pytest.mark.skipif(os.geteuid() != 0 or not os.path.exists("/proc/kmsg"), reason="only root may open /proc/kmsg")
    def test_regular_file_that_blocks_does_not_hang(self, live: Door, tmp_path: Path) -> None:
        (tmp_path / "authorized_keys").symlink_to("/proc/kmsg")
        begun = time.monotonic()
        # What is in the kernel's buffer is more than any limit here, or else reading on would block.
        with pytest.raises(Unreadable):
            live.read(str(tmp_path / "authorized_keys"), limit=64 * 1024 * 1024)
        assert time.monotonic() - begun < 5

    def test_large_file_is_refused_without_being_read(self, live: Door, tmp_path: Path) -> None:
        with (tmp_path / "large").open("wb") as file:
            file.truncate(50 * 1024 * 1024)
        with pytest.raises(Unreadable, match="larger than 1048576 bytes"):
            live.read(str(tmp_path / "large"))

    def test_file_of_exactly_the_limit_is_read(self, live: Door, tmp_path: Path) -> None:
        (tmp_path / "file").write_bytes(b"x" * 100)
        assert live.read(str(tmp_path / "file"), limit=100) == "x" * 100
        with pytest.raises(Unreadable):
            live.read(str(tmp_path / "file"), limit=99)

    def test_folder_in_place_of_a_file(self, live: Door, tmp_path: Path) -> None:
        with pytest.raises(Unreadable, match="not a regular file"):
            live.read(str(tmp_path))

    def test_loop_of_links(self, live: Door, tmp_path: Path) -> None:
        (tmp_path / "a").symlink_to("b")
        (tmp_path / "b").symlink_to("a")
        for method in (live.read, live.list, live.stat):
            with pytest.raises(Unreadable) as problem:
                method(str(tmp_path / "a"))
            assert not isinstance(problem.value, Missing)

    @pytest.mark.skipif(os.geteuid() != 0, reason="needs another user to be")
    def test_what_may_not_be_read_is_unreadable_and_not_absent(self, tmp_path: Path) -> None:
        secret = tmp_path / "shut" / "file"
        secret.parent.mkdir()
        secret.write_text("secret", "utf-8")
        secret.chmod(0)
        for folder in (tmp_path, *tmp_path.parents[:-2]):
            folder.chmod(folder.stat().st_mode | 0o055)

        def answers() -> str:
            live = Door()
            with pytest.raises(Unreadable, match="permission denied") as read:
                live.read(str(secret))
            assert not isinstance(read.value, Missing)
            secret.parent.chmod(0)
            with pytest.raises(Unreadable, match="permission denied"):
                live.exists(str(secret))
            return "refused"

        assert as_nobody(answers, secret.parent) == "refused"

    def test_only_a_line_feed_ends_a_line(self, live: Door, tmp_path: Path) -> None:
        (tmp_path / "conf").write_text(
            "# note\x0cPermitRootLogin yes\u2028PermitRootLogin yes\r\n\n  Port 22 \n", "utf-8"
        )
        assert live.lines(str(tmp_path / "conf")) == ["Port 22"]


def as_nobody(action: object, owned: Path) -> str:
    """Run `action` in a child that is nobody, owning `owned`; return what it returned, or its error."""
    os.chown(owned, 65534, 65534)
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            said = str(action())  # type: ignore[operator]
        except BaseException as error:
            said = repr(error)
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading, encoding="utf-8") as answer:
        return answer.read()


class TestList:
    def test_names_are_sorted_and_foreign_bytes_survive(self, live: Door, tmp_path: Path) -> None:
        for name in (b"b", b"a", b"\xff"):
            Path(os.fsdecode(bytes(tmp_path) + b"/" + name)).touch()
        names = live.list(str(tmp_path))
        assert names[:2] == ["a", "b"]
        assert json.loads(json.dumps(names)) == names

    def test_folder_with_too_many_entries(self, live: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(door_module, "FOLDER_LIMIT", 3)
        for name in "abc":
            (tmp_path / name).touch()
        assert live.list(str(tmp_path)) == ["a", "b", "c"]
        (tmp_path / "d").touch()
        with pytest.raises(Unreadable, match="more than 3 entries"):
            live.list(str(tmp_path))


class TestRecordedRoot:
    def test_links_stay_inside(self, root: Path) -> None:
        (root / "etc" / "absolute").symlink_to("/etc/inside")
        (root / "etc" / "up").symlink_to("../../../../../etc/inside")
        (root / "etc" / "folder").symlink_to("/")
        (root / "etc" / "inside").write_text("inside", "utf-8")
        recorded = Door(str(root))
        for path in ("/etc/absolute", "/etc/up", "/etc/folder/etc/inside", "/../../etc/inside"):
            assert recorded.read(path) == "inside"
            assert recorded.real(path) == "/etc/inside"

    def test_links_out_lead_nowhere(self, root: Path) -> None:
        (root / "etc" / "out").symlink_to("../../outside")
        (root / "etc" / "far").symlink_to(str(root.parent / "outside"))
        for path in ("/etc/out", "/etc/far", "/../outside"):
            with pytest.raises(Missing):
                Door(str(root)).read(path)

    def test_a_long_chain_of_links_does_not_lead_out(self, root: Path) -> None:
        (root / "etc" / "link0").symlink_to(root.parent / "outside")
        for number in range(1, door_module.MAX_LINKS + 1):
            (root / "etc" / f"link{number}").symlink_to(f"link{number - 1}")
        recorded = Door(str(root))
        with pytest.raises(Unreadable, match="too many links"):
            recorded.read(f"/etc/link{door_module.MAX_LINKS}")

    def test_loop_ends(self, root: Path) -> None:
        (root / "etc" / "loop").symlink_to("loop")
        with pytest.raises(Unreadable, match="too many links"):
            Door(str(root)).read("/etc/loop")

    def test_commands_come_from_the_record_and_are_never_run(self, root: Path) -> None:
        (root / "usr/bin").mkdir(parents=True)
        (root / "usr/bin/date").touch(0o755)
        (root / "commands.json").write_text(
            json.dumps({"sshd -T": {"stdout": "port 22\n"}, "false": {"rc": 1}}), "utf-8"
        )
        recorded = Door(str(root))
        assert recorded.run(["sshd", "-T"]).out == "port 22\n"
        assert recorded.run(["false"]).rc == 1
        with pytest.raises(Unreadable, match="no output of 'date' was recorded"):
            recorded.run(["date"])
        with pytest.raises(Missing, match="nft is not installed"):
            recorded.run(["nft", "-j", "list", "ruleset"])

    def test_owners_come_from_the_record_where_it_has_them(self, root: Path) -> None:
        (root / "home/anna").mkdir(parents=True)
        (root / "home/anna/key").write_text("key", "utf-8")
        (root / "home/anna/link").symlink_to("key")
        assert Door(str(root)).stat("/home/anna/key").uid == os.getuid()
        owners = {"/home/anna": {"uid": 1000, "gid": 1000, "mode": "0750"}, "/home/anna/key": {"uid": 1000}}
        (root / "owners.json").write_text(json.dumps(owners), "utf-8")
        recorded = Door(str(root))
        assert recorded.stat("/home/anna") == recorded.stat("/home/anna")._replace(mode=0o750, uid=1000, gid=1000)
        assert recorded.stat("/home/anna/link") == ("file", 0o644, 1000, 0, 3)
        assert recorded.stat("/home")[:4] == ("dir", 0o755, 0, 0), "what is not named is root's"


class TestRun:
    def test_answer(self, live: Door) -> None:
        done = live.run(["sh", "-c", "echo out; echo err >&2; exit 3"])
        assert done == (3, "out\n", "err\n")

    def test_locale_and_standard_input(self, live: Door) -> None:
        assert live.run(["sh", "-c", 'cat; echo "$LC_ALL"'], stdin="in\n").out == "in\nC\n"

    def test_program_that_is_not_there(self, live: Door) -> None:
        with pytest.raises(Missing, match="bulwark-none is not installed"):
            live.run(["bulwark-none"])

    def test_program_that_can_not_be_run(self, live: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "broken").write_bytes(b"\x7fELF nothing")
        (tmp_path / "broken").chmod(0o755)
        monkeypatch.setattr(door_module, "SEARCH", (str(tmp_path),))
        with pytest.raises(Unreadable, match="broken can't be run"):
            live.run(["broken"])

    def test_command_that_hangs_is_killed_with_its_children(self, live: Door, tmp_path: Path) -> None:
        begun = time.monotonic()
        with pytest.raises(Unreadable, match=r"did not end within 0\.5 seconds"):
            live.run(["sh", "-c", f"sleep 60 & echo $! >{tmp_path}/child; wait"], seconds=0.5)
        assert time.monotonic() - begun < 3
        assert ends(pid_in(tmp_path / "child"))

    def test_child_that_holds_the_output_neither_delays_nor_survives(self, live: Door, tmp_path: Path) -> None:
        begun = time.monotonic()
        assert live.run(["sh", "-c", f"sleep 60 & echo $! >{tmp_path}/child; echo done"]).out == "done\n"
        assert time.monotonic() - begun < 3
        assert ends(pid_in(tmp_path / "child"))

    def test_endless_output_is_cut_off(self, live: Door) -> None:
        begun = time.monotonic()
        for script in ("yes", "yes >&2", "exec yes", "yes & wait"):
            with pytest.raises(Unreadable, match="printed more than"):
                live.run(["sh", "-c", script])
        assert time.monotonic() - begun < 8

    def test_large_input_that_nobody_reads(self, live: Door) -> None:
        assert live.run(["true"], stdin="x" * 1_000_000).rc == 0

    def test_failure_says_what_the_program_said(self, live: Door) -> None:
        with pytest.raises(Unreadable, match=r"exited 2: no such thing"):
            live.output(["sh", "-c", "echo no such thing >&2; exit 2"])

    def test_close_ends_what_still_runs(self, live: Door, tmp_path: Path) -> None:
        thread = Thread(target=lambda: live.run(["sh", "-c", f"echo $$ >{tmp_path}/pid; exec sleep 60"], seconds=60))
        thread.start()
        pid = pid_in(tmp_path / "pid")
        live.close()
        thread.join(5)
        assert not thread.is_alive()
        assert ends(pid)


class TestStream:
    def test_lines_come_one_at_a_time(self, live: Door) -> None:
        assert list(live.stream(["sh", "-c", "echo a; echo; printf 'b\\377'"])) == ["a", "", "b\ufffd"]

    def test_what_came_before_the_limit_counts(self, live: Door, tmp_path: Path) -> None:
        came = []
        with pytest.raises(CutShort, match=r"within 0\.5 seconds"):
            for line in live.stream(["sh", "-c", f"echo $$ >{tmp_path}/pid; echo first; exec sleep 60"], seconds=0.5):
                came.append(line)
        assert came == ["first"]
        assert ends(pid_in(tmp_path / "pid"))

    def test_endless_output_ends_in_time_and_is_not_kept(self, live: Door) -> None:
        begun, count = time.monotonic(), 0
        with pytest.raises(CutShort):
            for _line in live.stream(["yes"], seconds=0.5):
                count += 1
        assert count > 1000
        assert time.monotonic() - begun < 5

    def test_a_line_without_end_is_cut(self, live: Door) -> None:
        (line,) = live.stream(["head", "-c", "3000000", "/dev/zero"])
        assert len(line) <= door_module.LINE_LIMIT + door_module.BLOCK

    def test_more_than_the_bound_is_cut_short(self, live: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(door_module, "STREAM_LIMIT", 1000)
        with pytest.raises(CutShort, match="more than 1000 bytes"):
            list(live.stream(["yes"]))

    def test_nothing_is_left_when_nobody_reads_on(self, live: Door, tmp_path: Path) -> None:
        lines = live.stream(["sh", "-c", f"sleep 60 & echo $! >{tmp_path}/child; echo one; wait"])
        assert next(lines) == "one"
        lines.close()  # type: ignore[attr-defined]
        assert ends(pid_in(tmp_path / "child"))

    def test_failure_says_what_the_program_said(self, live: Door) -> None:
        with pytest.raises(Unreadable, match="exited 2: no such thing"):
            list(live.stream(["sh", "-c", "echo no such thing >&2; exit 2"]))
        with pytest.raises(Missing):
            list(live.stream(["bulwark-none"]))

    def test_recorded_host(self, root: Path) -> None:
        (root / "commands.json").write_text(json.dumps({"log": {"stdout": "a\nb\n"}, "bad": {"rc": 1}}), "utf-8")
        assert list(Door(str(root)).stream(["log"])) == ["a", "b"]
        with pytest.raises(Unreadable):
            list(Door(str(root)).stream(["bad"]))


class TestBackwards:
    def test_the_last_line_comes_first(self, live: Door, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        text = "".join("line %d\n" % number for number in range(1000))
        (tmp_path / "log").write_text(text, "utf-8")
        for block in (7, 64, 1 << 20):
            monkeypatch.setattr(door_module, "BLOCK", block)
            assert list(live.backwards(str(tmp_path / "log")))[1:] == text.split("\n")[-2::-1]

    def test_what_is_no_file_is_not_opened(self, live: Door, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        with pytest.raises(Unreadable, match="not a regular file"):
            list(live.backwards(str(tmp_path / "fifo")))

    def test_it_ends_in_time(self, live: Door, tmp_path: Path) -> None:
        (tmp_path / "log").write_text("line\n", "utf-8")
        with pytest.raises(CutShort, match="took longer than -1 seconds"):
            list(live.backwards(str(tmp_path / "log"), seconds=-1))

    def test_the_end_of_a_file(self, live: Door, tmp_path: Path) -> None:
        (tmp_path / "log").write_bytes(b"0123456789")
        assert live.tail(str(tmp_path / "log"), 4) == b"6789"
        assert live.tail(str(tmp_path / "log"), 400) == b"0123456789"


def test_damaged_record_is_named(root: Path) -> None:
    (root / "commands.json").write_text("[]", "utf-8")
    with pytest.raises(ValueError, match=r"commands\.json: must be an object"):
        Door(str(root))


def test_what_goes_with_its_process_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process may end between the opening of its files and the reading."""

    def gone(*_arguments: Any) -> bytes:
        raise ProcessLookupError(errno.ESRCH, "No such process")

    monkeypatch.setattr(os, "read", gone)
    with pytest.raises(Missing):
        Door().read("/proc/self/maps")
