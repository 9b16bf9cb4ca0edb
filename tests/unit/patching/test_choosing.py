# SPDX-License-Identifier: GPL-3.0-or-later
"""What a scope upgrades, and what no upgrade closes."""

from __future__ import annotations

from typing import ClassVar

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.patching.choosing import ALL, KEV, SECURITY, Choice, choose
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.exploited import Fix

from tests.unit.patching.host import BASH, LIBSSL, NGINX, OPENSSL, case, update

pytest.importorskip("univers")

IN_OPENSSL = {"openssl": [Fix("CVE-2026-1", "3.0.21-1")]}


def packages(choice: Choice) -> list[str]:
    return [upgrade.package for upgrade in choice.upgrades]


@pytest.mark.parametrize(
    ("scope", "wanted"),
    [
        (KEV, ["libssl3", "openssl"]),
        (SECURITY, ["libssl3", "nginx", "openssl"]),
        (ALL, ["bash", "libssl3", "nginx", "openssl"]),
    ],
)
def test_a_scope_holds_the_narrower_ones(scope: str, wanted: list[str]) -> None:
    choice = choose(case(OPENSSL, NGINX, BASH, LIBSSL, fixes=IN_OPENSSL), scope)
    assert (packages(choice), choice.left, choice.triage) == (wanted, {}, ())
    assert {upgrade.package: upgrade.flaws for upgrade in choice.upgrades if upgrade.flaws} == {
        "libssl3": ("CVE-2026-1",), "openssl": ("CVE-2026-1",),
    }  # fmt: skip


def test_an_exploited_flaw_is_closed_in_every_scope_though_its_update_is_no_security_update() -> None:
    quiet = {**OPENSSL, "security": False}
    assert packages(choose(case(quiet, NGINX, fixes=IN_OPENSSL), SECURITY)) == ["nginx", "openssl"]


def test_intruders_are_looked_for_only_where_something_is_closed() -> None:
    fixes = {**IN_OPENSSL, "nginx": [Fix("CVE-2026-2")]}
    choice = choose(case(OPENSSL, NGINX, fixes=fixes, triage=True), KEV)
    assert choice.triage == ("CVE-2026-1",)
    assert choice.left == {"CVE-2026-2 in nginx 1.22.1-9": "there is no fix yet: mitigate it or remove the package"}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({**OPENSSL, "held": True, "by": "apt-mark hold"}, "openssl is held back on the host by apt-mark hold"),
        ({**OPENSSL, "candidate": "3.0.20-2"}, "3.0.21-1 closes it, which the lists of this host don't offer"),
        (BASH, "3.0.21-1 closes it, which the lists of this host don't offer"),
    ],
)
def test_what_no_upgrade_closes_is_told(entry: dict[str, object], reason: str) -> None:
    choice = choose(case(entry, fixes=IN_OPENSSL, more={"openssl": "3.0.20-1"} if entry is BASH else None), KEV)
    assert (choice.upgrades, choice.left) == ((), {"CVE-2026-1 in openssl 3.0.20-1": reason})
    assert not choice.anything


def test_a_part_of_a_package_that_is_held_stays_and_is_told() -> None:
    choice = choose(case(OPENSSL, {**LIBSSL, "held": True}, fixes=IN_OPENSSL), KEV)
    assert (packages(choice), choice.left) == (["openssl"], {"libssl3": "held back on the host by its package manager"})


def test_packages_numbered_otherwise_than_their_source_are_upgraded() -> None:
    meta = update("openssl-meta", "openssl", "1.0", "1.1")
    assert packages(choose(case(OPENSSL, meta, fixes=IN_OPENSSL), KEV)) == ["openssl", "openssl-meta"]


def test_without_kev_nothing_is_done_for_kev_and_all_else_is() -> None:
    with pytest.raises(Unread, match="bulwark_kev is not set"):
        choose(case(OPENSSL), KEV)
    choice = choose(case(OPENSSL), SECURITY)
    assert packages(choice) == ["openssl"]
    assert "bulwark_kev is not set" in choice.left["what is known to be exploited"]


class TestKernels:
    RUNNING = "linux-image-6.1.0-1-amd64"
    NEXT = update("linux-image-amd64", "linux-signed-amd64", "6.1.10-1", "6.1.20-1")
    FLAW: ClassVar = {"linux": [Fix("CVE-2026-3", "6.1.20-1")]}

    def test_a_new_kernel_comes_with_the_package_that_names_it(self) -> None:
        choice = choose(case(self.NEXT, fixes=self.FLAW, more={self.RUNNING: "6.1.10-1"}), KEV)
        assert (packages(choice), choice.reboot) == (["linux-image-amd64"], ())

    @pytest.mark.parametrize("newer", ["linux-image-6.1.0-2-amd64", RUNNING])
    def test_one_that_is_installed_already_takes_a_reboot(self, newer: str) -> None:
        more = {self.RUNNING: "6.1.10-1", newer: "6.1.20-1"}
        choice = choose(case(fixes=self.FLAW, more=more), KEV)
        assert (choice.upgrades, choice.reboot, choice.left) == ((), ("CVE-2026-3",), {})
        assert choice.anything
