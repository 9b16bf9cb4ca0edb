# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader of what waits to be upgraded: apt's lists and dnf's advisories as they lie there."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.pending import apt_lists, dnf_locks, updateinfo
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read
from tests.unit.readers.test_infrastructure import DPKG, RPM

LISTS = "/var/lib/apt/lists/deb.debian.org_"
MAIN = LISTS + "debian_dists_bookworm_"
SECURITY = LISTS + "debian-security_dists_bookworm-security_"
INSTALLED = (
    "ii \tdpkg\t1.21.22\tamd64\tdpkg\t1.21.22\n"
    "ii \tlibssl3\t3.0.17-1~deb12u2\tamd64\topenssl\t3.0.17-1~deb12u2\n"
    "hi \tredis\t5:7.0.15-1\tall\tredis\t5:7.0.15-1\n"
    "ii \twine32\t8.0\ti386\twine\t8.0\n"
)


def release(label: str, suite: str, codename: str, more: str = "") -> str:
    return (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
        f"Origin: Debian\nLabel: {label}\nSuite: {suite}\nCodename: {codename}\n{more}"
        "Date: Sat, 21 Nov 2026 00:53:02 UTC\nSHA256:\n 00 1 main/x\n"
    )


def stanza(package: str, version: str) -> str:
    return f"Package: {package}\nSource: x\nVersion: {version}\nDescription: of x\n Version: none\n\n"


def files(**more: str) -> dict[str, str]:
    return {
        MAIN + "InRelease": release("Debian", "oldstable", "bookworm"),
        MAIN + "main_binary-amd64_Packages": stanza("libssl3", "3.0.17-1~deb12u2") + stanza("other", "9"),
        MAIN + "main_binary-i386_Packages": stanza("libssl3", "4.0") + stanza("wine32", "8.1"),
        SECURITY + "InRelease": release("Debian-Security", "oldstable-security", "bookworm-security"),
        SECURITY + "main_binary-amd64_Packages": stanza("libssl3", "3.0.17-1~deb12u3") + stanza("redis", "5:7.0.16-1"),
        **more,
    }


def pending(root: Path, files: dict[str, str], dpkg: str = INSTALLED) -> dict[str, dict[str, Any]]:
    facts, errors = read(root, "updates", files, {DPKG: dpkg})
    assert not errors
    return {one["package"]: one for one in facts["pending"]}


def test_what_apt_has_lists_of(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "updates", files(), {DPKG: INSTALLED})
    assert not errors
    assert facts["lists"] == [
        {"origin": "Debian-Security", "archive": "bookworm-security", "security": True, "at": 1795222382},
        {"origin": "Debian", "archive": "bookworm", "security": False, "at": 1795222382},
    ]
    openssl, redis, wine = facts["pending"]
    assert openssl == {
        "package": "libssl3", "source": "openssl", "installed": "3.0.17-1~deb12u2", "candidate": "3.0.17-1~deb12u3",
        "origin": "Debian-Security", "archive": "bookworm-security", "security": True, "held": False, "by": None,
        "pin": None, "issued": None, "severity": None,
    }  # fmt: skip
    assert (redis["held"], redis["by"], redis["security"]) == (True, "apt-mark hold", True)
    assert (wine["candidate"], wine["security"]) == ("8.1", False)
    assert facts["holds"] == [{"package": "redis", "by": "apt-mark hold", "file": None}]
    assert (facts["pins"], facts["advisories"]) == ([], None)


def test_a_pin_hides_nothing(tmp_path: Path) -> None:
    pin = {"/etc/apt/preferences.d/x": "Package: *\nPin: release l=Debian-Security\nPin-Priority: -1\n"}
    found = pending(tmp_path, files(**pin))
    assert found["libssl3"]["candidate"] == "3.0.17-1~deb12u3"
    assert (found["libssl3"]["by"], found["libssl3"]["pin"]) == ("/etc/apt/preferences.d/x", 0)


def test_the_setting_that_prefers_the_release_to_its_fixes(tmp_path: Path) -> None:
    said = {DPKG: INSTALLED, "apt-config dump": 'APT::Default-Release "bookworm";\n'}
    facts, _errors = read(tmp_path, "updates", files(), said)
    assert [one["by"] for one in facts["pending"]] == ["APT::Default-Release", "apt-mark hold", None]


