# SPDX-License-Identifier: GPL-3.0-or-later
"""The readers of what updates a host by itself, and of where packages come from."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import apt_sources
from ansible_collections.bulwark.msp.plugins.module_utils.readers import repositories, upgrading
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

TIMERS = (
    "systemctl show --property=Id,LoadState,ActiveState,UnitFileState apt-daily.timer apt-daily-upgrade.timer "
    "dnf-automatic.timer dnf-automatic-install.timer dnf5-automatic.timer"
)
DUMP = """APT "";
APT::Periodic "";
APT::Periodic::Update-Package-Lists "1";
Acquire::http::Proxy "http://user:planted-secret@proxy.example:3128";
Acquire::AllowInsecureRepositories "0";
Binary::apt::APT::Get::AllowUnauthenticated "true";
Unattended-Upgrade "";
Unattended-Upgrade::Origins-Pattern "";
Unattended-Upgrade::Origins-Pattern:: "origin=Debian,label=Debian-Security";
Unattended-Upgrade::Origins-Pattern:: "site=packages.example";
Unattended-Upgrade::Mail "root";
"""


def test_of_apts_settings_only_those_that_let_packages_in(tmp_path: Path) -> None:
    shown = "Id=apt-daily.timer\nLoadState=loaded\nActiveState=active\nUnitFileState=enabled\n\n"
    shown += "Id=dnf-automatic.timer\nLoadState=not-found\nActiveState=inactive\nUnitFileState=\n"
    facts, errors = read(tmp_path, "upgrading", {}, {"apt-config dump": DUMP, TIMERS: shown})
    assert not errors
    assert facts["apt"] == {
        "apt::periodic::update-package-lists": ["1"],
        "acquire::allowinsecurerepositories": ["0"],
        "binary::apt::apt::get::allowunauthenticated": ["true"],
        "unattended-upgrade::origins-pattern": ["origin=Debian,label=Debian-Security", "site=packages.example"],
    }
    assert "planted-secret" not in json.dumps(facts)
    assert facts["timers"] == {"apt-daily.timer": {"active": True, "enabled": True}}
    assert facts["unattended"] is False
    assert facts["dnf_automatic"] is None


def test_dnf_automatic(tmp_path: Path) -> None:
    text = "[commands]\nupgrade_type = security\n# apply_updates = yes\napply_updates = No\n[emitters]\nx = y\n"
    text += "[email]\nupgrade_type = other\n"
    facts, errors = read(tmp_path, "upgrading", {"etc/dnf/automatic.conf": text})
    assert facts["apt"] is None
    assert facts["dnf_automatic"] == {
        "file": "/etc/dnf/automatic.conf", "upgrade_type": "security", "apply_updates": "no",
    }  # fmt: skip
    assert errors == {"timers": "systemd does not run this host"}


def test_sources_in_both_formats_without_their_secrets(tmp_path: Path) -> None:
    files = {
        "etc/apt/sources.list": "deb http://deb.debian.org/debian/ bookworm main # ours\n"
        "#deb [trusted=yes] http://x y z\n"
        "deb [ arch=amd64 Trusted=YES signed-by=/x ] https://u:planted@h.example/debian stable main\n"
        "deb-src http://deb.debian.org/debian bookworm main\ndeb cdrom:[Debian 12 - 1]/ bookworm main\n",
        "etc/apt/sources.list.d/a.sources": "# ours\nTypes: deb deb-src\nURIs: https://a.example/x?token=planted\n"
        "  https://b.example/0123456789abcdefplanted/deb\nSuites: s t\nComponents: main\nTrusted: no\n"
        "Allow-Insecure: yes\nSigned-By:\n -----BEGIN PGP\n .\n ab: cd\n\nTypes: deb\nURIs: http://off\n"
        "Suites: x\nEnabled: no\n",
        "etc/apt/sources.list.d/b.list.save": "deb http://gone.example/debian x y\n",
    }
    facts, errors = read(tmp_path, "repositories", files)
    assert not errors
    assert [(one["line"], one["place"], list(one["careless"])) for one in facts["sources"]] == [
        (1, "deb.debian.org/debian", []),
        (3, "h.example/debian", ["trusted"]),
        (5, "[Debian 12 - 1]", []),
        (2, "a.example/x", ["allow-insecure"]),
        (2, "b.example/***/deb", ["allow-insecure"]),
    ]
    assert facts["sources"][3]["file"] == "/etc/apt/sources.list.d/a.sources"
    assert "planted" not in json.dumps(facts)
    assert facts["sources"][3]["suites"] == ["s", "t"]


def test_repositories_of_dnf(tmp_path: Path) -> None:
    files = {
        "etc/dnf/dnf.conf": "[main]\ngpgcheck=1\nproxy_password=planted\n",
        "etc/yum.repos.d/a.repo": "[base]\nname=Base\nmirrorlist=https://mirrors.example/?arch=x\n"
        "gpgcheck = 0\nbaseurl=http://u:planted@h.example/a\n   https://h.example/b\npassword=planted\n"
        "[off]\nenabled=0\nbaseurl=http://off\n",
    }
    facts, _errors = read(tmp_path, "repositories", files)
    (base,) = facts["yum"]
    assert (base["id"], base["gpgcheck"], base["repo_gpgcheck"]) == ("base", False, None)
    assert [f"{one['scheme']}://{one['place']}" for one in base["addresses"]] == [
        "http://h.example/a", "https://h.example/b", "https://mirrors.example",
    ]  # fmt: skip
    assert facts["yum_main"]["gpgcheck"] is True
    assert "planted" not in json.dumps(facts)


def test_what_lists_say_of_themselves(tmp_path: Path) -> None:
    lists = tmp_path / "var/lib/apt/lists"
    files = {
        "var/lib/apt/lists/h_debian-security_dists_x_InRelease": "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
        "Origin: Debian\nLabel: Debian-Security\nSuite: stable-security\nCodename: x-security\n",
        "owners.json": "{}",
    }
    facts, errors = read(tmp_path, "repositories", files)
    assert facts["releases"] == [
        {"origin": "Debian", "label": "Debian-Security", "suite": "stable-security", "codename": "x-security"}
    ]
    assert "was not recorded" in errors["fetched"]
    (tmp_path / "owners.json").write_text(json.dumps({"/var/lib/apt/lists": {"modified": 1000}}))
    assert os.listdir(lists)
    facts, errors = read(tmp_path, "repositories", {})
    assert (facts["fetched"], facts["tried"]) == (1000, None)


def test_without_lists_nothing_was_fetched(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "repositories", {"var/lib/apt/lists/lock": ""})
    assert not errors
    assert facts["fetched"] is None


@given(st.text())
def test_any_text_is_read_somehow(text: str) -> None:
    list(apt_sources.one_line(text))
    list(apt_sources.deb822(text))
    repositories.sections(text.split("\n"))
    upgrading.settings(text)
    upgrading.shown(text)
    upgrading.commands(text.split("\n"))


@given(st.from_regex(r"[a-z0-9:]{0,10}planted[a-z0-9@:]{0,10}", fullmatch=True))
@pytest.mark.parametrize("form", ["https://%s@h.example/debian", "https://h.example/debian?%s", "http://h/x#%s"])
def test_no_secret_of_an_address_is_told(form: str, secret: str) -> None:
    assert "planted" not in json.dumps(apt_sources.place(form % secret))
