# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts a host back to what it was before a run that nobody confirmed. Needs nothing but Python 3.9 and this file.

A copy of it lies on the host while a change waits for its confirmation: a timer runs it when the time is up, a boot
unit runs it before sshd and the firewall start. The module runs the same code to revert and to undo a failed change.
Any number of these may run at once or one after another: what is as it was is left alone.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

FOLDER = "/var/lib/bulwark"
SYSTEMD = "/run/systemd/system"
UNITS = "/etc/systemd/system"
TIMER = "bulwark-putback-timer"
BOOT_UNIT = "bulwark-putback.service"
BOOT_TEST_UNIT = "bulwark-boottest.service"
#: What makes a boot run this file, on whichever kind of host.
BOOT_FILES = (
    UNITS + "/sysinit.target.wants/" + BOOT_UNIT,
    UNITS + "/" + BOOT_UNIT,
    "/etc/rcS.d/S99bulwark-putback",
    "/etc/init.d/bulwark-putback",
    "/etc/cron.d/bulwark-putback",
)
BOOT_TEST_FILES = (UNITS + "/multi-user.target.wants/" + BOOT_TEST_UNIT, UNITS + "/" + BOOT_TEST_UNIT)
ATTRIBUTES = ("security.selinux", "security.capability", "system.posix_acl_access", "system.posix_acl_default")
#: Seconds to wait for another one of us before going ahead all the same, and to try again where something failed.
WAIT_SECONDS = 8
RETRY_SECONDS = 600
#: Seconds within which an SSH server that took up its configuration answers again.
ANSWER_SECONDS = 5
COMMAND_SECONDS = 30
#: Taken up like a service: the rules that the kernel's audit is given.
AUDIT_RULES = "audit-rules"
#: What `auditctl -s` says of rules that nobody can change before the next boot, and what is told of them then.
LOCKED = "2"
LOCKED_RULES = "the kernel's audit rules, which -e 2 locked until then"
JOURNAL = "systemd-journald"
STOP_SECONDS = 15
#: How this host reaches itself where a server listens on all addresses.
ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
BOOT_TEST_SECONDS = 60
TEMPORARY = re.compile(r"\.bulwark-[0-9a-f]{12}\.tmp")
LISTENER = re.compile(r"^sshd: .*\[listener\]")

#: A path as JSON: {kind: file|dir|link|other|absent}, and of sha256, target, mode, uid, gid, mtime_ns, attributes what
#: its kind has.
Entry = dict[str, Any]
Json = dict[str, Any]
ABSENT: Entry = {"kind": "absent"}


class Home:
    """The folder that holds all our state on a host."""

    def __init__(self, folder: str = FOLDER) -> None:
        self.folder = folder
        self.objects = folder + "/objects"
        self.stage = folder + "/stage"
        self.runs = folder + "/runs"
        self.pending = folder + "/pending.json"
        self.lock = folder + "/lock.json"
        self.reverted = folder + "/reverted.json"
        self.boot_test = folder + "/boottest.json"
        self.kept = folder + "/kept.json"
        self.script = folder + "/putback.py"
        self.reserve = folder + "/reserve"
        self.mutex = folder + "/mutex"

    def run(self, name: str) -> str:
        """Return the path of a run's record."""
        return "%s/%s.json" % (self.runs, name)

    def content(self, sha256: str) -> bytes:
        """Return a stored content; raises OSError where it is gone or was tampered with."""
        with open("%s/%s" % (self.objects, sha256), "rb") as file:
            content = file.read()
        if hashlib.sha256(content).hexdigest() != sha256:
            raise OSError(errno.EIO, "the stored content %s is damaged" % sha256[:12])
        return content


def load(path: str) -> Any:
    """Return a JSON file of ours, None where it isn't there."""
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def save(path: str, document: Any) -> None:
    """Write a JSON file of ours at once, for root only, and see it on the disk."""
    with parent(path) as (folder, name):
        write(folder, name, json.dumps(document, separators=(",", ":")).encode(), {"mode": 0o600})


