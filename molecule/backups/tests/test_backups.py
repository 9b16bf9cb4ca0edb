# SPDX-License-Identifier: GPL-3.0-or-later
"""The first backup was made, with the dump, and the next ones come by themselves."""

from __future__ import annotations

import json
from typing import Any

RESTIC = "restic --repo /srv/backup --password-file /root/backup.key --no-lock %s"


def test_the_first_backup_has_all_that_was_asked_for(host: Any) -> None:
    snapshots = json.loads(host.check_output(RESTIC % "snapshots --json"))
    assert {"/srv/data", "/etc", "/var/lib/bulwark-backup/files"} <= set(snapshots[-1]["paths"])


def test_the_dump_can_be_read_again(host: Any) -> None:
    host.check_output(RESTIC % "restore latest --target /tmp/again --include /var/lib/bulwark-backup")
    read = "import sqlite3; print(sqlite3.connect('/tmp/again/var/lib/bulwark-backup/files/orders.sqlite')"
    assert "0" in host.check_output("python3 -c %s", read + ".execute('select count(*) from orders').fetchone())")


def test_the_next_one_comes_by_itself(host: Any) -> None:
    timer = host.service("bulwark-backup-files.timer")
    assert timer.is_running and timer.is_enabled
