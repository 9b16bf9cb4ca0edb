# SPDX-License-Identifier: GPL-3.0-or-later
"""Who would be shut out by a change: nobody by one that changes nothing, and each by the thing that does it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.areas import AREAS
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.entry.lockout import shut_out
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorded import compose
from tests.unit.enforce.login_host import (
    ANA,
    DEFAULTS,
    EVERYTHING_BY_SUDO,
    INSTALLED,
    ROOT,
    TOTP,
    WITH_CODE,
    case,
    key,
    state,
    user,
)

GLASS = {"name": "fire", "kind": "break_glass", "party": "customer"}
BOT = {"name": "bot", "kind": "automation", "party": "msp:north", "sources": ["10.0.0.0/8"]}


def out(
    before: Mapping[str, Any], after: Mapping[str, Any], connecting: str = "ana", **declared: Any
) -> dict[str, str]:
    found = shut_out(case(before, **declared), case(after, **declared), connecting)
    return {each.account: each.why for each in found}


def changed(before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None, **declared: Any) -> Any:
    """Return who is out between two hosts made of the same things but for `before` and `after`."""
    return out(state(**(before or {})), state(**{**(before or {}), **(after or {})}), **declared)


def test_a_change_that_changes_nothing_shuts_nobody_out() -> None:
    assert changed() == {}


class TestSecondFactor:
    FULL: Mapping[str, Any] = {"settings": WITH_CODE, "files": {"sshd": TOTP}}

    def test_whoever_is_enrolled_gets_in(self) -> None:
        assert changed(after={**self.FULL, "oath": ["ana"]}) == {}

    @pytest.mark.parametrize("oath", [None, [], ["bob"]])
    def test_whoever_is_not_is_out_and_told_of_the_module(self, oath: list[str] | None) -> None:
        assert changed(after={**self.FULL, "oath": oath}) == {
            "ana": "AuthenticationMethods publickey,keyboard-interactive:pam: pam_oath (/etc/pam.d/sshd:4) finds no "
            "token in its file"
        }

    def test_a_file_of_tokens_that_can_not_be_read_lets_nobody_in(self) -> None:
        oath = [{"path": "/etc/users.oath", "pattern": "/etc/users.oath", "unread": "permission denied"}]
        found = changed(after={**self.FULL, "factors": {"oath": oath}})
        assert found["ana"].endswith("pam_oath (/etc/pam.d/sshd:4) may refuse: what it reads is not known")

    def test_a_code_that_nobody_can_be_asked_for(self) -> None:
        wrong = {**self.FULL, "settings": {**WITH_CODE, "kbdinteractiveauthentication": "no"}, "oath": ["ana"]}
        assert changed(after=wrong)["ana"].endswith(": KbdInteractiveAuthentication no")
        wrong["settings"] = {**WITH_CODE, "usepam": "no"}
        assert changed(after=wrong)["ana"].endswith(": UsePAM no")

    def test_the_emergency_account_is_exempt_by_its_group(self) -> None:
        people = [ROOT, ANA, user("fire", groups=["glass"])]
        before = {"users": people, "keys": [key("ana"), key("fire")]}
        assert changed(before, {**self.FULL, "oath": ["ana"]}, bulwark_accounts=[GLASS]) == {}
        unknown = [ROOT, ANA, user("fire")]
        found = changed(before, {**self.FULL, "oath": ["ana"], "users": unknown}, bulwark_accounts=[GLASS])
        assert list(found) == ["fire"]

    def test_an_account_that_nothing_opened_is_not_out(self) -> None:
        people = [ROOT, ANA, user("daemon", uid=1, shell="/usr/sbin/nologin")]
        assert changed({"users": people}, {**self.FULL, "oath": ["ana"]}) == {}

    def test_automation_by_its_own_match_block(self) -> None:
        block = {
            "users": ["bot"],
            "match": "user bot",
            "address": "10.0.0.1",
            "settings": {"authenticationmethods": "publickey"},
        }
        before = {"users": [ROOT, ANA, user("bot")], "keys": [key("ana"), key("bot")]}
        full = {**self.FULL, "oath": ["ana"]}
        assert list(changed(before, full, bulwark_accounts=[BOT])) == ["bot"]
        assert changed(before, {**full, "contexts": [block]}, bulwark_accounts=[BOT]) == {}

    def test_root_with_a_key_alone_is_refused_the_dialogue(self) -> None:
        found = changed({"keys": [key("ana"), key("root")]}, {**self.FULL, "oath": ["ana", "root"]})
        assert found == {
            "root": "AuthenticationMethods publickey,keyboard-interactive:pam: PermitRootLogin without-password"
        }

    @pytest.mark.parametrize(
        ("file", "arguments", "gets_in"),
        [
            ({"owner_uid": 0, "mode": 0o600}, "user=root", True),
            ({"owner_uid": 0, "mode": 0o644}, "user=root", False),
            ({"owner_uid": 0, "mode": 0o600}, "", False),
            ({"owner_uid": 1000, "mode": 0o400}, "", True),
            ({"owner_uid": 0, "mode": 0o640}, "user=root allowed_perm=0640", True),
            ({"owner_uid": 0, "mode": 0o600}, "no_strict_owner", True),
            (None, "user=root", False),
            (None, "user=root nullok", False),
        ],
    )
    def test_google_authenticator_by_its_secret(
        self, file: dict[str, Any] | None, arguments: str, gets_in: bool
    ) -> None:
        pattern = "/var/lib/google-authenticator/${USER}"
        google = [] if file is None else [{**file, "path": "/x", "pattern": pattern, "user": "ana", "options": {}}]
        line = "auth required pam_google_authenticator.so secret=%s %s\n" % (pattern, arguments)
        after = {"settings": WITH_CODE, "files": {"sshd": line + COMMON}, "factors": {"google": google}}
        assert (changed(after=after) == {}) is gets_in

    @pytest.mark.parametrize("module", ["pam_u2f", "pam_yubico"])
    def test_keys_of_a_central_file(self, module: str) -> None:
        line = "auth required %s.so authfile=/etc/keys\n" % module
        fact = module.partition("_")[2]
        mapped = {
            fact: [{"path": "/etc/keys", "pattern": "/etc/keys", "owner_uid": 0, "mode": 0o600, "users": {"ana": 1}}]
        }
        after: dict[str, Any] = {"settings": WITH_CODE, "files": {"sshd": line + COMMON}}
        assert changed(after={**after, "factors": mapped}) == {}
        assert "%s (/etc/pam.d/sshd:1) finds no key in its file" % module in changed(after=after)["ana"]

    def test_a_provider_elsewhere_is_taken_at_its_word(self) -> None:
        assert changed(after={"settings": WITH_CODE, "files": {"sshd": "auth required pam_duo.so\n" + COMMON}}) == {}


COMMON = "account required pam_nologin.so\n@include common-account\n"


class TestMethods:
    def test_a_password_that_is_no_longer_taken(self) -> None:
        people = [ROOT, ANA, user("bob", "usable"), user("carl", "locked")]
        found = changed({"users": people}, {"settings": {"passwordauthentication": "no"}})
        assert found == {"bob": "it has no key; PasswordAuthentication no; KbdInteractiveAuthentication no"}

    def test_a_password_by_dialogue(self) -> None:
        people = [ROOT, ANA, user("bob", "usable")]
        after = {"settings": {"passwordauthentication": "no", "kbdinteractiveauthentication": "yes"}}
        assert changed({"users": people}, after) == {}

    @pytest.mark.parametrize(
        ("given", "setting", "why"),
        [
            ({}, {"pubkeyacceptedalgorithms": "sk-*"}, "PubkeyAcceptedAlgorithms takes no ssh-ed25519 key"),
            ({}, {"pubkeyacceptedalgorithms": "rsa-sha2-512,ssh-ed25519"}, ""),
            ({"kind": "ssh-rsa", "bits": 3072}, {"pubkeyacceptedalgorithms": "rsa-sha2-512"}, ""),
            ({"kind": "ssh-rsa", "bits": 1024}, {"requiredrsasize": "2048"},
             "RequiredRSASize 2048, and the key has 1024 bits"),
            ({}, {"pubkeyauthentication": "no"}, "PubkeyAuthentication no"),
            ({}, {"authorizedkeysfile": "/etc/ssh/keys/%u"}, "it has no key"),
            ({"path": "/etc/ssh/keys/ana"}, {"authorizedkeysfile": "/etc/ssh/keys/%u"}, ""),
            ({}, {"authorizedkeysfile": ".ssh/authorized_keys .ssh/authorized_keys2"}, ""),
            ({"kind": "sk-ssh-ed25519@openssh.com"}, {"pubkeyauthoptions": "verify-required"},
             "PubkeyAuthOptions verify-required, and whether its security key verifies its user isn't known"),
            ({}, {"pubkeyauthoptions": "verify-required"}, ""),
        ],
    )  # fmt: skip
    def test_a_key(self, given: dict[str, Any], setting: dict[str, str], why: str) -> None:
        only = {"users": [ROOT, user("ana", groups=["sudo"])], "keys": [key("ana", **given)]}
        wide = {"pubkeyacceptedalgorithms": "ssh-*,rsa-*,sk-*"}
        found = changed({**only, "settings": wide}, {"settings": {**wide, **setting}})
        assert found.get("ana", "").startswith(why) if why else found == {}, found

    def test_a_security_key_that_is_registered_as_one_verifies(self) -> None:
        only = {"users": [user("ana", groups=["sudo"])], "keys": [key("ana", kind="sk-ssh-ed25519@openssh.com")]}
        ana = {"name": "ana", "kind": "person", "party": "customer", "factors": ["sk"]}
        wide = {"pubkeyacceptedalgorithms": "sk-*"}
        after = {"settings": {**wide, "pubkeyauthoptions": "verify-required"}}
        assert changed({**only, "settings": wide}, after, bulwark_accounts=[ana]) == {}

    def test_two_keys_are_not_one(self) -> None:
        after = {"settings": {"authenticationmethods": "publickey,publickey"}}
        assert list(changed({}, after)) == ["ana"]
        two = {"keys": [key("ana"), key("ana", fingerprint="SHA256:other")]}
        assert changed(two, after) == {}

    def test_an_alternative_is_enough(self) -> None:
        assert changed(after={"settings": {"authenticationmethods": "hostbased publickey"}}) == {}

    @pytest.mark.parametrize(
        ("option", "value", "why"),
        [
            ("allowusers", "bob", "AllowUsers bob"),
            ("denyusers", "an*", "DenyUsers an*"),
            ("allowgroups", "staff", "AllowGroups staff"),
            ("denygroups", "sudo", "DenyGroups sudo"),
        ],
    )
    def test_who_may_try(self, option: str, value: str, why: str) -> None:
        assert changed(after={"settings": {option: value}}) == {"ana": why}

    def test_the_account_rules_of_pam(self) -> None:
        closed = {
            "sshd": "@include common-auth\naccount requisite pam_succeed_if.so uid < 500\n@include common-account\n"
        }
        assert changed(after={"files": closed}) == {}, "pam_succeed_if knows no <"
        closed = {
            "sshd": "@include common-auth\naccount requisite pam_succeed_if.so uid lt 500\n@include common-account\n"
        }
        assert changed(after={"files": closed}) == {
            "ana": "PAM's account rules: pam_succeed_if (/etc/pam.d/sshd:2) refuses"
        }
        denied = {"sshd": "@include common-auth\naccount required pam_deny.so\n"}
        assert changed(after={"files": denied}) == {
            "ana": "PAM's account rules: the account stack of sshd lets nobody through"
        }

    def test_without_pam_a_locked_password_may_lock_the_account(self) -> None:
        assert changed({"users": [user("ana", groups=["sudo"])]}, {"settings": {"usepam": "no"}}) == {
            "ana": "UsePAM no, and whether sshd takes its password for locked isn't known"
        }
        assert changed(after={"settings": {"usepam": "no"}}) == {}

    def test_an_account_that_is_gone_or_expired(self) -> None:
        people = [ROOT, ANA, user("bob", "usable")]
        assert changed({"users": people}, {"users": [ROOT, ANA]}) == {"bob": "there is no such account"}
        gone = [ROOT, ANA, user("bob", "usable", expired=True)]
        assert changed({"users": people}, {"users": gone}) == {"bob": "the account has expired"}

    def test_a_server_that_is_gone(self) -> None:
        found = changed(after={"sshd": {"installed": False, "running": False}})
        assert found["ana"].startswith("no SSH server is installed")


class TestPlaces:
    BLOCK: Mapping[str, Any] = {"users": ["root", "ana"], "match": "address 10.0.0.0/8", "address": "10.0.0.1"}

    def test_the_run_has_to_get_in_from_where_it_comes(self) -> None:
        inside = {"contexts": [{**self.BLOCK, "settings": {"denyusers": "ana"}}]}
        assert changed({"contexts": [self.BLOCK]}, inside) == {}
        assert changed({"contexts": [self.BLOCK], "peer": "10.9.9.9"}, inside) == {"ana": "DenyUsers ana"}
        assert changed({"contexts": [self.BLOCK], "peer": "192.0.2.77"}, inside) == {}

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"allowusers": "ana@10.0.0.0/8"}, {}),
            ({"allowusers": "ana@192.0.2.0/24"}, {"ana": "AllowUsers ana@192.0.2.0/24 (from 10.9.9.9)"}),
            ({"denyusers": "*@10.9.*"}, {"ana": "DenyUsers *@10.9.* (from 10.9.9.9)"}),
        ],
    )
    def test_hosts_in_the_lists_of_users(self, options: dict[str, str], expected: dict[str, str]) -> None:
        assert changed({"peer": "10.9.9.9"}, {"settings": options}) == expected

    def test_a_key_that_does_not_mean_the_address_of_the_run(self) -> None:
        alone = {"users": [ROOT, user("ana", groups=["sudo"])], "peer": "10.9.9.9"}
        bound = {"keys": [key("ana", 'from="192.0.2.0/24"')]}
        assert changed(alone, bound)["ana"].startswith('from="192.0.2.0/24" does not mean 10.9.9.9')
        assert changed(alone, {"keys": [key("ana", 'from="10.0.0.0/8,192.0.2.1"', "restrict")]}) == {}
        assert changed({**alone, "peer": ""}, bound) == {}
        assert (
            "which one 10.9.9.9 is isn't known" in changed(alone, {"keys": [key("ana", 'from="*.example.org"')]})["ana"]
        )

    def test_a_registered_account_has_to_get_in_from_its_networks(self) -> None:
        before = {"users": [ROOT, ANA, user("bot")], "keys": [key("ana"), key("bot")]}
        wrong = {"keys": [key("ana"), key("bot", 'from="192.0.2.9"')]}
        assert list(changed(before, wrong, bulwark_accounts=[BOT])) == ["bot"]
        assert changed(before, {"keys": [key("ana"), key("bot", 'from="10.0.0.0/8"')]}, bulwark_accounts=[BOT]) == {}

    def test_a_key_whose_time_is_over(self) -> None:
        over = {"keys": [key("ana", 'expiry-time="20260101"')]}
        found = changed({"users": [user("ana", groups=["sudo"])]}, over)
        assert found["ana"].startswith("its key expired on 20260101")


class TestRoot:
    BOTH: Mapping[str, Any] = {"keys": [key("ana"), key("root")]}
    NO_ROOT: Mapping[str, Any] = {"settings": {"permitrootlogin": "no"}}

    def test_root_may_be_kept_out_where_somebody_else_becomes_root(self) -> None:
        assert changed(self.BOTH, self.NO_ROOT) == {}

    def test_but_not_where_nobody_does(self) -> None:
        assert changed({**self.BOTH, "rules": []}, self.NO_ROOT) == {"root": "PermitRootLogin no"}
        assert changed({"keys": [key("root")], "users": [ROOT, user("ana", groups=["sudo"])]}, self.NO_ROOT) == {
            "root": "PermitRootLogin no"
        }

    def test_nor_where_the_run_is_root(self) -> None:
        assert out(state(**self.BOTH), state(**{**self.BOTH, **self.NO_ROOT}), "root") == {"root": "PermitRootLogin no"}

    def test_nor_where_it_is_the_emergency_account(self) -> None:
        emergency = [{**GLASS, "name": "root"}]
        assert list(changed(self.BOTH, self.NO_ROOT, bulwark_accounts=emergency)) == ["root"]

    def test_what_else_keeps_root_out_is_not_meant(self) -> None:
        assert changed(self.BOTH, {"settings": {"denyusers": "root"}}) == {"root": "DenyUsers root"}

    def test_only_a_key_with_a_command(self) -> None:
        forced = {"settings": {"permitrootlogin": "forced-commands-only"}}
        assert changed({**self.BOTH, "rules": []}, forced) == {"root": "PermitRootLogin forced-commands-only"}
        assert changed({"keys": [key("ana"), key("root", "command")], "rules": []}, forced) == {}

    def test_the_console_is_a_way_in_too(self) -> None:
        people = {"users": [user("root", "usable", uid=0), ANA]}
        broken = {"files": {"login": "auth required pam_oath.so\n" + SSHD_ACCOUNT}}
        assert changed(people, broken) == {
            "root": "at the console: pam_oath (/etc/pam.d/login:1) finds no token in its file"
        }


SSHD_ACCOUNT = "@include common-account\n"


class TestSudo:
    def test_the_run_has_to_become_root_still(self) -> None:
        assert changed(after={"rules": []}) == {"ana": "no rule of sudoers lets it become root"}
        assert changed(after={"sudo": {"installed": False}}) == {"ana": "sudo is not installed"}

    def test_a_password_that_was_not_asked_for(self) -> None:
        free = {"rules": [{**EVERYTHING_BY_SUDO, "nopasswd": True}]}
        told = {"ana": "sudo would ask it for a password, which it did not before"}
        assert changed(free, {"rules": [EVERYTHING_BY_SUDO]}) == told
        line: dict[str, Any] = {"scope": None, "members": [], "options": {"authenticate": False}}
        assert changed({"defaults": [line]}, {"defaults": []}) == told
        assert changed({"rules": [EVERYTHING_BY_SUDO]}, free) == {}

    def test_a_code_that_the_run_can_not_give(self) -> None:
        code = {"files": {"sudo": "auth required pam_oath.so\n" + INSTALLED["sudo"]}, "oath": ["ana"]}
        assert "pam_oath (/etc/pam.d/sudo:1) may refuse" in changed(after=code)["ana"]
        assert changed({"rules": [{**EVERYTHING_BY_SUDO, "nopasswd": True}]}, code) == {}

    def test_others_may_lose_it(self) -> None:
        people = {"users": [ROOT, ANA, user("bob", "usable", ["sudo"])]}
        only_ana = {**EVERYTHING_BY_SUDO, "users": [{"kind": "username", "name": "ana", "negated": False}]}
        assert changed(people, {"rules": [only_ana]}) == {}


class TestWhatIsNotKnown:
    def test_a_certain_way_in_may_not_become_a_hope(self) -> None:
        alone = [user("ana", groups=["sudo"])]
        hidden = {"keys": {"authorized": [], "unreadable": {"ana": "a command gives keys"}}}
        assert out(state(users=alone), state(users=alone) | hidden)["ana"].startswith("a command gives keys")

    def test_the_hope_of_the_run_may_not_be_taken(self) -> None:
        people = [ROOT, user("ana", groups=["sudo"]), user("bob")]
        hidden = {"authorized": [], "unreadable": {"ana": "a command gives keys", "bob": "a command gives keys"}}
        before = state(users=people) | {"keys": hidden}
        code = state(users=people, settings=WITH_CODE, files={"sshd": TOTP}, oath=[]) | {"keys": hidden}
        assert out(before, before) == {}
        assert list(out(before, code)) == ["ana"], "of bob it was never certain"
        enrolled = state(users=people, settings=WITH_CODE, files={"sshd": TOTP}, oath=["ana"]) | {"keys": hidden}
        assert out(before, enrolled) == {}

    def test_a_stack_that_can_not_be_read_refuses(self) -> None:
        before = case(state())
        errors = [{"area": "pam", "fact": "services.sshd", "reason": "it includes itself"}]
        after = case(state(settings=WITH_CODE), errors)
        assert "it includes itself" in shut_out(before, after, "ana")[0].why

    def test_where_nobody_can_be_told_apart_the_run_is_out(self) -> None:
        (found,) = shut_out(case({}), case({}), "ana")
        assert found.why == "who can log in here can't be told: accounts.users was not read"

    def test_accounts_of_a_directory(self) -> None:
        people = [ROOT, ANA, user("dora", source="nss", password=None)]
        assert changed({"users": people}, {"settings": {"passwordauthentication": "no"}}) == {}


@pytest.mark.parametrize(("system", "variant"), list(compose.hosts()))
def test_recorded_hosts_shut_nobody_out_by_themselves(system: str, variant: str, tmp_path: Path) -> None:
    root = compose.compose(system, variant, tmp_path / "root")
    areas, errors = Reading(Door(str(root)), AREAS, []).state(list(AREAS), 60)
    host = case(areas, errors)
    for account in ("root", areas["accounts"]["users"][-1]["name"]):
        assert shut_out(host, host, account) == []


VALUES: Mapping[str, list[str]] = {
    "authenticationmethods": ["any", "publickey", "password", "publickey,keyboard-interactive:pam", "hostbased none x"],
    "passwordauthentication": ["yes", "no"], "pubkeyauthentication": ["yes", "no"],
    "kbdinteractiveauthentication": ["yes", "no"], "usepam": ["yes", "no"], "permitemptypasswords": ["yes", "no"],
    "permitrootlogin": ["yes", "no", "without-password", "forced-commands-only"],
    "allowusers": ["ana", "*@10.0.0.0/8", "bob"], "denyusers": ["bob", "*"], "allowgroups": ["sudo"],
    "denygroups": ["glass"], "pubkeyacceptedalgorithms": ["ssh-ed25519", "sk-*", ""],
    "pubkeyauthoptions": ["none", "verify-required"], "requiredrsasize": ["1024", "4096"],
    "gssapiauthentication": ["yes", "no"], "hostbasedauthentication": ["yes", "no"],
    "authorizedkeysfile": ["none", "/etc/ssh/keys/%u", ".ssh/authorized_keys"], "trustedusercakeys": ["none", "/ca"],
}  # fmt: skip
DIRECTIVES = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})
STACKS = st.sampled_from([{}, {"sshd": TOTP}, {"sshd": ""}, {"sshd": "auth sufficient pam_duo.so\nauth bogus\n"}])
OATH = st.sampled_from([None, [], ["ana"], ["ana", "bob"]])
PEOPLE = [ROOT, ANA, user("bob", "usable"), user("eve", "empty", ["glass"]), user("nis", None, source="nss")]
KEYS = [
    key("ana"),
    key("root"),
    key("bob", 'from="10.0.0.0/8"', kind="ssh-rsa", bits=2048),
    key("eve", "cert-authority"),
]
#: Options that sshd -T prints only where they are set.
UNSET = st.sets(st.sampled_from(sorted(DEFAULTS)), max_size=2)


@settings(max_examples=60, deadline=None)
@given(DIRECTIVES, DIRECTIVES, STACKS, STACKS, OATH, OATH, UNSET, st.sampled_from(["", "10.1.1.1"]))
def test_whatever_is_set_nothing_breaks_and_the_same_shuts_nobody_out(
    first: Any, second: Any, files: Any, other_files: Any, oath: Any, other_oath: Any, unset: set[str], peer: str
) -> None:
    def made(given: Any, stacks: Any, holders: Any) -> dict[str, Any]:
        host = state(PEOPLE, KEYS, given, files=stacks, oath=holders, peer=peer)
        for option in unset - set(given):
            del host["sshd"]["settings"][option]
        return host

    one, other = made(first, files, oath), made(second, other_files, other_oath)
    accounts = [GLASS, {"name": "eve", "kind": "person", "party": "customer", "sources": ["10.0.0.0/8"]}]
    for connecting in ("ana", "root", "nobody"):
        assert out(one, one, connecting, bulwark_accounts=accounts) == {}
        found = out(one, other, connecting, bulwark_accounts=accounts)
        assert all(found.values())


def test_who_is_meant_to_be_disabled_may_be_out_and_nobody_else() -> None:
    before = case(state([ANA, user("bo"), user("cy")], keys=[key("ana"), key("bo"), key("cy")]))
    after = case(state([ANA, user("bo", expired=True), user("cy", expired=True)],
                       keys=[key("ana"), key("bo"), key("cy")]))  # fmt: skip
    assert {one.account for one in shut_out(before, after, "ana", {"bo"})} == {"cy"}
    assert {one.account for one in shut_out(before, after, "bo", {"bo", "cy"})} == {"bo"}
