# SPDX-License-Identifier: GPL-3.0-or-later
"""The readers of packages, services, agents, archives and VPN peers."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import vpn_peers
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.readers import agents, packages
from ansible_collections.bulwark.msp.plugins.module_utils.wireguard_key import fingerprint
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

ACTIVE = "systemctl list-units --type=service,socket --state=active --plain --no-legend --full"
DPKG = (
    "dpkg-query --show --showformat '${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\t${source:Package}\t"
    "${source:Version}\n'"
)
RPM = "rpm -qa --nodigest --nosignature --qf '%{NAME}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n'"
KEY = base64.b64encode(b"\x11" * 32).decode()


def test_packages_of_dpkg_without_those_of_which_only_configuration_is_left(tmp_path: Path) -> None:
    said = (
        "ii \tbash\t5.2.15-2+b13\tamd64\tbash\t5.2.15-2\nrc \ttelnetd\t0.17\tall\ttelnet\t0.17\n"
        "hi \tredis\t5:7.0\tall\tredis\t5:7.0\nun \tnone\t\t\tnone\t\niF \tbroken\t1\tall\tx\t1\n"
    )
    facts, errors = read(tmp_path, "packages", {}, {DPKG: said})
    assert not errors
    assert facts["installed"] == {"bash": "5.2.15-2+b13", "redis": "5:7.0", "broken": "1"}
    assert facts["held"] == ["redis"]
    assert facts["sources"]["bash"] == {"version": "5.2.15-2", "binaries": ["bash"]}


def test_packages_of_another_architecture_and_kernels_side_by_side(tmp_path: Path) -> None:
    said = (
        "ii \tdpkg\t1.21.22\tamd64\tdpkg\t1.21.22\nii \tlibc6\t2.36\tamd64\tglibc\t2.36\n"
        "ii \tlibc6\t2.36\ti386\tglibc\t2.36\nii \twine32\t8.0\ti386\twine\t8.0\n"
        "ii \tlinux-image-6.1.0-1\t6.1.1-1\tamd64\tlinux\t6.1.1-1\n"
        "ii \tlinux-image-6.1.0-2\t6.1.2-1\tamd64\tlinux\t6.1.2-1\n"
    )
    facts, _errors = read(tmp_path, "packages", {}, {DPKG: said})
    assert (facts["architecture"], facts["foreign"]) == ("amd64", {"wine32": "i386"})
    assert facts["sources"]["glibc"] == {"version": "2.36", "binaries": ["libc6"]}
    assert facts["sources"]["linux"] == {"version": "6.1.1-1", "binaries": ["linux-image-6.1.0-1"]}
    assert facts["sources"]["linux=6.1.2-1"] == {"version": "6.1.2-1", "binaries": ["linux-image-6.1.0-2"]}


def test_packages_of_rpm(tmp_path: Path) -> None:
    facts, _errors = read(
        tmp_path, "packages", {}, {RPM: "bash\t0:5.1.8-9.el9\ngpg-pubkey\t0:a-b\ndbus\t1:1.12-8.el9\n"}
    )
    assert facts["installed"] == {"bash": "5.1.8-9.el9", "dbus": "1:1.12-8.el9"}
    assert facts["sources"] is None


def test_without_a_package_manager_nothing_is_known(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "packages", {})
    assert facts == {}
    assert errors["installed"] == "neither dpkg nor rpm is here"


@given(st.text())
def test_packages_of_any_text(text: str) -> None:
    packages.dpkg(text)
    packages.rpm(text)


def test_what_targets_want_and_nobody_masked(tmp_path: Path) -> None:
    unit, wants = "usr/lib/systemd/system", "etc/systemd/system/multi-user.target.wants"
    files = {
        f"{unit}/a.service": "",
        f"{unit}/b.service": "",
        f"{unit}/c.mount": "",
        "etc/systemd/system/d.service": "",
    }
    for name in ("a.service", "b.service", "c.mount"):
        (tmp_path / wants).mkdir(parents=True, exist_ok=True)
        (tmp_path / wants / name).symlink_to(f"/{unit}/{name}")
    (tmp_path / "etc/systemd/system/b.service").symlink_to("/dev/null")
    (tmp_path / wants / "d.service").symlink_to("/etc/systemd/system/d.service")
    facts, errors = read(tmp_path, "services", files)
    assert not errors
    assert facts["enabled"] == {"a.service": "/usr/lib/systemd/system/a.service"}  # d.service is an empty file: masked


def test_modules_that_lie_ready_are_loaded_or_blocked(tmp_path: Path) -> None:
    files = {
        "proc/sys/kernel/osrelease": "6.1.0-1\n",
        "proc/modules": "sctp 1 2 - Live 0x0\n",
        "lib/modules/6.1.0-1/modules.dep": "kernel/net/sctp/sctp.ko.xz: kernel/a.ko\nkernel/d/usb-storage.ko:\n",
        "etc/modprobe.d/own.conf": "# install no /bin/true\ninstall usb-storage /bin/false\nblacklist sctp\n",
        "usr/lib/modprobe.d/own.conf": "install hidden /bin/true\n",
        "usr/lib/modprobe.d/more.conf": "install run /sbin/modprobe run\n",
    }
    facts, errors = read(tmp_path, "services", files)
    assert not errors
    assert facts["loadable"] == ["sctp", "usb_storage"]
    assert facts["loaded"] == ["sctp"]
    assert facts["blocked"] == [
        {"module": "usb_storage", "how": "install", "place": "/etc/modprobe.d/own.conf:2"},
        {"module": "sctp", "how": "blacklist", "place": "/etc/modprobe.d/own.conf:3"},
    ]


def test_suites_and_repositories_without_their_addresses(tmp_path: Path) -> None:
    files = {
        "etc/apt/sources.list": "# deb http://x old main\n"
        "deb [arch=amd64] https://me:planted-secret@m/debian bookworm main\n",
        "etc/apt/sources.list.d/a.sources": "Types: deb\nURIs: https://me:planted-secret@m\nSuites: x-security\n y\n\n"
        "Types: deb\nSuites: off\nEnabled: no\n\nTypes: deb-src\nSuites: source\n",
        "etc/apt/sources.list.d/b.save": "deb http://x saved main\n",
        "etc/yum.repos.d/r.repo": "[base]\nname=b\n[els]\nenabled = 0\n[epel]\nenabled=1\npassword=planted-secret\n",
    }
    facts, errors = read(tmp_path, "runtimes", files)
    assert not errors
    assert facts["archives"] == ["base", "bookworm", "epel", "x-security", "y"]
    assert "planted-secret" not in json.dumps(facts)


def test_ubuntu_pro_by_what_it_wrote_down(tmp_path: Path) -> None:
    status = {
        "attached": True,
        "services": [{"name": "esm-infra", "status": "enabled"}, {"name": "x", "status": "n/a"}],
    }
    facts, _errors = read(tmp_path, "runtimes", {"var/lib/ubuntu-advantage/status.json": json.dumps(status)})
    assert facts["pro"] == {"attached": True, "services": ["esm-infra"]}


@pytest.mark.parametrize(
    "text", ["", "[]", "1", '{"services": 1, "attached": true}', '{"services": [1], "attached": 1}']
)
def test_ubuntu_pro_that_is_not_understood(tmp_path: Path, text: str) -> None:
    _facts, errors = read(tmp_path, "runtimes", {"var/lib/ubuntu-advantage/status.json": text})
    assert "not the status of Ubuntu Pro" in errors["pro"]


def agent_host(tmp_path: Path, **more: str) -> tuple[dict[str, Any], dict[str | None, str]]:
    """Read an ordinary host with these further files."""
    show = "systemctl show --property Id,User,DynamicUser,NoNewPrivileges,ProtectSystem anydesk.service"
    said = "Id=anydesk.service\nUser=\nDynamicUser=no\nNoNewPrivileges=no\nProtectSystem=strict\n"
    people = "root:x:0:0::/root:/bin/bash\nanna:x:1000:1000::/home/anna:/bin/bash\n"
    files = {
        "etc/passwd": people,
        "proc/1/status": "Name:\tsystemd\nPPid:\t0\nUid:\t0\t0\t0\t0\n",
        "proc/1/cgroup": "0::/init.scope\n",
        "proc/9/status": "Name:\tkthread\nPPid:\t2\nUid:\t0\t0\t0\t0\n",
        "usr/lib/systemd/system/anydesk.service": "[Service]\nExecStart=/usr/bin/anydesk --token planted-secret\n",
        "home/anna/.config/systemd/user/code-tunnel.service": "[Service]\n",
        **{path.replace("__", "/"): text for path, text in more.items()},
    }
    commands = {ACTIVE: "anydesk.service loaded active running x\n", show: said, "getent passwd": people}
    return read(tmp_path, "agents", files, {**commands, "getent group": ""})


def test_programs_and_units_of_the_system_and_of_users(tmp_path: Path) -> None:
    facts, errors = agent_host(tmp_path)
    assert not {fact: reason for fact, reason in errors.items() if fact != "programs"}
    assert facts["units"]["anydesk.service"] == {
        "path": "/usr/lib/systemd/system/anydesk.service", "masked": False, "active": True, "enabled": False,
    }  # fmt: skip
    assert facts["user_units"] == [
        {"user": "anna", "name": "code-tunnel.service", "path": "/home/anna/.config/systemd/user/code-tunnel.service"}
    ]
    assert facts["confined"] == {
        "anydesk.service": {"user": "root", "no_new_privileges": False, "protect_system": "strict"}
    }
    assert [one["name"] for one in facts["programs"]] == ["systemd"]
    assert "planted-secret" not in json.dumps(facts)


@pytest.mark.parametrize(
    ("tool", "path", "text", "server"),
    [
        (
            "meshagent",
            "usr/local/mesh_services/meshagent/meshagent.msh",
            "MeshServer=wss://M.example:443/a\n",
            "m.example",
        ),
        (
            "tacticalrmm",
            "etc/tacticalagent",
            '{"baseurl": "https://api.example", "token": "planted-secret"}',
            "api.example",
        ),
        ("rustdesk", "root/.config/rustdesk/RustDesk2.toml", "rendezvous_server = 'r.example:21116'\n", "r.example"),
        (
            "screenconnect",
            "opt/connectwisecontrol-0a/ClientLaunchParameters.txt",
            "?e=Access&y=Guest&h=relay.example&p=443&k=planted-secret",
            "relay.example",
        ),
    ],
)
def test_whom_a_tool_talks_to(tmp_path: Path, tool: str, path: str, text: str, server: str) -> None:
    facts, _errors = agent_host(tmp_path, **{path: text})
    assert facts["servers"] == {tool: [{"server": server, "file": "/" + path}]}
    assert "planted-secret" not in json.dumps(facts)


@given(st.text())
def test_properties_of_any_text(text: str) -> None:
    agents.confinement(text)


SERVER = """\
server 10.8.0.0 255.255.255.0
ca easy-rsa/pki/ca.crt
cert office.crt
crl-verify crl.pem
client-config-dir ccd
ifconfig-pool-persist ipp.txt 60
"""


def test_clients_of_openvpn(tmp_path: Path) -> None:
    files = {
        "etc/openvpn/server/office.conf": SERVER,
        "etc/openvpn/server/crl.pem": "",
        "etc/openvpn/server/ipp.txt": "anna,10.8.0.4,\n",
        "etc/openvpn/server/ccd/kim": "  disable\n",
        "etc/openvpn/server/ccd/DEFAULT": "disable\n",
        "etc/openvpn/server/easy-rsa/pki/index.txt": "V\t33Z\t\t01\tunknown\t/CN=office\n"
        "R\t33Z\t26Z\t02\tunknown\t/C=PT/CN=lea\nR\t33Z\t26Z\t03\tunknown\t/CN=anna\nV\t33Z\t\t04\tunknown\t/CN=anna\n",
        "run/openvpn-server/status-office.log": "TITLE\tx\nCLIENT_LIST\tanna\t192.0.2.1:1\nCLIENT_LIST\tUNDEF\t1\n",
    }
    facts, _errors = read(tmp_path, "vpn", files)
    (server,) = facts["openvpn"]
    assert (server["crl_there"], server["ccd"]) == (True, "/etc/openvpn/server/ccd")
    known = {
        one["name"]: [word for word in ("revoked", "disabled", "connected") if one[word]] for one in server["clients"]
    }
    assert known == {"anna": ["connected"], "kim": ["disabled"], "lea": ["revoked"]}


def test_peers_of_wireguard_by_fingerprint(tmp_path: Path) -> None:
    commands = {
        "wg show all listen-port": "wg0\t51820\n",
        "wg show all allowed-ips": f"wg0\t{KEY}\t10.0.0.2/32\n",
        "wg show all latest-handshakes": f"wg0\t{KEY}\t0\n",
        "systemctl show wg-quick@wg0.service --property ActiveEnterTimestampMonotonic": "X=5000000\n",
    }
    facts, _errors = read(tmp_path, "vpn", {"proc/stat": "cpu 1\nbtime 1700000000\n"}, commands)
    assert facts["wireguard_peers"] == [
        {"interface": "wg0", "fingerprint": fingerprint(KEY), "handshake": None, "since": 1700000005}
    ]
    assert KEY not in json.dumps(facts)


@given(st.text())
def test_openvpn_files_of_any_text(text: str) -> None:
    lines = [line for line in text.split("\n") if line]
    vpn_peers.remembered(lines)
    vpn_peers.connections(lines)
    vpn_peers.certificates(lines)
    fingerprint(text)


def test_a_link_of_proc_that_may_not_be_read_is_unreadable() -> None:
    with contextlib.suppress(Unreadable):
        Door("/").real("/proc/2/exe")
