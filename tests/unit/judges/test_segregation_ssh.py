# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest

from tests.unit.judges.ssh_host import facts, judge, key, user, verdict

FORWARDING, TRUST = "lin-ns-ssh-forwarding", "lin-ns-ssh-trust"
PROVIDER = [{"name": "kim", "kind": "person", "party": "msp:north"}]
KIM = [user("kim")]
OPEN = {"disableforwarding": "no", "allowtcpforwarding": "yes"}


@pytest.mark.parametrize(
    ("settings", "wrong"),
    [
        ({}, ""),
        ({"disableforwarding": "no"}, ""),
        (OPEN, "kim: allowtcpforwarding is yes for every login"),
        ({"disableforwarding": "yes", "allowtcpforwarding": "yes"}, ""),
        ({"permittunnel": "yes"}, "kim: permittunnel is yes"),
        ({"disableforwarding": "no", "gatewayports": "clientspecified"}, "kim: gatewayports is clientspecified"),
    ],
)
def test_a_provider_forwards_nothing(settings: dict[str, str], wrong: str) -> None:
    status, items, _reason = judge(FORWARDING, facts(KIM, [key("kim")], settings), bulwark_accounts=PROVIDER)
    assert (status, len(items)) == (("fail", 1) if wrong else ("pass", 0))
    assert wrong in "".join(items)


@pytest.mark.parametrize(
    ("functions", "settings", "status"),
    [
        (["jump"], {"allowtcpforwarding": "local", "permitopen": "10.1.0.10:22 10.1.0.11:22"}, "pass"),
        (["jump"], {"allowtcpforwarding": "yes", "permitlisten": "none", "permitopen": "10.1.0.10:22"}, "pass"),
        (["jump"], {"allowtcpforwarding": "yes", "permitopen": "10.1.0.10:22"}, "fail"),
        (["jump"], {"allowtcpforwarding": "local", "permitopen": "any"}, "fail"),
        (["jump"], {"allowtcpforwarding": "local", "permitopen": "*:22"}, "fail"),
        (["jump"], {"allowtcpforwarding": "local", "permitopen": "10.1.0.10:*"}, "fail"),
        (["web"], {"allowtcpforwarding": "local", "permitopen": "10.1.0.10:22"}, "fail"),
    ],
)
def test_a_bastion_forwards_to_named_hosts(functions: list[str], settings: dict[str, str], status: str) -> None:
    host = facts(KIM, [key("kim")], {"disableforwarding": "no", **settings})
    assert judge(FORWARDING, host, bulwark_accounts=PROVIDER, bulwark_host_functions=functions)[0] == status


@pytest.mark.parametrize(
    ("shell", "command", "severity"),
    [("/bin/bash", "none", "low"), ("/bin/bash", "/bin/menu", None), ("/usr/sbin/nologin", "none", None)],
)
def test_it_weighs_more_where_no_shell_can_get_around_it(shell: str, command: str, severity: str | None) -> None:
    host = facts([user("kim", shell=shell)], [key("kim")], {**OPEN, "forcecommand": command})
    assert verdict(FORWARDING, host, bulwark_accounts=PROVIDER).severity == severity


@pytest.mark.parametrize(
    ("keys", "settings", "status"),
    [
        ([key("kim", "restrict")], OPEN, "pass"),
        ([key("kim", "restrict", "port-forwarding")], OPEN, "fail"),
        ([key("kim", "restrict", writable_by_user=True)], OPEN, "fail"),
        ([key("kim", "restrict"), key("kim")], OPEN, "fail"),
        ([key("kim", "restrict")], {**OPEN, "trustedusercakeys": "/etc/ssh/ca.pub"}, "fail"),
    ],
)
def test_a_restricted_key_binds_whom_nothing_else_lets_in(
    keys: list[dict[str, Any]], settings: dict[str, str], status: str
) -> None:
    settings = {"kbdinteractiveauthentication": "no", **settings}
    assert judge(FORWARDING, facts(KIM, keys, settings), bulwark_accounts=PROVIDER)[0] == status


def test_without_providers_there_is_nothing_to_forbid() -> None:
    assert judge(FORWARDING, facts(KIM, [key("kim")], OPEN), bulwark_accounts=[])[0] == "not_applicable"
    assert judge(FORWARDING, facts(KIM, [key("kim")], OPEN))[0] == "unknown"
    assert judge(FORWARDING, facts(settings=OPEN), bulwark_accounts=PROVIDER)[0] == "not_applicable"


def test_a_provider_whose_keys_cannot_be_seen_is_unknown() -> None:
    host = facts(
        KIM, settings={**OPEN, "kbdinteractiveauthentication": "no"}, keys={"unreadable": {"kim": "too large"}}
    )
    status, _items, reason = judge(FORWARDING, host, bulwark_accounts=PROVIDER)
    assert (status, reason) == ("unknown", "kim may be able to log in: too large")


AUTHORITY = {"path": "/etc/ssh/ca.pub", "line": 1, "type": "ssh-ed25519", "bits": 256, "fingerprint": "SHA256:ca"}
CERTIFIED = {"trustedusercakeys": "/etc/ssh/ca.pub", "authorizedprincipalsfile": "/etc/ssh/principals/%u"}


@pytest.mark.parametrize(
    ("settings", "areas", "wrong"),
    [
        ({}, {}, ""),
        ({"hostbasedauthentication": "yes"}, {}, "HostbasedAuthentication is yes for every login"),
        ({"ignorerhosts": "shosts-only"}, {}, "IgnoreRhosts is shosts-only for every login"),
        (
            {},
            {"trust": {"files": [{"path": "/etc/hosts.equiv", "user": None, "entries": 1}]}},
            "/etc/hosts.equiv: hosts",
        ),
        ({}, {"trust": {"files": [{"path": "/etc/hosts.equiv", "user": None, "entries": 0}]}}, ""),
        (CERTIFIED, {"keys": {"trusted_cas": [AUTHORITY]}}, "nobody approved the authority SHA256:ca"),
        ({**CERTIFIED, "authorizedprincipalsfile": "none"}, {}, "certificates choose their account themselves"),
    ],
)
def test_nobody_is_let_in_on_anothers_word(settings: dict[str, str], areas: dict[str, Any], wrong: str) -> None:
    status, items, _reason = judge(TRUST, facts(settings=settings, **areas), bulwark_accounts=[])
    assert (status, len(items)) == (("fail", 1) if wrong else ("pass", 0))
    assert wrong in "".join(items)


def test_an_authority_in_the_register_is_approved() -> None:
    host = facts(settings=CERTIFIED, keys={"trusted_cas": [AUTHORITY]})
    entry = {"name": "authority", "kind": "service", "party": "customer", "keys": [{"fingerprint": "SHA256:ca"}]}
    assert judge(TRUST, host, bulwark_accounts=[entry])[0] == "pass"
    assert judge(TRUST, host)[0] == "unknown"
    assert judge(TRUST, host, bulwark_accounts=[{**entry, "status": "proposed"}])[0] == "fail"


def test_a_trust_file_that_cannot_be_read_is_unknown() -> None:
    host = facts(trust={"unreadable": {"/root/.rhosts": "permission denied"}})
    assert judge(TRUST, host, bulwark_accounts=[])[::2] == ("unknown", "/root/.rhosts: permission denied")
