# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller that can be stopped, woken and killed in the middle of a run, with every process that it has started."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

from tests.integration.fleet import ROOT, Played, command, playing_environment

#: Whatever the playbook starts inherits it: Ansible's workers and the connections that stay open have sessions of
#: their own, so that no process group holds them all.
MARK = "BULWARK_FAULT"
RUN_SECONDS = 300


class Controller:
    """One running playbook."""

    def __init__(self, playbook: str, hosts: Path, reports: Path, *arguments: str) -> None:
        self._mark = f"{MARK}={uuid.uuid4()}"
        name, _, value = self._mark.partition("=")
        # Of its own, so that two runs on one host are two controllers; short, since a socket's path has to be.
        self._connections = tempfile.mkdtemp(prefix="bulwark-")
        own = {name: value, "ANSIBLE_SSH_CONTROL_PATH_DIR": self._connections}
        self._reports = reports
        self._log = reports.with_name(reports.name + ".log")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command(playbook, hosts, reports, *arguments), cwd=ROOT, env={**playing_environment(), **own},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def running(self) -> bool:
        """Say whether the playbook has not ended."""
        return self._process.poll() is None

    def ended(self) -> Played:
        """Wait for its end; what the playbook has left running is ended too."""
        try:
            rc = self._process.wait(RUN_SECONDS)
        finally:
            self.kill()
        return Played(rc, self.output(), self._reports)

    def output(self) -> str:
        """Return what it has printed so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def stop(self) -> None:
        """Let nothing of it go on, as when a machine is suspended."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End everything of it at once, as a power cut does."""
        self._signal(signal.SIGKILL)
        self._process.wait(RUN_SECONDS)
        shutil.rmtree(self._connections, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        for _ in range(2):  # a process may have started another one meanwhile
            for process in self._processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, number)

    def _processes(self) -> Iterator[int]:
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and self._mark.encode() in (entry / "environ").read_bytes().split(b"\0"):
                    yield int(entry.name)
