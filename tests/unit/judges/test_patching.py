# SPDX-License-Identifier: GPL-3.0-or-later
"""Automatic updates, repositories, reboots, firmware and software of third parties as judged."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.automatic_updates import every_day
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.kernels import newest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.patching.repositories import matches

from tests.unit.judges.host import TODAY
from tests.unit.judges.network import case, texts

NOW = int(datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=timezone.utc).timestamp())
HOUR, DAY = 3600, 86400
ON = {"active": True, "enabled": True}
UBUNTU = {"id": "ubuntu", "version_codename": "noble"}
DAILY = {"apt::periodic::update-package-lists": ["1"], "apt::periodic::unattended-upgrade": ["1"]}
PATTERN = "unattended-upgrade::allowed-origins"
DNF = {"file": "/etc/dnf/automatic.conf", "upgrade_type": "security", "apply_updates": "yes"}
ACCOUNTS = {"users": [{"name": "root", "uid": 0}, {"name": "nora", "uid": 1001}]}


def judged(control: str, areas: dict[str, Any], **declared: Any) -> Verdict:
    """Return the verdict on a host with these areas."""
    return JUDGES[control](case(areas, **declared))


def auto(release: dict[str, str] = UBUNTU, family: str = "debian", releases: Any = (), **upgrading: Any) -> Verdict:
    """Return the verdict on lin-up-auto."""
    timers = {"apt-daily.timer": ON, "apt-daily-upgrade.timer": ON}
    facts = {"apt": None, "unattended": True, "timers": timers, "dnf_automatic": None, **upgrading}
    return judged("lin-up-auto", {
        "system": {"release": release, "family": family}, "upgrading": facts,
        "repositories": {"releases": list(releases)}, "units": {"active": [], "enabled": []},
    })  # fmt: skip


def test_ubuntus_own_settings_pass() -> None:
    assert auto(apt={**DAILY, PATTERN: ["${distro_id}:${distro_codename}-security"]}).status == "pass"
    assert texts(auto(apt={**DAILY, PATTERN: ["${distro_id}:${distro_codename}"]})) == [
        "unattended-upgrades isn't allowed the security archive (origin=Ubuntu, label=Ubuntu, suite=noble-security, "
        "codename=noble)"
    ]


def test_a_suite_of_debian_is_what_its_lists_say() -> None:
    debian = {"id": "debian", "version_codename": "bookworm"}
    settings = {**DAILY, "unattended-upgrade::origins-pattern": ["o=Debian,a=stable-security"]}
    lists = {"origin": "Debian", "label": "Debian-Security", "codename": "bookworm-security"}
    assert auto(debian, apt=settings).status == "unknown"
    assert auto(debian, apt=settings, releases=[{**lists, "suite": "stable-security"}]).status == "pass"
    assert auto(debian, apt=settings, releases=[{**lists, "suite": "oldstable-security"}]).status == "fail"
    elsewhere = {**DAILY, "unattended-upgrade::origins-pattern": ["o=Debian,a=stable", "nothing=Debian", "site=h"]}
    assert auto(debian, apt=elsewhere).status == "fail"


def test_a_system_whose_security_archive_is_not_known() -> None:
    assert auto({"id": "mint", "pretty_name": "Mint"}, apt=DAILY).reason.endswith(
        "security updates of Mint isn't known"
    )


@pytest.mark.parametrize(
    ("timers", "settings", "found"),
    [
        ({"dnf-automatic.timer": ON}, DNF, []),
        ({"dnf-automatic-install.timer": ON}, {**DNF, "apply_updates": "no"}, []),
        ({}, None, ["dnf-automatic is not installed"]),
        ({"dnf-automatic.timer": {"active": True, "enabled": False}}, DNF,
         ["dnf-automatic.timer is not active and enabled"]),
        ({"dnf-automatic.timer": ON}, {**DNF, "apply_updates": None, "upgrade_type": "bugfix"}, [
            "/etc/dnf/automatic.conf: upgrade_type is bugfix, neither security nor default",
            "/etc/dnf/automatic.conf: updates are only looked for: apply_updates is not yes",
        ]),
    ],
)  # fmt: skip
def test_dnf_automatic(timers: Any, settings: Any, found: list[str]) -> None:
    assert texts(auto({"id": "rhel"}, "redhat", timers=timers, dnf_automatic=settings)) == found


def test_intervals() -> None:
    assert all(map(every_day, ("1", "always", "12h", "86400s", "1d")))
    assert not any(map(every_day, ("0", "2", "7", "", "x", "25h", "-1")))


def trust(**facts: Any) -> Verdict:
    """Return the verdict on lin-up-repo-trust of an RHEL."""
    return judged("lin-up-repo-trust", {
        "system": {"now": NOW}, "upgrading": {"apt": None},
        "repositories": {"sources": [], "yum": [], "yum_main": {}, "fetched": NOW - HOUR, "tried": None, **facts},
    })  # fmt: skip


def repository(scheme: str = "https", **options: Any) -> dict[str, Any]:
    address = {"scheme": scheme, "place": "cdn.redhat.com/x"}
    return {"file": "/r.repo", "id": "base", "gpgcheck": None, "repo_gpgcheck": None, "sslverify": None,
            "addresses": [address], **options}  # fmt: skip


def test_signatures_of_dnfs_repositories() -> None:
    main = {"gpgcheck": True}
    assert trust(yum=[repository()], yum_main=main).status == "pass"
    assert trust(yum=[repository()]).reason == "gpgcheck is said nowhere for base"
    assert texts(trust(yum=[repository(gpgcheck=False)], yum_main=main)) == ["/r.repo: [base] gpgcheck is off"]
    assert texts(trust(yum=[repository("http")], yum_main=main)) == [
        "/r.repo: [base] http://cdn.redhat.com/x: unsigned lists"
    ]
    assert trust(yum=[repository("http", repo_gpgcheck=True)], yum_main=main).status == "pass"
    assert "without its certificate" in texts(trust(yum=[repository(sslverify=False)], yum_main=main))[0]
    assert trust(yum=[repository()], yum_main=main, fetched=None).status == "unknown"
    assert trust().reason.startswith("no repository of apt or dnf was found here")


def test_what_is_wrong_is_told_beside_what_is_not_known() -> None:
    verdict = trust(yum=[repository(gpgcheck=False), repository(id="b")])
    assert verdict.status == "fail"
    assert texts(verdict) == ["/r.repo: [base] gpgcheck is off"]


def test_a_host_only_looks_approved() -> None:
    assert matches("ftp.de.debian.org/debian", "ftp.*.debian.org/debian*")
    assert not matches("ftp.intruder.example/.debian.org/debian", "ftp.*.debian.org/debian*")
    assert matches("/etc/apt/mirrors/debian.list", "/etc/apt/mirrors/debian*.list")


def kernel(release: str = "6.1.0-28-amd64", build: str = "", **installed: Any) -> dict[str, Any]:
    ready = {name.replace("_", "-").replace("k", "6.1.0-"): at for name, at in installed.items()}
    return {"release": release, "build": build, "installed": ready, "live_patches": []}


def reboot(packages: Any = None, functions: Any = ("web",), **running: Any) -> Verdict:
    """Return the verdict on lin-up-reboot."""
    facts = {
        "flag": None, "kernel": kernel(), "patched": None, "since_boot": {}, "container": None, "stale": [], **running,
    }  # fmt: skip
    areas = {"system": {"now": NOW}, "running": facts, "accounts": ACCOUNTS, "packages": {"installed": packages or {}}}
    declared = {} if functions is None else {"bulwark_host_functions": list(functions)}
    return judged("lin-up-reboot", areas, **declared)


OLD: dict[str, Any] = {"k28_amd64": NOW - 90 * DAY}


def test_a_newer_kernel_waits() -> None:
    assert reboot(kernel=kernel(**OLD)).status == "pass"
    late = reboot(kernel=kernel(**OLD, k31_amd64=NOW - 15 * DAY))
    assert texts(late)[0].startswith("kernel 6.1.0-28-amd64 runs, 6.1.0-31-amd64 is installed, since 2026-11-0")
    soon = reboot(kernel=kernel(**OLD, k31_amd64=NOW - 3 * DAY))
    assert soon.status == "pass"
    assert any("not overdue yet" in line for line in soon.evidence)
    assert reboot(kernel=kernel(**OLD, k31_amd64=NOW - 3 * DAY), functions=["internet_facing"]).status == "fail"
    assert reboot(kernel=kernel(**OLD, k31_amd64=NOW - 3 * DAY), functions=None).status == "unknown"
    assert "since when isn't known" in reboot(kernel=kernel(**OLD, k31_amd64=None)).reason
    another = reboot(kernel=kernel(**OLD, k30_amd64=NOW - 20 * DAY, k31_amd64=NOW - DAY))
    assert (another.status, "6.1.0-31-amd64 is installed, since 2026-11-0" in texts(another)[0]) == ("fail", True)


def test_live_patches_count_where_somebody_answers_for_them() -> None:
    waiting = kernel(**OLD, k31_amd64=NOW - 15 * DAY)
    assert reboot(kernel=waiting, patched="yes").status == "pass"
    assert reboot(kernel=waiting, patched="no").status == "fail"
    assert reboot(kernel={**waiting, "live_patches": ["kpatch_1"]}).status == "unknown"


def test_another_build_of_the_same_release() -> None:
    build = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)"
    same = kernel(build=build, k28_amd64=NOW - 15 * DAY)
    assert reboot({"linux-image-6.1.0-28-amd64": "6.1.119-1"}, kernel=same).status == "pass"
    (text,) = texts(reboot({"linux-image-6.1.0-28-amd64": "6.1.123-1"}, kernel=same))
    assert "as it was built before 6.1.123-1" in text


def test_a_kernel_of_somebody_else() -> None:
    newer = kernel(release="6.18.1-provider", **OLD)
    assert "none of those in /boot" in reboot(kernel=newer).reason
    assert reboot(kernel=newer, container="lxc").status == "pass"
    removed = kernel(release="6.1.0-9-amd64", k31_amd64=NOW - 15 * DAY)
    assert reboot(kernel=removed).status == "fail"


def test_packages_since_the_boot() -> None:
    assert texts(reboot(since_boot={"glibc": NOW - 20 * DAY, "systemd": NOW}))[0].startswith(
        "glibc, systemd came after"
    )
    assert reboot(since_boot={"glibc": NOW - 20 * DAY}, container="docker").status == "pass"


def test_the_newest_of_kernels_goes_by_its_numbers() -> None:
    assert newest(["6.1.0-9-amd64", "6.1.0-31-amd64"]) == "6.1.0-31-amd64"
    assert newest(["5.14.0-503.9.1.el9_5.x86_64", "5.14.0-503.11.1.el9_5.x86_64"]).startswith("5.14.0-503.11")


def firmware(
    virtual: bool = False, flaws: Any = None, container: Any = None, pending: Any = (), **updates: Any
) -> Verdict:
    """Return the verdict on lin-up-firmware of a machine with an Intel processor."""
    told = {"at": "2026-11-20T02:00:00Z", "problem": None, "devices": [], **updates}
    return judged("lin-up-firmware", {
        "system": {"family": "debian"}, "running": {"container": container}, "updates": {"pending": list(pending)},
        "packages": {"installed": {"intel-microcode": "1"}},
        "firmware": {
            "flaws": flaws or {"mds": "Not affected"}, "updates": told if told["at"] else None,
            "processor": {"vendor": "GenuineIntel", "microcode": "0x1", "virtual": virtual},
        },
    })  # fmt: skip


def device(created: datetime, urgency: str = "high") -> dict[str, Any]:
    release = {"version": "2", "created": int(created.timestamp()), "urgency": urgency}
    return {"name": "System Firmware", "version": "1", "releases": [release]}


def test_firmware() -> None:
    assert firmware().status == "pass"
    with pytest.raises(NotApplicable):
        firmware(container="podman")
    assert texts(firmware(flaws={"mds": "Vulnerable: no microcode"})) == ["processor: mds: Vulnerable: no microcode"]
    october, last_week = (datetime(2026, *day, tzinfo=timezone.utc) for day in ((10, 1), (11, 17)))
    assert texts(firmware(devices=[device(october)])) == [
        "System Firmware has firmware 1; 2 has been out since 2026-10-01"
    ]
    assert firmware(devices=[device(last_week)]).status == "pass"
    assert firmware(devices=[device(last_week, "critical")]).status == "fail"
    waiting = {"package": "intel-microcode", "installed": "1", "candidate": "2"}
    assert texts(firmware(pending=[waiting])) == ["intel-microcode 1 is installed, 2 is out"]


def test_firmware_that_nobody_looked_at() -> None:
    assert "no deep reading" in firmware(at=None).reason
    assert "fwupd is not installed" in firmware(devices=None).reason
    assert "is of 2026-01-01" in firmware(at="2026-01-01T00:00:00Z").reason
    assert firmware(virtual=True, at=None).status == "pass"


def scans(reports: Any = (), images: Any = (), **declared: Any) -> Verdict:
    """Return the verdict on lin-up-thirdparty."""
    areas = {
        "scans": {"reports": list(reports), "images": list(images), "unseen": []},
        "packages": {"installed": {}}, "sockets": {"listening": []},
        "agents": {"units": {}, "user_units": [], "programs": [], "servers": {}},
    }  # fmt: skip
    return judged("lin-up-thirdparty", areas, **{"bulwark_scan_reports": ["/r"], **declared})


def report(at: Any = "2026-11-20T01:00:00Z", **more: Any) -> dict[str, Any]:
    return {
        "path": "/r",
        "problem": None,
        "tool": "trivy",
        "at": at,
        "artifact": "shop:3",
        "flaws": [],
        "more": 0,
        **more,
    }


def test_reports() -> None:
    flaw = {"id": "CVE-1", "package": "a", "installed": "1", "fixed": "2", "severity": "high"}
    assert scans([report()]).status == "pass"
    assert texts(scans([report(flaws=[flaw, {**flaw, "id": "CVE-2"}, {**flaw, "severity": "low"}])])) == [
        "shop:3: a 1 has CVE-1 (high), fixed in 2, and 1 more"
    ]
    assert scans([report(at=NOW - 30 * DAY)]).status == "stale"
    assert scans([report(at="tomorrow")]).status == scans([report(at="2027-01-01")]).status == "unknown"
    assert scans([report(more=3)]).status == "unknown"
    assert scans([{"path": "/r", "problem": "/r is not there"}]).reason == "/r is not there"


def test_images() -> None:
    image = {"engine": "podman", "id": "aaaa", "names": [], "created": "2026-10-01T00:00:00Z"}
    assert texts(scans([report()], [image])) == ["podman: the image aaaa was built on 2026-10-01"]
    assert "aaaa" in scans([report()], [{**image, "created": None}]).reason
