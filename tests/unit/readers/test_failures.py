# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import shlex
import time
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.auth_log.events import WANTED
from ansible_collections.bulwark.msp.plugins.module_utils.auth_log.tally import Period, Tally
from ansible_collections.bulwark.msp.plugins.module_utils.door import CutShort, Door
from ansible_collections.bulwark.msp.plugins.module_utils.readers import failures
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Area, Reader, Reading

HOURS = {"failures": 24, "changes": 72, "sessions": 168}
NOW = int(time.time())


def read(
    root: Path, commands: dict[str, str] | None = None, privileged: bool = True
) -> tuple[dict[str, Any], list[Any]]:
    """Return the facts of a recorded host whose accounts are anna and root, and the errors."""
    (root / "commands.json").write_text(json.dumps({line: {"stdout": said} for line, said in (commands or {}).items()}))

    def system(host: Reading, area: Area) -> None:
        area.facts.update(now=NOW, privileged=privileged)

    def accounts(host: Reading, area: Area) -> None:
        area.facts["users"] = [{"name": "anna", "changed": None}, {"name": "root", "changed": None}]

    readers: dict[str, Reader] = {"system": system, "accounts": accounts, "failures": failures.read}
    facts, errors = Reading(Door(str(root)), readers, log_hours=HOURS).state(["failures"], 20)
    return facts["failures"], errors


def stamp(ago: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(NOW - ago))


def failed(ago: int, number: int = 7, name: str = "anna") -> str:
    return f"{stamp(ago)} web sshd[{number}]: Failed password for {name} from 192.0.2.7 port {number} ssh2\n"


def test_a_file_and_the_one_before(tmp_path: Path) -> None:
    log = tmp_path / "var/log"
    log.mkdir(parents=True)
    (log / "auth.log.1").write_text(f"{stamp(20 * 86400)} web cron[1]: x\n" + failed(7000, 8) + failed(90000, 9))
    (log / "auth.log").write_text(failed(600) + f"{stamp(5)} web cron[1]: x\n")
    facts, errors = read(tmp_path)
    assert errors == []
    assert facts["accounts"]["anna"]["count"] == 2
    assert facts["logs"] == [{"name": "/var/log/auth.log", "since": NOW - 168 * 3600, "cut": None}]


def test_without_any_log_nothing_is_known(tmp_path: Path) -> None:
    facts, _errors = read(tmp_path)
    assert (facts["since"], facts["whole"], facts["accounts"]) == (None, False, {})
    assert "none is there" in facts["logs"][0]["cut"]


def test_only_root_sees_the_log(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, privileged=False)
    assert facts == {}
    assert errors[0]["reason"] == "only root sees all of the log"


def test_the_journal_and_how_far_back_it_goes(tmp_path: Path) -> None:
    start = NOW - 168 * 3600
    asked = [*failures.JOURNAL, "-r", f"--since=@{start}", f"--grep={WANTED}", "--case-sensitive=true"]
    oldest = f"{NOW - 7200}.000001 web systemd[1]: started\n"
    lines = f"{NOW - 50}.1 web sshd[7]: Failed password for anna from 192.0.2.7 port 4 ssh2\n"
    commands = {
        shlex.join([*failures.JOURNAL, "--system"]): oldest,
        shlex.join([*asked, *failures.TRUSTED]): lines,
    }
    facts, _errors = read(tmp_path, commands)
    assert facts["since"] == NOW - 7200
    assert facts["whole"] is False
    assert facts["accounts"]["anna"]["sources"] == {"192.0.2.7": 1}


def test_a_journal_that_takes_too_long_is_known_as_far_as_it_came(monkeypatch: pytest.MonkeyPatch) -> None:
    def stream(_door: Door, *_arguments: Any) -> Any:
        yield f"{NOW - 50}.1 web sshd[7]: Failed password for anna from 192.0.2.7 port 4 ssh2"
        raise CutShort("too long")

    monkeypatch.setattr(Door, "stream", stream)
    tally = Tally(Period(NOW, NOW - 86400, NOW, NOW), ["anna"], [], {})
    assert failures.read_log(Door(), "journal", 0, tally) == (
        NOW - 50,
        "reading the journal took longer than 5 seconds",
    )
    assert tally.facts()["accounts"]["anna"]["count"] == 1
