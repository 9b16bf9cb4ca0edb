# SPDX-License-Identifier: GPL-3.0-or-later
"""What a collector keeps is not shortened by a clock, and what comes in is told by five rules."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import threading
import time
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

FILES = Path(__file__).resolve().parents[3] / "roles/logging/files"
NOW = 1_800_000_000.0  # 2027-01-15 08:00:00 UTC, a Friday
PERSON = {"sources": ["10.9.0.0/24"], "windows": [{"days": ["fri"], "start": "07:00", "end": "19:00"}],
          "from": "2025-01-01", "until": "2027-12-31"}  # fmt: skip
RULES = {
    "msp_logon": {"routes": ["soc"], "accounts": {"north-kim": PERSON}},
    "new_admin": {"routes": ["soc"], "groups": ["sudo"]},
    "mfa_failures": {"routes": ["soc"], "count": 3, "minutes": 10},
    "silent_source": {"routes": ["soc"], "hours": 24, "senders": ["web"]},
    "audit_stopped": {"routes": ["soc"]},
}


def load(name: str) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader(name, str(FILES / f"{name}.py"))
    spec = importlib.util.spec_from_loader(name, loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


seal, alert = load("bulwark_log_seal"), load("bulwark_log_alert")


@given(st.lists(st.dates().map(str), max_size=30), st.integers(1, 20))
def test_a_day_goes_only_where_enough_newer_ones_are_there(days: list[str], keep: int) -> None:
    gone = seal.removable(days, keep)
    assert all(len({one for one in days if one > day}) >= keep for day in gone)


def test_a_clock_that_was_put_forward_removes_nothing() -> None:
    days = ["2026-11-%02d" % day for day in range(1, 21)]
    assert seal.removable([*days, "2040-01-01"], 21) == []
    assert seal.removable([*days, "2040-01-01"], 20) == ["2026-11-01"]


def test_what_was_closed_and_is_gone_or_has_changed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    marked: dict[str, int] = {}
    monkeypatch.setattr(seal, "mark", lambda path, flags: marked.update({path: flags}))
    folder = tmp_path / "web"
    folder.mkdir()
    for day in ("2027-01-13", "2027-01-14", "2027-01-15"):
        (folder / f"{day}.log").write_text(day)
    report, ledger = seal.look(str(tmp_path), 180, {}, NOW)
    assert report["problems"] == []
    assert marked[str(folder / "2027-01-15.log")] == seal.APPEND
    assert marked[str(folder / "2027-01-14.log")] == seal.IMMUTABLE
    assert marked[str(folder)] == marked[str(tmp_path)] == seal.APPEND
    (folder / "2027-01-13.log").unlink()
    (folder / "2027-01-14.log").write_text("")
    for _again in range(2):
        report, ledger = seal.look(str(tmp_path), 180, ledger, NOW)
        assert report["problems"] == ["web/2027-01-13.log is gone", "web/2027-01-14.log had 10 bytes and has 0"]
    report, ledger = seal.look(str(tmp_path), 1, {}, NOW + 86400)
    assert report["removed"] == ["web/2027-01-14.log"]
    assert not (folder / "2027-01-14.log").exists()


def day_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of a sender with one day, in a store whose files know no attributes."""
    monkeypatch.setattr(seal, "mark", lambda _path, _flags: None)
    folder = tmp_path / "web"
    folder.mkdir()
    (folder / "2027-01-14.log").write_text("x")
    return folder


@pytest.mark.parametrize("other", ["dpkg.log", "web/2027-01-14.log.gz", "apt/history.log"])
def test_a_folder_of_others_is_no_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    day_of(tmp_path, monkeypatch)
    (tmp_path / "lost+found").mkdir()
    assert seal.look(str(tmp_path), 180, {}, NOW)[0]["problems"] == []
    (tmp_path / other).parent.mkdir(exist_ok=True)
    (tmp_path / other).write_text("x")
    monkeypatch.setattr(seal, "ours", lambda _store: False)
    with pytest.raises(seal.Failed, match=other):
        seal.look(str(tmp_path), 1, {}, NOW)
    # Nobody stops a store from being kept by laying something into it.
    monkeypatch.setattr(seal, "ours", lambda _store: True)
    report, ledger = seal.look(str(tmp_path), 180, {}, NOW)
    assert report["problems"] == [f"{tmp_path / other}: neither a sender's folder nor one of its days"]
    assert list(ledger) == ["web/2027-01-14.log"]