@contextlib.contextmanager
def alone(home: Home, seconds: float = WAIT_SECONDS) -> Iterator[bool]:
    """Hold the mutex of this host; yields False where another process kept it longer than `seconds`."""
    handle = os.open(home.mutex, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _locked(handle, time.monotonic() + seconds)
    finally:
        os.close(handle)


def _locked(handle: int, deadline: float) -> bool:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)


# Paths: what they are, and making them so.


def entry(path: str) -> Entry:
    """Return what is at `path`, links not followed; raises OSError where it can't be read."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return ABSENT
    known: Entry = {"uid": found.st_uid, "gid": found.st_gid, "mtime_ns": found.st_mtime_ns}
    if stat.S_ISLNK(found.st_mode):
        return {"kind": "link", "target": os.readlink(path), **known}
    known.update(mode=stat.S_IMODE(found.st_mode), attributes=_attributes(path))
    if stat.S_ISDIR(found.st_mode):
        return {"kind": "dir", **known}
    if stat.S_ISREG(found.st_mode):
        return {"kind": "file", "sha256": _digest(path), **known}
    return {"kind": "other", **known}


def same(one: Entry, other: Entry) -> bool:
    """Say whether two entries stand for the same thing, whenever it was written."""
    return _timeless(one) == _timeless(other)


def _timeless(entry_: Entry) -> Entry:
    return {key: value for key, value in entry_.items() if key != "mtime_ns"}


def _digest(path: str) -> str:
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def _attributes(path: str) -> dict[str, str]:
    found = {}
    with contextlib.suppress(OSError):
        for name in os.listxattr(path, follow_symlinks=False):
            if name in ATTRIBUTES:
                found[name] = base64.b64encode(os.getxattr(path, name, follow_symlinks=False)).decode()
    return found


@contextlib.contextmanager
def parent(path: str) -> Iterator[tuple[int, str]]:
    """Yield (descriptor of the folder of `path`, its name there). No link is followed on the way.

    A user may swap a folder of theirs for a link at any moment; then this raises OSError instead of going elsewhere.
    """
    *folders, name = [part for part in path.split("/") if part]
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    handle = os.open("/", flags)
    try:
        for folder in folders:
            deeper = os.open(folder, flags, dir_fd=handle)
            os.close(handle)
            handle = deeper
        yield handle, name
    except OSError as error:
        error.filename = path  # what is done in a folder knows nothing of the path that leads there
        raise
    finally:
        os.close(handle)


def write(folder: int, name: str, content: bytes, meta: Entry) -> None:
    """Write a file beside its place and move it there, with mode, owner, attributes and time where `meta` has them."""
    temporary = _temporary()
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=folder)
    try:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(handle, rest) :]
            _dress(handle, meta)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    os.fsync(folder)


def _temporary() -> str:
    # Neither sshd, sudo, cron nor systemd takes a hidden name for a file of theirs; nobody can have made it before.
    return ".bulwark-%s.tmp" % os.urandom(6).hex()


def sweep(folder: str) -> None:
    """Remove what a writer that was killed left in a folder."""
    with contextlib.suppress(OSError), parent(folder + "/any") as (handle, _name):
        for name in os.listdir(handle):
            if TEMPORARY.fullmatch(name):
                os.unlink(name, dir_fd=handle)


def _dress(handle: int, meta: Entry) -> None:
    os.fchown(handle, meta.get("uid", os.geteuid()), meta.get("gid", os.getegid()))
    os.fchmod(handle, meta["mode"])
    for name, value in meta.get("attributes", {}).items():
        try:
            os.setxattr(handle, name, base64.b64decode(value))
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise
    if meta.get("mtime_ns") is not None:
        os.utime(handle, ns=(meta["mtime_ns"], meta["mtime_ns"]))


def put(home: Home, path: str, wanted: Entry) -> bool:
    """Make `path` what `wanted` says and return whether that was needed. Raises OSError where it can't be done."""
    if wanted["kind"] == "other" or equal(entry(path), wanted):
        return False
    if wanted["kind"] == "absent":
        return _remove(path)
    with parent(path) as (folder, name):
        if wanted["kind"] == "file":
            write(folder, name, home.content(wanted["sha256"]), wanted)
        elif wanted["kind"] == "link":
            _link(folder, name, wanted)
        else:
            _folder(folder, name, wanted)
    return True


