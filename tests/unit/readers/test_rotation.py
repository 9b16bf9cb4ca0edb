# SPDX-License-Identifier: GPL-3.0-or-later
"""What logrotate makes of its configuration; the expected outcomes are what logrotate -d told of these files."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import logrotate_conf
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.readers import rotation
from hypothesis import given
from hypothesis import strategies as st

from .host import read

MAIN = "weekly\nrotate 4\ninclude /etc/logrotate.d\n/var/log/k { missingok }\nrotate 9\n"
TIMER = "[Timer]\nOnCalendar=daily\nPersistent=true\n"
WANTED = "/etc/systemd/system/timers.target.wants/logrotate.timer"
CALENDAR = "systemd-analyze calendar --iterations=170 "


def load(root: Path, files: dict[str, str], logs: str = "", owners: dict[str, Any] | None = None) -> Any:
    """Return what is made of files in /etc/logrotate.d, where logs of these names are in /var/log."""
    texts = {"/etc/logrotate.conf": MAIN, **{"/etc/logrotate.d/" + name: text for name, text in files.items()}}
    texts.update({"/var/log/" + name: "x" for name in logs.split()})
    for path, text in texts.items():
        (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
        (root / path[1:]).write_text(text)
    (root / "owners.json").write_text(json.dumps(owners or {}))
    return logrotate_conf.load(Door(str(root)))


def said(found: Any, name: str, *keys: str) -> list[Any]:
    """Return values of the stanza of a log."""
    return [found.stanzas[found.logs["/var/log/" + name]][key] for key in keys]


def test_general_directives_hold_for_all_that_is_read_later(tmp_path: Path) -> None:
    files = {"a": "maxage 90\nrotate 7\n/var/log/a { missingok }\n", "b": "/var/log/b {\n daily\n}"}
    found = load(tmp_path, files)
    assert said(found, "a", "rotate", "period", "maxage", "place") == [7, "weekly", 90, "/etc/logrotate.d/a:3"]
    assert said(found, "b", "rotate", "period", "maxage") == [7, "daily", 90]
    assert said(found, "k", "rotate", "maxage") == [7, 90]


def test_a_log_belongs_to_the_first_stanza_and_a_pattern_ends_there(tmp_path: Path) -> None:
    files = {
        "a": "/var/log/c { \nrotate 7\n }",
        "b": "/var/log/a /var/log/c /var/log/d {\nrotate 8\n }\n/var/log/g {\nrotate 3\n}",
        "c": "/var/log/[b-e] {\nrotate 9\n}",
    }
    found = load(tmp_path, files, "a b c d e g")
    assert {path[-1]: said(found, path[-1], "rotate")[0] for path in found.logs} == {
        "c": 7, "a": 8, "d": 8, "g": 3, "b": 9, "k": 4,
    }  # fmt: skip
    assert found.problems == [
        "/etc/logrotate.d/b:1: /var/log/c is named before, in /etc/logrotate.d/a:1",
        "/etc/logrotate.d/c:1: /var/log/c is named before, in /etc/logrotate.d/a:1",
    ]


@pytest.mark.parametrize(
    "line", ["rotate abc", "rotate 1 # hi", "create 0640 root adm # hi", "tabooext .x", "size 1k x", "monthly 5"]
)
def test_a_stanza_with_a_bad_value_is_dropped_whole(tmp_path: Path, line: str) -> None:
    found = load(tmp_path, {"e": "/var/log/e {\n%s\n}\n/var/log/f { rotate 3\n}" % line})
    assert "/var/log/e" not in found.logs
    assert said(found, "f", "rotate") == [3]
    assert found.problems[0].startswith("/etc/logrotate.d/e:1 is dropped: ")


def test_what_is_wrong_ends_a_files_general_directives(tmp_path: Path) -> None:
    files = {"a": "maxage 9\n/var/log/a {\nrotate 5\n}\n/var/log/b {\nrotate x\n}", "b": "/var/log/b {\n}"}
    found = load(tmp_path, files)
    assert said(found, "a", "maxage", "rotate") == [9, 5]
    assert said(found, "b", "maxage", "rotate") == [0, 4]
    found = load(tmp_path, {"a": "/var/log/c {\nolddir /no\n}\n/var/log/a {\n}\n"})
    assert sorted(found.logs) == ["/var/log/b", "/var/log/k"]


def test_files_that_logrotate_does_not_read(tmp_path: Path) -> None:
    text = "/var/log/%s { \n}"
    files = {name: text % name for name in ("ok", "open", "foreign", "x.bak", "y~", "z.dpkg-old")}
    owners = {"/etc/logrotate.d/open": {"mode": "0664"}, "/etc/logrotate.d/foreign": {"uid": 5}}
    found = load(tmp_path, files, owners=owners)
    assert sorted(found.logs) == ["/var/log/k", "/var/log/ok"]
    assert len(found.problems) == 2


def test_the_last_of_period_and_size_counts(tmp_path: Path) -> None:
    files = {
        "a": "/var/log/a {\nsize 10M\ndaily\n}",
        "b": "/var/log/b {\ndaily\nsize=10M\nmaxsize 5k\nminsize 1\nhourly\nsize 2G\n}",
        "c": '"/var/log/c"\n# a comment\n/var/log/d\n{\n  rotate -1\n  postrotate\n    rotate 99 }\n  endscript\n}',
    }
    found = load(tmp_path, files)
    assert said(found, "a", "trigger", "period") == ["period", "daily"]
    assert said(found, "b", "trigger", "period", "size", "maxsize") == ["size", "hourly", 2 * 1024**3, 5120]
    assert said(found, "d", "rotate", "patterns") == [-1, ["/var/log/c", "/var/log/d"]]


def test_nothing_said_is_a_mebibyte_of_which_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/logrotate.conf").write_text("/var/log/a {\nmissingok\n}")
    found = logrotate_conf.load(Door(str(tmp_path)))
    assert said(found, "a", "trigger", "size", "rotate") == ["size", 1024**2, 0]
    assert logrotate_conf.load(Door(str(tmp_path)), "/nowhere").stanzas == []


def test_a_script_that_removes_logs_is_told(tmp_path: Path) -> None:
    body = "/var/log/%s {\npostrotate\n%s\nendscript\n}"
    files = {"a": body % ("a", "find /var/log -mtime +5 -delete"), "b": body % ("b", "rm -f /run/b.pid")}
    found = load(tmp_path, files)
    assert [said(found, name, "removes") for name in "ab"] == [[True], [False]]


@pytest.mark.parametrize(
    ("line", "removes"),
    [
        ("rm -f /var/log/a", True), ("cd /var/log; rm $1", True), ("echo $1; rm x", False), ("rm x; ls /var/log", True),
        ("find /var/log -delete", True), ("find /srv -delete; ls /var/log/x", True), ("find /var/log -ls", False),
        ("shred $@", True), ("farm /var/log", False), ("rm " * 300000, False), ("/var/log " * 100000, False),
        ("-delete " * 130000, False), ("$1 " * 300000, False),
    ],
    ids=lambda value: str(value)[:40],
)  # fmt: skip
def test_what_removes_logs(line: str, removes: bool) -> None:
    begun = time.monotonic()
    assert logrotate_conf.removes_logs(line) is removes
    assert time.monotonic() - begun < 5


@given(st.lists(st.sampled_from(["rm", "unlink", "-delete", "/var/log/x", "$1", "ls", ";"])).map(" ".join))
def test_whatever_stands_between_a_program_and_a_log(line: str) -> None:
    words = line.split(" ")
    logs = [at for at, word in enumerate(words) if word in ("/var/log/x", "$1")]
    after = any(at < max(logs, default=-1) for at, word in enumerate(words) if word in ("rm", "unlink", "-delete"))
    before = "-delete" in words[words.index("/var/log/x") :] if "/var/log/x" in words else False
    assert logrotate_conf.removes_logs(line) is (after or before)


@given(st.text(max_size=300) | st.lists(st.sampled_from(
    ["/var/log/a", "{", "}", "\n", "rotate 5", "size 1M", "postrotate", "endscript", "'", '"', "# x", "include /etc",
     "tabooext + .x", "daily", "create 0640", "\\", " "]), max_size=30).map("".join))  # fmt: skip
def test_arbitrary_text_is_taken(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    root = tmp_path_factory.mktemp("host")
    (root / "etc/logrotate.d").mkdir(parents=True)
    (root / "etc/logrotate.conf").write_text(text, encoding="utf-8", errors="replace", newline="")
    try:
        found = logrotate_conf.load(Door(str(root)))
    except Unreadable:
        return
    assert all(index < len(found.stanzas) for index in found.logs.values())


PERIODS = st.sampled_from(["daily", "weekly", "monthly"])


@given(st.integers(0, 9999), PERIODS, st.integers(0, 999), st.sampled_from([" ", "=", " = ", "\t"]))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rotate: int, period: str, age: int, between: str
) -> None:
    text = "/var/log/x y {\n  %s\n  rotate%s%d\n  maxage%s%d\n}\n" % (period, between, rotate, between, age)
    found = load(tmp_path_factory.mktemp("host"), {"x": text})
    assert said(found, "x", "period", "rotate", "maxage") == [period, rotate, age]


def runs(root: Path, files: dict[str, str], commands: dict[str, str] | None = None) -> Any:
    everything = {"/etc/logrotate.conf": MAIN, "/run/systemd/system/x": "", **files}
    (root / "usr/sbin").mkdir(parents=True, exist_ok=True)
    (root / "usr/sbin/logrotate").write_text("")
    (root / "usr/sbin/logrotate").chmod(0o755)
    facts, errors = read(root, "rotation", everything, commands)
    assert not errors
    return facts["runs"]


def test_what_starts_it_and_how_often(tmp_path: Path) -> None:
    usual = {"/usr/lib/systemd/system/logrotate.timer": TIMER, WANTED: TIMER}
    assert runs(tmp_path / "a", {}) == []
    assert runs(tmp_path / "b", usual) == [{"by": "logrotate.timer", "seconds": 86400.0}]
    often = {**usual, "/etc/systemd/system/logrotate.timer.d/often.conf": "[Timer]\nOnCalendar=\nOnCalendar=hourly\n"}
    assert runs(tmp_path / "c", often)[0]["seconds"] == 3600
    beside = {**usual, "/etc/systemd/system/logrotate.timer.d/x.conf": "[Timer]\nOnCalendar=Mon 05:00\n"}
    told = "".join("    Iter. #%d: Mon 2026-11-%02d 05:00:00 UTC\n" % (turn, 2 + 7 * turn) for turn in range(3))
    commands = {CALENDAR + shlex.quote("Mon 05:00"): told}
    assert runs(tmp_path / "d", beside, commands)[0]["seconds"] == 86400
    debian = "#!/bin/sh\nif [ -d /run/systemd/system ]; then\n exit 0\nfi\n/usr/sbin/logrotate /etc/logrotate.conf\n"
    assert runs(tmp_path / "e", {"/etc/cron.daily/logrotate": debian}) == []
    line = "%s root /usr/sbin/logrotate /etc/logrotate.conf\n"
    for when, seconds in (("*/5 * * * *", 60), ("0 * * * *", 3600), ("5 4 * * 1", 86400), ("@weekly", 7 * 86400)):
        files = {"/etc/cron.d/mine": "# logrotate\nMAILTO=root\n" + line % when}
        assert runs(tmp_path / when[0:3].replace("*", "s").replace("/", "_"), files)[0]["seconds"] == seconds


def facts_of(root: Path, files: dict[str, str]) -> dict[str, Any]:
    (root / "usr/sbin").mkdir(parents=True, exist_ok=True)
    (root / "usr/sbin/logrotate").write_text("")
    (root / "usr/sbin/logrotate").chmod(0o755)
    facts, errors = read(root, "rotation", {"/etc/logrotate.conf": MAIN, "/run/systemd/system/x": "", **files})
    assert not errors
    return facts


DEBIAN = """#!/bin/sh
# logrotate /etc/some.conf
if [ ! -x /usr/sbin/logrotate ]; then
    exit 0
