# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to the host: run a command, read a file, list a folder, stat a path.

Everything is bounded: a command has a time limit, every output and file a size limit; what may be larger is handed over
line by line, and nothing of it is kept. What can't be had raises
`Unreadable` with a reason fit for a report. Below a root other than "/" the door opens a recorded host: files lie
under that root, the outputs of commands in its `commands.json`, and where the files were copied without their owners,
those in its `owners.json`, so that readers run unchanged on recorded state.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import resource
import select
import shlex
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

FILE_LIMIT = 1024 * 1024
OUTPUT_LIMIT = 4 * 1024 * 1024
FOLDER_LIMIT = 20000
COMMAND_SECONDS = 10
#: Of what is handed over line by line: bytes of all, of one line (the rest of it is left out), and of one look.
STREAM_LIMIT = 1024 * 1024 * 1024
LINE_LIMIT = 16 * 1024
BLOCK = 256 * 1024
SEARCH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
SCRATCH = "/run"
#: FS_IOC_GETFLAGS of linux/fs.h, and the attributes that it tells, by their letters.
GET_FLAGS = 0x80086601 if sys.maxsize > 2**32 else 0x80046601
ATTRIBUTES = {"a": 0x20, "i": 0x10}
RECORDED_COMMANDS = "commands.json"
RECORDED_OWNERS = "owners.json"
MAX_LINKS = 40
_STARTING = threading.Lock()


class Unreadable(Exception):
    """A fact that can't be had; the text says why, in words for a report."""


class Missing(Unreadable):
    """The file, folder or program is not there (which is itself a fact)."""


class CutShort(Unreadable):
    """Only a part could be had within the bounds; what was handed over before is true. The text says why."""


class Completed(NamedTuple):
    """What a command answered: exit status, standard output and error as text."""

    rc: int
    out: str
    err: str


class Status(NamedTuple):
    """Type ("file", "dir", "link", "other"), permission bits, owner and size (bytes) of a path, links followed."""

    kind: str
    mode: int
    uid: int
    gid: int
    size: int