def test_a_store_is_told_by_its_attribute(tmp_path: Path) -> None:
    assert seal.ours(str(tmp_path)) is False


def test_little_room_is_told_before_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    day_of(tmp_path, monkeypatch)
    monkeypatch.setattr(seal.os, "statvfs", lambda _path: SimpleNamespace(f_bavail=9, f_blocks=100))
    assert seal.look(str(tmp_path), 180, {}, NOW, 9)[0]["problems"] == []
    (told,) = seal.look(str(tmp_path), 180, {}, NOW, 10)[0]["problems"]
    assert told == f"{tmp_path}: 9 % are free, and less than 10 % are too few: what finds no room is lost"


def line(text: str, program: str = "sshd[7]", at: str = "2027-01-15T08:00:00.000000+00:00") -> str:
    return f"{at} {at} web auth.info {program} {text}\n"


def looked(tmp_path: Path, *lines: str, state: dict[str, Any] | None = None, now: float = NOW) -> list[str]:
    """Return the texts of the alerts that these lines make, as one look finds them."""
    (tmp_path / "web").mkdir(exist_ok=True)
    with (tmp_path / "web" / "2027-01-15.log").open("a") as file:
        file.writelines(lines)
    state = state if state is not None else {"offsets": {}, "memory": {}}
    found, _strange = alert.look({"store": str(tmp_path), "rules": RULES}, state, now)
    return [f"{one['rule']}: {one['text']}" for one in found if one["rule"] != "silent_source"]


@pytest.mark.parametrize(("text", "program", "found"), [
    ("Accepted publickey for north-kim from 10.9.0.4 port 40000 ssh2: ED25519 SHA256:x", "sshd[7]", []),
    ("Accepted publickey for north-kim from 192.0.2.1 port 40000 ssh2", "sshd-session[7]:",
     ["msp_logon: north-kim logged on from 192.0.2.1, which is none of its sources"]),
    ("Accepted publickey for acme-ines from 192.0.2.1 port 40000 ssh2", "sshd[7]", []),
    ("Accepted publickey for north-kim from 192.0.2.1 port 40000 ssh2", "logger", []),
    ("add 'bob' to group 'sudo'", "usermod[9]", ["new_admin: bob was put into group sudo"]),
    ("user bob added by root to group sudo", "gpasswd[9]", ["new_admin: bob was put into group sudo"]),
    ("add 'bob' to group 'games'", "usermod[9]", []),
    ("new user: name=toor, UID=0, GID=0, home=/root", "useradd[9]", ["new_admin: toor has uid 0"]),
    ("type=DAEMON_END msg=audit(1.0:1): op=terminate", "audisp-syslog",
     ["audit_stopped: auditing stopped: type=DAEMON_END msg=audit(1.0:1): op=terminate"]),
])  # fmt: skip
def test_what_a_line_tells(tmp_path: Path, text: str, program: str, found: list[str]) -> None:
    assert looked(tmp_path, line(text, program)) == found


def test_a_logon_outside_of_the_hours_and_of_the_contract(tmp_path: Path) -> None:
    text = "Accepted publickey for north-kim from 10.9.0.4 port 40000 ssh2"
    told = ["msp_logon: north-kim logged on outside the hours of its contract"]
    for at in ("2027-01-15T06:59:00+00:00", "2027-01-14T08:00:00+00:00", "2024-01-12T08:00:00+00:00"):
        assert alert.msp_logon(alert.Line("web", line(text, at=at).strip()), RULES["msp_logon"], {})[1] == told[0][11:]
    assert looked(tmp_path, line(text, at="2027-01-15T18:59:00+00:00")) == []


def test_failed_second_factors_are_told_once_a_burst(tmp_path: Path) -> None:
    failure = line("Failed keyboard-interactive/pam for ines from 192.0.2.1 port 4 ssh2")
    state: dict[str, Any] = {"offsets": {}, "memory": {}}
    assert looked(tmp_path, failure, failure, state=state) == []
    assert looked(tmp_path, failure, state=state) == ["mfa_failures: 3 second factors of ines failed within 10 minutes"]
    assert looked(tmp_path, failure, failure, state=state) == []


