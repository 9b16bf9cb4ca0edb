# SPDX-License-Identifier: GPL-3.0-or-later
"""Who confines programs here, and which that serve the network are confined; the edit that ends complaining."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.apparmor_profiles import profiles
from ansible_collections.bulwark.msp.plugins.module_utils.edits import apparmor_flags
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from ansible_collections.bulwark.msp.plugins.module_utils.readers.confinement import parse_loaded
from hypothesis import given
from hypothesis import strategies as st

from .host import read

PROFILE = """# profile note flags=(complain) {
profile served /usr/bin/served flags=(attach_disconnected, complain) {
  file,
  profile helper flags=(complain) {
  }
  /usr/bin/x ix,
}
/usr/sbin/{mysqld,mariadbd} flags=(complain) {
}
/usr/sbin/ntpd {
}
"""
UNITS = "systemctl list-units --type=service,socket --state=active --plain --no-legend --full"
SS = "ss -H -tulpne"
HOST = {
    "/sys/module/apparmor/parameters/enabled": "Y\n",
    "/sys/kernel/security/apparmor/profiles": "served (complain)\n/usr/sbin/ntpd (enforce)\n",
    "/etc/apparmor.d/served": PROFILE,
    "/etc/apparmor.d/force-complain/ntpd": "",
    "/etc/apparmor.d/ntpd": "/usr/sbin/ntpd {\n}\n",
    "/proc/70/attr/current": "served (complain)\n",
    "/proc/71/attr/current": "unconfined\n",
    "/etc/systemd/system/sysinit.target.wants/apparmor.service": "",
}
LISTENING = (
    'tcp LISTEN 0 5 0.0.0.0:80 0.0.0.0:* users:(("served",pid=70,fd=3)) ino:1 sk:1\n'
    'tcp LISTEN 0 5 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=71,fd=3)) ino:2 sk:2\n'
)


def test_apparmor_and_who_serves(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "confinement", HOST, {UNITS: "", SS: LISTENING})
    assert not errors
    assert facts["selinux"] is None
    assert facts["apparmor"]["loaded"] == {"served": "complain", "/usr/sbin/ntpd": "enforce"}
    assert facts["apparmor"]["boots"]
    assert [(one["profile"], one["complain"], one["forced"]) for one in facts["apparmor"]["written"]] == [
        ("/usr/sbin/ntpd", False, True), ("served", True, False), ("helper", True, False),
        ("/usr/sbin/{mysqld,mariadbd}", True, False),
    ]  # fmt: skip
    assert {one["process"]: (one["profile"], one["mode"]) for one in facts["serving"]} == {
        "served": ("served", "complain"), "sshd": (None, None),
    }  # fmt: skip


def test_selinux(tmp_path: Path) -> None:
    files = {"/sys/fs/selinux/enforce": "1", "/etc/selinux/config": "SELINUX=Enforcing\nSELINUXTYPE=targeted\n"}
    facts, errors = read(tmp_path, "confinement", files, {SS: ""})
    assert facts["selinux"] == {"mode": "enforcing", "configured": "enforcing"} and not errors


def test_neither(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "confinement", {})
    assert (facts["selinux"], facts["apparmor"], facts["serving"], errors) == (None, None, [], {})


def test_another_s_kernel_is_not_looked_at(tmp_path: Path) -> None:
    place = tmp_path / "proc/self/ns"
    place.mkdir(parents=True)
    (place / "pid").symlink_to("pid:[4026532201]")
    facts, _errors = read(tmp_path, "confinement", HOST, {})
    assert (facts["selinux"], facts["apparmor"], facts["serving"]) == (None, None, [])


def test_only_the_profile_that_is_named_ends_complaining() -> None:
    after = apparmor_flags.edit(PROFILE, {"profile": "served"}, {})
    assert "profile served /usr/bin/served flags=(attach_disconnected) {" in after
    assert after.count("complain") == PROFILE.count("complain") - 1
    alone = apparmor_flags.edit(PROFILE, {"profile": "/usr/sbin/{mysqld,mariadbd}"}, {})
    assert "\n/usr/sbin/{mysqld,mariadbd} {\n" in alone


def test_a_file_that_is_gone_is_refused() -> None:
    with pytest.raises(Refused):
        apparmor_flags.edit(None, {"profile": "served"}, {})


LINES = st.lists(st.sampled_from([*PROFILE.split("\n"), "profile a flags=(complain) {", 'profile "b c" {', "{", "("]))


@given(LINES)
def test_nothing_else_changes_and_twice_is_once(lines: list[str]) -> None:
    text = "\n".join(lines)
    once = apparmor_flags.edit(text, {"profile": "served"}, {})
    assert apparmor_flags.edit(once, {"profile": "served"}, {}) == once
    assert all("complain" not in flags for name, flags in profiles(once) if name == "served")
    assert [name for name, _flags in profiles(once)] == [name for name, _flags in profiles(text)]


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    profiles(text)
    parse_loaded(text)
    assert apparmor_flags.edit(text, {"profile": "x"}, {}) is not None
