# SPDX-License-Identifier: GPL-3.0-or-later
"""The readers of services that should not be where they are found, and of what guards those that may."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.readers import cleartext, datastores, throttle, vpn
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.readers.host import read

ACTIVE = "systemctl list-units --type=service,socket --state=active --plain --no-legend --full"


def test_units_that_run_and_units_that_a_target_wants(tmp_path: Path) -> None:
    files = {
        "etc/systemd/system/multi-user.target.wants/ssh.service": "",
        "run/systemd/generator.late/multi-user.target.wants/tftpd-hpa.service": "",
        "etc/systemd/system/ssh.service.d/limits.conf": "",
    }
    listing = "ssh.service loaded active running OpenBSD Secure Shell server\nx.socket loaded active listening X\n"
    facts, errors = read(tmp_path, "units", files, {ACTIVE: listing})
    assert not errors
    assert facts == {"active": ["ssh.service", "x.socket"], "enabled": ["ssh.service", "tftpd-hpa.service"]}


def test_services_behind_inetd(tmp_path: Path) -> None:
    files = {
        "etc/inetd.conf": "#off stream tcp nowait root /usr/sbin/in.offd\n"
        "shell stream tcp nowait root /usr/sbin/tcpd /usr/sbin/in.rshd\n"
        "telnet stream tcp nowait root /usr/sbin/telnetd telnetd\n",
        "etc/xinetd.d/tftp": "service tftp\n{\n  disable = no\n  server = /usr/sbin/in.tftpd\n}\n",
        "etc/xinetd.d/rsh": "service shell\n{\n  disable = yes\n  server = /usr/sbin/in.rshd\n}\n",
    }
    facts, _errors = read(tmp_path, "cleartext", files)
    assert [(entry["program"], entry["place"]) for entry in facts["inetd"]] == [
        ("in.rshd", "/etc/inetd.conf:2"),
        ("telnetd", "/etc/inetd.conf:3"),
        ("in.tftpd", "/etc/xinetd.d/tftp"),
    ]


@pytest.mark.parametrize(
    ("path", "text", "found"),
    [
        ("etc/vsftpd.conf", "listen=YES\n", {"vsftpd": "/etc/vsftpd.conf"}),
        ("etc/vsftpd.conf", "anonymous_enable=NO\n", {}),
        ("etc/vsftpd.conf", "anonymous_enable=NO\nanonymous_enable=YES\n", {"vsftpd": "/etc/vsftpd.conf"}),
        ("etc/proftpd/proftpd.conf", "ServerName x\n <Anonymous ~ftp>\n", {"proftpd": "/etc/proftpd/proftpd.conf:2"}),
        ("etc/pure-ftpd/pure-ftpd.conf", "NoAnonymous   yes\n", {}),
        ("etc/pure-ftpd/conf/NoAnonymous", "no\n", {"pure-ftpd": "/etc/pure-ftpd/conf/NoAnonymous"}),
    ],
)
def test_ftp_for_anybody(tmp_path: Path, path: str, text: str, found: dict[str, str]) -> None:
    facts, _errors = read(tmp_path, "cleartext", {path: text})
    assert facts["anonymous_ftp"] == found


def test_snmp_tells_how_who_asks_is_known_and_no_secret(tmp_path: Path) -> None:
    text = (
        "rocommunity planted-secret\ncom2sec readonly default planted-secret\nrouser bob\nrwuser -s usm al authPriv\n"
    )
    text += 'createUser bob SHA "planted-secret" AES\naccess grp "" usm noauth exact all none none\n'
    facts, _errors = read(tmp_path, "cleartext", {"etc/snmp/snmpd.conf": text})
    assert [entry["directive"] for entry in facts["snmp"]["communities"]] == ["rocommunity", "com2sec"]
    assert [entry["level"] for entry in facts["snmp"]["users"]] == ["auth", "authpriv", "noauth"]
    assert "planted-secret" not in json.dumps(facts)


def test_redis_is_protected_unless_its_last_word_is_no(tmp_path: Path) -> None:
    files = {
        "etc/redis/redis.conf": "protected-mode no\nrequirepass planted-secret\ninclude /etc/redis/more/*.conf\n",
        "etc/redis/more/last.conf": 'protected-mode "yes"\n',
        "etc/valkey/valkey.conf": "protected-mode no\n",
    }
    facts, errors = read(tmp_path, "datastores", files, {"ss -H -tulpne": ""})
    assert facts["redis"] == [
        {"place": "/etc/redis/redis.conf", "protected": True},
        {"place": "/etc/valkey/valkey.conf", "protected": False},
    ]
    assert facts["docker"] is None
    assert "planted-secret" not in json.dumps([facts, list(errors.values())])


def test_the_command_line_counts_over_the_file(tmp_path: Path) -> None:
    ss = 'tcp LISTEN 0 511 0.0.0.0:6379 0.0.0.0:* users:(("redis-server",pid=63,fd=6)) ino:1 sk:1 <->\n'
    show = "ExecStart={ path=/usr/bin/redis-server ; argv[]=/usr/bin/redis-server --requirepass planted-secret "
    show += "--protected-mode no ; ignore_errors=no ; pid=0 }\n"
    files = {"proc/63/cgroup": "0::/system.slice/cache.service\n"}
    commands = {"ss -H -tulpne": ss, "systemctl show -p ExecStart cache.service": show}
    facts, _errors = read(tmp_path, "datastores", files, commands)
    assert facts["redis"] == [{"place": "cache.service (command line)", "protected": False}]
    assert "planted-secret" not in json.dumps(facts)


@pytest.mark.parametrize(
    ("files", "guarded"),
    [
        ({"etc/docker/daemon.json": '{"hosts": ["tcp://0.0.0.0:2375"]}'}, False),
        ({"etc/docker/daemon.json": '{"tlsverify": true}'}, True),
        ({"proc/7/cmdline": "dockerd\0-H\0tcp://0.0.0.0:2376\0--tlsverify\0"}, True),
        ({"proc/7/cmdline": "dockerd\0-H\0tcp://0.0.0.0:2375\0"}, False),
    ],
)
def test_docker_asks_for_certificates_or_not(tmp_path: Path, files: dict[str, str], guarded: bool) -> None:
    ss = 'tcp LISTEN 0 4096 *:2375 *:* users:(("dockerd",pid=7,fd=3)) ino:1 sk:1 <->\n'
    facts, _errors = read(tmp_path, "datastores", {"proc/7/cmdline": "dockerd\0", **files}, {"ss -H -tulpne": ss})
    assert facts["docker"] == {"tlsverify": guarded}


#: As fail2ban-client 1.0.2 of Debian 12 answered to the questions of the reader.
ANSWERS = """\
Fail2Ban v1.0.2 reads log file that contains password failure report
and bans the corresponding IP addresses using firewall rules.

