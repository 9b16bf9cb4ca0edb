# SPDX-License-Identifier: GPL-3.0-or-later
"""Disk, kernel and initial RAM disk of a small Debian guest, named by what they are made from."""

from __future__ import annotations

import hashlib
import lzma
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from ..lab.turns import one_at_a_time

HERE = Path(__file__).parent
TOOLS = {
    "qemu-system-x86_64": "qemu-system-x86",
    "qemu-img": "qemu-utils",
    "mmdebstrap": "mmdebstrap",
    "mke2fs": "e2fsprogs",
    "busybox": "busybox-static",
    "cpio": "cpio",
    "ssh-keygen": "openssh-client",
}
PACKAGES = (
    "apparmor,audispd-plugins,auditd,dbus,fapolicyd,iproute2,kmod,libpam-pwquality,linux-image-cloud-amd64,nftables,"
    "openssh-server,procps,python3,python3-apt,rsyslog,rsyslog-gnutls,rsyslog-relp,sudo,systemd-sysv,"
    "systemd-timesyncd,udev,wireguard-tools"
)
OPTIONS = (
    "--variant=minbase",
    "--format=directory",
    "--mode=root",
    f"--include={PACKAGES}",
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
)
#: Modules without which the kernel can't see the disk; their dependencies are found when the image is built.
DISK_MODULES = ("virtio_pci", "virtio_blk", "ext4")
DISK_BYTES = 4 << 30
#: There is no bootloader in it. Audited from the first process on, as a host should be.
KERNEL_OPTIONS = "console=ttyS0 rw quiet panic=-1 net.ifnames=0 audit=1 audit_backlog_limit=8192"


class VmError(RuntimeError):
    """A guest can't be built or doesn't answer; the message says what is missing or what it printed last."""


def missing_tools() -> list[str]:
    """Debian packages of the programs that are missing here."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return [package for program, package in TOOLS.items() if not shutil.which(program, path=path)]


def no_guest() -> str:
    """Why there can be no guest on this machine; empty where there can."""
    if missing_tools():
        return f"no guest without {', '.join(missing_tools())}: python -m tests.vm.vm deps"
    return "a guest's disk can only be built as root" if os.geteuid() != 0 else ""


def cache() -> Path:
    """Directory of images and keys."""
    base = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    return base / "bulwark-vm"


def key() -> Path:
    """The private key of the guests' account, made when first asked for."""
    path = cache() / "id_ed25519"
    if not path.exists():
        cache().mkdir(parents=True, exist_ok=True, mode=0o700)
        _run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "bulwark-vm", "-f", str(path))
    return path


def ensure_image(suite: str) -> Path:
    """Return the directory with disk.raw, vmlinuz, initrd and host_key.pub of a suite, building it when it is new.

    Raises VmError where programs are missing or the caller is not root.
    """
    public = key().with_suffix(".pub")
    recipe = [suite, *OPTIONS, KERNEL_OPTIONS, public.read_text(encoding="utf-8")]
    recipe += [(HERE / name).read_text(encoding="utf-8") for name in ("guest.sh", "init.sh")]
    folder = cache() / f"{suite}-{hashlib.sha256(repr(recipe).encode()).hexdigest()[:12]}"
    with one_at_a_time(cache() / f"{suite}.lock"):
        if folder.exists():
            return folder
        if no_guest():
            raise VmError(no_guest())
        with tempfile.TemporaryDirectory(dir=cache(), prefix=f"{suite}-") as scratch:
            _build(suite, Path(scratch) / "image", Path(scratch) / "root", public)
            (Path(scratch) / "image").rename(folder)
    return folder


def _build(suite: str, image: Path, root: Path, public: Path) -> None:
    image.mkdir()
    hook = f'--customize-hook=bash {HERE / "guest.sh"} "$1" {public}'
    _run("mmdebstrap", "-q", *OPTIONS, hook, suite, str(root))
    shutil.copy(next((root / "boot").glob("vmlinuz-*")), image / "vmlinuz")
    shutil.copy(root / "etc/ssh/ssh_host_ed25519_key.pub", image / "host_key.pub")
    _initrd(root, image / "initrd")
    with (image / "disk.raw").open("wb") as disk:
        disk.truncate(DISK_BYTES)
    _run("mke2fs", "-q", "-F", "-t", "ext4", "-E", "lazy_itable_init=1", "-d", str(root), str(image / "disk.raw"))


def _initrd(root: Path, target: Path) -> None:
    """Write an initial RAM disk of busybox, the modules of the disk and init.sh."""
    kernel = next((root / "lib/modules").iterdir()).name
    listed = [_run("chroot", str(root), "modprobe", "-S", kernel, "--show-depends", module) for module in DISK_MODULES]
    modules = dict.fromkeys(line.split()[1] for line in "\n".join(listed).split("\n") if line.startswith("insmod "))
    with tempfile.TemporaryDirectory() as scratch:
        tree = Path(scratch)
        for name in ("bin", "dev", "proc", "sys", "root", "modules"):
            (tree / name).mkdir()
        shutil.copy(shutil.which("busybox") or "", tree / "bin/busybox")
        shutil.copy(HERE / "init.sh", tree / "init")
        (tree / "init").chmod(0o755)
        for number, module in enumerate(modules):
            packed = (root / module.lstrip("/")).read_bytes()
            plain = lzma.decompress(packed) if module.endswith(".xz") else packed
            (tree / "modules" / f"{number:02}-{Path(module).name.removesuffix('.xz')}").write_bytes(plain)
        names = "\n".join(str(path.relative_to(tree)) for path in sorted(tree.rglob("*")))
        packing = subprocess.run(
            ["cpio", "-o", "-H", "newc", "-R", "0:0", "--quiet"], cwd=tree, input=names.encode(), capture_output=True,
            check=True,
        )  # fmt: skip
    target.write_bytes(packing.stdout)


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise VmError(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout
