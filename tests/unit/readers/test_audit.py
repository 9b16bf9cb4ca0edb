# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel says of its audit, what auditd keeps, and nothing of what its records tell."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.audit_log import count, newest_first
from ansible_collections.bulwark.msp.plugins.module_utils.door import Completed, Door
from ansible_collections.bulwark.msp.plugins.module_utils.readers.audit import parse_status
from hypothesis import given
from hypothesis import strategies as st

from .host import read

STATUS = """enabled 1
failure 1
pid 412
rate_limit 0
backlog_limit 8192
lost 3
backlog 0
backlog_wait_time 60000
backlog_wait_time_actual 0
loginuid_immutable 0 unlocked
"""
RULES = "-w /etc/passwd -p wa -k identity\n-a always,exit -F arch=b64 -S execve -F key=exec\n"
CONF = "log_file = /var/log/audit/audit.log\nmax_log_file = 8\nnum_logs = 5\nmax_log_file_action = ROTATE\n"
DAY = 86400


def record(moment: int, serial: int, key: str = "", kind: str = "SYSCALL") -> str:
    """Return a record with what must not leave the host in it."""
    tail = ' key="%s"' % key if key else " key=(null)"
    return 'type=%s msg=audit(%d.123:%d): exe="/bin/mysql" a1="-phunter2"%s\n' % (kind, moment, serial, tail)


FILES = {
    "/usr/sbin/auditd": "",
    "/proc/cmdline": "root=/dev/sda audit=0 audit=1 audit_backlog_limit=8192\n",
    "/etc/audit/auditd.conf": CONF,
    "/etc/audit/rules.d/audit.rules": "# c\n-D\n-b 8192\n\n-w /etc/passwd -p wa -k identity\n",
    "/etc/audit/plugins.d/syslog.conf": "active = yes\ndirection = out\npath = /sbin/audisp-syslog\nargs = LOG_INFO\n",
    "/etc/audit/plugins.d/au-remote.conf": "active = no\npath = /sbin/audisp-remote\n",
    "/var/log/audit/audit.log": record(1_700_000_000, 8, "exec") + record(1_700_000_000 + DAY, 9, "exec"),
    "/var/log/audit/audit.log.1": record(1_700_000_000 - DAY, 7, "identity"),
    "/var/log/audit/audit.log.10": record(1_700_000_000 - 9 * DAY, 1),
}
ANSWERS: dict[str, str | Completed] = {
    "auditctl -s": STATUS,
    "auditctl -l": RULES,
    "systemctl list-units --type=service,socket --state=active --plain --no-legend --full": "auditd.service x\n",
}


def audit(root: Path, files: dict[str, str], answers: dict[str, str | Completed]) -> tuple[dict[str, Any], Any]:
    read(root, "audit", files, answers)
    for name in ("auditd", "auditctl"):
        place = root / "usr/sbin" / name
        if place.exists():
            place.chmod(0o755)
    owners = {"/var/log/audit/" + file.name: {"modified": last_moment(file)} for file in root.glob("var/log/audit/*")}
    (root / "owners.json").write_text(json.dumps(owners))
    return read(root, "audit", {}, answers)


def last_moment(file: Path) -> int:
    content = file.read_bytes()
    text = gzip.decompress(content) if file.suffix == ".gz" else content
    return int(text.rpartition(b"audit(")[2].partition(b".")[0])


def test_what_the_kernel_and_the_daemon_say(tmp_path: Path) -> None:
    facts, errors = audit(tmp_path, FILES, ANSWERS)
    assert not errors
    assert facts["installed"] and facts["refusal"] is None
    assert (facts["status"]["enabled"], facts["status"]["lost"], facts["status"]["backlog_limit"]) == (1, 3, 8192)
    assert facts["cmdline"] == {"audit": "1", "audit_backlog_limit": "8192"}
    assert facts["daemon"] == {"active": True, "enabled": False}
    assert facts["conf"]["max_log_file_action"] == "ROTATE"
    assert [(one["name"], one["active"]) for one in facts["plugins"]] == [("au-remote", False), ("syslog", True)]
    assert facts["loaded"] == RULES.split("\n")[:-1]
    assert [(one["line"], one["text"][:3]) for one in facts["written"]] == [(2, "-D"), (3, "-b "), (5, "-w ")]


def test_the_log_is_measured_over_all_files_and_tells_no_command(tmp_path: Path) -> None:
    facts, _errors = audit(tmp_path, FILES, ANSWERS)
    log = facts["log"]
    assert (log["files"], log["oldest"], log["newest"]) == (3, 1_700_000_000 - 9 * DAY, 1_700_000_000 + DAY)
    assert log["daily_bytes"] == log["bytes"] // 10
    assert facts["rate"]["by_key"] == {"exec": 1, "identity": 0} or facts["rate"]["events"] == 3
    assert "hunter2" not in str(facts)


def test_a_packed_file_tells_its_first_record(tmp_path: Path) -> None:
    folder, packed = tmp_path / "var/log/audit", 1_700_000_000 - 30 * DAY
    folder.mkdir(parents=True)
    (folder / "audit.log.2.gz").write_bytes(gzip.compress(record(packed, 1).encode()))
    facts, _errors = audit(tmp_path, FILES, ANSWERS)
    assert (facts["log"]["oldest"], facts["log"]["files"], facts["log"]["gap"]) == (packed, 4, None)


