# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left

from tests.unit.judges.host import user

from .pam_host import ANA, RESCUE, SSHD, PamHost

STACK = {"sshd": SSHD.replace("common-auth\n", "common-auth\nauth required pam_duo.so conf=/etc/duo/pam_duo.conf\n")}
LAX = "[duo]\nikey = DI\nskey = secret\nhost = api-1.duosecurity.com\nfailmode = safe\nautopush = yes\nprompts = 9\n"
PROXY = "/opt/duoauthproxy/conf/authproxy.cfg"
WITH_RESCUE: dict[str, Any] = {
    "users": [user("ana", groups=["ana", "sudo"]), user("rita", 1001, groups=["rita", "rescue"])],
    "declared": {"bulwark_accounts": [ANA, RESCUE]},
    "thresholds": {"bulwark_break_glass_group": "rescue"},
}


def test_every_option_is_set_and_the_keys_stay(tmp_path: Path) -> None:
    files = {"/etc/duo/pam_duo.conf": LAX + "groups = users,!sudo\n", PROXY: "[radius_server_auto]\nskey=x\n"}
    host = PamHost(tmp_path, STACK, files, **WITH_RESCUE)
    assert host.status("lin-mf-duo-secure") == "fail"
    steps = host.steps("lin-mf-duo-secure")
    assert {step["path"]: (step["mode"], step["secret"], step["restart"]) for step in steps} == {
        "/etc/duo/pam_duo.conf": ("0600", True, []),
        PROXY: (None, True, ["duoauthproxy"]),
    }
    host.carry_out(steps)
    assert host.status("lin-mf-duo-secure") == "pass", host.judge("lin-mf-duo-secure")
    assert "skey = secret\n" in host.text("/etc/duo/pam_duo.conf")
    # The emergency group is the only one that Duo leaves out.
    assert "groups = *,!rescue\n" in host.text("/etc/duo/pam_duo.conf")


def test_what_is_right_stays(tmp_path: Path) -> None:
    host = PamHost(tmp_path, STACK, {"/etc/duo/pam_duo.conf": LAX.replace("9", "1")}, **WITH_RESCUE)
    (step,) = host.steps("lin-mf-duo-secure")
    assert step["arguments"]["set"] == {"failmode": "secure", "autopush": "no"}


@pytest.mark.parametrize(
    "rescue",
    [
        {**RESCUE, "tested": "2024-01-01"},
        {**RESCUE, "tested": None},
        {**RESCUE, "party": "msp:north"},
        {**RESCUE, "name": "nobody"},
        {**RESCUE, "kind": "person"},
    ],
)
def test_an_outage_needs_a_tested_way_in(tmp_path: Path, rescue: dict[str, Any]) -> None:
    declared = {"bulwark_accounts": [ANA, rescue]}
    host = PamHost(tmp_path, STACK, {"/etc/duo/pam_duo.conf": LAX}, **{**WITH_RESCUE, "declared": declared})
    with pytest.raises(Left, match="bulwark_accounts needs a tested break-glass account"):
        host.steps("lin-mf-duo-secure")