class Door:
    """Opens one host, real (`root` "/") or recorded (`root` a folder)."""

    def __init__(self, root: str = "/") -> None:
        self.root = os.path.realpath(root)
        self.live = self.root == "/"
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False
        self._recorded: dict[str, Any] = self._load_recorded(RECORDED_COMMANDS) or {}
        self._owners = self._load_recorded(RECORDED_OWNERS)

    def _load_recorded(self, name: str) -> dict[str, Any] | None:
        path = os.path.join(self.root, name)
        if self.live or not os.path.exists(path):
            return None
        with open(path, encoding="utf-8") as file:
            loaded = json.load(file)
        if not isinstance(loaded, dict):
            raise ValueError("%s: must be an object, found %s" % (path, type(loaded).__name__))
        return loaded

    def place(self, path: str) -> str:
        """Return where `path` of the host lies for us; links of a recorded host stay inside its root."""
        if self.live:
            return path
        todo, done, links = [part for part in path.split("/") if part], self.root, 0
        while todo:
            part = todo.pop(0)
            if part == "..":
                done = done if done == self.root else os.path.dirname(done)
                continue
            if part == ".":
                continue
            step = os.path.join(done, part)
            if os.path.islink(step):
                links += 1
                if links > MAX_LINKS:
                    raise Unreadable("%s: too many links" % path)
                target = os.readlink(step)
                todo[:0] = [piece for piece in target.split("/") if piece]
                done = self.root if target.startswith("/") else done
            else:
                done = step
        return done

    def read(self, path: str, limit: int = FILE_LIMIT) -> str:
        """Return the text of a regular file of at most `limit` bytes; bytes that aren't UTF-8 become U+FFFD."""
        with self._opened(path) as handle:
            content = _bytes(handle, limit + 1)
        if len(content) > limit:
            raise Unreadable("%s is larger than %d bytes" % (path, limit))
        return content.decode("utf-8", "replace")

    def tail(self, path: str, most: int) -> bytes:
        """Return the last `most` bytes of a regular file."""
        with self._opened(path) as handle:
            return os.pread(handle, most, max(0, os.fstat(handle).st_size - most))

    def pieces(self, path: str, spans: Iterable[tuple[int, int]]) -> list[bytes]:
        """Return the (offset, length) pieces of a regular file, shorter or empty where it ends before."""
        with self._opened(path) as handle:
            return [os.pread(handle, length, offset) for offset, length in spans]

    def blocks(self, path: str, seconds: float = COMMAND_SECONDS) -> Iterator[bytes]:
        """Hand over the content of a regular file, BLOCK bytes at a time.

        Raises CutShort when that takes longer than `seconds` or there are more than STREAM_LIMIT bytes.
        """
        deadline = time.monotonic() + seconds
        with self._opened(path) as handle:
            left = STREAM_LIMIT
            while block := os.read(handle, BLOCK):
                left -= len(block)
                if left < 0:
                    raise CutShort("%s is larger than %d bytes" % (path, STREAM_LIMIT))
                if time.monotonic() > deadline:
                    raise CutShort("reading %s took longer than %g seconds" % (path, seconds))
                yield block

    def modified(self, path: str) -> int:
        """Return when the content of `path` was last written, in seconds since 1970."""
        try:
            found = os.stat(self.place(path))
        except OSError as error:
            raise _why(path, error) from None
        if self.live:
            return int(found.st_mtime)
        # Copied files have the times of the copy.
        recorded = (self._owners or {}).get(self.real(path), {}).get("modified")
        if recorded is None:
            raise Unreadable("when %s was last written was not recorded" % path)
        return int(recorded)

    def room(self, path: str) -> tuple[int, int]:
        """Return size of the file system that `path` lies on, and what is left of it to others than root, in bytes."""
        if not self.live:
            recorded = (self._owners or {}).get(path, {}).get("room")
            if recorded is None:
                raise Unreadable("how much room there is at %s was not recorded" % path)
            return int(recorded[0]), int(recorded[1])
        try:
            found = os.statvfs(path)
        except OSError as error:
            raise _why(path, error) from None
        return found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize

    def attributes(self, path: str) -> str:
        """Return which of chattr(1)'s attributes a (only appends) and i (can't be changed) a file or folder has."""
        if not self.live:
            self.stat(path)
            return str((self._owners or {}).get(self.real(path), {}).get("attributes", ""))
        try:
            with _open_plain(path) as handle:
                flags = int.from_bytes(fcntl.ioctl(handle, GET_FLAGS, bytes(8))[:4], sys.byteorder)
        except OSError as error:
            raise _why(path, error) from None
        return "".join(letter for letter, flag in ATTRIBUTES.items() if flags & flag)

    def backwards(self, path: str, seconds: float = COMMAND_SECONDS) -> Iterator[str]:
        """Hand over the lines of a regular file, the last one first, without their line feeds.

        Raises CutShort when that takes longer than `seconds` or there are more than STREAM_LIMIT bytes.
        """
        deadline = time.monotonic() + seconds
        with self._opened(path) as handle:
            place = end = os.fstat(handle).st_size
            rest = b""
            while place > 0:
                if time.monotonic() > deadline:
                    raise CutShort("reading %s took longer than %g seconds" % (path, seconds))
                if end - place > STREAM_LIMIT:
                    raise CutShort("%s is larger than %d bytes" % (path, STREAM_LIMIT))
                size = min(BLOCK, place)
                place -= size
                lines = (os.pread(handle, size, place) + rest).split(b"\n")
                # Of a line without end only so much is kept; its beginning comes last.
                rest = lines.pop(0)[: 2 * BLOCK] if place else b""
                for line in reversed(lines):
                    yield line[:LINE_LIMIT].decode("utf-8", "replace")

    @contextmanager
    def _opened(self, path: str) -> Iterator[int]:
        """Open a regular file for reading; raises Missing or Unreadable, for what goes wrong in the body too."""
        try:
            # The path alone first: opening a planted FIFO would hang, and opening a device could do anything.
            place = os.open(self.place(path), os.O_PATH | os.O_CLOEXEC)
        except OSError as error:
            raise _why(path, error) from None
        try:
            if not stat.S_ISREG(os.fstat(place).st_mode):
                raise Unreadable("%s is not a regular file" % path)
            # Some files of /proc are regular and block all the same: those raise EAGAIN.
            handle = os.open("/proc/self/fd/%d" % place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            try:
                yield handle
            finally:
                os.close(handle)
        except OSError as error:
            raise _why(path, error) from None
        finally:
            os.close(place)

    def lines(self, path: str, comment: str = "#") -> list[str]:
        """Return the lines of a file that hold something, stripped, without whole-line comments."""
        # Not splitlines(): programs know only the line feed, and a form feed in a comment must not start a line.
        stripped = (line.strip() for line in self.read(path).split("\n"))
        return [line for line in stripped if line and not (comment and line.startswith(comment))]

    def names(self, path: str) -> list[str]:
        """Return the sorted names in a folder, none where there is no such folder."""
        try:
            return self.list(path)
        except Missing:
            return []

    def list(self, path: str) -> list[str]:
        """Return the sorted names in a folder (at most FOLDER_LIMIT, else it is unreadable)."""
        names: list[str] = []
        try:
            with os.scandir(self.place(path)) as entries:
                for entry in entries:
                    names.append(entry.name)
                    if len(names) > FOLDER_LIMIT:
                        raise Unreadable("%s holds more than %d entries" % (path, FOLDER_LIMIT))
        except OSError as error:
            raise _why(path, error) from None
        return sorted(names)

    def stat(self, path: str) -> Status:
        """Return type, mode, owner and size of what `path` leads to."""
        try:
            found = os.stat(self.place(path))
        except OSError as error:
            raise _why(path, error) from None
        kind = "file" if stat.S_ISREG(found.st_mode) else "dir" if stat.S_ISDIR(found.st_mode) else "other"
        if self._owners is None:
            return Status(kind, stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid, found.st_size)
        # What owners.json doesn't name is root's, and nobody else may write to it.
        usual = {"uid": 0, "gid": 0, "mode": "0755" if kind == "dir" else "0644"}
        owner = {**usual, **self._owners.get(self.real(path), {})}
        return Status(kind, int(str(owner["mode"]), 8), int(owner["uid"]), int(owner["gid"]), found.st_size)

    def real(self, path: str) -> str:
        """Return `path` with its links followed, as a path of the host."""
        try:
            return os.path.realpath(path) if self.live else "/" + os.path.relpath(self.place(path), self.root)
        except OSError as error:  # a link of /proc that may not be read, or whose process has ended
            raise _why(path, error) from None

    def exists(self, path: str) -> bool:
        """Say whether `path` is there; a folder that may not be searched is unreadable, not absent."""
        try:
            self.stat(path)
        except Missing:
            return False
        return True

    @contextmanager
    def scratch(self, owner: str) -> Iterator[str]:
        """Lend an empty folder that only `owner` may enter, for a program that can't do without writing."""
        if not self.live:
            yield SCRATCH
            return
        with tempfile.TemporaryDirectory(
            prefix="bulwark-", dir=SCRATCH if os.access(SCRATCH, os.W_OK) else None
        ) as own:
            try:
                shutil.chown(own, owner)
            except (LookupError, OSError):
                raise Unreadable("nothing can be run as %s" % owner) from None
            yield own

    def which(self, program: str) -> str | None:
        """Return the program's absolute path, or None where the host doesn't have it."""
        if not self.live and any(shlex.split(line)[0] == program for line in self._recorded):
            return "/usr/bin/" + program
        for path in [program] if program.startswith("/") else ["%s/%s" % (folder, program) for folder in SEARCH]:
            if os.access(self.place(path), os.X_OK):
                return path
        return None

    def run(
        self,
        argv: Sequence[str],
        seconds: float = COMMAND_SECONDS,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run a program without a shell in the C locale and return what it answered, whatever its exit status.

        environment: variables beside the few that every program gets; what may be no argument belongs there.

        Raises Missing where the host doesn't have the program, Unreadable when it outruns `seconds` or prints
        more than OUTPUT_LIMIT bytes.
        """
        if not self.live:
            return self._replay(argv)
        program = self.which(argv[0])
        if program is None:
            raise Missing("%s is not installed" % argv[0])
        return self._execute([program, *argv[1:]], seconds, stdin, environment or {})

    def stream(self, argv: Sequence[str], seconds: float = COMMAND_SECONDS) -> Iterator[str]:
        """Run a program and hand over the lines of its standard output as they come, without their line feeds.

        Raises Missing where the host doesn't have it, Unreadable when it fails, and CutShort when all that takes longer
        than `seconds`, what is done with the lines counted, or there are more than STREAM_LIMIT bytes. The program ends
        with the iteration, however that ends.
        """
        if not self.live:
            yield from _succeeded(argv, self._replay(argv)).out.split("\n")[:-1]
            return
        program = self.which(argv[0])
        if program is None:
            raise Missing("%s is not installed" % argv[0])
        with _scratch() as err:
            process = self._start([program, *argv[1:]], subprocess.DEVNULL, subprocess.PIPE, err)
            try:
                yield from _lines_of(process, argv, seconds)
                # Its output may be at an end before it is.
                process.wait(COMMAND_SECONDS)
                _succeeded(argv, Completed(process.returncode, "", _content(err, argv)))
            except subprocess.TimeoutExpired:
                raise Unreadable("%s did not end after its output" % shlex.join(argv)) from None
            finally:
                _end(process)
                self._running.discard(process)
                process.stdout.close()  # type: ignore[union-attr]

    def close(self) -> None:
        """End the commands that are still running, so that none outlives the reading."""
        self._closed = True
        for process in tuple(self._running):
            _end(process)

    def machine(self) -> str:
        """Return the kernel's name of the architecture, such as x86_64."""
        return os.uname().machine if self.live else self.output(["uname", "-m"]).strip()

    def output(self, argv: Sequence[str], seconds: float = COMMAND_SECONDS) -> str:
        """Run a program that must succeed and return its standard output."""
        return _succeeded(argv, self.run(argv, seconds)).out

    def _execute(self, argv: Sequence[str], seconds: float, stdin: str, environment: Mapping[str, str]) -> Completed:
        # Output goes to anonymous files of a limited size, not pipes: a program can neither block us nor fill our
        # memory, and a child that it leaves behind can't keep us waiting.
        with _scratch() as out, _scratch() as err:
            process = self._start(argv, subprocess.PIPE, out, err, environment)
            try:
                process.communicate(stdin.encode(), timeout=seconds)
            except subprocess.TimeoutExpired:
                raise Unreadable("%s did not end within %g seconds" % (shlex.join(argv), seconds)) from None
            finally:
                _end(process)
                self._running.discard(process)
            return Completed(process.returncode, _content(out, argv), _content(err, argv))

    def _start(
        self, argv: Sequence[str], stdin: int, out: Any, err: Any, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        usual = {"PATH": ":".join(SEARCH), "LC_ALL": "C", "LANG": "C", "HOME": "/", "TERM": "dumb"}
        try:
            with _limited_files():
                process = subprocess.Popen(
                    argv,
                    stdin=stdin,
                    stdout=out,
                    stderr=err,
                    env={**usual, **(environment or {})},
                    cwd="/",
                    start_new_session=True,
                )
        except OSError as error:
            raise Unreadable("%s can't be run: %s" % (argv[0], _reason(error))) from None
        self._running.add(process)
        if self._closed:
            _end(process)
        return process

    def _replay(self, argv: Sequence[str]) -> Completed:
        line = shlex.join(argv)
        if line in self._recorded:
            answer = self._recorded[line]
            return Completed(int(answer.get("rc", 0)), str(answer.get("stdout", "")), str(answer.get("stderr", "")))
        if self.which(argv[0]) is None:
            raise Missing("%s is not installed" % argv[0])
        raise Unreadable("no output of '%s' was recorded" % line)


@contextmanager
def _open_plain(path: str) -> Iterator[int]:
    """Open a regular file or folder for a look at it; raises Unreadable for anything else, and OSError."""
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        if stat.S_IFMT(os.fstat(place).st_mode) not in (stat.S_IFREG, stat.S_IFDIR):
            raise Unreadable("%s is neither a file nor a folder" % path)
        handle = os.open("/proc/self/fd/%d" % place, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            yield handle
        finally:
            os.close(handle)
    finally:
        os.close(place)


@contextmanager
def _limited_files() -> Iterator[None]:
    """Let what is started in the body write no file beyond OUTPUT_LIMIT, from its first instruction on."""
    # Not set in the child, where a thread may hold a lock, nor on it, when it may have children of its own already.
    with _STARTING:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        limit = OUTPUT_LIMIT + 1 if hard == resource.RLIM_INFINITY else min(OUTPUT_LIMIT + 1, hard)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a command and its children."""
    # Nothing may be left, it may not be ours to kill (sudo), or it hangs in the kernel.
    with suppress(ProcessLookupError, PermissionError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(1)


def _bytes(handle: int, most: int) -> bytes:
    content = b""
    while len(content) < most:
        piece = os.read(handle, most - len(content))
        if not piece:
            break
        content += piece
    return content


def _lines_of(process: subprocess.Popen[bytes], argv: Sequence[str], seconds: float) -> Iterator[str]:
    """Hand over the lines that a process prints; one that is longer than LINE_LIMIT loses its end."""
    deadline = time.monotonic() + seconds
    output: Any = process.stdout
    came, rest = 0, b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([output], [], [], left)[0]:
            raise CutShort("%s did not end within %g seconds" % (shlex.join(argv), seconds))
        piece = os.read(output.fileno(), BLOCK)
        if not piece:
            break
        came += len(piece)
        if came > STREAM_LIMIT:
            raise CutShort("%s printed more than %d bytes" % (shlex.join(argv), STREAM_LIMIT))
        lines = (rest + piece).split(b"\n")
        rest = lines.pop()[:LINE_LIMIT]
        for line in lines:
            yield line[:LINE_LIMIT].decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")


def _succeeded(argv: Sequence[str], done: Completed) -> Completed:
    if done.rc != 0:
        raise Unreadable("%s exited %d: %s" % (shlex.join(argv), done.rc, _first_line(done.err or done.out)))
    return done


def _scratch() -> Any:
    return os.fdopen(os.memfd_create("bulwark"), "w+b")


def _content(file: Any, argv: Sequence[str]) -> str:
    file.seek(0)
    content: bytes = file.read(OUTPUT_LIMIT + 1)
    if len(content) > OUTPUT_LIMIT:
        raise Unreadable("%s printed more than %d bytes" % (shlex.join(argv), OUTPUT_LIMIT))
    return content.decode("utf-8", "replace")


def _first_line(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), "no message")


def _why(path: str, error: OSError) -> Unreadable:
    # No such process: what lies in /proc goes with it, also between opening and reading.
    if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ESRCH):
        return Missing("%s does not exist" % path)
    return Unreadable("%s: %s" % (path, _reason(error)))


def _reason(error: OSError) -> str:
    return os.strerror(error.errno or 0).lower()
