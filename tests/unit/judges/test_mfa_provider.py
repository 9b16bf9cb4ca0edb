# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable, Verdict

from .host import areas, identities, judge, pam, person, user

CONFIG = "/etc/duo/pam_duo.conf"
HOST = "api-1.duosecurity.com"


def duo(**options: Any) -> dict[str, Any]:
    mode = options.pop("mode", 0o600)
    good = {"failmode": "secure", "host": HOST, "keys": True, **options}
    return {"path": CONFIG, "program": "pam_duo", "owner_uid": 0, "mode": mode, "options": good}


def host(*configs: dict[str, Any], stack: str = "auth required pam_duo.so\n", **more: Any) -> dict[str, Any]:
    users = [user("ana", groups=["ana", "staff"]), user("bob", groups=["bob", "sudo"])]
    found = {"duo": list(configs), "duo_proxy": more.get("proxy"), "radius": more.get("radius", [])}
    names = {"entries": more.get("entries", []), "overrides": more.get("overrides", [])}
    return areas(users, pam={"services": pam({"sshd": stack})}, factors=found, hosts_file=names)


def test_a_configuration_that_fails_closed_passes() -> None:
    assert judge("lin-mf-duo-secure", host(duo(), proxy=None)).status == "pass"


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"failmode": "safe"}, "failmode"),
        ({"prompts": "9"}, "prompts"),
        ({"autopush": "yes"}, "autopush"),
        ({"mode": 0o644}, "mode"),
        ({"groups": "staff,!sudo"}, "groups bob"),
        ({"groups": "nobody *aff"}, "groups bob"),
    ],
)
def test_what_opens_duo(options: dict[str, Any], wrong: str) -> None:
    assert identities(judge("lin-mf-duo-secure", host(duo(**options)))) == ["%s %s" % (CONFIG, wrong)]


def test_failmode_is_open_where_nothing_is_set() -> None:
    config = duo()
    del config["options"]["failmode"]
    assert identities(judge("lin-mf-duo-secure", host(config))) == [CONFIG + " failmode"]


def test_a_registered_provider_must_be_asked_too() -> None:
    facts = host(duo(groups="sudo"))
    assert judge("lin-mf-duo-secure", facts).status == "pass"
    verdict = judge("lin-mf-duo-secure", facts, bulwark_accounts=[person("ana", admin=False)])
    assert identities(verdict) == [CONFIG + " groups ana"]


def test_each_server_of_the_proxy_fails_closed() -> None:
    path = "/opt/duoauthproxy/conf/authproxy.cfg"
    servers = [
        {"name": "radius_server_auto", "line": 3, "failmode": "secure"},
        {"name": "ldap_server_auto", "line": 9, "failmode": None},
    ]
    facts = host(proxy={"path": path, "servers": servers}, stack="auth required pam_unix.so\n")
    assert identities(judge("lin-mf-duo-secure", facts)) == [path + " [ldap_server_auto] failmode"]


def test_the_package_s_own_file_is_no_duo() -> None:
    shipped = duo(failmode="safe", keys=False)
    with pytest.raises(NotApplicable):
        judge("lin-mf-duo-secure", host(shipped, stack="auth required pam_unix.so\n"))
    assert judge("lin-mf-duo-secure", host(shipped)).status == "fail"
    elsewhere = "auth required pam_duo.so conf=/etc/duo/own.conf\n"
    own = {**duo(), "path": "/etc/duo/own.conf"}
    assert judge("lin-mf-duo-secure", host(shipped, own, stack=elsewhere)).status == "pass"


def redirect(thresholds: dict[str, Any] | None = None, **more: Any) -> Verdict:
    return judge("lin-mf-hosts-redirect", host(duo(), **more), thresholds=thresholds)


def test_a_host_file_without_the_provider_passes() -> None:
    assert (
        redirect(entries=[{"address": "127.0.0.1", "names": ["localhost"], "file": "/etc/hosts", "line": 1}]).status
        == "pass"
    )


def test_redirected_names_fail() -> None:
    verdict = redirect(
        {"bulwark_mfa_provider_hosts": ["Login.Example."]},
        entries=[
            {"address": "127.0.0.1", "names": [HOST], "file": "/etc/hosts", "line": 7},
            {"address": "192.0.2.1", "names": ["x", "login.example"], "file": "/etc/hosts", "line": 8},
        ],
        overrides=[
            {"domain": "duosecurity.com", "below": True, "file": "/etc/dnsmasq.conf", "line": 2, "text": "address"},
            {"domain": "security.com", "below": True, "file": "/etc/dnsmasq.conf", "line": 3, "text": "address"},
            {"domain": "example", "below": False, "file": "/etc/unbound/unbound.conf", "line": 4, "text": "local-data"},
        ],
    )
    assert sorted(identities(verdict)) == [
        "/etc/dnsmasq.conf " + HOST,
        "/etc/hosts " + HOST,
        "/etc/hosts login.example",
    ]
    assert "/etc/hosts:7: %s is sent to 127.0.0.1" % HOST in [each.text for each in verdict.wrong]


def test_radius_servers_count_where_pam_asks_them() -> None:
    radius = [{"path": "/etc/pam_radius_auth.conf", "servers": ["radius.example", "192.0.2.1"]}]
    entries = [{"address": "192.0.2.9", "names": ["radius.example"], "file": "/etc/hosts", "line": 2}]
    facts = host(radius=radius, entries=entries, stack="auth required pam_radius_auth.so\n")
    assert identities(judge("lin-mf-hosts-redirect", facts)) == ["/etc/hosts radius.example"]
    with pytest.raises(NotApplicable):
        judge("lin-mf-hosts-redirect", host(radius=radius, entries=entries, stack="auth required pam_unix.so\n"))
