# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.deep.masking import Mask, matches
from hypothesis import given
from hypothesis import strategies as st

MASK = Mask({"anna"}, ["/opt/deploy/*"])


@pytest.mark.parametrize(
    ("path", "place", "below"),
    [
        ("/home/anna/.ssh/id_ed25519", "/home/anna/.ssh/id_ed25519", "/home/anna/.ssh"),
        ("/home/hunter2/.ssh/id_ed25519", "/home/***/.ssh/id_ed25519", "/home"),
        ("/opt/deploy/hunter2", "/opt/deploy/***", "/opt/deploy"),
        ("/hunter2", "/***", "/"),
    ],
)
def test_what_nobody_knows_is_masked(path: str, place: str, below: str) -> None:
    shown = MASK.shown({"path": path, "inode": 7})
    assert (shown["place"], shown["below"], shown["inode"]) == (place, below, 7)


def test_what_a_package_ships_is_no_secret() -> None:
    assert MASK.shown({"path": "/usr/bin/bash", "inode": 7, "package": "bash"})["place"] == "/usr/bin/bash"


@pytest.mark.parametrize(
    ("path", "pattern", "covered"),
    [
        ("/etc/ssh/ssh_host_rsa_key", "/etc/ssh/ssh_host_*_key", True),
        ("/etc/ssh/x/ssh_host_rsa_key", "/etc/ssh/*", False),
        ("/etc/ssl/private/a/b", "/etc/ssl/private/**", True),
        ("/etc/ssl/private", "/etc/ssl/private/**", False),
        ("/usr/lib/x86_64-linux-gnu/utempter/utempter", "/usr/lib/*/utempter/utempter", True),
    ],
)
def test_patterns_stay_within_a_name(path: str, pattern: str, covered: bool) -> None:
    assert matches(path, pattern) is covered


@given(st.text(min_size=3).filter(lambda name: "/" not in name), st.text())
def test_no_name_leaves_but_a_known_one(name: str, pattern: str) -> None:
    shown = Mask(set(), [])
    place = shown.shown({"path": f"/srv/{name}", "inode": 1})["place"]
    assert place == "/srv/***" or place == shown.path(f"/srv/{name}")
    assert isinstance(matches(f"/srv/{name}", pattern), bool)
