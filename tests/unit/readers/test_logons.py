# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.login_files import database
from ansible_collections.bulwark.msp.plugins.module_utils.readers import logons
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read
from tests.unit.readers.logon_files import lastlog2_db, lastlog_record, wtmp_record, wtmpdb_db

DAY = 86400
NOW = int(time.time())
PASSWD = "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\nfar:x:4294967294:1::/home/far:/bin/sh\n"
ACCOUNTS = {"getent passwd": PASSWD, "getent group": "root:x:0:\n", "uname -m": "x86_64\n"}
FILES = {"/etc/passwd": PASSWD, "/etc/shadow": "", "/proc/stat": "cpu 1\nbtime %d\n" % (NOW - 3600)}
SESSIONS = "journalctl -q --system -r -n 5000 -o json --output-fields=USER_ID " + logons.NEW_SESSION


def host(tmp_path: Path, binary: dict[str, bytes], **commands: str) -> tuple[dict[str, Any], dict[str | None, str]]:
    for path, content in binary.items():
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return read(tmp_path, "logons", FILES, {**ACCOUNTS, **commands})


def by_name(facts: dict[str, Any]) -> dict[str, Any]:
    return {source["name"]: source for source in facts["sources"]}


def test_lastlog_is_read_at_the_uids_that_are_there(tmp_path: Path) -> None:
    path = tmp_path / "var/log/lastlog"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        for uid, when in ((0, NOW - 200 * DAY), (1000, NOW - DAY), (4294967294, NOW - 2 * DAY)):
            file.seek(292 * uid)
            file.write(lastlog_record(when))
    assert path.stat().st_size > 1 << 40, "as large as the uid, but for its holes"
    facts, _errors = host(tmp_path, {})
    source = by_name(facts)["lastlog"]
    assert source["last"] == {"root": NOW - 200 * DAY, "anna": NOW - DAY, "far": NOW - 2 * DAY}
    assert (source["since"], source["whole"], source["blind"]) == (NOW - 200 * DAY, False, [])


def test_an_empty_lastlog_reaches_nowhere(tmp_path: Path) -> None:
    facts, _errors = host(tmp_path, {"/var/log/lastlog": b""})
    assert by_name(facts)["lastlog"]["since"] is None


def test_who_shares_a_uid_can_not_be_told_apart(tmp_path: Path) -> None:
    twins = PASSWD + "toor:x:0:0::/root:/bin/sh\n"
    facts, _errors = host(tmp_path, {"/var/log/lastlog": lastlog_record(NOW)}, **{"getent passwd": twins})
    assert by_name(facts)["lastlog"]["blind"] == ["root", "toor"]


def test_wtmp_with_the_file_that_was_rotated_out_of_it(tmp_path: Path) -> None:
    old = wtmp_record(2, "reboot", NOW - 60 * DAY) + wtmp_record(7, "anna", NOW - 50 * DAY)
    new = wtmp_record(1, "shutdown", NOW - 2 * DAY) + wtmp_record(2, "reboot", NOW - 3600)
    files = {"/var/log/wtmp.1": old, "/var/log/wtmp": new, "/var/log/wtmp.2.gz": b"x"}
    facts, _errors = host(tmp_path, files)
    source = by_name(facts)["wtmp"]
    assert (source["last"], source["since"]) == ({"anna": NOW - 50 * DAY}, NOW - 60 * DAY)
    assert facts["up"][0] == [NOW - 60 * DAY, NOW - 2 * DAY]
    assert facts["up"][1][0] == NOW - 3600


def test_debian_13_without_further_packages(tmp_path: Path) -> None:
    lines = [(1, "reboot", NOW - 70 * DAY, NOW - DAY), (3, "anna", NOW - 9 * DAY, NOW - 9 * DAY)]
    facts, _errors = host(tmp_path, {"/var/lib/wtmpdb/wtmp.db": wtmpdb_db(lines)})
    (source,) = facts["sources"]
    assert (source["name"], source["last"], source["since"]) == ("wtmpdb", {"anna": NOW - 9 * DAY}, NOW - 70 * DAY)
    assert not source["whole"], "sshd writes it for terminals only"
    assert facts["up"][0] == [NOW - 70 * DAY, NOW - DAY]


def test_pam_decides_whether_sessions_without_a_terminal_are_seen(tmp_path: Path) -> None:
    pam = "session optional pam_lastlog2.so\nsession optional pam_wtmpdb.so skip_if=sshd\n"
    place = tmp_path / "etc/pam.d/sshd"
    place.parent.mkdir(parents=True)
    place.write_text(pam)
    modules = {"/usr/lib/x86_64-linux-gnu/security/%s.so" % name: b"" for name in ("pam_lastlog2", "pam_wtmpdb")}
    databases = {
        logons.LASTLOG2: lastlog2_db([("anna", NOW, "sshd")]),
        logons.WTMPDB: wtmpdb_db([(3, "anna", NOW, NOW)]),
    }
    facts, _errors = host(tmp_path, {**modules, **databases})
    assert {name: source["whole"] for name, source in by_name(facts).items()} == {"lastlog2": True, "wtmpdb": False}


def test_what_is_there_and_can_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "sqlite3", None)
    files = {logons.WTMPDB: wtmpdb_db([]), logons.LASTLOG2: lastlog2_db([])}
    said = "Username Port From Latest\nanna ssh 192.0.2.1 Mon Nov 23 00:05:32 +0000 2026\n"
    facts, errors = host(tmp_path, files, lastlog2=said)
    assert "lacks the module sqlite3" in facts["unread"][logons.WTMPDB]
    assert list(by_name(facts)["lastlog2"]["last"]) == ["anna"], "its own program reads it as well"
    assert not errors


def test_sessions_that_logind_began(tmp_path: Path) -> None:
    place = tmp_path / "etc/pam.d/sshd"
    place.parent.mkdir(parents=True)
    place.write_text("session optional pam_systemd.so\n")
    entries = [("anna", NOW - DAY), ("backup", NOW - 2 * DAY), ("anna", NOW - 60 * DAY)]
    said = "".join(
        json.dumps({"USER_ID": user, "__REALTIME_TIMESTAMP": str(when * 1000000)}) + "\n" for user, when in entries
    )
    files = {"/var/lib/systemd/linger/backup": b"", "/usr/lib/security/pam_systemd.so": b""}
    facts, _errors = host(tmp_path, files, **{SESSIONS: said})
    source = by_name(facts)["journal"]
    assert source["last"] == {"anna": NOW - DAY, "backup": NOW - 2 * DAY}
    assert (source["since"], source["whole"], source["blind"]) == (NOW - 60 * DAY, True, ["backup"])


def test_when_homes_were_made(tmp_path: Path) -> None:
    ask = "stat '--printf=%W %n\\n' -- /home/anna /home/far"
    facts, _errors = host(tmp_path, {}, **{ask: "1700000000 /home/anna\n0 /home/far\n- /x\n"})
    assert facts["homes"] == {"anna": 1700000000}


@given(st.text(max_size=300))
def test_any_output_of_the_journal_is_parsed_without_a_crash(text: str) -> None:
    list(logons.sessions(text))