def _remove(path: str) -> bool:
    try:
        with parent(path) as (folder, name):
            if stat.S_ISDIR(os.lstat(name, dir_fd=folder).st_mode):
                os.rmdir(name, dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)
            os.fsync(folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno != errno.ENOTEMPTY:  # somebody keeps files of their own in it
            raise
        return False
    return True


def _link(folder: int, name: str, wanted: Entry) -> None:
    temporary = _temporary()
    os.symlink(wanted["target"], temporary, dir_fd=folder)
    os.chown(temporary, wanted["uid"], wanted["gid"], dir_fd=folder, follow_symlinks=False)
    os.utime(temporary, ns=(wanted["mtime_ns"], wanted["mtime_ns"]), dir_fd=folder, follow_symlinks=False)
    os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def _folder(folder: int, name: str, wanted: Entry) -> None:
    with contextlib.suppress(FileExistsError):
        os.mkdir(name, 0o700, dir_fd=folder)
    handle = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        _dress(handle, {**wanted, "mtime_ns": None})
    finally:
        os.close(handle)


def walk(folder: str) -> Iterator[str]:
    """Yield the path of a folder (or file) and of all that lies below it."""
    yield folder
    for place, folders, files in os.walk(folder):
        yield from ("%s/%s" % (place, name) for name in folders + files)


def index(folder: str) -> dict[str, Entry]:
    """Return {path: entry} of a folder (or file) and all that lies below it."""
    return {path: entry(path) for path in walk(folder)}


def differences(before: dict[str, Entry], after: dict[str, Entry]) -> list[str]:
    """Return the paths whose entries differ, in the order in which they can be put back."""
    paths = [path for path in {**before, **after} if not equal(before.get(path), after.get(path))]
    gone = [path for path in paths if before.get(path, ABSENT)["kind"] == "absent"]
    return sorted(set(paths) - set(gone)) + sorted(gone, reverse=True)


def equal(one: Entry | None, other: Entry | None) -> bool:
    """Say whether two entries stand for the same thing of the same time; None is absent."""
    one, other = one or ABSENT, other or ABSENT
    # The time of a folder moves with every name in it.
    return same(one, other) if one["kind"] == other["kind"] == "dir" else bool(one == other)


# Services.


def command(argv: list[str], seconds: float = COMMAND_SECONDS) -> tuple[int, str]:
    """Run a program and return (exit status, what it printed); a missing or hanging one counts as failed."""
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, cwd="/",
            timeout=seconds, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        return 1, str(error)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def has_systemd() -> bool:
    """Say whether systemd runs this host."""
    return os.path.isdir(SYSTEMD)


def is_active(unit: str) -> bool:
    """Say whether a systemd unit is active or on its way there."""
    return command(["systemctl", "is-active", unit])[1].strip() in ("active", "activating", "reloading")


def stop(unit: str) -> tuple[bool, str]:
    """Stop a unit; return (succeeded, what was said). One that nobody may stop by hand, such as auditd, is ended."""
    rc, said = command(["systemctl", "stop", unit])
    if rc == 0:
        return True, said
    if command(["systemctl", "show", "--value", "-p", "RefuseManualStop", unit])[1].strip() != "yes":
        return False, said
    command(["systemctl", "kill", unit])
    until = time.monotonic() + STOP_SECONDS
    while is_active(unit) and time.monotonic() < until:
        time.sleep(0.1)
    return not is_active(unit), said


def audit_rules_locked() -> bool:
    """Say whether the kernel's audit rules can't be changed, until the next boot or at all."""
    return audit_enabled() in ("", LOCKED)


def audit_enabled() -> str:
    """Return what the kernel says of its audit: 0 off, 1 on, LOCKED; empty where it says nothing."""
    rc, said = command(["auditctl", "-s"])
    found = re.search(r"^enabled (\d)$", said, re.MULTILINE)
    return found[1] if found and rc == 0 else ""


def runs(service: str) -> bool:
    """Say whether a service runs; without systemd only the SSH server's is known, others count as running."""
    if service == AUDIT_RULES:
        return not audit_rules_locked()
    if has_systemd():
        return is_active(service)
    return not service.startswith("ssh") or bool(listeners())


def take_up(verb: str, service: str) -> tuple[bool, str]:
    """Reload or restart a service where it runs; return (succeeded, what was said)."""
    if service == AUDIT_RULES:
        # Where the rules locked the kernel as they were loaded, only a boot takes up others.
        rc, said = (0, "") if audit_rules_locked() else command(["augenrules", "--load"])
    elif has_systemd():
        verbs = {"reload": "try-reload-or-restart", "restart": "try-restart"}
        audited = service == JOURNAL and audit_enabled() == "1"
        rc, said = command(["systemctl", verbs[verb], service])
        if audited:
            # Debian's journald turns the kernel's audit off as it starts.
            command(["auditctl", "-e", "1"])
    elif service.startswith("ssh"):
        for process in listeners():
            os.kill(process, signal.SIGHUP)
        return True, ""
    else:
        rc, said = command(["service", service.replace(".service", ""), verb])
    return rc == 0, said.strip()


def well(service: str, options: list[str]) -> bool:
    """Say whether a service runs; the SSH server, started with `options`, has to answer somewhere as well."""
    if service != AUDIT_RULES and not runs(service):
        return False
    deadline = time.monotonic() + (ANSWER_SECONDS if service.startswith("ssh") else 0)
    while time.monotonic() < deadline:
        # Where it is to listen nowhere that we know of, silence says nothing.
        if len(silent(options)) < max(1, len(listening(options))):
            return True
        time.sleep(0.2)
    return not service.startswith("ssh") or not listening(options)


def restart(service: str) -> bool:
    """Start a service that should run and doesn't, or hangs."""
    if has_systemd():
        command(["systemctl", "reset-failed", service])
        return command(["systemctl", "restart", service])[0] == 0
    return command(["service", service.replace(".service", ""), "restart"])[0] == 0


def listeners() -> list[int]:
    """Return the processes of SSH servers that listen."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open("/proc/%s/cmdline" % process, "rb") as file:
            if LISTENER.match(file.read(4096).replace(b"\0", b" ").decode("utf-8", "replace")):
                found.append(int(process))
    return found


def listening(options: list[str]) -> list[tuple[str, int]]:
    """Return (address, port) for each place where an SSH server started with `options` is to listen."""
    _rc, said = command(["sshd", "-T", *options, "-C", "user=root,host=localhost,addr=127.0.0.1,lport=22"])
    found = re.findall(r"^listenaddress (\S+):(\d+)", said, re.MULTILINE)
    return [(address.strip("[]"), int(port)) for address, port in found]


def silent(options: list[str]) -> list[str]:
    """Return the addresses on which the SSH server should answer and doesn't."""
    places = listening(options)
    if not places:
        return ["sshd names no address to listen on"]
    # A host without IPv6 can't listen on "::" and need not.
    anywhere = {port for address, port in places if address in ANY and greets(address, port)}
    return [
        "%s port %d" % (address, port)
        for address, port in places
        if not (port in anywhere if address in ANY else greets(address, port))
    ]


def greets(address: str, port: int, seconds: float = 2.0) -> bool:
    """Say whether an SSH server answers there."""
    try:
        with socket.create_connection((ANY.get(address, address), port), seconds) as connection:
            connection.settimeout(seconds)
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


# Putting back.


def put_back(
    home: Home, reason: str, at_boot: bool = False, wanted: Callable[[Json], bool] = lambda _pending: True
) -> list[str]:
    """Put back the pending run, if it is `wanted`, and return the paths that were changed back.

    Raises Unfinished where something could not be put back; the run then stays pending, for the next attempt.
    """
    pending = load(home.pending)
    if pending is None or not wanted(pending):
        return []
    record = load(home.run(pending["run"]))
    with contextlib.suppress(FileNotFoundError):
        os.unlink(home.reserve)  # room for what follows
    # While its file is still there, since that says how a unit is stopped. At boot none of them has started yet.
    failed = [] if at_boot else stop_started(record)
    done, unput = put_paths(home, record)
    failed += unput + settle(record, done, at_boot)
    told = {"run": pending["run"], "at": time.time(), "reason": reason, "failed": failed}
    with contextlib.suppress(OSError):
        save(home.reverted, {**told, "after_reboot": [] if at_boot else stays(record)})
    if failed:
        raise Unfinished("; ".join(failed))
    save(home.run(pending["run"]), {**record, "state": "reverted", **NOTHING})
    os.unlink(home.pending)
    disarm(home, pending)
    return done


#: What a record holds of a run that is no longer in force.
NOTHING: Json = {"paths": [], "units": {}, "services": {}, "trees": {}}


class Unfinished(Exception):
    """Something could not be put back; the text says what."""


def stays(record: Json) -> list[str]:
    """Return what a run did that only the next boot takes back."""
    return [LOCKED_RULES] if record.get("audit") != LOCKED and audit_enabled() == LOCKED else []


def after_reboot(home: Home, run: str) -> list[str]:
    """Return what of a run that was put back only the next boot takes back."""
    told = load(home.reverted) or {}
    return told.get("after_reboot", []) if told.get("run") == run else []


def put_paths(home: Home, record: Json) -> tuple[list[str], list[str]]:
    """Put the paths of a run back and return (those that were changed back, what failed)."""
    todo = [(item["path"], item["before"]) for item in reversed(record["paths"])]
    for folder, before in record["trees"].items():
        # What would run this at the next boot goes last of all.
        others = [path for path in differences(before, index(folder)) if path not in BOOT_FILES]
        todo += [(path, before.get(path, ABSENT)) for path in others]
    done, failed = [], []
    # Folders first where they must be there again, and last where they must go.
    todo.sort(key=lambda pair: {"dir": 0, "absent": 2}.get(pair[1]["kind"], 1))
    for path, before in todo:
        try:
            if put(home, path, before):
                done.append(path)
        except OSError as error:
            failed.append("%s: %s" % (path, error.strerror or error))
    for folder in {os.path.dirname(path) for path, _before in todo}:
        sweep(folder)
    return done, failed


def stop_started(record: Json) -> list[str]:
    """Stop the units that did not run before; return what failed."""
    units = [unit for unit, before in record["units"].items() if has_systemd() and not before["active"]]
    # Sockets first, which would start again what is stopped before them.
    started = sorted((unit for unit in units if is_active(unit)), key=lambda unit: not unit.endswith(".socket"))
    return ["%s: it did not stop" % unit for unit in started if not stop(unit)[0]]


def settle(record: Json, done: list[str], at_boot: bool = False) -> list[str]:
    """Bring units and services in line with the files that were put back; return what failed."""
    failed = []
    if has_systemd() and any(path.startswith(UNITS) for path in done):
        command(["systemctl", "daemon-reload"])
    later = ["--no-block"] if at_boot else []
    for unit, before in record["units"].items():
        stopped = has_systemd() and before["active"] and not is_active(unit)
        if stopped and command(["systemctl", *later, "start", unit])[0] != 0:
            failed.append("%s: it did not start" % unit)
    # At boot they have yet to start, with what now is there.
    for service, how in {} if at_boot else record["services"].items():
        if not how["active"] or (take_up(how["verb"], service)[0] and well(service, how["options"])):
            continue
        if not restart(service):
            failed.append("%s: it does not run" % service)
    return failed


def disarm(home: Home, pending: Json) -> None:
    """Remove what waited for the confirmation of a run. The run is decided already: what fails here harms nobody."""
    for path in (*BOOT_FILES, home.reserve):
        with contextlib.suppress(OSError):
            os.unlink(path)
    for folder in reversed(pending["folders"]):
        with contextlib.suppress(OSError):
            os.rmdir(folder)
    shutil.rmtree(home.stage, ignore_errors=True)
    lock = load(home.lock)
    if lock and lock["run"] == pending["run"]:
        with contextlib.suppress(OSError):
            os.unlink(home.lock)
    # The timer's own service must not be ended by itself.
    if has_systemd() and not sys.argv[0].endswith("/putback.py"):
        command(["systemctl", "stop", TIMER + ".timer"])


def boot_id() -> str:
    """Return what tells this boot from others."""
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return file.read().strip()


def left(pending: Json) -> float:
    """Return the seconds left to confirm a run, whatever was done to the clock; none after a reboot."""
    return float(pending["monotonic"] - time.monotonic()) if pending["boot"] == boot_id() else 0.0


# What the timer, the boot and the boot test run.


def insist(home: Home, run: str, reason: str, at_boot: bool = False) -> None:
    """Put a run back, trying again for a while where something fails."""
    deadline = time.monotonic() + (0 if at_boot else RETRY_SECONDS)
    while True:
        with alone(home):
            try:
                put_back(home, reason, at_boot, lambda pending: pending["run"] == run)
                return
            except (Unfinished, OSError):
                if time.monotonic() > deadline:
                    raise
        time.sleep(5)


def wait(home: Home, run: str, seconds: float) -> None:
    """Stand in for a timer: end as soon as the run is decided, put it back when the time is up."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        time.sleep(min(1.0, max(0.0, deadline - time.monotonic())))
        if (load(home.pending) or {}).get("run") != run:
            return
    insist(home, run, LATE)


LATE = "it was not confirmed in time"
REBOOTED = "the host was started anew before it was confirmed"


def boot_test(home: Home) -> None:
    """See whether sshd answers on each of its addresses after a boot; else put back what only showed now."""
    plan = load(home.boot_test)
    deadline = time.monotonic() + BOOT_TEST_SECONDS
    quiet = silent(plan["options"])
    while quiet and time.monotonic() < deadline:
        time.sleep(1)
        quiet = silent(plan["options"])
    reverted, failed = _undo_tested(home, plan["runs"], plan["service"]) if quiet else ([], [])
    outcome = {"runs": plan["runs"], "at": time.time(), "passed": not quiet, "silent": quiet}
    save(home.boot_test, {**outcome, "reverted": reverted, "failed": failed})
    for path in (*BOOT_TEST_FILES, *plan["folders"]):
        with contextlib.suppress(OSError):
            (os.rmdir if path in plan["folders"] else os.unlink)(path)


def _undo_tested(home: Home, tested: list[str], service: str) -> tuple[list[str], list[str]]:
    done: list[str] = []
    failed: list[str] = []
    for run in reversed(tested):
        record = load(home.run(run)) or NOTHING
        # With a unit's file go the links that enable it.
        names = {os.path.basename(item["path"]) for item in record["paths"] if item["boot_test"]}
        named = [item for item in record["paths"] if os.path.basename(item["path"]) in names]
        # Not what a later run or somebody else has changed since.
        ours = [item for item in named if same(entry(item["path"]), item["after"])]
        failed += stop_started({"units": {unit: now for unit, now in record["units"].items() if unit in names}})
        changed, problems = put_paths(home, {"paths": ours, "trees": {}})
        done += changed
        failed += problems
    if has_systemd():
        command(["systemctl", "daemon-reload"])
        command(["systemctl", "restart", service])
    return done, failed


def main(arguments: list[str]) -> None:
    """Run as one of: timer RUN, wait RUN SECONDS, boot, boottest."""
    home = Home(os.path.dirname(os.path.abspath(sys.argv[0])))
    if arguments[0] == "timer":
        insist(home, arguments[1], LATE)
    elif arguments[0] == "wait":
        wait(home, arguments[1], float(arguments[2]))
    elif arguments[0] == "boot":
        insist(home, (load(home.pending) or {"run": ""})["run"], REBOOTED, at_boot=True)
    elif arguments[0] == "boottest":
        boot_test(home)


if __name__ == "__main__":
    main(sys.argv[1:])
