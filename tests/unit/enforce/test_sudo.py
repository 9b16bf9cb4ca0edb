# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.declared.registers import build
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.measures.sudo import sudo_asks_again
from ansible_collections.bulwark.msp.plugins.plugin_utils.enforce.steps import Left
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import Case

from tests.unit.judges.host import TODAY, areas, policy

from .pam_host import ANA, SUDO, PamHost

CONTROL = "lin-mf-sudo"
#: sudo as the reader delivers it where sudoers asks everybody.
ASKS: dict[str, Any] = {"installed": True, "rules": [], "defaults": [], "sources": ["files"]}


def lines(**sudo: Any) -> Case:
    facts = {**areas(), "sudo": {**ASKS, **sudo}}
    return Case(Facts({"areas": facts, "errors": []}), policy(), build({"bulwark_accounts": [ANA]}), TODAY)


def timeout(scope: str | None, value: object) -> dict[str, Any]:
    members = [{"kind": "username", "name": "ana", "negated": False}] if scope else []
    return {"scope": scope, "members": members, "options": {"timestamp_timeout": value}}


def test_a_code_takes_the_place_of_the_password(tmp_path: Path) -> None:
    host = PamHost(tmp_path, {"sudo-i": SUDO})
    assert host.status(CONTROL) == "fail"
    host.enforce(CONTROL)
    assert host.status(CONTROL) == "pass"
    for service in ("sudo", "sudo-i"):
        assert host.text("/etc/pam.d/" + service).startswith("@include bulwark-%s-auth\n" % service)
        assert "pam_exec" not in host.text("/etc/pam.d/bulwark-%s-auth" % service)
    assert host.text("/etc/users.oath").startswith("HOTP/T30/6 ana - ")


def test_who_could_never_become_root_again_is_named(tmp_path: Path) -> None:
    host = PamHost(tmp_path, declared={"bulwark_accounts": [ANA]})
    with pytest.raises(Left, match="ana would have nothing to answer sudo with"):
        host.steps(CONTROL)


@pytest.mark.parametrize("value", ["60", "-1"])
def test_one_answer_is_trusted_for_minutes(value: str) -> None:
    (step,) = sudo_asks_again(lines(defaults=[timeout(None, value)]), {"minutes": 15}, CONTROL)
    assert step["path"] == "/etc/sudoers.d/zz-bulwark-lin-mf-sudo"
    assert step["content"].endswith("\nDefaults timestamp_timeout=15\n")
    assert step["mode"] == "0440"
    assert sudo_asks_again(lines(defaults=[timeout(None, "5")]), {"minutes": 15}, CONTROL) == []


def test_lines_that_spare_single_people_are_their_author_s() -> None:
    everybody = [{"kind": "username", "name": "ALL", "negated": False}]
    rule = {"users": everybody, "hosts": [{**everybody[0], "kind": "hostname"}], "nopasswd": True, "commands": ["ALL"]}
    for case in (lines(rules=[rule]), lines(defaults=[timeout("user", "-1")])):
        with pytest.raises(Left, match="take that out of sudoers where it stands"):
            sudo_asks_again(case, {"minutes": 15}, CONTROL)
