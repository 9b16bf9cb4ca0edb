# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures about sshd: they tighten what is loose, keep what is strict, and leave what is somebody's to say."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.judges.ssh_host import key, user

from .ssh_measures import MAIN, drop_in, host, steps

ANNA = {"name": "anna", "kind": "person", "party": "customer", "admin": True}
JOB = {"name": "ansible", "kind": "automation", "party": "customer", "sources": ["10.0.0.0/24"]}
BOTH: dict[str, Any] = {"bulwark_accounts": [ANNA, JOB]}
FACTORS = {"authenticationmethods": "any", "kbdinteractiveauthentication": "no"}
#: sshd listens on another port, and no firewall filters.
OPEN: dict[str, Any] = {
    "sockets": {"listening": [{"proto": "tcp", "address": "0.0.0.0", "port": 2222, "process": "sshd", "unit": None}]},
    "firewall": {
        "chains": [],
        "addresses": [{"interface": "eth0", "address": "10.1.1.1"}],
        "uplinks": {"ip": [], "ip6": []},
    },
    "containers": {"ports": []},
}


def people(**areas: Any) -> dict[str, Any]:
    """Return areas in which anna and the automation have a key each in files of root's."""
    bound = key("ansible", "restrict", 'from="10.0.0.0/24"')
    return {"authorized": [key("anna"), bound], **areas}


def left(control: str, *arguments: Any, **declared: Any) -> str:
    with pytest.raises(Left) as reason:
        steps(control, *arguments, **declared)
    return str(reason.value)


class TestTightening:
    def test_nothing_is_done_where_all_is_well(self) -> None:
        for control in ("lin-ic-ssh-max-tries", "lin-ic-ssh-no-root", "lin-lm-ssh-verbose"):
            assert steps(control, host()) == [], control

    def test_only_what_is_looser_is_set(self) -> None:
        found = host(settings={"maxauthtries": "3", "logingracetime": "0", "maxstartups": "5:10:100"})
        assert drop_in("lin-ic-ssh-max-tries", found) == "LoginGraceTime 60\nMaxStartups 5:30:60\n"

    def test_match_lines_are_repeated_up_to_the_last_that_is_looser(self) -> None:
        blocks = [
            ("user a", ["a"], {"maxauthtries": "2"}),
            ("group b address 10.0.0.0/8", ["b"], {"maxauthtries": "9"}),
            ("user c", ["c"], {"maxauthtries": "1"}),
        ]
        found = host(user("a"), user("b"), user("c"), matches=blocks)
        assert drop_in("lin-ic-ssh-max-tries", found) == (
            "Match User a\n    MaxAuthTries 2\nMatch Group b Address 10.0.0.0/8\n    MaxAuthTries 4\n"
        )

    def test_a_match_that_sets_something_else_has_the_value_of_all(self) -> None:
        found = host(user("a"), settings={"maxauthtries": "6"}, matches=[("user a", ["a"], {"x11forwarding": "no"})])
        assert drop_in("lin-ic-ssh-max-tries", found) == "MaxAuthTries 4\n"

    def test_a_blank_in_a_pattern_is_left(self) -> None:
        found = host(user("a"), matches=[("group domain users", ["a"], {"maxauthtries": "9"})])
        assert "blank" in left("lin-ic-ssh-max-tries", found)

    def test_what_no_drop_in_can_change_is_left(self) -> None:
        loose: dict[str, Any] = {"settings": {"maxauthtries": "6"}}
        assert "command line" in left("lin-ic-ssh-max-tries", host(options=["-oMaxAuthTries=6"], **loose))
        assert "reads no drop-ins" in left("lin-ic-ssh-max-tries", host(version=[8, 0], **loose))

    @pytest.mark.parametrize(("name", "first"), [("00-agency.conf", True), ("10-site.conf", False)])
    def test_a_drop_in_that_sorts_before_ours_is_overtaken(self, name: str, first: bool) -> None:
        file = "/etc/ssh/sshd_config.d/" + name
        found = host(settings={"maxauthtries": "6"}, set_in=[("maxauthtries", file)])
        include = steps("lin-ic-ssh-max-tries", found)[0]
        assert (include["path"], include["arguments"]["first"]) == (MAIN, first)

    def test_a_jump_host_gets_its_wider_limit_with_one_for_each_source(self) -> None:
        found = host(settings={"maxstartups": "200:30:400", "persourcemaxstartups": "none"})
        assert drop_in("lin-ic-ssh-max-tries", found, bulwark_host_functions=["jump"]) == (
            "PerSourceMaxStartups 20\nMaxStartups 100:30:200\n"
        )

    def test_a_list_of_sshds_own_keeps_up_and_a_chosen_one_stays(self) -> None:
        weak = {"ciphers": "aes256-ctr,aes128-cbc", "macs": "hmac-sha2-256,hmac-sha1"}
        found = host(settings=weak, set_in=[("ciphers", MAIN)])
        assert drop_in("lin-ic-ssh-crypto", found) == "Ciphers aes256-ctr\nMACs -hmac-md5*,hmac-sha1*,*-96*,umac-64*\n"
        assert "without any algorithm" in left("lin-ic-ssh-crypto", host(settings={"ciphers": "aes128-cbc"}))

    def test_the_crypto_policy_loses_only_what_is_weak(self) -> None:
        (step,) = steps("lin-ic-ssh-crypto", host(system={"crypto_policy": "DEFAULT:SHA1:NO-CBC"}))
        assert step["arguments"] == {"policy": "DEFAULT:NO-CBC"}
        (step,) = steps("lin-ic-ssh-crypto", host(system={"crypto_policy": "LEGACY"}))
        assert step["arguments"] == {"policy": "DEFAULT"}


