# SPDX-License-Identifier: GPL-3.0-or-later
"""What a collector keeps is not shortened by a clock, and what comes in is told by five rules."""

from __future__ import annotations

import importlib.machinery
import importlib.util
from pathlib import Path
from types import ModuleType
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


@given(st.text())
def test_no_line_breaks_the_rules(text: str) -> None:
    for whole in (text, line(text).strip(), line("x", text or "x").strip()):
        try:
            found = alert.Line("web", whole)
        except ValueError:
            continue
        for name, rule in alert.RULES.items():
            rule(found, RULES[name], {})
