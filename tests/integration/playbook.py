# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook as a user runs it, on an inventory of the test's own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.checkout import ROOT

NEVER_ANSWERS = "127.0.0.1"


@dataclass(frozen=True)
class Played:
    """What a playbook left: exit code, everything it said, and the results directory."""

    rc: int
    said: str
    reports: Path

    @property
    def message(self) -> list[str]:
        """The lines of the failing task's message, as its result has them."""
        for line in self.said.splitlines():
            if line.startswith("fatal: ") and "=> {" in line:
                text: str = json.loads(line.partition("=> ")[2])["msg"]
                return text.split("\n")
        return []

    @property
    def runs(self) -> list[Path]:
        """The folders of runs, oldest first."""
        return sorted(path for path in self.reports.glob("2*") if path.is_dir())

    def about(self) -> dict[str, Any]:
        """Return run.json of the latest complete run."""
        document: dict[str, Any] = json.loads((self.reports / "latest/run.json").read_text("utf-8"))
        return document

    def hosts(self) -> dict[str, dict[str, Any]]:
        """Return the results of the latest complete run by host."""
        documents = [json.loads(path.read_text("utf-8")) for path in (self.reports / "latest").glob("hosts/*/*.json")]
        return {document["host"]: document for document in documents}


def play(
    folder: Path,
    inventory: Mapping[str, Any] | str,
    *arguments: str,
    playbook: str = "audit",
    environment: Mapping[str, str] | None = None,
    reports: bool = True,
    seconds: float = 120,
) -> Played:
    """Run a playbook of the collection in `folder` on an inventory, given as its YAML or as the data of it."""
    text = inventory if isinstance(inventory, str) else json.dumps(inventory)
    (folder / "hosts.yml").write_text(text, "utf-8")
    binary = Path(sys.executable).with_name("ansible-playbook")
    target = ["-e", f"bulwark_report_dir={folder / 'reports'}"] if reports else []
    command = [str(binary), f"bulwark.msp.{playbook}", "-i", "hosts.yml", *target, *arguments]
    settings = {
        **os.environ,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".ansible/collections"),
        "ANSIBLE_NOCOLOR": "1",
        **(environment or {}),
    }
    done = subprocess.run(
        command, cwd=folder, env=settings, capture_output=True, text=True, timeout=seconds, check=False
    )
    return Played(done.returncode, done.stdout + done.stderr, folder / "reports")


class Listener:
    """A port that takes connections, counts them and never says a word."""

    def __init__(self, server: socket.socket) -> None:
        self._server = server
        self._kept: list[socket.socket] = []
        self.port = int(server.getsockname()[1])

    @property
    def connections(self) -> int:
        """How many have come so far."""
        return len(self._kept)

    def serve(self) -> None:
        """Take connections until the socket is closed."""
        while True:
            try:
                self._kept.append(self._server.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        """Let go of every connection."""
        for connection in self._kept:
            connection.close()


@contextmanager
def silent_listener() -> Iterator[Listener]:
    """Give a listener on the loopback that looks like a host which never answers."""
    with socket.create_server((NEVER_ANSWERS, 0)) as server:
        listener = Listener(server)
        threading.Thread(target=listener.serve, daemon=True).start()
        try:
            yield listener
        finally:
            server.shutdown(socket.SHUT_RDWR)
            listener.close()
