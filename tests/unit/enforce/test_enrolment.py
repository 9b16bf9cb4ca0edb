# SPDX-License-Identifier: GPL-3.0-or-later
"""Factors are given out and taken back by root alone, from seeds that no plan holds; what nobody registered is left."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.seeds import secrets
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.judges.host import person, user

from .pam_host import ANA, SEED, SSHD, PamHost

OATH = SSHD.replace("common-auth\n", "common-auth\nauth required pam_oath.so usersfile=/etc/users.oath window=20\n")
HOME = SSHD.replace("common-auth\n", "common-auth\nauth required pam_google_authenticator.so nullok\n")
OTHER = "HOTP/T30/6 %s - abababababababababababababababababababab\n"
LOOSE = "MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK\n\" WINDOW_SIZE 17\n\" TOTP_AUTH\n"  # fmt: skip


def left(host: PamHost, control: str) -> str:
    with pytest.raises(Left) as reason:
        host.steps(control)
    return str(reason.value)


class TestEnrolled:
    def test_a_missing_code_is_given_out_and_those_of_the_gone_go(self, tmp_path: Path) -> None:
        users = [user("ana"), user("cleo", 1001, expired=True), user("deploy", 1002, shell="/usr/sbin/nologin")]
        text = "# tokens\n" + "".join(OTHER % name for name in ("cleo", "deploy", "nobodys"))
        host = PamHost(tmp_path, {"sshd": OATH}, {"/etc/users.oath": text}, users)
        host.declared["bulwark_accounts"] = [ANA, person("cleo", factors=["totp"])]
        host.enforce("lin-mf-enrolled")
        lines = host.text("/etc/users.oath").splitlines()
        assert [line.split()[1] for line in lines] == ["tokens", "ana"]
        assert host.status("lin-mf-enrolled") == "pass"

    def test_a_second_token_gives_way_to_the_registered_seed(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path, {"sshd": OATH}, {"/etc/users.oath": OTHER % "ana" * 2})
        host.enforce("lin-mf-enrolled")
        assert host.text("/etc/users.oath").count(" ana ") == 1
        assert host.status("lin-mf-enrolled") == "pass"

    @pytest.mark.parametrize(
        ("accounts", "reason"),
        [
            ([person("ana", factors=["sk"])], "ana holds totp in /etc/users.oath: register it in bulwark_accounts"),
            ([], "ana holds totp in /etc/users.oath: register it in bulwark_accounts"),
            ([person("ana", factors=["totp", "sk"], person="Ana Lima")], "Ana Lima has to enrol the registered sk"),
        ],
    )
    def test_what_a_person_has_to_decide_or_do_is_left(
        self, tmp_path: Path, accounts: list[dict[str, object]], reason: str
    ) -> None:
        host = PamHost(tmp_path, {"sshd": OATH}, {"/etc/users.oath": OTHER % "ana"})
        host.declared["bulwark_accounts"] = accounts
        assert reason in left(host, "lin-mf-enrolled")

    def test_codes_that_no_service_asks_are_not_given_out(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path, {"sshd": SSHD.replace("common-auth\n", "common-auth\nauth required pam_duo.so\n")})
        assert "sshd asks pam_duo: set bulwark_mfa_method" in left(host, "lin-mf-enrolled")

    def test_only_the_seeds_that_a_plan_names_travel(self, tmp_path: Path) -> None:
        steps = PamHost(tmp_path, {"sshd": OATH}).steps("lin-mf-enrolled")
        assert SEED not in str(steps)
        assert secrets(steps, {"ana": SEED, "bob": "other"}) == {"totp:ana": SEED}


class TestCentralEnrol:
    def test_secrets_in_the_homes_give_way_to_files_of_root_s(self, tmp_path: Path) -> None:
        sudo = "auth required pam_google_authenticator.so\n@include common-account\n"
        host = PamHost(tmp_path, {"sshd": HOME, "sudo": sudo}, {"/home/ana/.google_authenticator": LOOSE})
        host.enforce("lin-mf-central-enrol", "lin-mf-no-nullok", "lin-mf-code-limits")
        options = "secret=/var/lib/google-authenticator/${USER} user=root"
        assert "pam_google_authenticator.so %s\n" % options in host.text("/etc/pam.d/sshd")
        assert options in host.text("/etc/pam.d/sudo")
        assert host.text("/var/lib/google-authenticator/ana").startswith(SEED + "\n")
        for control in ("lin-mf-central-enrol", "lin-mf-code-limits", "lin-mf-enrolled", "lin-mf-no-nullok"):
            assert host.status(control) == "pass", host.judge(control)

    def test_several_controls_shape_one_file(self, tmp_path: Path) -> None:
        jump = "auth [success=done default=ignore] pam_succeed_if.so quiet user ingroup monitoring\n"
        host = PamHost(tmp_path, {"sshd": jump + HOME}, {"/home/ana/.google_authenticator": LOOSE})
        controls = ("pam-required", "no-nullok", "central-enrol", "code-limits")
        failing = ["lin-mf-" + name for name in controls]
        assert {host.status(control) for control in failing} == {"fail"}
        host.enforce(*failing)
        assert {host.status(control) for control in (*failing, "lin-mf-enrolled")} == {"pass"}
        kept = "auth required pam_google_authenticator.so secret=/var/lib/google-authenticator/${USER} user=root\n"
        after = HOME.replace("auth required pam_google_authenticator.so nullok\n", kept)
        assert host.text("/etc/pam.d/sshd").split() == after.split()

    def test_who_has_no_seed_is_named(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path, {"sshd": HOME}, {"/home/ana/.google_authenticator": LOOSE})
        del host.declared["bulwark_totp_seeds"]
        assert left(host, "lin-mf-central-enrol") == "bulwark_totp_seeds: ana has no seed"

    def test_a_device_can_t_be_moved_from_here(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path, {"sshd": SSHD.replace("common-auth\n", "common-auth\nauth required pam_u2f.so\n")})
        assert "register the keys in a file of root's" in left(host, "lin-mf-central-enrol")

    def test_a_users_file_that_others_may_read_is_closed(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path, {"sshd": OATH}, {"/etc/users.oath": OTHER % "ana"})
        (tmp_path / "etc/users.oath").chmod(0o644)
        (step,) = host.steps("lin-mf-central-enrol")
        assert (step["path"], step["mode"], step["owner"]) == ("/etc/users.oath", "0600", "root")
        assert step["secret"] and step["volatile"]


class TestCodeLimits:
    def test_windows_narrow_and_what_is_missing_is_added(self, tmp_path: Path) -> None:
        google = "auth required pam_google_authenticator.so secret=/var/lib/g/${USER} user=root\n"
        host = PamHost(tmp_path, {"sshd": OATH + google}, {"/var/lib/g/ana": LOOSE})
        host.enforce("lin-mf-code-limits")
        assert "window=5" in host.text("/etc/pam.d/sshd")
        assert host.text("/var/lib/g/ana").startswith(LOOSE.split("\n")[0])
        assert host.status("lin-mf-code-limits") == "pass", host.judge("lin-mf-code-limits")