def test_a_silent_sender_is_told_once_until_it_speaks() -> None:
    memory: dict[str, Any] = {"since": {}, "told": {}}
    rule = RULES["silent_source"]
    assert list(alert.silent_source({}, rule, memory, NOW)) == []
    assert [name for name, _text in alert.silent_source({}, rule, memory, NOW + 25 * 3600)] == ["web"]
    assert list(alert.silent_source({}, rule, memory, NOW + 26 * 3600)) == []
    assert list(alert.silent_source({"web": NOW + 26 * 3600}, rule, memory, NOW + 27 * 3600)) == []
    assert [name for name, _text in alert.silent_source({"web": NOW}, rule, memory, NOW + 60 * 3600)] == ["web"]


def test_what_no_route_takes_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Any] = []
    state: dict[str, Any] = {"waiting": {}}
    configuration = {"routes": {"soc": {"kind": "webhook", "url_file": str(tmp_path / "none")}}, "rules": RULES}
    one = alert.alert(NOW, "new_admin", "web", "bob", "bob\x1b[2J was put into group sudo")
    assert "\x1b" not in one["text"]
    assert alert.tell(configuration, state, [one]) == {"soc": "FileNotFoundError"}
    (tmp_path / "none").write_text("http://secret.example/token")
    assert alert.tell(configuration, state, []) == {"soc": f"{tmp_path / 'none'} holds no https address"}
    monkeypatch.setattr(alert, "deliver", lambda _route, alerts: taken.extend(alerts))
    assert (alert.tell(configuration, state, []), taken, state["waiting"]) == ({}, [one], {})


def test_a_webhook_that_can_not_be_called_is_not_told_and_ends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """http.client.InvalidURL, which has the address in its text, is neither an OSError nor a ValueError."""
    secret = tmp_path / "url"
    configuration = {
        "store": str(tmp_path / "store"), "routes": {"soc": {"kind": "webhook", "url_file": str(secret)}},
        "rules": RULES,
    }  # fmt: skip
    (tmp_path / "store" / "web").mkdir(parents=True)
    today = time.strftime("%Y-%m-%d", time.gmtime())
    at = f"{today}T00:00:00+00:00"
    (tmp_path / "store" / "web" / f"{today}.log").write_text(line("add 'bob' to group 'sudo'", "usermod[9]", at))
    (tmp_path / "alerts.json").write_text(json.dumps(configuration))
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path))
    for address in ("https://soc.example:port/s3cret", "https://soc.example/s3 cret", "https://soc.example/s3cret\n\n"):
        secret.write_text(address)
        assert alert.main([str(tmp_path / "alerts.json")]) == 1
    state = json.loads((tmp_path / "state.json").read_text())
    assert [one["about"] for one in state["waiting"]["soc"]] == ["bob"]
    assert "s3" not in capsys.readouterr().err + (tmp_path / "report.json").read_text()