class TestWaysIn:
    def test_a_password_stays_where_nothing_else_opens_an_account(self) -> None:
        found = host(
            user("zoe", password="usable"),
            settings={"passwordauthentication": "yes", "authenticationmethods": "any"},
        )
        assert "zoe: no SSH key opens the account" in left("lin-ic-ssh-no-password", found)

    def test_root_stays_where_nobody_else_gets_in(self) -> None:
        loose: dict[str, Any] = {"permitrootlogin": "prohibit-password"}
        run = host(settings=loose, system={"account": "root"})
        assert "this very run logs in as root" in left("lin-ic-ssh-no-root", run)
        local: dict[str, Any] = {"account": "root", "peer": ""}
        assert "no other account" in left("lin-ic-ssh-no-root", host(settings=loose, system=local))
        admin = user("anna", groups=["sudo"])
        assert drop_in("lin-ic-ssh-no-root", host(admin, settings=loose, system=local, **people())) == (
            "PermitRootLogin no\n"
        )

    def test_a_policy_that_allows_more_is_enough(self) -> None:
        loose: dict[str, Any] = {"permitrootlogin": "without-password"}
        assert steps("lin-ic-ssh-no-root", host(settings=loose), bulwark_ssh_permit_root="prohibit-password") == []

    def test_an_authority_that_nobody_approved_is_somebodys_to_judge(self) -> None:
        ca = {"path": "/etc/ssh/ca.pub", "line": 1, "type": "ssh-ed25519", "bits": 256, "fingerprint": "SHA256:ca"}
        found = host(settings={"ignorerhosts": "no"}, keys={"trusted_cas": [ca]})
        assert "bulwark_accounts" in left("lin-ns-ssh-trust", found, bulwark_accounts=[])
        assert "bulwark_accounts" in left("lin-ns-ssh-trust", found)

    def test_a_jump_host_forwards_only_to_where_somebody_said(self) -> None:
        open_to_all: dict[str, Any] = {"disableforwarding": "no", "allowtcpforwarding": "yes", "x11forwarding": "yes"}
        declared: dict[str, Any] = {
            "bulwark_accounts": [{**ANNA, "party": "msp:north"}],
            "bulwark_host_functions": ["jump"],
        }
        found = host(user("anna"), settings=open_to_all, **people())
        assert "PermitOpen" in left("lin-ns-ssh-forwarding", found, **declared)
        found = host(user("anna"), settings={**open_to_all, "permitopen": "10.0.0.1:22"}, **people())
        assert "AllowTcpForwarding local\n" in str(drop_in("lin-ns-ssh-forwarding", found, **declared))