fi
/usr/sbin/logrotate /etc/logrotate.conf
EXITVALUE=$?
if [ $EXITVALUE != 0 ]; then
    /usr/bin/logger -t logrotate "ALERT exited abnormally with [$EXITVALUE]"
fi
"""


def test_other_configurations_that_are_run_are_told(tmp_path: Path) -> None:
    call = "/usr/sbin/logrotate -s /var/lib/ng.status /etc/nginx/logrotate.conf\n"
    service = "[Service]\nExecStart=/usr/sbin/logrotate /etc/logrotate.conf\nReadWritePaths=/var/lib/logrotate /srv\n"
    usual = {
        "/etc/cron.daily/logrotate": DEBIAN,
        "/usr/lib/systemd/system/logrotate.service": service,
        "/var/spool/cron/crontabs/bob": "0 * * * * logrotate /home/bob/own.conf\n",
    }
    assert facts_of(tmp_path / "usual", usual)["elsewhere"] == []
    more = {
        "/etc/cron.hourly/nginx-rotate": "#!/bin/sh\n" + call,
        "/etc/systemd/system/logrotate.service.d/x.conf": "[Service]\nExecStart=-/usr/sbin/logrotate /etc/x\n",
        "/etc/systemd/system/web.service": "[Service]\nExecStart=/opt/web.sh\n",
        "/opt/web.sh": '#!/bin/sh\nlogrotate \\\n  --state /srv/state "$HOME/web.conf"\n',
        "/var/spool/cron/crontabs/root": "5 * * * * logrotate -fv /etc/logrotate.conf /etc/r.d >/dev/null 2>&1\n",
    }
    found = facts_of(tmp_path / "more", {**usual, **more})
    assert {one["by"]: one["path"] for one in found["elsewhere"]} == {
        "/etc/cron.hourly/nginx-rotate": "/etc/nginx/logrotate.conf",
        "/etc/systemd/system/logrotate.service.d/x.conf": "/etc/x",
        "/opt/web.sh": "$HOME/web.conf",
        "/var/spool/cron/crontabs/root": "/etc/r.d",
    }


OPTIONS = ["-d", "-fv", "--force", "-s /a/state", "-vs /a/state", "--state=/a/s", "--mail /bin/mail", "-l /a/log"]


@given(st.lists(st.sampled_from(OPTIONS)), st.sampled_from(["/etc/a.conf", "'/etc/a.conf'", "/etc/a.conf >/dev/null"]))
def test_no_option_is_taken_for_a_configuration(options: list[str], path: str) -> None:
    text = "cd / && /usr/sbin/logrotate %s %s; echo /etc/b.conf" % (" ".join(options), path)
    assert list(rotation.configurations(text)) == ["/etc/a.conf"]


@given(st.text(max_size=200))
def test_any_text_may_start_it(text: str) -> None:
    for path in rotation.configurations("logrotate " + text):
        assert path
