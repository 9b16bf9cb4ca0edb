# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to the host as it would be with a candidate in place, so that readers run on it unchanged.

Files of the candidate lie in a folder of their own and are found there; what is gone is gone; what a package brings
that is yet to be installed is there, though it can't be read. sshd is asked about copies of its configuration whose
Include lines name copies; what it answers names the real files. What the name services know has the candidate's
accounts and groups in it.
"""

from __future__ import annotations

import fnmatch
import os
import threading
from collections.abc import Iterable, Mapping, Sequence

from ..door import COMMAND_SECONDS, FILE_LIMIT, SEARCH, Completed, Door, Missing, Status, Unreadable
from ..readers.sshd import config_path
from ..ssh import config as sshd_config
from .files import File
from .staged_sudoers import SudoersCopies

#: What getent(1) lists in whole -> the file that is part of it.
DATABASES: dict[tuple[str, ...], str] = {("getent", "passwd"): "/etc/passwd", ("getent", "group"): "/etc/group"}


class StagedDoor(Door):
    """Opens the host with `files` in place. folder: for copies, made and removed by the caller.

    provides: absolute paths with wildcards, of files that packages will bring.
    """

    def __init__(self, folder: str, files: Mapping[str, File], provides: Iterable[str] = ()) -> None:
        super().__init__()
        self.folder = folder
        self._files = dict(files)
        self._provides = [pattern.split("/") for pattern in provides]
        self.folders = {above for path, file in files.items() if file.content is not None for above in _above(path)}
        self._copies: dict[str, str] = {}
        self._sudoers = SudoersCopies(self, folder)
        self._making = threading.Lock()
        for path, file in self._files.items():
            if file.content is not None:
                _write(self._staged(path), file.content)

    def place(self, path: str) -> str:
        """Return where `path` lies: a staged file in our folder, one that is gone nowhere."""
        found = os.path.realpath(path)
        return self._staged(found) if found in self._files else path

    def list(self, path: str) -> list[str]:
        """Return the names in a folder, with what is staged and provided, without what is gone."""
        folder = os.path.realpath(path)
        added = {name for above, name in map(os.path.split, self._present()) if above == folder}
        added |= {os.path.basename(new) for new in self.folders if os.path.dirname(new) == folder}
        for *above, name in self._provides:
            if _alike(path.split("/"), above) and not any(sign in name for sign in "*?["):
                added.add(name)
        try:
            names = set(super().list(path))
        except Missing:
            if not added:
                raise
            names = set()
        return sorted((names | added) - {name for name in names if self._gone("%s/%s" % (folder, name))})

    def stat(self, path: str) -> Status:
        """Return type, mode, owner and size of a path."""
        found = os.path.realpath(path)
        file = self._files.get(found)
        if file is not None:
            if file.content is None:
                raise Missing("%s does not exist" % path)
            return Status("file", file.mode, file.uid, file.gid, len(file.content))
        try:
            return super().stat(path)
        except Missing:
            if found in self.folders:
                return Status("dir", 0o755, 0, 0, 0)
            if self._provided(path):
                return Status("file", 0o644, 0, 0, 0)
            raise

    def read(self, path: str, limit: int = FILE_LIMIT) -> str:
        """Return the text of a file."""
        try:
            return super().read(path, limit)
        except Missing:
            if self._provided(path):
                raise Unreadable("%s comes with a package that is not installed yet" % path) from None
            raise

    def which(self, program: str) -> str | None:
        """Return a program's path, also of one that a package will bring."""
        coming = ("%s/%s" % (folder, program) for folder in SEARCH)
        return super().which(program) or next(filter(self._provided, coming), None)

    def run(
        self,
        argv: Sequence[str],
        seconds: float = COMMAND_SECONDS,
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> Completed:
        """Run a program; sshd in test mode and cvtsudoers are given the candidate's configuration, getent its files."""
        if tuple(argv) in DATABASES:
            done = super().run(argv, seconds, stdin, environment)
            return Completed(done.rc, self._listed(DATABASES[tuple(argv)], done.out), done.err)
        if argv[0] == "cvtsudoers":
            with self._making:
                return super().run([*argv[:-1], self._sudoers.copy(argv[-1])], seconds, stdin, environment)
        if argv[0] != "sshd" or not {"-t", "-T"} & set(argv):
            return super().run(argv, seconds, stdin, environment)
        done = super().run(self._on_copies(argv), seconds, stdin, environment)
        return Completed(done.rc, self._named(done.out), self._named(done.err))

    def _listed(self, path: str, listed: str) -> str:
        """Return what the name services list, with the candidate's lines in place of the file's."""
        if os.path.realpath(path) not in self._files:
            return listed
        before = set(Door().read(path).split("\n"))
        others = [line for line in listed.split("\n") if line not in before]
        return "\n".join([*self.read(path).rstrip("\n").split("\n"), *others, ""])

    def _on_copies(self, argv: Sequence[str]) -> Sequence[str]:
        rest = []
        words = iter(argv)
        for word in words:
            if word == "-f":
                next(words, None)
            elif not word.startswith("-f"):
                rest.append(word)
        with self._making:
            return [*rest[:2], "-f", self._sshd(config_path(list(argv[1:])), 0), *rest[2:]]

    def _sshd(self, path: str, depth: int) -> str:
        """Return the copy of a file of sshd's configuration, made now if it isn't there yet."""
        if path in self._copies:
            return self._copies[path]
        if depth > sshd_config.DEPTH:
            raise Unreadable("%s: Include goes deeper than %d" % (path, sshd_config.DEPTH))
        lines = []
        for line in self.read(path).split("\n"):
            keyword, words = sshd_config.split(line)
            if keyword == "include":
                included = [file for pattern in words for file in sshd_config.expand(self, pattern)]
                copies = [self._sshd(file, depth + 1) for file in included]
                # One that names nothing is no error, but must stay one line.
                line = "Include %s" % " ".join(copies) if copies else "#"
            lines.append(line)
        # Not before: a file that includes itself must not find its unfinished copy.
        copy = "%s/sshd/%03d" % (self.folder, len(self._copies))
        _write(copy, "\n".join(lines).encode("utf-8", "replace"))
        self._copies[path] = copy
        return copy

    def _named(self, text: str) -> str:
        for path, copy in self._copies.items():
            text = text.replace(copy, path)
        return text

    def _staged(self, path: str) -> str:
        return "%s/root%s" % (self.folder, path)

    def _present(self) -> Iterable[str]:
        return (path for path, file in self._files.items() if file.content is not None)

    def _gone(self, path: str) -> bool:
        return path in self._files and self._files[path].content is None

    def _provided(self, path: str) -> bool:
        return any(_alike(path.split("/"), pattern) for pattern in self._provides)


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(2, len(parts))]


def _alike(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    return len(parts) == len(pattern) and all(map(fnmatch.fnmatchcase, parts, pattern))


def _write(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
