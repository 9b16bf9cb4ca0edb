# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Completed
from ansible_collections.bulwark.msp.plugins.module_utils.readers import sshd
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

BASE = "port 22\npermitrootlogin no\nloglevel INFO\nhostkey /a\nhostkey /b\nforcecommand none\n"
COMMANDS: dict[str, str | Completed] = {
    "getent passwd": "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\n",
    "getent group": "root:x:0:\nanna:x:1000:\n",
    "sshd -V": "unknown option -- V\nOpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL 3.0\n",
    "systemctl show ssh.service sshd.service ssh.socket sshd.socket -p Id,ActiveState,MainPID": (
        "MainPID=32\nId=ssh.service\nActiveState=active\n\nId=ssh.socket\nActiveState=inactive"
    ),
    "sshd -T": BASE,
}
FILES = {"/etc/passwd": str(COMMANDS["getent passwd"]), "/etc/ssh/sshd_config": "PermitRootLogin no\n"}


def state(tmp_path: Path, config: str = "", /, **commands: Any) -> tuple[dict[str, Any], dict[str | None, str]]:
    files = {
        **FILES,
        "/etc/ssh/sshd_config": config,
        "/proc/32/cmdline": "sshd: /usr/sbin/sshd -D [listener] 0 of 10-60",
    }
    return read(tmp_path, "sshd", files, {**COMMANDS, **commands})


def test_what_the_server_says_of_itself(tmp_path: Path) -> None:
    facts, errors = state(tmp_path)
    assert not errors
    assert (facts["installed"], facts["running"], facts["version"], facts["options"]) == (True, True, [9, 2], [])
    assert facts["settings"]["hostkey"] == ["/a", "/b"]
    assert facts["config_files"] == ["/etc/ssh/sshd_config"]
    (context,) = facts["contexts"]
    assert (context["users"], context["asked"], context["settings"]) == (["root", "anna"], None, {})


def test_each_class_of_logins_is_asked_about_and_differences_are_kept(tmp_path: Path) -> None:
    facts, errors = state(
        tmp_path,
        "Match User anna\n  LogLevel VERBOSE\n",
        **{
            "sshd -T -C user=root,addr=192.0.2.1,host=host.invalid": BASE,
            "sshd -T -C user=anna,addr=192.0.2.1,host=host.invalid": BASE.replace("INFO", "VERBOSE").replace(
                "none", "/bin/x --token S3CRET") + "allowusers anna\nsetenv TOKEN=S3CRET\n",
        },
    )  # fmt: skip
    assert not errors
    root, anna = facts["contexts"]
    assert (root["users"], root["why"], root["settings"]) == (["root"], [], {})
    assert anna["why"] == [{"match": "user anna", "file": "/etc/ssh/sshd_config", "line": 1}]
    place = {"file": "/etc/ssh/sshd_config", "line": 2}
    assert facts["set_in"] == [{"option": "loglevel", **place, "match": anna["why"][0]}]
    assert anna["settings"] == {
        "loglevel": ["VERBOSE"], "allowusers": ["anna"], "forcecommand": ["/bin/x"], "setenv": ["TOKEN"],
    }  # fmt: skip
    assert "S3CRET" not in repr(facts)


def test_options_of_the_running_server_count(tmp_path: Path) -> None:
    files = {
        **FILES,
        "/etc/ssh/other": "",
        "/proc/32/cmdline": "sshd: /usr/sbin/sshd -D -f /etc/ssh/other -oPort=2222 [listener] 0",
    }
    facts, errors = read(tmp_path, "sshd", files, {**COMMANDS, "sshd -T -f /etc/ssh/other -oPort=2222": "port 2222\n"})
    assert not errors
    assert facts["options"] == ["-f", "/etc/ssh/other", "-oPort=2222"]
    assert facts["settings"] == {"port": ["2222"]}
    assert facts["config_files"] == ["/etc/ssh/other"]


def test_a_match_by_port_needs_a_port_even_without_a_login(tmp_path: Path) -> None:
    command = "sshd -T -C user=root,addr=192.0.2.1,host=host.invalid,lport=22"
    facts, errors = state(tmp_path, "Match LocalPort 2222\n", **{"sshd -T -C lport=1": BASE, command: BASE})
    assert not errors
    assert [context["asked"] for context in facts["contexts"]] == [command.removeprefix("sshd -T -C ")]


@pytest.mark.parametrize(
    ("complaint", "reason"),
    [
        ("sshd_config line 3: Deprecated option Protocol\nsshd_config: line 4: Bad configuration option: x\n",
         "sshd -T: sshd_config: line 4: Bad configuration option: x"),
        ("sshd: no hostkeys available -- exiting.\n", "never started here"),
    ],
)  # fmt: skip
def test_a_server_that_would_not_start_is_unread_in_its_own_words(tmp_path: Path, complaint: str, reason: str) -> None:
    facts, errors = state(tmp_path, **{"sshd -T": Completed(255, "", complaint)})
    assert "settings" not in facts
    assert set(errors) == {"settings", "contexts"}
    assert all(reason in text for text in errors.values())


def test_no_server(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "sshd", {"/proc/1/cmdline": "init"}, {})
    assert not errors
    assert facts == {"installed": False, "others": [], "running": False, "options": []}


def test_a_server_without_a_program_still_runs(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "sshd", {"/proc/7/cmdline": "sshd: /usr/sbin/sshd [listener] 0 of 10-60"}, {})
    assert not errors
    assert (facts["installed"], facts["running"]) == (False, True)


def test_a_server_started_by_its_socket_is_running(tmp_path: Path) -> None:
    command = "systemctl show ssh.service sshd.service ssh.socket sshd.socket -p Id,ActiveState,MainPID"
    facts, _errors = state(
        tmp_path, **{command: "MainPID=0\nId=ssh.service\nActiveState=inactive\n\nId=ssh.socket\nActiveState=active"}
    )
    assert (facts["running"], facts["options"]) == (True, [])


@given(st.text(max_size=200))
def test_any_output_is_parsed_without_a_crash(text: str) -> None:
    sshd.parse(text)
    sshd.title_options(text)
    sshd.title_options("sshd: %s [listener]" % text)


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{3,12}x", fullmatch=True), st.from_regex(r"[!-~]{1,9}( [!-~]{1,9})?", fullmatch=True)
    )
)
def test_settings_come_back_as_printed(settings: dict[str, str]) -> None:
    text = "".join("%s %s\n" % pair for pair in settings.items())
    assert sshd.parse(text) == {option: [value] for option, value in settings.items()}