class TestFactors:
    def test_nobody_is_asked_for_a_code_before_it_is_said_who_is_a_machine(self) -> None:
        found = host(user("anna"), user("ansible", 1001), settings=FACTORS, **people())
        assert "bulwark_accounts" in left("lin-mf-ssh-methods", found)
        assert "ansible: not in bulwark_accounts" in left("lin-mf-ssh-methods", found, bulwark_accounts=[ANNA])

    def test_people_need_a_code_and_machines_their_key(self) -> None:
        found = host(user("anna"), user("ansible", 1001), settings=FACTORS, **people())
        assert drop_in("lin-mf-ssh-methods", found, **BOTH) == (
            "AuthenticationMethods publickey,keyboard-interactive:pam\nKbdInteractiveAuthentication yes\n"
            "Match User ansible\n    AuthenticationMethods publickey\n"
        )

    def test_security_keys_are_for_those_who_surely_have_one(self) -> None:
        algorithms = "ssh-ed25519,sk-ssh-ed25519@openssh.com,ssh-rsa"
        settings: dict[str, Any] = {**FACTORS, "pubkeyacceptedalgorithms": algorithms}
        by_key: dict[str, Any] = {**BOTH, "bulwark_mfa_method": "sk"}
        found = host(user("anna"), user("ansible", 1001), settings=settings, **people())
        assert "anna: no security key" in left("lin-mf-ssh-methods", found, **by_key)
        sure = [key("anna", "verify-required", type="sk-ssh-ed25519@openssh.com"), people()["authorized"][1]]
        found = host(user("anna"), user("ansible", 1001), settings=settings, authorized=sure)
        assert drop_in("lin-mf-ssh-methods", found, **by_key) == (
            "AuthenticationMethods publickey\nPubkeyAcceptedAlgorithms sk-ssh-ed25519@openssh.com\n"
            "PubkeyAuthOptions verify-required\nMatch User ansible\n    AuthenticationMethods publickey\n"
            "    PubkeyAcceptedAlgorithms ssh-ed25519,sk-ssh-ed25519@openssh.com\n    PubkeyAuthOptions none\n"
        )

    def test_security_keys_are_no_matter_where_the_method_is_another(self) -> None:
        found = host(user("anna"), **people())
        assert "bulwark_mfa_method" in left("lin-mf-sk-keys", found, **BOTH)

    @pytest.mark.parametrize(
        ("account", "peer", "reason"),
        [({"sources": []}, "", "names no sources"), ({}, "192.0.2.7", "none of its sources")],
    )
    def test_a_machines_key_is_not_bound_by_guess(self, account: dict[str, Any], peer: str, reason: str) -> None:
        found = host(user("ansible", 1001), system={"peer": peer}, authorized=[key("ansible")])
        assert reason in left("lin-mf-ssh-methods", found, bulwark_accounts=[{**JOB, **account}])

    def test_the_dialogue_is_opened_where_a_key_comes_first(self) -> None:
        found = host(user("anna"), settings={"kbdinteractiveauthentication": "no", "usepam": "no"}, **people())
        assert drop_in("lin-mf-ssh-pam", found, **BOTH) == "KbdInteractiveAuthentication yes\nUsePAM yes\n"


class TestKeys:
    def test_the_last_key_stays_however_weak(self) -> None:
        weak = key("anna", type="ssh-rsa", bits=1024)
        assert "anna: every key is weak" in left("lin-aa-key-hygiene", host(user("anna"), authorized=[weak]), **BOTH)
        both = [weak, key("anna", fingerprint="SHA256:good")]
        edits = steps("lin-aa-key-hygiene", host(user("anna"), authorized=both), **BOTH)
        assert {step["path"]: step["arguments"] for step in edits}[weak["path"]] == {"without": ["SHA256:aaa"]}

    def test_a_file_that_strict_modes_would_refuse_is_named(self) -> None:
        found = host(user("anna"), settings={"strictmodes": "no"}, authorized=[key("anna", mode="0664")])
        assert "anna: sshd would refuse the key file" in left("lin-aa-key-hygiene", found, **BOTH)

    def test_a_file_of_roots_that_is_there_is_used(self) -> None:
        files = [
            {"user": "anna", "path": "/home/anna/.ssh/authorized_keys", "exists": True, "writable_by_user": True},
            {"user": "anna", "path": "/etc/keys/anna", "exists": False, "writable_by_user": False},
        ]
        external: dict[str, Any] = {"bulwark_accounts": [{**ANNA, "party": "msp:north"}]}
        found = host(user("anna"), authorized=[key("anna")], keys={"files": files})
        edit, absent, *_include = steps("lin-aa-key-hygiene", found, **external)
        assert (edit["path"], edit["reads"], absent["path"]) == ("/etc/keys/anna", [files[0]["path"]], files[0]["path"])
        assert drop_in("lin-aa-key-hygiene", found, **external) == (
            "Match User anna\n    AuthorizedKeysFile /etc/keys/anna\n"
        )


class TestFirewall:
    def test_the_run_is_not_shut_out(self) -> None:
        reason = left("lin-ns-ssh-listen", host(**OPEN), bulwark_admin_cidrs=["172.16.0.0/24"])
        assert "this run comes from 10.0.0.9" in reason

    def test_networks_are_merged_and_each_family_has_its_own(self) -> None:
        cidrs = ["10.0.0.0/24", "10.0.0.9/32", "2001:db8::/32"]
        rules = steps("lin-ns-ssh-listen", host(**OPEN), bulwark_admin_cidrs=cidrs)[1]["content"]
        assert "tcp dport { 2222 } ip saddr { 10.0.0.0/24 } accept" in rules
        assert "tcp dport { 2222 } ip6 saddr { 2001:db8::/32 } accept" in rules
        assert rules.index("accept") < rules.index("tcp dport { 2222 } drop")

    def test_without_systemd_nothing_would_load_the_rules(self) -> None:
        found = host(system={"systemd": False}, **OPEN)
        assert "systemd" in left("lin-ns-ssh-listen", found, bulwark_admin_cidrs=["10.0.0.0/24"])
