# SPDX-License-Identifier: GPL-3.0-or-later
"""Real systemd hosts in containers: started, put back to their clean image and stopped, all in parallel.

    lab = Lab("scenarios")
    host = lab.start("web", "bookworm")
    host.put("/etc/issue.net", "hello\n")
    host.run("systemctl reload ssh")
    lab.restore([host])

Two labs with different prefixes share nothing but images.
"""

from __future__ import annotations

import io
import os
import random
import shutil
import socket
import subprocess
import tarfile
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from .images import base_image, ensure_images, host_image
from .podman import LabError, podman
from .turns import one_at_a_time

__all__ = ["Host", "Lab", "LabError", "each", "ensure_images", "free_port", "make_key"]

HOST_KEY_TYPES = ("ed25519", "ecdsa", "rsa")
ADDRESS = "127.0.0.1"
#: podman lays a file system in memory over the journal, which would be gone with the next boot.
JOURNAL_ON_DISK = ("--volume", "/var/log/journal")
#: Published ports come from here: one of the ephemeral range may be taken before podman binds it.
PORTS = range(20000, 30000)
_GIVEN: list[socket.socket] = []
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Host:
    """One running host. `container` is podman's name for it, `port` its SSH port on 127.0.0.1."""

    name: str
    container: str
    suite: str
    port: int
    bare: bool = False
    network: str | None = None
    address: str | None = None

    def run(self, script: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a bash script as root inside; with `check` a failing command raises LabError with its last words."""
        done = podman("exec", "-i", self.container, "bash", "-euo", "pipefail", stdin=script.encode(), check=False)
        text = subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
        )
        if check and text.returncode != 0:
            raise LabError(f"{self.name}: script ended with {text.returncode}: {(text.stderr or text.stdout)[-2000:]}")
        return text

    def put(self, path: str, text: str | bytes, mode: int = 0o644, owner: int = 0) -> None:
        """Write a file. Missing directories are made; the file's own belongs to `owner` where that isn't root."""
        content = text.encode() if isinstance(text, str) else text
        _unpack(self.container, [(path, content, mode, owner)])


class Lab:
    """Hosts of one name prefix, with one SSH key and stable host keys kept under `state`."""

    def clone(self, origin: str, name: str) -> None:
        """Let a host have the identity of another one from its next boot on, as if both came of one image."""
        image, copy = (self.state / "hosts" / one for one in (origin, name))
        for kind in HOST_KEY_TYPES:
            make_key(image / f"ssh_host_{kind}_key", kind, f"root@{origin}")
        machine = image / "machine-id"
        if not machine.exists():
            machine.write_text(uuid.uuid4().hex + "\n", encoding="utf-8")
        shutil.copytree(image, copy, dirs_exist_ok=True)

    def __init__(self, prefix: str, state: Path | None = None) -> None:
        cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
        self.prefix = prefix
        self.state = state or cache / "bulwark-lab" / prefix
        self.key = self.state / "id_ed25519"
        self.known_hosts = self.state / "known_hosts"

    def start(
        self, name: str, suite: str, port: int | None = None, *,
        bare: bool = False, network: str | None = None, address: str | None = None,
    ) -> Host:  # fmt: skip
        """Start a clean host, replacing a container of the same name; without `port` a free one is taken."""
        host = Host(name, f"{self.prefix}-{name}", suite, port or free_port(), bare, network, address)
        self.restore([host])
        return host

    def restore(self, hosts: Iterable[Host]) -> None:
        """Put hosts back to their clean image on the same port, keeping their SSH host keys."""
        hosts = list(hosts)
        for bare in (False, True):
            ensure_images((host.suite for host in hosts if host.bare is bare), bare=bare)
        self.stop(hosts)
        self.public_key()  # made here once, not by each of the hosts that boot side by side
        each(self._boot, hosts)

    def stop(self, hosts: Iterable[Host] | None = None) -> None:
        """Remove the given hosts, or every container of this lab."""
        names = self.containers() if hosts is None else [host.container for host in hosts]
        if names:
            podman("rm", "-f", "-v", "-t", "0", "--ignore", *names)

    def containers(self) -> list[str]:
        """Names of this lab's containers, running or not."""
        mine = ("--filter", f"label=bulwark.lab={self.prefix}")
        return podman("ps", "--all", "--format", "{{.Names}}", *mine).stdout.decode().split()

    def wait_ssh(self, hosts: Iterable[Host], seconds: float = 240) -> None:
        """Return when every host's sshd greets; raises LabError with how those are that don't in time."""
        deadline = time.monotonic() + seconds
        hosts = list(hosts)
        greeted = each(lambda host: _greets(host.port, deadline), hosts)
        late = [host for host, greets in zip(hosts, greeted, strict=True) if not greets]
        if late:
            told = "\n".join(f"{host.name}:\n{_look(host)}" for host in late)
            raise LabError(f"no SSH greeting after {seconds:g} s from {told}")

    def ssh_arguments(self, host: Host, account: str = "ansible") -> list[str]:
        """An ssh command line into the host that checks its host key."""
        return [
            "ssh", "-i", str(self.key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
            "-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "StrictHostKeyChecking=yes",
            "-p", str(host.port), f"{account}@{ADDRESS}",
        ]  # fmt: skip

    def write_known_hosts(self, hosts: Iterable[Host]) -> None:
        """Write the host keys of these hosts as a known_hosts file, replacing it at once."""
        lines = [
            f"[{ADDRESS}]:{host.port} {' '.join(public.read_text(encoding='utf-8').split()[:2])}\n"
            for host in hosts
            for public in sorted(self._host_keys(host).glob("*.pub"))
        ]
        fresh = self.known_hosts.with_suffix(".new")
        fresh.write_text("".join(lines), encoding="utf-8")
        fresh.replace(self.known_hosts)

    def _boot(self, host: Host) -> None:
        image = base_image(host.suite) if host.bare else host_image(host.suite)
        options = ["--publish", f"{ADDRESS}:{host.port}:22"]
        options += ["--network", host.network] if host.network else []
        options += ["--ip", host.address] if host.address else []
        podman(
            "create", "--name", host.container, "--hostname", host.name, "--label", f"bulwark.lab={self.prefix}",
            "--systemd=always", "--cap-add", "NET_ADMIN,SYS_PTRACE,LINUX_IMMUTABLE", *JOURNAL_ON_DISK, *options, image,
            "/sbin/init",
        )  # fmt: skip
        _unpack(host.container, self._identity(host))
        podman("start", host.container)

    def _identity(self, host: Host) -> Iterator[tuple[str, bytes, int, int]]:
        """What a host needs before its first boot: its own SSH keys and, unless bare, the lab's key for `ansible`."""
        for file in sorted(self._host_keys(host).glob("ssh_host_*")):
            yield f"/etc/ssh/{file.name}", file.read_bytes(), 0o644 if file.suffix == ".pub" else 0o600, 0
        if (machine := self.state / "hosts" / host.name / "machine-id").exists():
            yield "/etc/machine-id", machine.read_bytes(), 0o444, 0
        if not host.bare:
            yield "/home/ansible/.ssh/authorized_keys", self.public_key().encode(), 0o600, 1000

    def public_key(self) -> str:
        """The lab's own public key, one line; the pair is made when first asked for."""
        make_key(self.key, "ed25519", "bulwark-lab")
        return self.key.with_suffix(".pub").read_text(encoding="utf-8")

    def _host_keys(self, host: Host) -> Path:
        # By its container, since one host may stand in an inventory under several names.
        directory = self.state / "hosts" / host.container.removeprefix(f"{self.prefix}-")
        for kind in HOST_KEY_TYPES:
            make_key(directory / f"ssh_host_{kind}_key", kind, f"root@{host.name}")
        return directory


def each(action: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """`action` on all items at once, results in order; the first failure is raised after all have ended."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(action, items))


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on now, below those the kernel gives to outgoing connections.

    None is given twice on this machine, as long as the process lives that asked for it: it may not listen yet.
    """
    for port in random.sample(PORTS, len(PORTS)):
        mark = socket.socket(socket.AF_UNIX)
        with closing(socket.socket()) as probe:
            try:
                mark.bind(f"\0bulwark-lab-port-{port}")
                probe.bind((ADDRESS, port))
            except OSError:
                mark.close()
                continue
            _GIVEN.append(mark)
            return port
    raise LabError(f"no port of {PORTS} is free on {ADDRESS}")


def make_key(path: Path, kind: str, comment: str) -> None:
    """Make a key pair, unless it is there; of several that ask at once one makes it."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with one_at_a_time(path.parent / ".lock"):
        if not path.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", comment, "-f", str(path)], check=True)


def _look(host: Host) -> str:
    """Return what a host that does not answer is at."""
    done = host.run("systemctl list-jobs --no-pager; systemctl --failed --no-pager; journalctl -qb -n 20", check=False)
    return done.stdout + done.stderr


def _greets(port: int, deadline: float) -> bool:
    """Fresh short connections: a forwarded port may accept before anything listens behind it."""
    while time.monotonic() < deadline:
        try:
            with socket.create_connection((ADDRESS, port), 1) as connection:
                connection.settimeout(1)
                if connection.recv(4) == b"SSH-":
                    return True
        except OSError:
            pass
        time.sleep(0.05)
    return False


def _unpack(container: str, files: Iterable[tuple[str, bytes, int, int]]) -> None:
    """Write files of (path, content, mode, owner) into a container, whether it runs or not."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content, mode, owner in files:
            if owner:
                _add(tar, tarfile.TarInfo(str(Path(path).parent)), b"", 0o700, owner, tarfile.DIRTYPE)
            _add(tar, tarfile.TarInfo(path), content, mode, owner)
        end = tar.offset + 2 * tarfile.BLOCKSIZE
    # Without what fills it up to a whole record: podman stops reading at the end mark, and fails where more is to come.
    podman("cp", "--archive=false", "-", f"{container}:/", stdin=buffer.getvalue()[:end])


def _add(
    tar: tarfile.TarFile, entry: tarfile.TarInfo, content: bytes, mode: int, owner: int, kind: bytes = tarfile.REGTYPE
) -> None:
    entry.name = entry.name.lstrip("/")
    entry.size, entry.mode, entry.type, entry.mtime = len(content), mode, kind, int(time.time())
    entry.uid = entry.gid = owner
    tar.addfile(entry, io.BytesIO(content))
