# SPDX-License-Identifier: GPL-3.0-or-later
"""New passwords are long and well hashed, and an idle session ends."""

from __future__ import annotations

from typing import Any


def test_a_short_password_is_refused(host: Any) -> None:
    # passwd asks PAM, as people do; chpasswd run by root would be let through.
    script = "printf '%s\\n%s\\n%s\\n' harbour-at-seven-in-the-morning short-one9 short-one9 | su olivia -c passwd"
    assert host.run(script).rc != 0


def test_new_passwords_are_hashed_well(host: Any) -> None:
    password = "a-much-longer-one-than-anybody-guesses"
    assert host.run("echo 'olivia:%s' | chpasswd" % password).rc == 0
    shadow = host.file("/etc/shadow").content_string.splitlines()
    (line,) = [line for line in shadow if line.startswith("olivia:")]
    assert line.split(":")[1].startswith(("$y$", "$6$"))


def test_an_idle_session_ends(host: Any) -> None:
    seconds = host.check_output("su - olivia -c 'echo $TMOUT'") or "0"
    timeout = "channeltimeout" in host.check_output("sshd -T") and "session" in host.check_output("sshd -T")
    assert 0 < int(seconds) <= 900 or timeout