def test_a_redirection_takes_no_alerts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is followed by a GET without them, which most servers answer with 200."""
    asked: list[str] = []

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(302)
            self.send_header("Location", "/login")
            self.end_headers()

        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_given: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(alert, "webhook", lambda _text: f"http://127.0.0.1:{server.server_port}/hook")
    (tmp_path / "url").write_text("")
    configuration = {"routes": {"soc": {"kind": "webhook", "url_file": str(tmp_path / "url")}}, "rules": RULES}
    state: dict[str, Any] = {"waiting": {}}
    one = alert.alert(NOW, "new_admin", "web", "bob", "bob")
    assert alert.tell(configuration, state, [one]) == {"soc": "HTTPError"}
    server.shutdown()
    server.server_close()
    assert (asked, state["waiting"]) == (["/hook"], {"soc": [one]})


@pytest.mark.parametrize(("text", "found"), [
    ("https://soc.example/a", "https://soc.example/a"), ("https://soc.example/a\n", "https://soc.example/a"),
    ("http://soc.example/a", None), ("https://soc.example/a b", None), (" https://soc.example/a", None),
    ("https://soc.example/a\nb\n", None), ("https://soc.example/a\r\n", None),
])  # fmt: skip
def test_an_address_has_no_blanks(text: str, found: str | None) -> None:
    assert alert.webhook(text) == found


def test_a_noisy_sender_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too much of one rule and sender is told by its number; a silent sender comes first."""
    noise = [line("type=DAEMON_END msg=audit(1.0:1): op=terminate", "audisp-syslog")] * 300
    for name, lines in (("app", noise), ("zeb", [line("add 'bob' to group 'sudo'", "usermod[9]")])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "2027-01-15.log").write_text("".join(lines))
    silent = {"since": {"web": NOW - 90 * alert.HOUR}, "told": {}}
    state: dict[str, Any] = {"offsets": {}, "memory": {"silent_source": silent}, "waiting": {}}
    found, _strange = alert.look({"store": str(tmp_path), "rules": RULES}, state, NOW)
    assert [(one["rule"], one["sender"]) for one in found[:3]] == [
        ("silent_source", "web"), ("audit_stopped", "app"), ("new_admin", "zeb"),
    ]  # fmt: skip
    assert len(found) == alert.EACH + 3
    assert (found[-1]["text"], found[-1]["more"]) == ("280 more of audit_stopped from app", 280)

    taken: list[Any] = []

    def refuse(_route: Any, _alerts: Any) -> None:
        raise OSError

    # While the route takes nothing they are put together, and none is forgotten.
    configuration = {"routes": {"soc": {"kind": "syslog"}}, "rules": RULES}
    monkeypatch.setattr(alert, "deliver", refuse)
    for _look in range(3):
        assert alert.tell(configuration, state, found) == {"soc": "OSError"}
    monkeypatch.setattr(alert, "deliver", lambda _route, alerts: taken.extend(alerts))
    assert alert.tell(configuration, state, []) == {}
    assert sum(one.get("more", 1) for one in taken) == 3 * 302
    assert [one["text"] for one in taken if "more" in one] == ["880 more of audit_stopped from app"]
    assert state["folded"]["alerts"] == 880


def test_there_is_an_end_to_what_a_route_is_told_at_once() -> None:
    many = [alert.alert(NOW, "new_admin", f"s{number}", "bob", "x") for number in range(alert.ALERTS + 7)]
    listed = alert.Gathered([*many, alert.alert(NOW, "silent_source", "web", "web", "x")]).listed()
    assert (len(listed), listed[0]["rule"]) == (alert.ALERTS + 1, "silent_source")
    assert listed[-1]["text"] == "8 more of new_admin from all senders"
    assert alert.Gathered(listed).listed() == listed


def test_one_sender_s_lines_leave_the_others_their_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert, "BYTES", 2000)
    for name in ("app", "web"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "2027-01-15.log").write_text("x" * 99 + "\n" if name == "web" else ("x" * 99 + "\n") * 90)
    found = alert.fresh(str(tmp_path), {}, date(2027, 1, 15))
    assert [sender for sender, _text in found].count("web") == 1


def test_failed_second_factors_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who tries a name after the other fills no disk."""
    rule: Any = RULES["mfa_failures"]
    memory: dict[str, Any] = {}

    def fail(name: str, second: int) -> Any:
        at = f"2027-01-15T08:{second // 60:02}:{second % 60:02}+00:00"
        text = f"Failed keyboard-interactive/pam for invalid user {name} from 192.0.2.1 port 4 ssh2"
        return alert.mfa_failures(alert.Line("web", line(text, at=at).strip()), rule, memory)

    for second in range(50 * 60):
        fail(f"n{second}", second)
    assert len(memory) == rule["minutes"] * 60
    monkeypatch.setattr(alert, "NAMES", 100)
    assert fail("ines", 3000) is None and fail("ines", 3001) is None and fail("ines", 3002) is not None
    assert len(memory) == 100
    alert.mfa_failures(alert.Line("web", line("Failed keyboard-interactive/pam for a from x").strip()),
                       {**rule, "minutes": 0}, memory)  # fmt: skip


@given(st.text())
def test_no_line_breaks_the_rules(text: str) -> None:
    for whole in (text, line(text).strip(), line("x", text or "x").strip()):
        try:
            found = alert.Line("web", whole)
        except ValueError:
            continue
        for name, rule in alert.RULES.items():
            rule(found, RULES[name], {})
