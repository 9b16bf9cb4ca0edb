# SPDX-License-Identifier: GPL-3.0-or-later
"""Lines as OpenSSH 9.2 and 10.0, sudo 1.9 and Linux-PAM write them, and names that want to be something else."""

from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.auth_log import btmp, events, lines
from hypothesis import given
from hypothesis import strategies as st

NOW = 1795392600
PAM = "pam_unix(%s:auth): authentication failure; logname= uid=1000 euid=0 tty=/dev/pts/0 ruser=anna rhost=  user=%s"


@pytest.mark.parametrize(
    ("program", "text", "expected"),
    [
        ("sshd", "Failed password for anna from 192.0.2.7 port 4000 ssh2", ("failed", "anna", "192.0.2.7", 1)),
        ("sshd-session", "Failed publickey for anna from ::1 port 4 ssh2: RSA x", ("failed", "anna", "::1", 1)),
        ("sshd", "Failed password for invalid user eve from 192.0.2.7 port 4 ssh2", ("failed", "eve", "192.0.2.7", 1)),
        ("sshd", "Accepted publickey for anna from 192.0.2.7 port 4 ssh2: RSA x", ("opened", "anna", "192.0.2.7", 1)),
        ("sshd", "Connection closed by authenticating user anna ::1 port 4 [preauth]", ("ended", "anna", "::1", 1)),
        ("sshd", "message repeated 3 times: [ Failed password for anna from ::1 port 4]", ("failed", "anna", "::1", 3)),
        ("su", PAM % ("su", "root"), ("failed", "root", "", 1)),
        ("sudo", PAM % ("sudo", "anna"), ("failed", "anna", "", 1)),
        ("sudo", "    anna : 3 incorrect password attempts ; TTY=pts/0 ; COMMAND=/bin/true", ("failed", "anna", "", 2)),
        ("passwd", "pam_unix(passwd:chauthtok): password changed for anna", ("changed", "anna", "", 1)),
        ("usermod", "change user 'anna' password", ("changed", "anna", "", 1)),
    ],
)  # fmt: skip
def test_what_a_line_tells(program: str, text: str, expected: tuple[object, ...]) -> None:
    event = events.parse(program, text)
    assert event is not None
    assert (event.kind, event.user, event.address, event.times) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Failed none for anna from 192.0.2.7 port 4 ssh2",
        "Accepted key ED25519 SHA256:x found at /home/anna/.ssh/authorized_keys:1",
        "Postponed publickey for anna from 192.0.2.7 port 4 ssh2 [preauth]",
        "pam_unix(sshd:auth): authentication failure; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=anna",
        "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.7  user=anna",
        "Connection closed by invalid user eve 192.0.2.7 port 4 [preauth]",
    ],
)
def test_what_repeats_or_means_nothing_is_passed_over(text: str) -> None:
    assert events.parse("sshd", text) is None


def test_a_name_can_not_pass_for_somebody_else() -> None:
    """The user name is the attacker's; so is the id of a certificate that nobody has signed."""
    name = "root from 10.0.0.1 port 22 ssh2"
    event = events.parse("sshd", "Failed password for invalid user %s from 192.0.2.7 port 4 ssh2" % name)
    assert event is not None
    assert (event.user, event.address) == (name, "192.0.2.7")
    certificate = "RSA-CERT SHA256:x ID a from 10.0.0.1 port 22 ssh2 (serial 0)"
    event = events.parse("sshd", "Failed publickey for anna from 192.0.2.7 port 4 ssh2: " + certificate)
    assert event is not None
    assert (event.user, event.address) == ("anna", "192.0.2.7")
    event = events.parse("sshd", "Accepted publickey for kim from 192.0.2.7 port 4 ssh2: " + certificate)
    assert event is not None
    assert event.address == "192.0.2.7"


@given(st.text(), st.sampled_from(["sshd", "sudo", "su", "login", "passwd", "x"]))
def test_any_text_is_read(text: str, program: str) -> None:
    events.parse(program, text)
    events.parse(program, "Failed password for " + text)
    events.parse(program, "message repeated 2 times: [ " + text + "]")
    lines.of_journal(text)
    lines.of_file(text, NOW)
    lines.of_file("Feb 30 25:61:61 web " + text, NOW)


@given(st.binary())
def test_any_bytes_are_read(content: bytes) -> None:
    btmp.parse(content)
    btmp.parse(content, wide=True)


def test_times() -> None:
    """The journal has them in seconds; a file with or without year and zone."""
    assert lines.of_journal("1795392529.428278 web sshd[404]: text: more") == (1795392529, "sshd", "404", "text: more")
    full = lines.of_file("2026-11-23T01:08:49.123456+01:00 web sshd[404]: text", NOW)
    assert full == (1795392529, "sshd", "404", "text")
    short = lines.of_file("Nov 22 12:00:00 web sshd[404]: text", NOW)
    assert short is not None
    assert abs(NOW - short.time) < 2 * lines.DAY
    last_year = lines.of_file("Dec 24 12:00:00 web sshd[404]: text", NOW)
    assert last_year is not None
    assert 300 * lines.DAY < NOW - last_year.time < 366 * lines.DAY
