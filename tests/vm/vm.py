# SPDX-License-Identifier: GPL-3.0-or-later
"""One Debian guest with its own kernel, under QEMU without KVM: `python -m tests.vm.vm start|restore|stop|deps SUITE`.

The first start boots it and keeps a snapshot; later starts and restores go back to that in about a second. Guests with
folders of their own share nothing but that: each has a copy of the disk it was kept on.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ..lab.engine import free_port
from ..lab.turns import one_at_a_time
from .image import KERNEL_OPTIONS, VmError, ensure_image, key, missing_tools

SNAPSHOT = "ready"
BOOT_SECONDS = 600
#: Emulated, on a busy machine, a login may take so long.
LOGIN_SECONDS = 60
SUITES = ("bookworm", "trixie")


class Vm:
    """The guest of one suite. It answers on `port` of 127.0.0.1 for the account `ansible`, who may sudo."""

    def __init__(self, suite: str, folder: Path | None = None) -> None:
        """folder: where this guest keeps what is its own; without one it is the suite's common guest."""
        self.suite = suite
        self.image = ensure_image(suite)
        self.folder = folder or self.image / "common"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.disk = self.folder / "disk.qcow2"
        self.monitor = self.folder / "monitor"
        self.known_hosts = self.folder / "known_hosts"
        self._port = self.folder / "port"

    @property
    def port(self) -> int:
        """The SSH port of the running guest."""
        return int(self._port.read_text(encoding="utf-8"))

    def start(self) -> None:
        """Bring the guest to its snapshot."""
        if self.running():
            self.restore()
            return
        if not self.disk.exists():
            shutil.copy(_ready_disk(self.suite), self.disk)
        self.boot("-loadvm", SNAPSHOT)

    def boot(self, *extra: str) -> None:
        """Run QEMU with further arguments, and wait for a login."""
        port = free_port()
        self._port.write_text(str(port), encoding="utf-8")
        host_key = " ".join((self.image / "host_key.pub").read_text(encoding="utf-8").split()[:2])
        self.known_hosts.write_text(f"[127.0.0.1]:{port} {host_key}\n", encoding="utf-8")
        with (self.folder / "qemu.log").open("wb") as log:
            subprocess.Popen(
                [*self._command(port), *extra], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._wait()

    def keep(self) -> None:
        """Keep the guest as it is now, as the snapshot of its disk."""
        self._ask(f"savevm {SNAPSHOT}")

    def restore(self) -> None:
        """Undo everything since the snapshot, kernel state too."""
        self._ask(f"loadvm {SNAPSHOT}")
        self._wait()

    def reset(self) -> None:
        """Have it start anew without a warning, as after a power cut; whoever wants a login has to wait for it."""
        self._ask("system_reset")

    def stop(self) -> None:
        """End the guest; its snapshot stays."""
        if self.running():
            self._ask("quit")
            while self.running():
                time.sleep(0.05)

    def running(self) -> bool:
        """Say whether QEMU's monitor answers."""
        try:
            with socket.socket(socket.AF_UNIX) as probe:
                probe.connect(str(self.monitor))
        except OSError:
            return False
        return True

    def run(self, script: str, *, check: bool = True) -> str:
        """Run a bash script as root over SSH and return its output; raises VmError when it fails."""
        done = subprocess.run(
            [*self.ssh(), "sudo", "bash", "-euo", "pipefail"], input=script, capture_output=True, text=True, check=False
        )
        if check and done.returncode != 0:
            raise VmError(f"script ended with {done.returncode}: {(done.stderr or done.stdout).strip()[-2000:]}")
        return done.stdout

    def ssh(self) -> list[str]:
        """An ssh command line into the guest that checks its host key."""
        return ["ssh", *self.ssh_options(), "-p", str(self.port), "ansible@127.0.0.1"]

    def ssh_options(self) -> list[str]:
        """The options that any SSH client of the guest needs."""
        wanted = {
            "BatchMode": "yes",
            "ConnectTimeout": LOGIN_SECONDS,
            "IdentitiesOnly": "yes",
            "IdentityFile": key(),
            # The cheapest exchange: without KVM the default one takes the guest a second.
            "KexAlgorithms": "curve25519-sha256",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": self.known_hosts,
        }
        return [part for name, value in wanted.items() for part in ("-o", f"{name}={value}")]

    def _command(self, port: int) -> list[str]:
        return [
            "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2",
            "-m", "1024", "-nodefaults", "-no-user-config", "-display", "none",
            "-kernel", f"{self.image}/vmlinuz", "-initrd", f"{self.image}/initrd", "-append", KERNEL_OPTIONS,
            "-drive", f"if=none,id=disk,file={self.disk.name},format=qcow2,cache=unsafe",
            "-device", "virtio-blk-pci,drive=disk",
            # restrict: nothing that a test does in the guest reaches anything outside it.
            "-netdev", f"user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22",
            "-device", "virtio-net-pci,netdev=net,romfile=",
            "-serial", "file:console.log", "-qmp", "unix:monitor,server=on,wait=off",
        ]  # fmt: skip

    def _wait(self) -> None:
        """Wait until a login works, and set the clock by it: a snapshot brings back its own time as well.

        Each try is a new connection, since QEMU accepts before the guest listens.
        """
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            set_clock = [*self.ssh(), "sudo", "date", f"--set=@{time.time():.0f}"]
            if self._greets() and subprocess.run(set_clock, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        console = (self.folder / "console.log").read_text(encoding="utf-8", errors="replace")
        raise VmError(f"no login after {BOOT_SECONDS} s; the console ends with: {console[-1000:]}")

    def _greets(self) -> bool:
        # Waited for patiently: each new connection costs a guest that is short of time more of it.
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1) as connection:
                connection.settimeout(LOGIN_SECONDS / 2)
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def _ask(self, command: str) -> None:
        """Give QEMU's monitor one command; raises VmError with its answer where that is a complaint."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.monitor))
            stream = connection.makefile("rw", encoding="utf-8")
            json.loads(stream.readline())
            _call(stream, "qmp_capabilities", {})
            answer = _call(stream, "human-monitor-command", {"command-line": command})
        if answer:
            raise VmError(f"{command}: {answer.strip()}")


def _ready_disk(suite: str) -> Path:
    """Return the disk that holds the snapshot, which no guest runs on; boot a guest once to make it."""
    image = ensure_image(suite)
    disk, first = image / "ready.qcow2", image / "first"
    with one_at_a_time(image / "ready.lock"):
        if disk.exists():
            return disk
        shutil.rmtree(first, ignore_errors=True)
        guest = Vm(suite, first)
        command = [
            "qemu-img",
            "create",
            "-q",
            "-f",
            "qcow2",
            "-F",
            "raw",
            "-b",
            str(image / "disk.raw"),
            str(guest.disk),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise VmError(f"qemu-img: {done.stderr.strip()}")
        try:
            guest.boot()
            guest.keep()
        finally:
            guest.stop()
        guest.disk.rename(disk)
    return disk


def _call(stream: Any, name: str, arguments: dict[str, str]) -> str:
    """Return what a QMP command returns as text; events in between are skipped. Empty when QEMU has gone."""
    stream.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
    stream.flush()
    for line in stream:
        answer = json.loads(line)
        if "error" in answer:
            raise VmError(f"{name}: {answer['error'].get('desc')}")
        if "return" in answer:
            return str(answer["return"] or "")
    return ""


def install_tools() -> None:
    """Install what is missing (Debian, as root)."""
    if missing_tools():
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "-y", "--no-install-recommends", *missing_tools()]):
            subprocess.run(["apt-get", "-q", *command], check=True, env=environment)


def main() -> int:
    """Run one command; 1 with the reason on stderr where it can't be done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["start", "restore", "stop", "deps"])
    parser.add_argument("suite", nargs="?", default=SUITES[0], choices=SUITES)
    asked = parser.parse_args()
    try:
        if asked.command == "deps":
            install_tools()
        else:
            begun = time.monotonic()
            vm = Vm(asked.suite)
            getattr(vm, asked.command)()
            sys.stdout.write(f"{asked.command} {asked.suite}: {time.monotonic() - begun:.1f} s\n")
            if vm.running():
                sys.stdout.write(" ".join(vm.ssh()) + "\n")
    except VmError as error:
        sys.stderr.write(f"vm: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
