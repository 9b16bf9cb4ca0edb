# SPDX-License-Identifier: GPL-3.0-or-later
"""The judges of what a host exposes: listeners, data stores, cleartext, SSH's port, VPNs and consoles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.netfilter.rule import chain, match, rule
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Undeclared
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.all import JUDGES

from tests.unit.judges.network import case, texts

SSHD = {"running": True, "version": [9, 2], "settings": {"port": ["22"]}}
ZONES = [{"name": "lan", "cidrs": ["10.0.0.0/8"]}, {"name": "world", "cidrs": ["0.0.0.0/0"], "internet": True}]


def socket(
    port: int, process: str | None = "sshd", address: str = "*", proto: str = "tcp", unit: str | None = None
) -> Any:
    return {"proto": proto, "address": address, "interface": None, "port": port, "process": process, "pid": 5,
            "unit": unit, "uid": 0}  # fmt: skip


def published(port: int, to: str | None, address: str = "0.0.0.0", last: int = 0) -> Any:
    return {"proto": "tcp", "address": address, "port": port, "last": last or port, "to": to, "engine": "docker"}


def firewall(*rules: Any, policy: str = "drop", hook: str = "input") -> dict[str, Any]:
    base = chain("inet", "f", "in", "filter", hook, 0, policy)
    base["rules"] = list(rules)
    addresses = [{"interface": "eth0", "address": "192.0.2.5"}]
    return {"chains": [base], "addresses": addresses, "uplinks": {"ip": ["eth0"], "ip6": []}}


OPEN = firewall(policy="accept")
SHUT = firewall(rule([match("saddr", ["10.0.0.0/8"])], "accept"))
MARKED = firewall(rule([], "accept", raw=True))


def judge(
    control: str, listening: list[Any], walls: Any = OPEN, ports: list[Any] | None = None,
    unread: Mapping[str, str] | None = None, areas: Mapping[str, Any] | None = None, **declared: Any,
) -> Verdict:  # fmt: skip
    facts = {
        "sockets": {"listening": listening, "ipvs": [], "client_ports": [32768, 60999]},
        "containers": {"ports": ports or []},
        "firewall": walls,
        "system": {"peer": "10.1.1.1"},
        "units": {"active": [], "enabled": []},
        "sshd": SSHD,
        **(areas or {}),
    }
    for name in unread or {}:
        area, _dot, fact = name.partition(".")
        facts[area] = {key: value for key, value in facts[area].items() if key != fact}
    return JUDGES[control](case(facts, unread, **declared))


SSH = {"proto": "tcp", "port": 22, "process": "sshd"}


@pytest.mark.parametrize(
    ("listening", "declared", "wrong"),
    [
        ([socket(22)], [SSH], []),
        ([socket(22), socket(6379, "redis-server", "127.0.0.1"), socket(53, "x", "::1")], [SSH], []),
        ([socket(6379, "redis-server", "0.0.0.0")], [SSH], ["tcp/6379 redis-server on 0.0.0.0 is not declared"]),
        ([socket(22, "nc")], [SSH], ["tcp/22 nc on * is declared for sshd"]),
        ([socket(22, "systemd", unit="ssh.socket")], [SSH], []),
        ([socket(22, None)], [SSH], []),
        ([socket(80, "averylongproces")], [{"proto": "tcp", "port": 80, "process": "averylongprocessname"}], []),
        ([socket(80, "x", "192.0.2.5")], [{"proto": "tcp", "port": 80, "address": "192.0.2.6"}],
         ["tcp/80 x on 192.0.2.5 is not declared"]),
        ([socket(22), socket(40000, "avahi-daemon", proto="udp")], [SSH], []),
        ([socket(51820, None, proto="udp")], [SSH], ["udp/51820 a process that is not known on * is not declared"]),
        ([socket(22, address="0.0.0.0"), socket(22, address="::")], [], ["tcp/22 sshd on * is not declared"]),
        ([socket(22)], [{**SSH, "status": "proposed"}], ["tcp/22 sshd on * is not declared"]),
        ([socket(22)], [{**SSH, "zone": "world"}], []),
        ([socket(22)], [{**SSH, "zone": "lan"}],
         ["tcp/22 sshd on * is declared for zone lan, and the host's firewall lets anybody in"]),
    ],
)  # fmt: skip
def test_listeners(listening: list[Any], declared: list[Any], wrong: list[str]) -> None:
    found = judge("lin-ic-listeners", listening, bulwark_listeners=declared, bulwark_zones=ZONES)
    assert texts(found) == wrong
    assert found.status == ("fail" if wrong else "pass")


def test_listeners_behind_a_firewall_keep_to_their_zone() -> None:
    declared = [{**SSH, "zone": "lan"}]
    assert (
        judge("lin-ic-listeners", [socket(22)], SHUT, bulwark_listeners=declared, bulwark_zones=ZONES).status == "pass"
    )
    unsure = judge("lin-ic-listeners", [socket(22)], MARKED, bulwark_listeners=declared, bulwark_zones=ZONES)
    assert unsure.status == "unknown"
    with pytest.raises(Undeclared, match="bulwark_zones"):
        judge("lin-ic-listeners", [socket(22)], bulwark_listeners=declared)


def test_published_ports_are_listeners() -> None:
    ports = [
        published(8080, "172.17.0.2:80"),
        published(8000, "172.17.0.3", last=8010),
        published(5, "x:5", "127.0.0.1"),
    ]
    ports += [published(9, "10.96.0.1:9", "10.96.0.1"), published(7, None, "192.0.2.1-192.0.2.9")]
    found = judge("lin-ic-listeners", [socket(8080, "docker-proxy", "0.0.0.0")], ports=[*ports, published(8080, None)],
                  bulwark_listeners=[])  # fmt: skip
    assert texts(found) == [
        "tcp/8080 docker (sent on to 172.17.0.2:80) on 0.0.0.0 is not declared",
        "tcp/8000-8010 docker (sent on to 172.17.0.3) on 0.0.0.0 is not declared",
        "tcp/7 docker (sent on to a container) on 192.0.2.1-192.0.2.9 is not declared",
    ]


def test_undeclared_listeners_are_listed_and_unknown() -> None:
    found = judge("lin-ic-listeners", [socket(22)])
    assert found.status == "unknown"
    assert "bulwark_listeners" in found.unread[0]
    assert "tcp/22 sshd on *" in found.unread[0]


def test_without_root_what_is_seen_still_counts() -> None:
    unread = {"containers.ports": "you must be root"}
    assert judge("lin-ic-listeners", [socket(22)], unread=unread, bulwark_listeners=[SSH]).status == "unknown"
    assert judge("lin-ic-listeners", [socket(23)], unread=unread, bulwark_listeners=[SSH]).status == "fail"


def stores(redis: bool = True, docker: bool | None = None) -> dict[str, Any]:
    tls = None if docker is None else {"tlsverify": docker}
    return {"datastores": {"redis": [{"place": "/etc/redis.conf", "protected": redis}], "docker": tls}}


@pytest.mark.parametrize(
    ("listening", "walls", "areas", "status"),
    [
        ([socket(5432, "postgres", "127.0.0.1")], OPEN, stores(), "pass"),
        ([socket(5432, "postgres", "10.0.0.5")], OPEN, stores(), "pass"),
        ([socket(5432, "postgres", "93.184.216.34")], OPEN, stores(), "fail"),
        ([socket(5432, "postgres")], OPEN, stores(), "fail"),
        ([socket(5432, "postgres")], SHUT, stores(), "pass"),
        ([socket(5432, "postgres")], MARKED, stores(), "unknown"),
        ([socket(5433, "postgres")], OPEN, stores(), "fail"),
        ([socket(3306, None)], OPEN, stores(), "fail"),
        ([socket(6379, "redis-server", "::1")], OPEN, stores(redis=False), "fail"),
        ([socket(3306, "mariadbd", "::1")], OPEN, stores(redis=False), "pass"),
        ([socket(2375, "dockerd")], OPEN, stores(docker=False), "fail"),
        ([socket(2376, "dockerd")], OPEN, stores(docker=True), "pass"),
    ],
)
def test_data_stores(listening: list[Any], walls: Any, areas: Any, status: str) -> None:
    assert judge("lin-ic-data-bind", listening, walls, areas=areas).status == status


def test_a_store_in_a_container_is_known_by_the_port_behind() -> None:
    walls, ports = firewall(policy="accept", hook="forward"), [published(13306, "172.17.0.2:3306")]
    found = judge("lin-ic-data-bind", [], walls, ports, areas=stores())
    assert texts(found) == ["mysql: tcp/13306 docker (sent on to 172.17.0.2:3306) on 0.0.0.0 is open to anybody"]


def test_no_data_store() -> None:
    with pytest.raises(NotApplicable):
        judge("lin-ic-data-bind", [socket(22)])


NOTHING: dict[str, Any] = {"inetd": [], "anonymous_ftp": {}, "snmp": None}


def cleartext(units: list[str], **facts: Any) -> dict[str, Any]:
    return {"units": {"active": [], "enabled": units}, "cleartext": {**NOTHING, **facts}}


SNMP = {"communities": [{"directive": "rocommunity", "place": "a:1"}], "users": [{"level": "auth", "place": "a:2"}]}
RSH = [{"service": "shell", "program": "in.rshd", "place": "/etc/inetd.conf:1"}]


@pytest.mark.parametrize(
    ("areas", "wrong"),
    [
        (cleartext(["ssh.service"]), []),
        (cleartext(["telnet.socket"]), ["telnet.socket runs or starts at boot"]),
        (cleartext(["inetd.service"], inetd=RSH), ["/etc/inetd.conf:1: in.rshd for shell"]),
        (cleartext([], inetd=RSH), []),
        (cleartext(["vsftpd.service"], anonymous_ftp={"vsftpd": "/etc/vsftpd.conf"}),
         ["/etc/vsftpd.conf: vsftpd lets anybody in without a name"]),
        (cleartext([], anonymous_ftp={"vsftpd": "/etc/vsftpd.conf"}), []),
        (cleartext(["snmpd.service"], snmp=SNMP),
         ["a:1: rocommunity is SNMP without a user", "a:2: level auth, authPriv is required"]),
        (cleartext(["snmpd.service"], snmp={"communities": [], "users": [{"level": "authpriv", "place": "a:2"}]}), []),
        (cleartext([], snmp=SNMP), []),
    ],
)  # fmt: skip
def test_cleartext(areas: Any, wrong: list[str]) -> None:
    assert texts(judge("lin-ic-no-cleartext", [], areas=areas)) == wrong


def test_a_cleartext_process_is_found_without_its_unit() -> None:
    found = judge("lin-ic-no-cleartext", [socket(69, "in.tftpd", proto="udp")], areas=cleartext([]))
    assert texts(found) == ["in.tftpd listens on udp/69"]


JAIL = {"maxretry": 5, "bantime": 600, "findtime": 600, "ignoreip": ["127.0.0.0/8", "10.1.1.1"], "ignorecommand": False,
        "actions": ["nftables"], "watches": True}  # fmt: skip
NEWER = {**SSHD, "version": [10, 0]}
PENALTIES = {"port": ["22"], "persourcepenalties": ["crash:90 authfail:5"], "persourcepenaltyexemptlist": ["none"]}


def guard(jail: Any = None, crowdsec: list[str] | None = None, **areas: Any) -> dict[str, Any]:
    return {"throttle": {"fail2ban": jail, "crowdsec_exempt": crowdsec or []}, **areas}


BOUNCER = {"active": ["crowdsec.service", "crowdsec-firewall-bouncer.service"], "enabled": []}


@pytest.mark.parametrize(
    ("areas", "declared", "status"),
    [
        (guard(), {}, "fail"),
        (guard({}), {}, "fail"),
        (guard(JAIL), {}, "pass"),
        (guard({**JAIL, "bantime": -1}), {}, "pass"),
        (guard({**JAIL, "maxretry": 6}), {}, "fail"),
        (guard({**JAIL, "maxretry": 6}), {"bulwark_throttle_max_retry": 6}, "pass"),
        (guard({**JAIL, "actions": []}), {}, "fail"),
        (guard({**JAIL, "watches": False}), {}, "fail"),
        (guard({**JAIL, "ignorecommand": True}), {}, "fail"),
        (guard({**JAIL, "ignoreip": ["10.1.1.0/24"]}), {}, "fail"),
        (guard({**JAIL, "ignoreip": ["10.1.1.0/24"]}), {"bulwark_throttle_exempt": ["10.1.0.0/16"]}, "pass"),
        (guard({**JAIL, "ignoreip": ["10.2.2.2"]}), {"bulwark_admin_cidrs": ["10.2.2.2/32"]}, "pass"),
        (guard({**JAIL, "ignoreip": ["10.2.2.0/24"]}), {"bulwark_admin_cidrs": ["10.2.2.0/24"]}, "fail"),
        (guard({**JAIL, "ignoreip": ["admin.example"]}), {}, "fail"),
        (guard(units=BOUNCER), {}, "pass"),
        (guard(units=BOUNCER, crowdsec=["10.0.0.0/8"]), {}, "fail"),
        (guard(units={"active": ["crowdsec.service"], "enabled": []}), {}, "fail"),
        (guard(sshd={**NEWER, "settings": PENALTIES}), {}, "pass"),
        (guard(sshd={**NEWER, "settings": {**PENALTIES, "persourcepenalties": ["no"]}}), {}, "fail"),
        (guard(sshd={**NEWER, "settings": {**PENALTIES, "persourcepenaltyexemptlist": ["10.0.0.0/8"]}}), {}, "fail"),
    ],
)
def test_throttle(areas: Any, declared: Any, status: str) -> None:
    assert judge("lin-ic-bruteforce-throttle", [socket(22)], areas=areas, **declared).status == status


def test_throttle_by_firewall_and_what_stays_unknown() -> None:
    control = "lin-ic-bruteforce-throttle"
    ssh = [socket(22)]
    assert judge(control, ssh, SHUT, areas=guard()).status == "pass"
    assert judge(control, ssh, MARKED, areas=guard()).status == "unknown"
    assert judge(control, ssh, areas=guard(), unread={"throttle.fail2ban": "only root may ask"}).status == "unknown"
    assert judge(control, [], areas=guard()).status == "unknown"
    for address, status in (("10.0.0.5", "pass"), ("192.0.2.5", "fail")):
        at = [socket(22, address=address)]
        assert judge(control, at, areas=guard(), bulwark_admin_cidrs=["10.0.0.0/8"]).status == status
    with pytest.raises(NotApplicable):
        judge(control, [], areas=guard(sshd={"running": False}))


@pytest.mark.parametrize(
    ("listening", "walls", "status"),
    [
        ([socket(22)], SHUT, "pass"),
        ([socket(22)], OPEN, "fail"),
        ([socket(22)], MARKED, "unknown"),
        ([socket(22, address="10.0.0.5"), socket(22, address="127.0.0.1")], OPEN, "pass"),
        ([socket(22, address="192.0.2.5")], OPEN, "fail"),
        ([socket(22, None)], OPEN, "fail"),
        ([socket(22, "systemd", unit="ssh.socket"), socket(80, "nginx")], SHUT, "pass"),
    ],
)
def test_ssh_listens_to_the_management_network(listening: list[Any], walls: Any, status: str) -> None:
    assert judge("lin-ns-ssh-listen", listening, walls, bulwark_admin_cidrs=["10.0.0.0/8"]).status == status


def test_ssh_without_a_management_network() -> None:
    with pytest.raises(Undeclared, match="bulwark_admin_cidrs"):
        judge("lin-ns-ssh-listen", [socket(22)])
    with pytest.raises(NotApplicable, match="no management network"):
        judge("lin-ns-ssh-listen", [socket(22)], bulwark_admin_cidrs=[])
    with pytest.raises(NotApplicable, match="no SSH server"):
        judge("lin-ns-ssh-listen", [socket(80, "nginx")], areas={"sshd": {"running": False}})
    with pytest.raises(Unread):
        judge(
            "lin-ns-ssh-listen",
            [socket(22)],
            unread={"firewall.chains": "root only"},
            bulwark_admin_cidrs=["10.0.0.0/8"],
        )


def tunnels(openvpn: Any = (), ipsec: Any = (), wireguard: Any = ()) -> dict[str, Any]:
    return {"vpn": {"openvpn": openvpn, "ipsec": ipsec, "wireguard": wireguard}}


def server(
    certificate: bool = True, optional: bool = False, checks: tuple[str, ...] = ("openvpn-plugin-auth-pam.so",)
) -> Any:
    return [{"file": "/etc/openvpn/a.conf", "certificate": certificate, "optional": optional, "checks": list(checks)}]


def users(*auth: str) -> Any:
    return [{"connection": "users", "file": "/etc/swanctl/swanctl.conf", "auth": list(auth)}]


WIREGUARD = [{"interface": "wg0", "port": 51820, "users": 2}]


@pytest.mark.parametrize(
    ("areas", "declared", "status"),
    [
        (tunnels(server()), {}, "pass"),
        (tunnels(server(certificate=False)), {}, "fail"),
        (tunnels(server(optional=True)), {}, "fail"),
        (tunnels(server(checks=())), {}, "fail"),
        (tunnels(server(checks=("own.sh",))), {}, "unknown"),
        (tunnels(ipsec=users("pubkey", "eap-radius")), {}, "pass"),
        (tunnels(ipsec=users("pubkey")), {}, "fail"),
        (tunnels(ipsec=users("psk")), {}, "fail"),
        (tunnels(ipsec=users("eap-mschapv2")), {}, "fail"),
        (tunnels(ipsec=users("eap-radius")), {}, "unknown"),
        (tunnels(wireguard=WIREGUARD), {}, "unknown"),
        (tunnels(wireguard=WIREGUARD), {"bulwark_host_functions": ["vpn"]}, "fail"),
        (tunnels(wireguard=WIREGUARD), {"bulwark_host_functions": ["web"]}, "pass"),
        ({**tunnels(wireguard=WIREGUARD), "units": {"active": ["netbird.service"], "enabled": []}},
         {"bulwark_host_functions": ["vpn"]}, "pass"),
    ],
)  # fmt: skip
def test_vpn(areas: Any, declared: Any, status: str) -> None:
    assert judge("lin-mf-vpn", [], areas=areas, **declared).status == status


def test_no_vpn() -> None:
    with pytest.raises(NotApplicable):
        judge("lin-mf-vpn", [], areas=tunnels(wireguard=[{"interface": "wg0", "port": 1, "users": 0}]))


COCKPIT = [socket(9090, "systemd", unit="cockpit.socket")]


def pam(*modules: str) -> dict[str, Any]:
    entries = [{"control": "required", "module": module, "args": [], "file": "/etc/pam.d/cockpit", "line": 1}
               for module in modules]  # fmt: skip
    return {"pam": {"services": {"cockpit": {"auth": entries}}}}


@pytest.mark.parametrize(
    ("listening", "walls", "areas", "status"),
    [
        (COCKPIT, OPEN, pam("pam_oath", "pam_unix"), "pass"),
        (COCKPIT, OPEN, pam("pam_unix"), "fail"),
        (COCKPIT, SHUT, pam("pam_unix"), "pass"),
        (COCKPIT, MARKED, pam("pam_unix"), "unknown"),
        (COCKPIT, firewall(rule([match("saddr", ["203.0.113.0/24"])], "accept")), pam("pam_unix"), "fail"),
        ([socket(3000, "node", unit="grafana-server.service")], OPEN, {}, "fail"),
        ([socket(3000, None)], OPEN, {}, "unknown"),
        ([socket(3000, None)], SHUT, {}, "pass"),
    ],
)
def test_web_consoles(listening: list[Any], walls: Any, areas: Any, status: str) -> None:
    found = judge("lin-mf-web-consoles", listening, walls, areas=areas, bulwark_admin_cidrs=["10.0.0.0/8"])
    assert found.status == status


def test_no_web_console() -> None:
    for listening in ([socket(9090, "prometheus", unit="prometheus.service")], [socket(9090, "x", "127.0.0.1")]):
        with pytest.raises(NotApplicable):
            judge("lin-mf-web-consoles", listening)
