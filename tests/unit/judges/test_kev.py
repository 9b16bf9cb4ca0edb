# SPDX-License-Identifier: GPL-3.0-or-later
"""Which known-exploited flaws are open on a host, until when they should be closed, and what that comes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.context import Context
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.exploited import hits, seen
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts, Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES
from ansible_collections.bulwark.msp.plugins.plugin_utils.sources.exploited import (
    EVERY_PACKAGE,
    EVERY_RELEASE,
    Data,
    Exploited,
    Feed,
    Fix,
    Flaw,
)

from tests.unit.judges.host import policy

TODAY = date(2026, 11, 23)
A, B, KERNEL = "CVE-2026-0001", "CVE-2026-0002", "CVE-2024-1086"
FLAWS = {cve: Flaw(cve, date(2026, 11, 18), date(2026, 12, 9)) for cve in (A, B, KERNEL)}
FEED = Feed("kev.json", date(2026, 11, 20), 3, 3, FLAWS)
FIXES = {"redis": (Fix(A, "5:7.0.15-1~deb12u8"),), "linux": (Fix(KERNEL, "6.1.76-1"),)}
DATA = Data("debian", "debian.json", {"bookworm": FIXES}, date(2026, 11, 22), 60_000)
OLD = {"redis": {"version": "5:7.0.15-1~deb12u7", "binaries": ["redis-server", "redis-tools"]}}
NEW = {"redis": {"version": "5:7.0.15-1~deb12u10", "binaries": ["redis-server", "redis-tools"]}}
BOOKWORM = {"family": "debian", "release": {"id": "debian", "version_codename": "bookworm"}}
JAMMY = {"family": "debian", "release": {"id": "ubuntu", "version_id": "22.04"}}
RHEL = {"family": "redhat", "release": {"id": "rhel", "version_id": "9.6"}}


def case(
    sources: Any = OLD, feed: Feed = FEED, data: Data | None = DATA, functions: list[str] | None = None,
    system: Any = BOOKWORM, **areas: Any,
) -> Case:  # fmt: skip
    facts = {"system": system, "packages": {"sources": sources, "installed": {}}, **areas}
    known = Exploited(feed, {data.system: data} if data else {})
    registers = build({} if functions is None else {"bulwark_host_functions": functions})
    return Case(Facts({"areas": facts}), policy(), registers, TODAY, Context(known))


def judged(one: Case, control: str = "lin-up-kev") -> Verdict:
    return JUDGES[control](one)


def texts(verdict: Verdict) -> list[str]:
    return [item.text for item in verdict.wrong]


def flaw(**changes: Any) -> Feed:
    return replace(FEED, flaws={A: replace(FLAWS[A], **changes)})


def test_what_is_older_than_the_fix_is_open() -> None:
    (hit,) = hits(case())
    assert (hit.cve, hit.package, hit.installed, hit.fixed) == (A, "redis", "5:7.0.15-1~deb12u7", "5:7.0.15-1~deb12u8")
    assert hit.binaries == ("redis-server", "redis-tools")
    assert judged(case(NEW)).status == "pass"


@pytest.mark.parametrize(
    ("functions", "due", "last"),
    [
        (None, None, date(2026, 11, 20)),
        (["internet_facing"], date(2026, 12, 9), date(2026, 11, 20)),
        (["internet_facing"], date(2026, 11, 19), date(2026, 11, 19)),
        (["web"], None, date(2026, 12, 2)),
        (["web"], date(2026, 11, 22), date(2026, 11, 22)),
    ],
)
def test_the_earlier_day_counts(functions: list[str] | None, due: date | None, last: date) -> None:
    (hit,) = hits(case(feed=flaw(due=due), functions=functions))
    assert hit.due == last
    assert hit.overdue is (last < TODAY)


def test_its_last_day_is_not_over() -> None:
    assert not hits(case(feed=flaw(due=TODAY), functions=[]))[0].overdue


def test_open_and_not_due_passes_and_is_told() -> None:
    verdict = judged(case(functions=["web"]))
    assert verdict.status == "pass"
    assert any(text.startswith("open, and not due: CVE-2026-0001 in redis") for text in verdict.evidence)


def test_ransomware_and_exposure_make_it_critical() -> None:
    assert judged(case(feed=flaw(due=date(2026, 11, 19)), functions=[])).severity == "high"
    assert judged(case(feed=flaw(due=date(2026, 11, 19), ransomware=True), functions=[])).severity is None
    assert judged(case(functions=["internet_facing"])).severity is None
    assert judged(case()).severity is None


def test_the_finding_says_what_to_do() -> None:
    (text,) = texts(judged(case(feed=flaw(ransomware=True, triage=True))))
    assert text == (
        "CVE-2026-0001 in redis 5:7.0.15-1~deb12u7: fixed in 5:7.0.15-1~deb12u8; exploited since 2026-11-18, due "
        "2026-11-20; ransomware crews use it; collect forensic data before patching"
    )


def test_a_flaw_without_fix_is_told_as_such_and_is_another_finding() -> None:
    (item,) = judged(case(data=replace(DATA, releases={"bookworm": {"redis": (Fix(A),)}}))).wrong
    assert "there is no fix yet: mitigate it or remove the package" in item.text
    assert item.identity == "CVE-2026-0001 in redis, no fix"


def test_paid_support_closes_it_where_the_host_has_it() -> None:
    data = Data("ubuntu", "osv", {"22.04": {"redis": (Fix(A, None, "5:6.0.16-1ubuntu1+esm2"),)}})

    def found(version: str) -> list[str | None]:
        sources = {"redis": {"version": version, "binaries": ["redis-server"]}}
        return [hit.fixed for hit in hits(case(sources, data=data, system=JAMMY))]

    assert found("5:6.0.16-1ubuntu1") == [None]
    assert found("5:6.0.16-1ubuntu1+esm2") == []


def kernel(release: str, version: str, *images: str, build: str = "#1 SMP") -> Case:
    sources = {
        "linux": {"version": "6.1.55-1", "binaries": ["linux-libc-dev", "linux-headers-6.1.0-13-common"]},
        "linux-signed-amd64": {"version": "6.1.55+1", "binaries": [*images, "linux-image-amd64"]},
        "linux-base": {"version": "4.9", "binaries": ["linux-base"]},
    }
    installed = {image: version for image in images if image.endswith(release)}
    return case(
        sources, packages={"sources": sources, "installed": installed},
        running={"kernel": {"release": release, "build": build}},
    )  # fmt: skip


def test_of_several_kernels_the_running_one_counts() -> None:
    images = ("linux-image-6.1.0-13-amd64", "linux-image-6.1.0-18-amd64")
    (hit,) = hits(kernel("6.1.0-13-amd64", "6.1.55-1", *images))
    assert (hit.package, hit.installed, hit.binaries) == ("linux", "6.1.55-1", ("linux-image-6.1.0-13-amd64",))
    assert hits(kernel("6.1.0-18-amd64", "6.1.76-1", *images)) == []


def test_a_kernel_that_was_replaced_under_its_name_runs_on() -> None:
    build = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.55-1 (2023-09-29)"
    (hit,) = hits(kernel("6.1.0-18-amd64", "6.1.76-1", "linux-image-6.1.0-18-amd64", build=build))
    assert hit.installed == "6.1.55-1"


def test_headers_alone_are_no_kernel() -> None:
    assert hits(kernel("6.8.0-31-generic", "", )) == []  # fmt: skip


def test_a_running_kernel_of_no_package_can_not_be_told() -> None:
    verdict = judged(kernel("6.8.0-custom", "", "linux-image-6.1.0-18-amd64"))
    assert verdict.status == "unknown"
    assert "6.8.0-custom" in verdict.reason


def rhel(*advisories: Any) -> Case:
    packages = {"sources": None, "installed": {"bash": "5.1.8-6.el9", "glibc-minimal-langpack": "2.34-60.el9"}}
    return case(None, data=None, system=RHEL, packages=packages, updates={"advisories": list(advisories)})


def test_an_rpm_host_goes_by_its_repositories_advisories() -> None:
    advisory = {
        "id": "RHSA-2026:1", "severity": "Important", "cves": [A, "CVE-2020-1"], "issued": None,
        "packages": ["bash-5.1.8-9.el9.x86_64", "glibc-minimal-langpack-1:2.34-83.el9.x86_64", "at-3-9.el9.noarch"],
    }  # fmt: skip
    found = {(hit.package, hit.installed, hit.fixed) for hit in hits(rhel(advisory))}
    assert found == {("bash", "5.1.8-6.el9", "5.1.8-9.el9"), ("glibc-minimal-langpack", "2.34-60.el9", "1:2.34-83.el9")}
    assert hits(rhel()) == []


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (replace(case(), context=Context()), "bulwark_kev is not set"),
        (case(feed=Feed("kev.json", problem="kev.json: is no JSON")), "kev.json: is no JSON"),
        (case(data=None), "bulwark_cve_data names no CVE data for debian"),
        (case(data=Data("debian", "d", problem="d: is larger than 512 MiB")), "d: is larger than 512 MiB"),
        (case(data=replace(DATA, releases={"sid": {}})), "debian.json says nothing of debian bookworm"),
        (case(None), "the package manager is not dpkg"),
    ],
)
def test_nothing_is_said_without_data(given: Case, reason: str) -> None:
    with pytest.raises(Unread, match=reason):
        judged(given)


@pytest.mark.parametrize(
    "data",
    [
        replace(DATA, releases={"bookworm": {"redis": (Fix(A, unclear="of another form"),)}}),
        replace(DATA, releases={"bookworm": {}, EVERY_RELEASE: {"redis": (Fix(A, unclear="of another form"),)}}),
        replace(DATA, releases={"bookworm": {}, EVERY_RELEASE: {EVERY_PACKAGE: (Fix(A, unclear="of another form"),)}}),
    ],
)
def test_an_entry_that_may_concern_the_host_leaves_it_unknown(data: Data) -> None:
    verdict = judged(case(data=data))
    assert verdict.status == "unknown"
    assert "of another form" in verdict.reason


def test_an_entry_of_a_package_that_is_not_there_does_not_matter() -> None:
    data = replace(DATA, releases={"bookworm": {"nginx": (Fix(A, unclear="of another form"),)}})
    assert judged(case(data=data)).status == "pass"


def test_a_skipped_entry_of_the_catalogue_leaves_it_unknown_unless_something_is_overdue() -> None:
    feed = replace(FEED, skipped=("entry 4: no date",))
    assert seen(case(NEW, feed=feed)).unclear == ["kev.json: entry 4: no date"]
    assert judged(case(NEW, feed=feed)).status == "unknown"
    assert judged(case(OLD, feed=feed)).status == "fail"


FEEDS = [
    (FEED, DATA, []),
    (replace(FEED, stated=5), DATA, ["count"]),
    (replace(FEED, stated=None), DATA, ["count"]),
    (replace(FEED, released=date(2026, 11, 15)), DATA, ["age"]),
    (replace(FEED, released=date(2026, 11, 16)), DATA, []),
    (replace(FEED, released=date(2026, 11, 30)), DATA, ["age"]),
    (replace(FEED, skipped=("a",), doubled=("b",)), DATA, ["entries of another form", "entries twice"]),
    (Feed("x", problem="gone"), Data("debian", "y", problem="gone"), ["no catalogue", "no CVE data"]),
    (FEED, replace(DATA, written=date(2026, 10, 1), skipped=("c",)), ["age of CVE data", "CVE entries left out"]),
    (FEED, replace(DATA, written=None), []),
    (FEED, replace(DATA, system="ubuntu", problem="not this host's"), []),
    (FEED, None, []),
]


@pytest.mark.parametrize(("feed", "data", "wrong"), FEEDS)
def test_the_list_is_whole_and_new(feed: Feed, data: Data | None, wrong: list[str]) -> None:
    verdict = judged(case(feed=feed, data=data), "lin-up-kev-feed")
    assert [item.identity for item in verdict.wrong] == wrong
    assert verdict.status == ("fail" if wrong else "pass")


def test_without_a_list_it_is_unknown() -> None:
    with pytest.raises(Unread, match="bulwark_kev is not set"):
        judged(replace(case(), context=Context()), "lin-up-kev-feed")
