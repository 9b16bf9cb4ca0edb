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
    # By the shell, or by sshd where it can.
    seconds = host.check_output("su - olivia -c %s", "bash -lic 'echo ${TMOUT:-0}'")
    sshd = host.check_output("sshd -T -C user=olivia,host=h,addr=10.0.0.1")
    assert 0 < int(seconds) <= 900 or "channeltimeout session" in sshd