def test_an_audit_log_that_was_left_behind_is_no_part_of_it(tmp_path: Path) -> None:
    whole = audit(tmp_path / "whole", FILES, ANSWERS)[0]["log"]
    left = {**FILES, "/var/log/audit/audit.log.4": record(1_600_000_000, 1) * 999}
    assert audit(tmp_path / "left", left, ANSWERS)[0]["log"] == {**whole, "gap": 1_600_000_000}


def test_where_the_kernel_refuses_the_reason_is_its_own(tmp_path: Path) -> None:
    refused = Completed(4, "", "You must be root to run this program.\n")
    facts, errors = audit(tmp_path, FILES, {**ANSWERS, "auditctl -s": refused})
    assert "auditctl -s: You must be root" in facts["refusal"]
    assert facts["status"] == {}
    assert facts["loaded"] is None and "loaded" not in errors


@pytest.mark.parametrize(
    ("rc", "said", "reason"),
    [
        (255, "Error sending status request (Operation not permitted)\nThere was an error while processing\n",
         "Operation not permitted"),
        (1, "Error - audit support not in kernel\nCannot open netlink audit socket\n", "support not in kernel"),
        (1, "Error opening audit netlink socket (Protocol not supported)\n", "Protocol not supported"),
    ],
)  # fmt: skip
def test_what_the_kernel_itself_answers_is_a_refusal(tmp_path: Path, rc: int, said: str, reason: str) -> None:
    facts, errors = audit(tmp_path, FILES, {**ANSWERS, "auditctl -s": Completed(rc, "", said)})
    assert reason in facts["refusal"] and not errors


BROKEN = "auditctl: error while loading shared libraries: libaudit.so.1: cannot open shared object file\n"


@pytest.mark.parametrize(
    ("rc", "said"), [(127, BROKEN), (-11, ""), (1, "Error sending status request (No buffer space available)\n"),
                     (1, "The audit system is disabled\n")],
)  # fmt: skip
def test_an_auditctl_that_fails_is_no_refusal(tmp_path: Path, rc: int, said: str) -> None:
    facts, errors = audit(tmp_path, FILES, {**ANSWERS, "auditctl -s": Completed(rc, "", said)})
    assert {"refusal", "status", "loaded"} <= set(errors) and "refusal" not in facts
    assert "auditctl -s exited %d: %s" % (rc, said.strip() or "no message") == errors["refusal"]
    assert facts["daemon"]["active"], "the rest is known"


def test_where_the_kernel_is_another_s_a_broken_auditctl_changes_nothing(tmp_path: Path) -> None:
    place = tmp_path / "proc/self/ns/pid"
    place.parent.mkdir(parents=True)
    place.symlink_to("pid:[4026532000]")
    facts, errors = audit(tmp_path, FILES, {**ANSWERS, "auditctl -s": Completed(127, "", BROKEN)})
    assert "error while loading" in facts["refusal"] and not errors


def test_without_the_programs_nothing_is_asked(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "audit", {"/proc/cmdline": "quiet\n"})
    assert not errors
    assert not facts["installed"] and facts["refusal"] is None
    assert facts["cmdline"] == {"audit": None, "audit_backlog_limit": None}
    assert facts["log"] is None


def test_a_log_that_is_not_written_has_no_size(tmp_path: Path) -> None:
    for number, said in enumerate(("write_logs = no", "log_format = NOLOG", "log_format = nolog\nwrite_logs = NO")):
        root = tmp_path / str(number)
        facts, _errors = audit(root, {**FILES, "/etc/audit/auditd.conf": said + "\n"}, ANSWERS)
        assert facts["log"] is None and facts["rate"] is None


def test_no_rules_are_none(tmp_path: Path) -> None:
    facts, _errors = audit(tmp_path, FILES, {**ANSWERS, "auditctl -l": "No rules\n"})
    assert facts["loaded"] == []


def test_status_of_audit_2() -> None:
    text = "AUDIT_STATUS: enabled=1 flag=1 pid=12 rate_limit=0 backlog_limit=320 lost=0 backlog=0\n"
    assert parse_status(text)["backlog_limit"] == 320


def test_files_are_in_the_order_of_their_age(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    for name in ("audit.log", "audit.log.2", "audit.log.10", "audit.log-20260101", "audit.log-20260201", "other"):
        (folder / name).write_text("")
    names = [path.rpartition("/")[2] for path in newest_first(Door(str(tmp_path)), "/log/audit.log")]
    assert names == ["audit.log", "audit.log.2", "audit.log.10", "audit.log-20260201", "audit.log-20260101"]


def test_an_event_counts_once_and_under_each_of_its_keys() -> None:
    both = b"exec\x01msp".hex().upper()
    lines = record(1000, 1, "exec") + record(1000, 1, kind="EXECVE") + record(1000 + 100, 2)
    lines += "type=SYSCALL msg=audit(1100.000:3): key=%s\n" % both
    found = count([lines.encode()])
    assert found is not None
    assert (found["events"], found["seconds"]) == (3, 100)
    assert found["by_key"] == {"exec": 2 * 864, "msp": 864}


@given(st.text())
def test_any_status_is_numbers(text: str) -> None:
    assert all(isinstance(value, int) for value in parse_status(text).values())


@given(st.lists(st.binary()))
def test_any_log_is_counted(texts: list[bytes]) -> None:
    count(texts)


@given(st.lists(st.tuples(st.integers(1, 10**9), st.integers(0, 10**6)), min_size=1, unique=True))
def test_each_event_is_counted(events: list[tuple[int, int]]) -> None:
    found = count(["".join(record(moment, serial, "k") for moment, serial in events).encode()])
    newest = max(moment for moment, _serial in events)
    assert found is not None
    assert found["events"] == len([one for one in events if one[0] >= newest - 7 * DAY])
