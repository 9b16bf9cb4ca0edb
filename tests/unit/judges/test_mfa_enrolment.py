# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import Undeclared
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable

from .host import areas, identities, judge, key, pam, person, user

OATH = "/etc/users.oath"
STACK = "auth required pam_unix.so\nauth required pam_oath.so usersfile=/etc/users.oath\n"


def line(module: str, pattern: str, *args: str) -> dict[str, Any]:
    return {
        "module": module,
        "service": "sshd",
        "pattern": pattern,
        "args": list(args),
        "file": "/etc/pam.d/sshd",
        "line": 2,
    }


def oath(*names: str, **more: Any) -> dict[str, Any]:
    users = [{"user": name, "type": "HOTP/T30/6", "line": at} for at, name in enumerate(names, 1)]
    return {"path": OATH, "pattern": OATH, "owner_uid": 0, "mode": 0o600, "users": users, **more}


def google(name: str, **more: Any) -> dict[str, Any]:
    pattern = more.pop("pattern", "~/.google_authenticator")
    options = more.pop("options", {"RATE_LIMIT": [3, 30], "WINDOW_SIZE": [3], "DISALLOW_REUSE": [], "TOTP_AUTH": []})
    path = "/home/%s/.google_authenticator" % name
    return {"path": path, "pattern": pattern, "user": name, "owner_uid": 0, "mode": 0o600, "options": options, **more}


