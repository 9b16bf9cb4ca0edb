# SPDX-License-Identifier: GPL-3.0-or-later
"""Remote tools, services, end of support, VPN peers and agents as judged."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.bulwark.msp.plugins.module_utils.readers.agents import SERVERS
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.end_of_support import FILE as DATES
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.end_of_support import end_of_support
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.remote_tools import FILE as TOOLS
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.remote_tools import remote_tools
from ansible_collections.bulwark.msp.plugins.plugin_utils.catalogue.strict_yaml import CatalogueError
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.remote_tools import runs
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from tests.unit.judges.host import TODAY, identities, judge

#: The row of lin-oa-remote-tools in the catalogue, in its order.
ASKED = (
    "TeamViewer", "AnyDesk", "RustDesk", "ScreenConnect", "MeshAgent", "Splashtop", "DWAgent", "NinjaOne", "Atera",
    "Action1", "Level", "SimpleHelp", "N-able", "Datto", "Kaseya", "Syncro", "Tactical RMM", "FleetDeck", "Zoho",
    "GoTo", "Bomgar", "Visual Studio Code", "Chrome Remote Desktop", "tmate", "gs-netcat", "ngrok", "cloudflared",
    "Tailscale", "ZeroTier", "xrdp", "VNC",
)  # fmt: skip
UNIT = {"path": "/usr/lib/systemd/system/anydesk.service", "masked": False, "active": False, "enabled": False}


def test_every_tool_that_the_catalogue_asks_for_is_known() -> None:
    names = " | ".join(tool.name for tool in remote_tools().tools)
    assert [name for name in ASKED if name not in names] == []


def test_servers_are_read_of_tools_that_are_known() -> None:
    assert set(SERVERS) <= {tool.id for tool in remote_tools().tools}


def test_what_is_known_says_when_and_from_where() -> None:
    support = end_of_support()
    for data in (remote_tools(), support):
        assert date(2026, 11, 1) <= data.dated <= date.today()
        assert data.sources
    for source in [*(one.source for one in support.systems), *(one.source for one in support.products)]:
        assert source.startswith("https://")
    for system in support.systems:
        assert all(extended.until > system.until for extended in system.extended), system.id


def test_no_tool_is_known_by_what_a_plain_system_has() -> None:
    plain = ["sshd", "systemd", "cron", "bash", "python3", "dbus-daemon", "nginx", "postgres", "defunct"]
    for name in plain:
        program = {"name": name, "path": f"/usr/bin/{name}"}
        assert [tool.id for tool in remote_tools().tools if runs(program, tool)] == []


@pytest.mark.parametrize(
    ("file", "load", "change"),
    [
        (TOOLS, remote_tools, lambda data: data["tools"][0].update(port=[1])),
        (TOOLS, remote_tools, lambda data: data["tools"][0].update(ports=["1"])),
        (TOOLS, remote_tools, lambda data: data["tools"].append(data["tools"][0])),
        (TOOLS, remote_tools, lambda data: data.update(dated="soon")),
        (DATES, end_of_support, lambda data: data["systems"][0].update(until="soon")),
        (DATES, end_of_support, lambda data: data["systems"][-1].update(own={"cobol": ["1"]})),
        (DATES, end_of_support, lambda data: data["products"][0].update(named=["("])),
        (DATES, end_of_support, lambda data: data["products"][0].update(named=["postgresql"])),
        (DATES, end_of_support, lambda data: data["products"][0]["branches"].update({"99": "soon"})),
    ],
)
def test_files_are_read_strictly(tmp_path: Path, file: Path, load: Any, change: Any) -> None:
    data = yaml.safe_load(file.read_text(encoding="utf-8"))
    change(data)
    wrong = tmp_path / "a" / "b" / "wrong.yml"
    wrong.parent.mkdir(parents=True)
    wrong.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(CatalogueError):
        load(wrong)


def tools(
    packages: dict[str, str] | None = None, units: dict[str, Any] | None = None,
    programs: list[dict[str, Any]] | None = None, listening: list[dict[str, Any]] | None = None,
    servers: dict[str, Any] | None = None, approved: list[dict[str, Any]] | None = None,
) -> Verdict:  # fmt: skip
    """Judge lin-oa-remote-tools."""
    agents = {"units": units or {}, "user_units": [], "programs": programs or [], "servers": servers or {}}
    areas = {"packages": {"installed": packages or {}}, "agents": agents, "sockets": {"listening": listening or []}}
    declared: dict[str, Any] = {} if approved is None else {"bulwark_remote_tools": approved}
    return judge("lin-oa-remote-tools", areas, **declared)


def test_a_host_without_tools_passes_even_if_nothing_is_declared() -> None:
    assert tools({"bash": "5"}).status == "pass"


def test_a_tool_is_found_wherever_it_shows() -> None:
    socket = {"proto": "tcp", "port": 3389, "process": None}
    found = tools(
        {"tmate": "2.4"}, {"anydesk.service": UNIT}, [{"name": "ngrok", "path": "/tmp/x", "uid": 0, "unit": None}],
        [socket], approved=[],
    )  # fmt: skip
    assert identities(found) == ["anydesk", "tmate: left", "ngrok", "xrdp"]
    assert found.severity is None


def test_a_port_is_no_tool_where_another_program_holds_it() -> None:
    assert tools(listening=[{"proto": "tcp", "port": 5900, "process": "qemu-system-x86"}], approved=[]).status == "pass"


def test_a_masked_unit_is_gone_and_a_package_that_is_left_is_a_lesser_matter() -> None:
    masked = {"anydesk.service": {**UNIT, "masked": True}}
    assert tools(units=masked, approved=[]).status == "pass"
    left = tools({"anydesk": "6"}, masked, approved=[])
    assert (left.status, left.severity) == ("fail", "medium")
    assert "remove it" in left.wrong[0].text
    running = {"anydesk.service": {**UNIT, "masked": True, "active": True}}
    assert tools(units=running, approved=[]).severity is None


def test_an_approved_tool_has_its_version_and_its_server() -> None:
    entry = {"name": "MeshAgent (MeshCentral)", "version": "1.*", "server": "mesh.example"}
    unit = {"meshagent.service": UNIT}
    own, foreign = [{"server": "mesh.example", "file": "/m"}], [{"server": "evil.example", "file": "/m"}]
    assert tools(units=unit, servers={"meshagent": own}, approved=[{**entry, "version": None}]).status == "pass"
    talks = tools(
        units=unit, servers={"meshagent": foreign}, approved=[{"name": "meshagent", "server": "mesh.example"}]
    )
    assert "it talks to evil.example" in talks.wrong[0].text
    assert tools(units=unit, servers={"meshagent": own}, approved=[entry]).status == "unknown"  # no package says which
    old = tools({"anydesk": "5.1"}, approved=[{"name": "anydesk", "version": "6.*"}])
    assert old.wrong[0].text == "AnyDesk: anydesk 5.1 is not the approved version 6.*"
    assert tools({"anydesk": "5"}, approved=[{"name": "anydesk", "server": "a.example"}]).status == "unknown"


def test_what_could_not_be_looked_at_keeps_a_pass_away_and_hides_nothing() -> None:
    facts = {"packages": {"installed": {}}, "agents": {"units": {"ngrok.service": UNIT}, "servers": {}}}
    found = judge("lin-oa-remote-tools", facts, bulwark_remote_tools=[])
    assert found.status == "fail"
    assert len(found.unread) == 3


def services(enabled: dict[str, str], installed: tuple[str, ...] = (), **more: Any) -> Verdict:
    """Judge lin-oa-services; `more` are facts of the area and inventory variables."""
    declared = {name: value for name, value in more.items() if name.startswith("bulwark_")}
    facts = {"enabled": enabled, "blocked": [], "loaded": [], "loadable": [], **more}
    areas = {"services": facts, "packages": {"installed": dict.fromkeys(installed, "1")}}
    return judge("lin-oa-services", areas, **declared)


def test_the_systems_own_units_and_those_of_a_function_are_no_news() -> None:
    packaged = "/usr/lib/systemd/system/"
    plain = {name: packaged + name for name in ("ssh.service", "cron.service", "getty@tty1.service", "fstrim.timer")}
    assert services(plain).status == "pass"
    web = {"nginx.service": packaged + "nginx.service"}
    assert services(web).status == "unknown"
    assert services(web, bulwark_host_functions=["web"]).status == "pass"
    assert services(web, bulwark_host_functions=["mail"], bulwark_services=[]).status == "fail"
    assert services(web, bulwark_services=[{"name": "ngin*.service"}]).status == "pass"


def test_what_makes_backups_is_declared_with_them() -> None:
    own = {"bulwark-backup-files.timer": "/etc/systemd/system/bulwark-backup-files.timer"}
    assert services(own, bulwark_services=[]).status == "fail"
    backup = {"name": "files", "tool": "restic", "repository": "/r", "key_file": "/k", "scope": ["/etc"], "rpo": "24h"}
    assert services(own, bulwark_services=[], bulwark_backups=[backup]).status == "pass"
    prunes = {"bulwark-prune-web.timer": "/etc/systemd/system/bulwark-prune-web.timer"}
    assert services(prunes, bulwark_services=[], bulwark_backups=[backup]).status == "fail"
    areas = {
        "services": {"enabled": prunes, "blocked": [], "loaded": [], "loadable": []},
        "packages": {"installed": {}},
    }
    thresholds = {"bulwark_prunes": [{"name": "web"}]}
    assert judge("lin-oa-services", areas, thresholds=thresholds, bulwark_services=[]).status == "pass"


def test_a_name_of_the_system_does_not_hide_a_unit_of_somebody_elses() -> None:
    own = {"systemd-helper.service": "/etc/systemd/system/systemd-helper.service"}
    assert identities(services(own, bulwark_services=[])) == ["systemd-helper.service"]


def test_severity_is_that_of_the_worst() -> None:
    own = {"x.service": "/etc/systemd/system/x.service"}
    assert services(own, ("telnetd",), bulwark_services=[]).severity is None
    assert services({}, ("telnetd",), loadable=["rds"]).severity == "medium"
    assert services({}, loadable=["rds"]).severity == "low"


def test_modules_pass_where_they_are_blocked_or_not_there() -> None:
    install = {"module": "rds", "how": "install", "place": "x"}
    assert services({}, loadable=["rds", "ext4"], blocked=[install]).status == "pass"
    alias = {**install, "how": "blacklist"}
    assert identities(services({}, loadable=["rds"], blocked=[alias])) == ["module rds"]
    assert identities(services({}, loadable=["rds"], loaded=["rds"], blocked=[install])) == ["module rds loaded"]


def support(
    release: dict[str, str], packages: dict[str, str] | None = None, archives: tuple[str, ...] = (), pro: Any = None
) -> Verdict:
    """Judge lin-oa-eol."""
    areas = {
        "system": {"release": release}, "packages": {"installed": packages or {}},
        "runtimes": {"archives": list(archives), "pro": pro},
    }  # fmt: skip
    return judge("lin-oa-eol", areas)


TRIXIE = {"id": "debian", "version_id": "13"}
FOCAL = {"id": "ubuntu", "version_id": "20.04"}


def test_longer_support_counts_only_where_it_is_taken() -> None:
    attached = {"attached": True, "services": ["esm-infra"]}
    assert support(FOCAL).status == "fail"
    assert "ESM until 2030-04-23" in support(FOCAL).wrong[0].text
    assert support(FOCAL, pro=attached).status == "pass"
    assert support(FOCAL, pro={**attached, "attached": False}).status == "fail"
    assert support({"id": "debian", "version_id": "12"}, archives=("bookworm-security",)).status == "pass"
    assert support({"id": "debian", "version_id": "11"}, archives=("bullseye-security",)).status == "fail"
    assert support({"id": "debian", "version_id": "11"}, archives=("bullseye-lts",)).status == "pass"
    assert support({"id": "rocky", "version_id": "9.4"}).status == "pass"
    assert support({"id": "rhel", "version_id": "7.9"}, archives=("rhel-7-server-els-rpms",)).status == "pass"
    assert support({"id": "gentoo", "version_id": "2"}).status == "unknown"


@pytest.mark.parametrize(
    ("package", "version", "status"),
    [
        ("postgresql-17", "17.6-0+deb13u1", "pass"),  # the system's own
        ("postgresql-13", "13.16-0+deb11u1", "fail"),  # left by an upgrade
        ("postgresql-17", "17.6-1.pgdg13+1", "pass"),
        ("postgresql-12", "12.20-1.pgdg13+1", "fail"),
        ("nodejs", "20.19.2+dfsg-1", "pass"),  # the system's own, past its maker's day
        ("nodejs", "20.20.0-1nodesource1", "fail"),
        ("mysql-server", "8.0.43-1debian13", "fail"),
        ("python2.7", "2.7.18-8", "fail"),
        ("openjdk-21-jre-headless", "21.0.8+9-1", "pass"),
        ("php8.1-fpm", "8.1.33-1+0~20250707+debian13~1.gbp+sury", "fail"),
        ("nodejs", "99.1-1nodesource1", "unknown"),
        ("redis", "none", "pass"),
    ],
)
def test_runtimes_and_databases(package: str, version: str, status: str) -> None:
    assert support(TRIXIE, {package: version}).status == status


def test_a_stream_of_red_hats_has_dates_that_are_not_known() -> None:
    nine = {"id": "almalinux", "version_id": "9.6"}
    assert support(nine, {"python3": "3.9.21-2.el9"}).status == "pass"
    assert support(nine, {"nodejs": "1:18.20.8-1.module_el9.5.0"}).status == "unknown"
    assert support(nine, {"postgresql12-server": "12.20-1PGDG.rhel9"}).status == "fail"


def seconds(day: date) -> int:
    """Return noon of a day."""
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=timezone.utc).timestamp())


def vpn(peers: list[dict[str, Any]] | None = None, clients: list[dict[str, Any]] | None = None, **more: Any) -> Verdict:
    """Judge lin-oa-vpn-peers of a host with these peers and clients; `more` are variables, and `crl_there`."""
    there = more.pop("crl_there", True)
    server = {"file": "/etc/openvpn/office.conf", "crl_there": there, "ccd": None, "clients": clients or []}
    facts = {"wireguard_peers": peers or [], "openvpn": [server] if clients is not None else [], "ipsec": []}
    return judge("lin-oa-vpn-peers", {"vpn": facts}, **more)


def peer(handshake: date | None, since: date | None = None, fingerprint: str = "SHA256:a") -> dict[str, Any]:
    return {
        "interface": "wg0", "fingerprint": fingerprint, "handshake": handshake and seconds(handshake),
        "since": since and seconds(since),
    }  # fmt: skip


def client(name: str, **more: bool) -> dict[str, Any]:
    return {"name": name, "places": [], "revoked": False, "disabled": False, "connected": False, **more}


def test_without_a_vpn_there_is_nothing_to_judge() -> None:
    with pytest.raises(NotApplicable):
        vpn()


@pytest.mark.parametrize(
    ("handshake", "since", "status"),
    [
        (date(2026, 11, 1), None, "pass"),
        (date(2026, 10, 8), None, "pass"),  # 45 days
        (date(2026, 10, 7), None, "fail"),
        (None, None, "unknown"),
        (None, date(2026, 11, 1), "unknown"),  # counters begin when the interface comes up
        (None, date(2026, 9, 1), "fail"),
    ],
)
def test_peers_have_shaken_hands_lately(handshake: date | None, since: date | None, status: str) -> None:
    assert vpn([peer(handshake, since)]).status == status


NORTH = {"name": "kim", "kind": "person", "party": "msp:north", "keys": [{"fingerprint": "SHA256:a"}]}
ENDED = {"party": "msp:north", "start": "2024-01-01", "end": "2025-12-31"}


def test_a_peer_of_an_ended_contract_is_found_by_its_key() -> None:
    found = vpn([peer(TODAY)], bulwark_accounts=[NORTH], bulwark_contracts=[ENDED])
    assert "belongs to kim: the contract of msp:north ended on 2025-12-31" in found.wrong[0].text
    running = {**ENDED, "end": "2027-12-31"}
    assert vpn([peer(TODAY)], bulwark_accounts=[NORTH], bulwark_contracts=[running]).status == "pass"


def test_clients_that_should_be_gone_are_disabled_or_revoked() -> None:
    gone: dict[str, Any] = {"bulwark_leavers": [{"person": "lea", "left": "2026-01-31"}]}
    assert vpn(clients=[client("lea", connected=True)], **gone).status == "fail"
    assert vpn(clients=[client("lea", disabled=True)], **gone).status == "pass"
    assert vpn(clients=[client("lea", revoked=True)], **gone).status == "pass"
    assert "crl-verify" in vpn(clients=[client("lea", revoked=True)], crl_there=False, **gone).wrong[0].text
    assert vpn(clients=[client("anna")], **gone).status == "unknown"
    assert vpn(clients=[client("anna", connected=True)], **gone).status == "pass"
    expired = {"name": "tom", "kind": "person", "party": "customer", "expires": "2026-11-01"}
    assert vpn(clients=[client("tom")], bulwark_accounts=[expired]).status == "fail"


def agents(confined: dict[str, dict[str, Any]], **thresholds: Any) -> Verdict:
    """Judge lin-lp-agent-user."""
    return judge("lin-lp-agent-user", {"agents": {"confined": confined}}, thresholds=thresholds)


def test_agents_have_as_little_power_as_they_can() -> None:
    bound = {"user": "telegraf", "no_new_privileges": True, "protect_system": "strict"}
    assert agents({"telegraf.service": bound}).status == "pass"
    assert agents({"telegraf.service": {**bound, "user": "dynamic"}}).status == "pass"
    loose = {"user": "root", "no_new_privileges": False, "protect_system": "no"}
    assert len(agents({"telegraf.service": bound, "tailscaled.service": loose}).wrong) == 3
    accepted = agents({"tailscaled.service": loose}, bulwark_root_agents=["tailscaled.service"])
    assert accepted.status == "pass"
    assert "tailscaled.service: root, as accepted" in accepted.evidence
    with pytest.raises(NotApplicable):
        agents({"ssh.service": loose})