fail2ban> 5
fail2ban> 600
fail2ban> 600
fail2ban> These IP addresses/networks are ignored:
|- 127.0.0.0/8
`- foo.example
fail2ban> 
fail2ban> The jail sshd has the following actions:
iptables-multiport
fail2ban> No file is currently monitored
fail2ban> Current match filter:
_SYSTEMD_UNIT=sshd.service + _COMM=sshd
fail2ban> """  # noqa: W291


def test_the_jail_in_force_is_what_the_server_says() -> None:
    assert throttle.parse(ANSWERS, "") == {
        "maxretry": 5,
        "bantime": 600,
        "findtime": 600,
        "ignoreip": ["127.0.0.0/8", "foo.example"],
        "ignorecommand": False,
        "actions": ["iptables-multiport"],
        "watches": True,
    }


def test_no_jail_no_root_no_sense() -> None:
    assert throttle.parse("x\nfail2ban> Sorry but the jail 'sshd' does not exist\n" * 8, "") == {}
    with pytest.raises(Unreadable, match="only be asked by root"):
        throttle.parse("", "Failed to access socket path: /run/fail2ban/fail2ban.sock. Is fail2ban running?")
    with pytest.raises(Unreadable, match="not understood"):
        throttle.parse("fail2ban> 5\n", "")


def test_what_crowdsec_exempts(tmp_path: Path) -> None:
    path = "etc/crowdsec/parsers/s02-enrich/whitelists.yaml"
    text = 'name: x\nwhitelist:\n  reason: "private"\n  ip:\n    - "127.0.0.1"\n  cidr:\n    - "10.0.0.0/8"\n'
    facts, _errors = read(tmp_path, "throttle", {path: text})
    assert facts == {"fail2ban": None, "crowdsec_exempt": ["10.0.0.0/8", "127.0.0.1"]}
    _facts, errors = read(tmp_path, "throttle", {path: text + "  expression:\n    - evt.x == 'y'\n"})
    assert "by an expression" in errors["crowdsec_exempt"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("client\nremote x\n", None),
        ("server 10.0.0.0 255.0.0.0\n", (True, False, [])),
        ("mode server\nverify-client-cert optional\nplugin /x/auth-pam.so y\n", (False, False, ["auth-pam.so"])),
        ("tls-server\nauth-user-pass-optional\nauth-user-pass-verify '/x/ask me' via-file\n", (True, True, ["ask me"])),
        ("server 10.0.0.0 255.0.0.0\n<key>\nplugin planted-secret\n</key>\n", (True, False, [])),
    ],
)
def test_what_openvpn_asks_for(tmp_path: Path, text: str, found: Any) -> None:
    facts, _errors = read(tmp_path, "vpn", {"etc/openvpn/server/a.conf": text})
    shown = [(one["certificate"], one["optional"], one["checks"]) for one in facts["openvpn"]]
    assert shown == ([found] if found else [])


def test_what_ipsec_asks_for(tmp_path: Path) -> None:
    swanctl = "connections { users { pools = p4 # for them\n remote-1 { auth = pubkey }\n"
    swanctl += "remote-2 {\nauth = eap-radius\n} }\n"
    swanctl += " site { remote { auth = psk } } }\nsecrets { ike { secret = planted-secret } }\n"
    ipsec = "config setup\n\nconn %default\n  rightauth=pubkey\n"
    ipsec += "conn rw\n  rightsourceip=10.0.0.0/24\n  rightauth2=eap-gtc\n"
    ipsec += "conn site\n  right=192.0.2.1\n"
    facts, _errors = read(tmp_path, "vpn", {"etc/swanctl/swanctl.conf": swanctl, "etc/ipsec.conf": ipsec})
    assert [(one["connection"], one["auth"]) for one in facts["ipsec"]] == [
        ("users", ["pubkey", "eap-radius"]),
        ("rw", ["pubkey", "eap-gtc"]),
    ]
    assert "planted-secret" not in json.dumps(facts)


def test_wireguard_peers_with_one_address_are_counted(tmp_path: Path) -> None:
    commands = {
        "wg show all listen-port": "wg0\t51820\nwg1\t51821\n",
        "wg show all allowed-ips": "wg0\tKEY1=\t10.7.0.2/32 fd00::2/128\nwg0\tKEY2=\t10.8.0.0/16\nwg1\tKEY3=\t(none)\n",
    }
    facts, _errors = read(tmp_path, "vpn", {}, commands)
    assert facts["wireguard"] == [
        {"interface": "wg0", "port": 51820, "users": 1},
        {"interface": "wg1", "port": 51821, "users": 0},
    ]


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Unreadable):
        throttle.parse(text, "")
    with contextlib.suppress(Unreadable):
        vpn.openvpn_options(text, "x")
    with contextlib.suppress(Unreadable):
        vpn.sections(text, "x")


@given(text=st.text(alphabet="conp %dfaultrigh=\n#\"' {}"))
def test_any_configuration_is_read_or_refused(text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("host")
    (root / "etc").mkdir()
    for name in ("ipsec.conf", "inetd.conf", "vsftpd.conf", "redis.conf"):
        (root / "etc" / name).write_text(text)
    door = Door(str(root))
    for reader in (vpn.ipsec_conf, cleartext.inetd, cleartext.anonymous_ftp, datastores.redis_files):
        with contextlib.suppress(Unreadable):
            reader(door)