def factors(*lines: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {"modules": list(lines), "oath": [], "google": [], "u2f": [], "yubico": [], "duo": [], "radius": [], **facts}


def host(*users: dict[str, Any], stack: str = STACK, **facts: Any) -> dict[str, Any]:
    found = facts.pop("factors", None) or factors(line("pam_oath", OATH), **facts)
    return areas(list(users) or [user("ana")], pam={"services": pam({"sshd": stack})}, factors=found)


def test_exactly_the_registered_factors_pass() -> None:
    facts = host(user("ana"), user("bob"), oath=[oath("ana")])
    facts["keys"]["authorized"].append(key("bob", "sk-ssh-ed25519@openssh.com"))
    accounts = [person("ana", factors=["key", "totp"]), person("bob", factors=["sk"])]
    assert judge("lin-mf-enrolled", facts, bulwark_accounts=accounts).status == "pass"


def test_without_a_register_it_is_unknown() -> None:
    with pytest.raises(Undeclared, match="bulwark_accounts"):
        judge("lin-mf-enrolled", host(oath=[oath("ana")]))


def test_missing_extra_kept_doubled_and_orphaned_factors_fail() -> None:
    facts = host(
        user("ana"), user("bob"), user("cle", expired=True), user("dot", shell="/usr/sbin/nologin"), user("eve"),
        oath=[oath("bob", "cle", "dot", "eve", "gone", "bob")],
    )  # fmt: skip
    accounts = [person("ana", factors=["totp"]), person("bob", factors=["sk"]), person("cle", factors=["totp"])]
    verdict = judge("lin-mf-enrolled", facts, bulwark_accounts=accounts)
    assert identities(verdict) == [
        "ana: totp missing",
        "bob: totp not registered",
        "bob: sk missing",
        "cle: totp kept",
        "dot: totp kept",
        "eve: totp not registered",
        "gone: no account",
        "bob: twice in /etc/users.oath",
    ]
    assert verdict.cause is None


def test_where_nothing_asks_for_a_factor_it_follows_from_the_methods() -> None:
    facts = host(stack="auth required pam_unix.so\n", factors=factors(oath=[oath("ana")]))
    verdict = judge("lin-mf-enrolled", facts, bulwark_accounts=[person("ana", factors=["key", "totp"])])
    assert (identities(verdict), verdict.cause) == (["ana: totp missing"], "lin-mf-ssh-methods")


def test_machines_and_a_provider_s_factors_are_not_looked_for_on_the_host() -> None:
    facts = host(user("ana"), user("robot"))
    accounts = [person("ana", factors=["duo"]), person("robot", kind="automation", factors=["key"])]
    assert judge("lin-mf-enrolled", facts, bulwark_accounts=accounts).status == "pass"
    accounts[0]["factors"] = ["key"]
    assert identities(judge("lin-mf-enrolled", facts, bulwark_accounts=accounts)) == ["ana: no second factor"]


def test_an_unreadable_file_is_unknown() -> None:
    facts = host(oath=[{"path": OATH, "pattern": OATH, "unread": OATH + ": permission denied"}])
    accounts = [person("ana", factors=["totp"])]
    assert judge("lin-mf-enrolled", facts, bulwark_accounts=accounts).status == "unknown"
    assert judge("lin-mf-central-enrol", facts).status == "unknown"


def test_central_files_of_root_pass() -> None:
    secret = "/var/lib/totp/${USER}"
    found = factors(
        line("pam_oath", OATH),
        line("pam_u2f", "/etc/u2f_keys"),
        line("pam_google_authenticator", secret, "user=root"),
        oath=[oath("ana")],
        u2f=[{"path": "/etc/u2f_keys", "pattern": "/etc/u2f_keys", "owner_uid": 0, "mode": 0o644, "users": {"ana": 2}}],
        google=[google("ana", pattern=secret), google("ana")],
    )
    assert judge("lin-mf-central-enrol", host(factors=found)).status == "pass"


def test_factors_in_homes_or_open_to_others_fail() -> None:
    found = factors(
        line("pam_oath", OATH),
        line("pam_u2f", "~/.config/Yubico/u2f_keys"),
        line("pam_google_authenticator", "/var/lib/totp/${USER}"),
        line("pam_oath", "${HOME}/.oath"),
        oath=[oath("ana", mode=0o640, owner_uid=1000)],
    )
    assert identities(judge("lin-mf-central-enrol", host(factors=found))) == [
        "/etc/pam.d/sshd:2 pam_u2f",
        "/etc/pam.d/sshd:2 pam_google_authenticator user",
        "/etc/pam.d/sshd:2 pam_oath",
        "/etc/users.oath owner",
        "/etc/users.oath mode",
    ]


def test_codes_are_limited() -> None:
    found = factors(
        line("pam_oath", OATH, "window=5"),
        line("pam_google_authenticator", "~/.google_authenticator"),
        google=[google("ana"), google("bob", options={"RATE_LIMIT": [3, 30], "HOTP_COUNTER": []})],
    )
    assert judge("lin-mf-code-limits", host(factors=found)).status == "pass"
    found["modules"][0]["args"] = ["window=20"]
    found["google"] = [google("ana", options={"WINDOW_SIZE": [17], "TOTP_AUTH": []})]
    assert identities(judge("lin-mf-code-limits", host(factors=found))) == [
        "/etc/pam.d/sshd:2 pam_oath window",
        "/home/ana/.google_authenticator RATE_LIMIT",
        "/home/ana/.google_authenticator DISALLOW_REUSE",
        "/home/ana/.google_authenticator WINDOW_SIZE",
    ]


def test_a_secret_that_cannot_be_read_leaves_its_limits_unknown() -> None:
    unread = {"path": "/home/ana/.google_authenticator", "pattern": "~/.google_authenticator", "user": "ana"}
    found = factors(
        line("pam_google_authenticator", "~/.google_authenticator"), google=[{**unread, "unread": "denied"}]
    )
    assert judge("lin-mf-code-limits", host(factors=found)).unread == ("denied",)


@pytest.mark.parametrize("control", ["lin-mf-code-limits", "lin-mf-central-enrol"])
def test_methods_that_nothing_asks_are_not_judged(control: str) -> None:
    with pytest.raises(NotApplicable):
        judge(control, host(factors=factors(oath=[oath("ana", mode=0o666)])))
