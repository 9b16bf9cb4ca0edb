# SPDX-License-Identifier: GPL-3.0-or-later
"""How updates are made to install themselves, and unsigned packages kept out."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.judges.network import case

from .debian_files import brief, steps

OFF, ON = {"active": False, "enabled": False}, {"active": True, "enabled": True}
TIMERS = {"apt-daily.timer": ON, "apt-daily-upgrade.timer": ON}
DEBIAN = {"id": "debian", "version_codename": "trixie"}
SECURITY = {"unattended-upgrade::origins-pattern": ["origin=Debian,codename=${distro_codename}-security"]}
DAILY = {"apt::periodic::update-package-lists": ["1"], "apt::periodic::unattended-upgrade": ["1"], **SECURITY}


def auto(family: str = "debian", tool: str = "", **upgrading: Any) -> list[dict[str, Any]]:
    facts = {"apt": DAILY, "unattended": True, "timers": TIMERS, "dnf_automatic": None, **upgrading}
    areas = {"system": {"release": DEBIAN, "family": family}, "upgrading": facts, "repositories": {"releases": []}}
    return steps(case(areas, bulwark_patch_tool=tool), "lin-up-auto")


def test_nothing_where_nothing_is_missing() -> None:
    assert auto() == []


def test_what_is_missing_is_said_last() -> None:
    settings = {"apt::periodic::enable": ["0"], "apt::periodic::unattended-upgrade": ["0"]}
    found = auto(apt=settings, unattended=False, timers={**TIMERS, "apt-daily.timer": OFF})
    assert brief(found) == [
        ("package", "unattended-upgrades"),
        ("file", "/etc/apt/apt.conf.d/zz-bulwark-lin-up-auto"),
        ("unit", "apt-daily.timer"),
    ]
    assert found[1]["content"] == (
        "// Managed by bulwark.msp: lin-up-auto\n"
        'APT::Periodic::Enable "1";\n'
        'APT::Periodic::Update-Package-Lists "1";\n'
        'APT::Periodic::Unattended-Upgrade "1";\n'
        'Unattended-Upgrade::Origins-Pattern:: "origin=Debian,label=Debian-Security,codename=trixie-security";\n'
    )


def test_what_somebody_meant_is_left() -> None:
    with pytest.raises(Left, match="bulwark_patch_tool"):
        auto(tool="landscape-client.service")
    with pytest.raises(Left, match="Package-Blacklist"):
        auto(apt={**DAILY, "unattended-upgrade::package-blacklist": [".*"]})


def test_dnf() -> None:
    found = auto("redhat", timers={})
    assert brief(found) == [
        ("package", "dnf-automatic"), ("edit", "/etc/dnf/automatic.conf"), ("unit", "dnf-automatic.timer"),
    ]  # fmt: skip
    said = {"file": "/etc/dnf/automatic.conf", "upgrade_type": "bugfix", "apply_updates": "no"}
    (change,) = auto("redhat", timers={"dnf-automatic.timer": ON}, dnf_automatic=said)
    assert change["arguments"]["set"] == {"apply_updates": "yes", "upgrade_type": "security"}
    with pytest.raises(Left, match="belongs to a package"):
        auto("redhat", timers={"dnf5-automatic.timer": ON}, dnf_automatic={**said, "file": "/usr/share/x.conf"})


def trust(settings: Any = None, **facts: Any) -> list[dict[str, Any]]:
    areas = {
        "repositories": {"sources": [], "yum": [], "yum_main": {}, **facts},
        "upgrading": {"apt": settings or {}},
    }  # fmt: skip
    return steps(case(areas), "lin-up-repo-trust")


def test_signatures_are_asked_for_again() -> None:
    careless = {"file": "/etc/apt/sources.list.d/x.sources", "careless": {"trusted": True}}
    found = trust({"binary::apt::apt::get::allowunauthenticated": ["true"]}, sources=[careless, careless])
    assert brief(found) == [
        ("edit", "/etc/apt/sources.list.d/x.sources"),
        ("file", "/etc/apt/apt.conf.d/zz-bulwark-lin-up-repo-trust"),
    ]
    assert found[0]["secret"]
    assert 'binary::apt::apt::get::allowunauthenticated "0";' in found[1]["content"]
    (change,) = trust(yum=[{"file": "/etc/yum.repos.d/a.repo", "id": "Base", "gpgcheck": False}])
    assert change["arguments"] == {"sections": ["base"], "set": {"gpgcheck": "1"}}


def test_what_is_somebodys_to_decide_is_left() -> None:
    with pytest.raises(Left, match="bulwark_repositories_approved"):
        trust()
