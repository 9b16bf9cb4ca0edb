# SPDX-License-Identifier: GPL-3.0-or-later
"""A host as large as they come: 5,000 accounts with homes, every fifth with a key, and a million lines of failed logins
in its journal. Measures how long the ordinary reading takes there, each area for itself and all of them as an audit has
them, and the memory of the reader's process.

    python tests/bench/big_host.py [--lines 1000000] [--accounts 5000] [--system bookworm] [--keep]

The accounts are written into passwd, shadow and group as `useradd` would; the lines go to journald's syslog socket in
the words of sshd 9.2 and pam_unix, by a process that is called sshd. The times are those of the writing, so the whole
million lies within the last day.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / ".ansible" / "collections")]

from tests.bench.reading import read_on  # noqa: E402
from tests.lab.engine import Host, Lab  # noqa: E402

ACCOUNTS = 5000
LINES = 1_000_000

#: What runs on the host, as root. journald takes syslog datagrams on a socket of its own.
MAKE_ACCOUNTS = """
import base64, os, struct
count = {accounts}
names = ["user%05d" % number for number in range(count)]
with open("/etc/passwd", "a") as passwd, open("/etc/shadow", "a") as shadow, open("/etc/group", "a") as group:
    for number, name in enumerate(names):
        uid = 20000 + number
        passwd.write("%s:x:%d:%d:Person %d:/home/%s:/bin/bash\\n" % (name, uid, uid, number, name))
        shadow.write("%s:!:20600:0:99999:7:::\\n" % name)
        group.write("%s:x:%d:\\n" % (name, uid))
for number, name in enumerate(names):
    home = "/home/" + name
    os.mkdir(home, 0o700)
    os.chown(home, 20000 + number, 20000 + number)
    if number % 5 == 0:
        os.mkdir(home + "/.ssh", 0o700)
        os.chown(home + "/.ssh", 20000 + number, 20000 + number)
        kind, own = b"ssh-ed25519", os.urandom(32)
        blob = struct.pack(">I", len(kind)) + kind + struct.pack(">I", len(own)) + own
        with open(home + "/.ssh/authorized_keys", "w") as keys:
            keys.write("ssh-ed25519 %s %s\\n" % (base64.b64encode(blob).decode(), name))
        os.chown(home + "/.ssh/authorized_keys", 20000 + number, 20000 + number)
"""
MAKE_LINES = """
import itertools, random, socket, time
with open("/proc/self/comm", "w") as comm:
    comm.write("sshd")
there = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
there.connect("/run/systemd/journal/dev-log")
chance = random.Random(1)
written = 0
for pid in itertools.count(100000):
    if written >= {lines}:
        break
    address = "203.0.113.%d" % chance.randrange(1, 255) if pid % 3 else "198.51.100.7"
    port = chance.randrange(1024, 65535)
    if pid % 2:
        name = "user%05d" % chance.randrange({accounts})
        said = [
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=%s  user=%s"
            % (address, name),
            "Failed password for %s from %s port %d ssh2" % (name, address, port),
            "Connection closed by authenticating user %s %s port %d [preauth]" % (name, address, port),
        ]
    else:
        name = "admin%d" % chance.randrange(10**6)
        said = [
            "Invalid user %s from %s port %d" % (name, address, port),
            "pam_unix(sshd:auth): check pass; user unknown",
            "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=%s " % address,
            "Failed password for invalid user %s from %s port %d ssh2" % (name, address, port),
            "Connection closed by invalid user %s %s port %d [preauth]" % (name, address, port),
        ]
    for text in said:
        there.send(("<38>%s sshd[%d]: %s" % (time.strftime("%b %d %H:%M:%S"), pid, text)).encode())
    written += len(said)
"""
UNLIMITED = """
mkdir -p /etc/systemd/journald.conf.d /var/log/journal
printf '[Journal]\\nStorage=persistent\\nRateLimitIntervalSec=0\\nRateLimitBurst=0\\nSystemMaxUse=4G\\n' \
    >/etc/systemd/journald.conf.d/big.conf
systemctl restart systemd-journald
journalctl --flush
"""


def main() -> None:
    """Make the host, read it, print one JSON object with seconds and MiB."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", 1)[0])
    parser.add_argument("--accounts", type=int, default=ACCOUNTS)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--system", default="bookworm")
    parser.add_argument("--output", type=Path, help="write the figures there as well")
    parser.add_argument("--keep", action="store_true", help="leave the host running")
    options = parser.parse_args()
    lab = Lab("bulwark-big")
    host = lab.start("big", options.system)
    try:
        lab.wait_ssh([host])
        begun = time.monotonic()
        fill(host, options.accounts, options.lines)
        figures: dict[str, Any] = {"made_in": round(time.monotonic() - begun, 1), **read_on(host)}
    finally:
        if not options.keep:
            lab.stop()
    text = json.dumps(figures, indent=2)
    sys.stdout.write(text + "\n")
    if options.output:
        options.output.write_text(text + "\n", encoding="utf-8")


def fill(host: Host, accounts: int, lines: int) -> None:
    """Give the host its accounts and its journal."""
    host.run(UNLIMITED)
    for script in (MAKE_ACCOUNTS, MAKE_LINES):
        host.put("/root/fill.py", script.format(accounts=accounts, lines=lines))
        host.run("python3 /root/fill.py")
    host.run("rm /root/fill.py; journalctl --sync")


if __name__ == "__main__":
    main()
