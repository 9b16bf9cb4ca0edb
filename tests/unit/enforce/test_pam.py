# SPDX-License-Identifier: GPL-3.0-or-later
"""sshd's PAM stack: what is enforced passes its judges, nothing leads around it, and what is right stays as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.code_stack import modelled, sound, text
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.pam_stack import Person
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.judges.host import person, user

from .pam_host import ANA, COMMON_AUTH, RESCUE, SEED, SSHD, PamHost

OATH = "auth required pam_oath.so usersfile=/etc/users.oath window=3 digits=6\n"
TOKEN = "HOTP/T30/6 ana - 3132333435363738393031323334353637383930\n"
JUMP = "auth [success=done default=ignore] pam_succeed_if.so quiet user ingroup monitoring\n"
OWN = "/etc/pam.d/bulwark-sshd-auth"


def left(host: PamHost, control: str) -> str:
    with pytest.raises(Left) as reason:
        host.steps(control)
    return str(reason.value)


class TestAHostWithoutASecondFactor:
    def test_one_line_gives_way_to_a_file_that_asks_for_the_code(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path)
        assert host.status("lin-mf-pam-required") == "fail"
        host.enforce("lin-mf-pam-required")
        assert host.text("/etc/pam.d/sshd") == SSHD.replace("common-auth", "bulwark-sshd-auth")
        assert host.text("/etc/users.oath") == TOKEN
        for control in ("lin-mf-pam-required", "lin-mf-no-nullok", "lin-mf-no-ignore", "lin-mf-enrolled"):
            assert host.status(control) == "pass", control
        assert [wrong for wrong in host.judge("lin-ic-faillock").wrong if wrong.identity.startswith("sshd")] == []

    def test_the_emergency_group_answers_with_its_password(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path, thresholds={"bulwark_break_glass_group": "rescue"})
        host.enforce("lin-mf-pam-required", "lin-mf-no-nullok")
        assert "user ingroup rescue" in host.text(OWN)
        assert host.status("lin-mf-pam-required") == "pass"
        assert host.status("lin-mf-no-nullok") == "pass"
        host.thresholds["bulwark_break_glass_group"] = "others"
        assert host.status("lin-mf-pam-required") == "fail"

    def test_the_other_method_has_a_file_for_each(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path, thresholds={"bulwark_mfa_method": "google_authenticator"})
        host.enforce("lin-mf-pam-required")
        assert host.text("/var/lib/google-authenticator/ana").startswith(SEED + "\n")
        for control in ("lin-mf-pam-required", "lin-mf-enrolled", "lin-mf-code-limits"):
            assert host.status(control) == "pass", host.judge(control)

    def test_its_package_comes_first_and_the_seed_is_only_named(self, tmp_path: Path) -> None:
        steps = PamHost(tmp_path).steps("lin-mf-pam-required")
        assert steps[0]["kind"] == "package"
        assert steps[0]["name"] == "libpam-oath"
        assert SEED not in str(steps)
        assert steps[1]["secret"] and steps[1]["volatile"] and steps[1]["mode"] == "0600"

    def test_modules_written_into_the_file_itself_give_way_together(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path, {"sshd": COMMON_AUTH + "account required pam_unix.so\n"})
        host.enforce("lin-mf-pam-required")
        assert host.text("/etc/pam.d/sshd") == "auth\tinclude\tbulwark-sshd-auth\naccount required pam_unix.so\n"
        assert host.status("lin-mf-pam-required") == "pass"

    def test_what_else_is_asked_stays(self, tmp_path: Path) -> None:
        other = "auth required pam_shells.so\n"
        host = PamHost(tmp_path, {"sshd": other + SSHD})
        host.enforce("lin-mf-pam-required")
        assert host.text("/etc/pam.d/sshd").startswith(other)

    @pytest.mark.parametrize(
        ("declared", "reason"),
        [
            ({"bulwark_accounts": [ANA]}, "bulwark_totp_seeds: ana has no seed"),
            ({"bulwark_accounts": [person("ana", factors=["key"])]}, "ana has no factor totp in bulwark_accounts"),
            ({}, "bulwark_accounts is not declared"),
            (
                {"bulwark_accounts": [{**RESCUE, "name": "ana"}]},
                "ana is a break-glass account and not in bulwark_break_glass_group",
            ),
        ],
    )
    def test_left_with_the_variable_it_needs(self, tmp_path: Path, declared: dict[str, Any], reason: str) -> None:
        assert reason in left(PamHost(tmp_path, declared=declared), "lin-mf-pam-required")

    @pytest.mark.parametrize("method", ["sk", "external"])
    def test_other_methods_are_not_ours_to_set_up(self, tmp_path: Path, method: str) -> None:
        host = PamHost(tmp_path, thresholds={"bulwark_mfa_method": method})
        assert "bulwark_mfa_method is %s" % method in left(host, "lin-mf-pam-required")

    def test_a_group_name_is_no_place_for_more_lines(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path, thresholds={"bulwark_break_glass_group": "x\nauth sufficient pam_permit.so"})
        assert "is no group name" in left(host, "lin-mf-pam-required")


class TestAHostWithASecondFactor:
    """Password and code stay what people type; only what is wrong changes."""

    def test_an_exemption_goes(self, tmp_path: Path) -> None:
        sshd = SSHD.replace("@include common-auth\n", JUMP + "@include common-auth\n" + OATH)
        host = PamHost(tmp_path, {"sshd": sshd}, {"/etc/users.oath": TOKEN})
        host.enforce("lin-mf-pam-required")
        assert host.text("/etc/pam.d/sshd") == sshd.replace(JUMP, "")
        assert host.status("lin-mf-pam-required") == "pass"

    def test_a_factor_that_does_not_count_becomes_required(self, tmp_path: Path) -> None:
        sshd = SSHD.replace("common-auth\n", "common-auth\nauth optional pam_oath.so # the code\n")
        host = PamHost(tmp_path, {"sshd": sshd}, {"/etc/users.oath": TOKEN})
        host.enforce("lin-mf-pam-required")
        assert "auth\trequired\tpam_oath.so\t# the code\n" in host.text("/etc/pam.d/sshd")
        assert host.status("lin-mf-pam-required") == "pass"

    def test_presentation_mode_goes(self, tmp_path: Path) -> None:
        sshd = SSHD.replace("common-auth\n", "common-auth\nauth required pam_oath.so alwaysok\n")
        host = PamHost(tmp_path, {"sshd": sshd}, {"/etc/users.oath": TOKEN})
        host.enforce("lin-mf-pam-required")
        assert "alwaysok" not in host.text("/etc/pam.d/sshd")
        assert host.status("lin-mf-pam-required") == "pass"

    @pytest.mark.parametrize(
        "files",
        [
            # A password that is enough stands before the code.
            {"sshd": "auth sufficient pam_unix.so\n" + OATH + "@include common-account\n"},
            # The shared file jumps over the code: other services live with it.
            {"common-auth": COMMON_AUTH.replace("success=1", "success=2").replace("deny.so\n", "deny.so\n" + OATH)},
            {"sshd": "auth include lax\n" + OATH, "lax": "auth sufficient pam_unix.so\nauth required pam_deny.so\n"},
        ],
    )  # fmt: skip
    def test_what_no_single_line_mends_gives_way_to_our_stack(self, tmp_path: Path, files: dict[str, str]) -> None:
        host = PamHost(tmp_path, files, {"/etc/users.oath": TOKEN})
        shared = host.text("/etc/pam.d/common-auth")
        assert host.status("lin-mf-pam-required") == "fail"
        host.enforce("lin-mf-pam-required")
        assert host.status("lin-mf-pam-required") == "pass"
        assert host.text("/etc/pam.d/common-auth") == shared

    def test_another_s_factor_is_not_replaced(self, tmp_path: Path) -> None:
        host = PamHost(tmp_path, {"sshd": "auth sufficient pam_unix.so\nauth required pam_duo.so\n"})
        assert "how pam_duo is asked is somebody's own" in left(host, "lin-mf-pam-required")


class TestWhoHasNoFactor:
    def test_nullok_goes_from_every_file_of_the_stacks(self, tmp_path: Path) -> None:
        google = "auth required pam_google_authenticator.so nullok secret=/var/lib/g/${USER} user=root\n"
        host = PamHost(
            tmp_path,
            {"sshd": SSHD.replace("common-auth\n", "common-auth\n" + google)},
            {"/var/lib/g/ana": SEED + '\n" TOTP_AUTH\n'},
        )
        host.enforce("lin-mf-no-nullok")
        assert host.text("/etc/pam.d/common-auth") == COMMON_AUTH.replace(" nullok", "")
        assert "nullok" not in host.text("/etc/pam.d/sshd")
        assert host.status("lin-mf-no-nullok") == "pass"

    def test_it_waits_until_everybody_has_one(self, tmp_path: Path) -> None:
        sshd = SSHD.replace("common-auth\n", "common-auth\nauth required pam_u2f.so nouserok authfile=/etc/u2f\n")
        host = PamHost(tmp_path, {"sshd": sshd}, {"/etc/u2f": "bob:key\n"})
        assert "pam_u2f: ana would be out" in left(host, "lin-mf-no-nullok")


class TestAFactorThatIsDown:
    def test_what_ignores_a_refusal_becomes_required(self, tmp_path: Path) -> None:
        line = "auth [success=ok user_unknown=ignore authinfo_unavail=ignore default=die] pam_oath.so\n"
        host = PamHost(
            tmp_path, {"sshd": SSHD.replace("common-auth\n", "common-auth\n" + line)}, {"/etc/users.oath": TOKEN}
        )
        host.enforce("lin-mf-no-ignore")
        assert host.status("lin-mf-no-ignore") == "pass"
        assert "auth\trequired\tpam_oath.so\n" in host.text("/etc/pam.d/sshd")

    def test_a_service_elsewhere_needs_a_way_in_for_its_outage(self, tmp_path: Path) -> None:
        line = "auth required pam_radius_auth.so localifdown\n"
        host = PamHost(tmp_path, {"sshd": SSHD.replace("common-auth\n", "common-auth\n" + line)})
        assert "while radius_auth is down" in left(host, "lin-mf-no-ignore")
        host.users.append(user("rita", groups=["rescue"]))
        host.declared["bulwark_accounts"] = [ANA, RESCUE]
        host.thresholds["bulwark_break_glass_group"] = "rescue"
        host.enforce("lin-mf-no-ignore")
        assert host.status("lin-mf-no-ignore") == "pass"


LINES = st.sampled_from(
    [
        "@include common-auth", "auth required pam_unix.so", "auth sufficient pam_unix.so nullok", "# a remark",
        "auth requisite pam_faillock.so preauth", "auth [default=die] pam_faillock.so authfail", "",
        "auth optional pam_oath.so", "auth required pam_oath.so alwaysok", "auth requisite pam_deny.so",
        "auth [success=2 default=ignore] pam_succeed_if.so user ingroup staff", "auth required pam_permit.so",
        "auth [success=done default=ignore] pam_succeed_if.so uid = 0", "auth substack common-auth",
        "auth [success=1 default=ignore] \\\n  pam_unix.so", "-auth optional pam_missing.so",
    ]
)  # fmt: skip


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINES, max_size=6), group=st.sampled_from(["", "rescue"]))
def test_whatever_the_stack_was_it_is_left_or_passes(
    lines: list[str], group: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    sshd = "\n".join([*lines, "account required pam_nologin.so", "@include common-account", ""])
    host = PamHost(tmp_path_factory.mktemp("host"), {"sshd": sshd}, thresholds={"bulwark_break_glass_group": group})
    if host.status("lin-mf-pam-required") != "fail":
        return
    try:
        steps = host.steps("lin-mf-pam-required")
    except Left:
        return
    host.carry_out(steps)
    assert host.status("lin-mf-pam-required") == "pass"
    assert "account required pam_nologin.so\n@include common-account\n" in host.text("/etc/pam.d/sshd")


@pytest.mark.parametrize("group", ["", "rescue"])
@pytest.mark.parametrize("after_key", [True, False])
def test_the_file_is_sound_for_everybody_else(group: str, after_key: bool) -> None:
    content = text("lin-mf-sudo", "pam_oath.so usersfile=/etc/users.oath", "debian", group, after_key)
    assert content.startswith("# Managed by bulwark.msp: lin-mf-sudo\n")
    assert sound(modelled(content, OWN), ["pam_oath"], Person("sshd", group))