def test_backports_are_not_pending_by_themselves(tmp_path: Path) -> None:
    backports = LISTS + "debian_dists_bookworm-backports_"
    said = "NotAutomatic: yes\nButAutomaticUpgrades: yes\n"
    more = {
        backports + "InRelease": release("Debian Backports", "oldstable-backports", "bookworm-backports", said),
        backports + "main_binary-amd64_Packages": stanza("libssl3", "3.5") + stanza("dpkg", "1.22"),
    }
    found = pending(tmp_path, files(**more))
    assert found["libssl3"]["candidate"] == "3.0.17-1~deb12u3"
    # Nothing but backports has this one, and apt takes the newest of what counts as much as what is installed.
    assert found["dpkg"]["candidate"] == "1.22"


def test_without_lists_nothing_is_pending_and_no_list_is_told(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "updates", {}, {DPKG: INSTALLED})
    assert not errors
    assert (facts["pending"], facts["lists"]) == ([], [])


def test_a_list_that_python_can_not_unpack(tmp_path: Path) -> None:
    facts, errors = read(
        tmp_path, "updates", {MAIN + "InRelease": release("D", "s", "c"), MAIN + "main_binary-amd64_Packages.lz4": "?"},
        {DPKG: INSTALLED},
    )  # fmt: skip
    assert "pending" not in facts
    assert "lz4" in str(errors["pending"])


@pytest.mark.parametrize(("pack", "suffix"), [(gzip.compress, "gz"), (lzma.compress, "xz"), (bz2.compress, "bz2")])
def test_packed_lists(tmp_path: Path, pack: Callable[[bytes], bytes], suffix: str) -> None:
    packed = tmp_path / (SECURITY + "main_binary-amd64_Packages." + suffix).lstrip("/")
    packed.parent.mkdir(parents=True)
    packed.write_bytes(pack(stanza("libssl3", "3.0.18-1").encode()))
    without = {path: text for path, text in files().items() if path != SECURITY + "main_binary-amd64_Packages"}
    assert pending(tmp_path, without)["libssl3"]["candidate"] == "3.0.18-1"
    packed.write_bytes(packed.read_bytes()[:-12])
    facts, errors = read(tmp_path, "updates", without, {DPKG: INSTALLED})
    assert "pending" not in facts
    assert str(errors["pending"]).endswith("ends before its end")


@given(st.binary(), st.integers(1, 50))
def test_any_list_in_any_blocks(content: bytes, size: int) -> None:
    text = content + b"\n\nSource: x\nPackage: bash\nVersion: 5\n\nPackage: dash\nVersion: 1\n"
    blocks = [text[at : at + size] for at in range(0, len(text), size)]
    found = list(apt_lists.versions(blocks, {b"bash": "bash", b"dash": "dash"}))
    assert found[-2:] == [("bash", "5"), ("dash", "1")]


def test_an_endless_stanza_is_no_list() -> None:
    with pytest.raises(Unreadable, match="longer than"):
        list(apt_lists.versions((b"x" * 300000 for _ in range(10)), {b"x": "x"}))


UPDATEINFO = """<?xml version="1.0" encoding="UTF-8"?>
<updates>
 <update from="r" status="final" type="security" version="1">
  <id>RHSA-2026:1</id><severity>Important</severity><issued date="2026-10-01 12:00:00"/>
  <references><reference type="cve" id="CVE-2026-1"/><reference type="self" id="x"/></references>
  <pkglist><collection>
   <package name="bash" version="5.1.8" release="10.el9" epoch="0" arch="x86_64" src="s"><filename/></package>
   <package name="bash" version="9" release="1" epoch="0" arch="aarch64" src="s"/>
   <package name="perl" version="9" release="1.module+el9" epoch="0" arch="noarch" src="s"/>
  </collection></pkglist>
 </update>
 <update type="security"><id>RHSA-2026:2</id><severity>Critical</severity><issued date="2026-11-01"/>
  <pkglist><package name="bash" version="5.1.8" release="11.el9" epoch="0" arch="x86_64"/></pkglist></update>
 <update type="bugfix"><id>RHBA-2026:3</id><issued date="2026-01-01"/>
  <pkglist><package name="dbus" version="1.12" release="9.el9" epoch="1" arch="x86_64"/></pkglist></update>
 <update type="security"><id>RHSA-2020:4</id><severity>Low</severity><issued date="2020-01-01"/>
  <pkglist><package name="bash" version="5.1.8" release="2.el9" epoch="0" arch="x86_64"/></pkglist></update>
</updates>
"""
DNF = {
    RPM: "bash\t0:5.1.8-9.el9\ndbus\t1:1.12-8.el9\nperl\t0:5.32-1.el9\n",
    "rpm --eval '%{_arch}'": "x86_64\n",
}
CACHE = "/var/cache/dnf/baseos-0123456789abcdef/repodata/00-updateinfo.xml"
REPO = {"/etc/yum.repos.d/r.repo": "[baseos]\nname=x\n[off]\nenabled=0\n"}


