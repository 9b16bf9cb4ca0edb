# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.readers import jobs
from hypothesis import given
from hypothesis import strategies as st

from .host import read

PASSWD = "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\n"
COMMANDS = {"getent passwd": PASSWD, "getent group": ""}


def test_jobs_are_told_by_existence_only(tmp_path: Path) -> None:
    files = {
        "/etc/passwd": PASSWD,
        "/var/spool/cron/crontabs/anna": "* * * * * curl -u anna:S3CRET https://x\n",
        "/var/spool/cron/crontabs/gone": "x",
        "/var/spool/cron/atjobs/a00001": "S3CRET",
        "/var/spool/cron/atjobs/.SEQ": "1",
        "/var/lib/systemd/linger/anna": "",
        "/home/anna/.config/systemd/user/x.service": "S3CRET",
        "/home/anna/.config/systemd/user/notes.txt": "",
        "/proc/17/stat": "",
        "/proc/18/stat": "",
        "/proc/uptime": "",
        "/run/systemd/sessions/3": "# private\nUID=1000\nCLASS=user\nSTATE=active\n",
        "/run/systemd/sessions/4": "UID=1000\nCLASS=manager\nSTATE=active\n",
        "/run/systemd/sessions/5": "UID=1000\nCLASS=user\nSTATE=closing\n",
    }
    (tmp_path / "owners.json").write_text('{"/proc/18": {"uid": 1000}, "/var/spool/cron/atjobs/a00001": {"uid": 1000}}')
    facts, errors = read(tmp_path, "jobs", files, COMMANDS)
    assert not errors
    assert facts == {
        "crontabs": [{"user": "anna", "path": "/var/spool/cron/crontabs/anna"}],
        "at": [{"uid": 1000, "path": "/var/spool/cron/atjobs/a00001"}],
        "linger": ["anna"],
        "user_units": [{"user": "anna", "path": "/home/anna/.config/systemd/user/x.service"}],
        "processes": [{"uid": 0, "count": 1, "sessions": 0}, {"uid": 1000, "count": 1, "sessions": 1}],
    }


def test_a_host_without_any(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "jobs", {"/etc/passwd": PASSWD, "/proc/uptime": ""}, COMMANDS)
    assert not errors
    assert facts == {"crontabs": [], "at": [], "linger": [], "user_units": [], "processes": []}


@given(st.text())
def test_any_state_file_of_a_session_is_taken(tmp_path_factory: object, text: str) -> None:
    folder = tmp_path_factory.mktemp("host")  # type: ignore[attr-defined]
    (folder / "run/systemd/sessions").mkdir(parents=True)
    (folder / "run/systemd/sessions/1").write_text(text, encoding="utf-8", errors="replace")
    assert all(uid >= 0 for uid in jobs.sessions(Door(str(folder))))
