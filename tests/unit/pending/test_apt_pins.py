# SPDX-License-Identifier: GPL-3.0-or-later
"""Which version apt would take: what apt_preferences(5) says, and what apt did on a host with these files."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.edits import apt_pins as edit
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from ansible_collections.bulwark.msp.plugins.module_utils.pending import apt_pins
from ansible_collections.bulwark.msp.plugins.module_utils.pending.apt_lists import Archive, PackageList
from hypothesis import given
from hypothesis import strategies as st

MAIN = Archive("Debian", "Debian", "oldstable", "bookworm", "12.15", "deb.debian.org", "bookworm", 0, 500)
SECURITY = Archive(
    "Debian", "Debian-Security", "oldstable-security", "bookworm-security", "12", "deb.debian.org", "bookworm-security",
    0, 500,
)  # fmt: skip
BACKPORTS = Archive(
    "Debian Backports", "Debian Backports", "oldstable-backports", "bookworm-backports", "", "deb.debian.org",
    "bookworm-backports", 0, 100,
)  # fmt: skip
FILE = "/etc/apt/preferences"


def listed(archive: Archive) -> PackageList:
    return PackageList("x", archive, "main", "amd64")


def priority(text: str, archive: Archive, default: str = "", package: str = "openssl", version: str = "3.0-1") -> int:
    policy = apt_pins.Policy(list(apt_pins.parse(text, FILE)), default)
    return policy.of(package, "openssl", version, [listed(archive)]).value


def record(packages: str, pin: str, value: int) -> str:
    return f"Package: {packages}\nPin: {pin}\nPin-Priority: {value}\n\n"


@pytest.mark.parametrize(
    ("pin", "main", "security"),
    [
        ("release n=bookworm", 7, 500),
        ("release bookworm-security", 500, 7),
        ("release a=oldstable*", 7, 7),
        ("release l=Debian-Security, o=Debian", 500, 7),
        ("release l=/sec/i", 500, 500),
        ("release l=/Sec/", 500, 7),
        ("release c=main,b=amd64", 7, 7),
        ("release c=contrib", 500, 500),
        ("release v=12", 500, 7),
        ('origin "deb.debian.org"', 7, 7),
        ("origin packages.example.org", 500, 500),
        ("version 3.0*", 500, 500),
    ],
)
def test_what_a_pin_for_every_package_matches(pin: str, main: int, security: int) -> None:
    assert (priority(record("*", pin, 7), MAIN), priority(record("*", pin, 7), SECURITY)) == (main, security)


@pytest.mark.parametrize("packages", ["openssl", "lib* open*", "/^open/", "src:openssl", "src:open*"])
def test_a_pin_that_names_packages_goes_before_one_for_all(packages: str) -> None:
    text = record("*", "release o=Debian", -1) + record(packages, "release o=Debian", 700)
    assert (priority(text, MAIN), priority(text, MAIN, package="bash")) == (700, 700 if "src:" in packages else -1)


def test_the_first_of_two_pins_counts() -> None:
    assert priority(record("openssl", "release o=Debian", 5) + record("openssl", "version *", 900), MAIN) == 5


def test_versions_are_pinned_wherever_they_come_from() -> None:
    text = record("openssl", "version 3.0*", 1001)
    assert (priority(text, MAIN), priority(text, MAIN, version="3.1-1")) == (1001, 500)


def test_a_default_release_is_not_its_archive_of_security_updates() -> None:
    assert (priority("", MAIN, "bookworm"), priority("", SECURITY, "bookworm")) == (990, 500)
    assert priority("", BACKPORTS) == 100


def test_a_pin_without_a_priority_is_no_pin() -> None:
    with pytest.raises(Unreadable, match="/etc/apt/preferences: a pin without a number"):
        list(apt_pins.parse("Package: *\nPin: release n=x\n", FILE))


@given(st.text())
def test_any_text(text: str) -> None:
    try:
        policy = apt_pins.Policy(list(apt_pins.parse(text, FILE)))
    except Unreadable:
        return
    policy.of("openssl", "openssl", "3.0-1", [listed(MAIN)])


TEXT = """# The vendor asks for it.
Package: openssl libssl3
# twice
Pin: version 3.0.20*
Pin-Priority: 1001

Package: *
Pin: release n=trixie
Pin-Priority: -1
"""
RECORDS: list[dict[str, Any]] = [{"packages": ["openssl", "libssl3"], "pin": "version 3.0.20*", "priority": 1001}]


def test_a_record_is_commented_out_and_the_others_stay() -> None:
    done = edit.edit(TEXT, {"records": RECORDS}, {})
    assert done is not None
    assert [pin.packages for pin in apt_pins.parse(done, FILE)] == [("*",)]
    assert "#Package: openssl libssl3\n# twice\n#Pin: version" in done
    assert edit.edit(done, {"records": RECORDS}, {}) == done


def test_what_apt_would_not_read_is_not_changed() -> None:
    with pytest.raises(Refused):
        edit.edit("Package: a\nPin: version 1\nPin-Priority: high\n", {"records": RECORDS}, {})
    assert edit.edit(None, {"records": RECORDS}, {}) is None


@given(st.lists(st.sampled_from([*TEXT.split("\n"), "", " ", "Package: a", "Pin-Priority: 1"])).map("\n".join))
def test_commenting_out_twice_is_commenting_out_once(text: str) -> None:
    try:
        once = edit.edit(text, {"records": RECORDS}, {})
    except Refused:
        return
    assert once is not None
    assert edit.edit(once, {"records": RECORDS}, {}) == once
    if once != text:
        assert RECORDS[0] not in [_shape(pin) for pin in apt_pins.parse(once, FILE)]


def _shape(pin: apt_pins.Pin) -> dict[str, Any]:
    return {"packages": list(pin.packages), "pin": f"{pin.kind} {pin.value}", "priority": pin.priority}