def recorded(root: Path, text: str = UPDATEINFO) -> None:
    place = root / CACHE.lstrip("/")
    place.parent.mkdir(parents=True)
    place.write_text(text)
    place.with_name("repomd.xml").write_text("<repomd><revision>1795222382</revision></repomd>")


def test_what_dnf_has_advisories_of(tmp_path: Path) -> None:
    recorded(tmp_path)
    locks = {
        "/etc/dnf/plugins/versionlock.list": "# x\nbash-0:5.1.8-9.el9.*\n",
        "/etc/dnf/dnf.conf": "[main]\nexclude=d*",
    }
    facts, errors = read(tmp_path, "updates", {**REPO, **locks}, DNF)
    assert not errors
    assert facts["lists"] == [{"origin": "baseos", "archive": "baseos", "security": True, "at": 1795222382}]
    bash, dbus = facts["pending"]
    assert (bash["candidate"], bash["security"], bash["severity"]) == ("5.1.8-11.el9", True, "critical")
    assert (bash["issued"], bash["by"]) == (1790856000, "versionlock in /etc/dnf/plugins/versionlock.list")
    assert (dbus["candidate"], dbus["security"], dbus["by"]) == ("1:1.12-9.el9", False, "exclude in /etc/dnf/dnf.conf")
    assert [one["id"] for one in facts["advisories"]] == ["RHSA-2026:1", "RHSA-2026:2"]
    assert facts["advisories"][0] == {
        "id": "RHSA-2026:1", "severity": "important", "cves": ["CVE-2026-1"], "issued": 1790856000,
        "packages": ["bash-0:5.1.8-10.el9.x86_64"],
    }  # fmt: skip


def test_repositories_without_advisories_and_those_never_fetched(tmp_path: Path) -> None:
    recorded(tmp_path)
    (tmp_path / "var/cache/dnf/plain-0123456789abcdef/repodata").mkdir(parents=True)
    more = {"/etc/yum.repos.d/more.repo": "[plain]\nname=x\n[appstream]\nname=x\n"}
    facts, errors = read(tmp_path, "updates", {**REPO, **more}, DNF)
    assert not errors
    assert [(one["archive"], one["at"]) for one in facts["lists"]] == [("baseos", 1795222382), ("appstream", None)]


def test_without_a_cache_of_dnf_nothing_is_known(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "updates", REPO, DNF)
    assert "pending" not in facts
    assert errors["pending"] == errors["advisories"] == "dnf has no advisories of an enabled repository in its cache"


def test_broken_advisories_are_no_advisories(tmp_path: Path) -> None:
    recorded(tmp_path, UPDATEINFO.replace("<severity>Important", "<severity>&x; <"))
    facts, errors = read(tmp_path, "updates", REPO, DNF)
    assert "pending" not in facts
    assert errors["pending"] == "an advisory is not XML"


@given(st.lists(st.sampled_from([*UPDATEINFO.split("\n"), "</update>", "<update ", "<package name='bash'>"])))
def test_any_advisories(lines: list[str]) -> None:
    text = "\n".join(lines).encode()
    with contextlib.suppress(Unreadable):
        list(updateinfo.open_advisories([text[:50], text[50:]], "r", {"bash": "5", "dbus": "1:1"}, "x86_64"))


@pytest.mark.parametrize(
    ("text", "moment"),
    [("2026-10-01 12:00:00", 1790856000), ("2026-10-01", 1790812800), ("1790856000", 1790856000), ("soon", None)],
)
def test_dates_of_advisories(text: str, moment: int | None) -> None:
    assert updateinfo.moment(text) == moment


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("bash-0:5.1.8-9.el9.*", "bash"), ("0:bash-5.1.8-9.el9.*", "bash"), ("bash", "bash"),
        ("!kernel-core-5.14.0-1.el9", "kernel-core"), ("python3.11-libs-3.11.2-1.el9.x86_64", "python3.11-libs"),
    ],
)  # fmt: skip
def test_entries_of_versionlock(line: str, name: str) -> None:
    assert dnf_locks.locked(line) == name


def test_excludes_over_several_lines() -> None:
    lines = ["[main]", "gpgcheck=1", "excludepkgs=a,b", "c d", "best=True", "e", "exclude=", "[other]", "exclude = f*"]
    assert list(dnf_locks.excluded(lines)) == ["a", "b", "c", "d", "f*"]


@given(st.text())
def test_locks_of_any_text(text: str) -> None:
    list(dnf_locks.excluded(text.split("\n")))
    if text.split():
        dnf_locks.locked(text)
    apt_lists.moment(text)
