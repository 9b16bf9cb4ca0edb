# SPDX-License-Identifier: GPL-3.0-or-later
"""fapolicyd's rules and the kernel's appraisal become facts."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ansible_collections.bulwark.msp.plugins.module_utils.door import Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.readers import application_control
from ansible_collections.bulwark.msp.plugins.plugin_utils.judges.logging.application_control import denies_the_rest
from hypothesis import given
from hypothesis import strategies as st

from .host import read

RULES = """\
# of the package
%languages=application/x-perl,text/x-python
allow perm=any uid=0 : dir=/var/tmp/
allow perm=execute all : trust=1
deny_audit perm=execute all : all
allow perm=open all : all
"""


def test_what_the_daemon_reads(tmp_path: Path) -> None:
    files = {
        "/etc/fapolicyd/fapolicyd.conf": "permissive = 0\nintegrity = sha256\nuid = fapolicyd\n",
        "/etc/fapolicyd/compiled.rules": RULES,
        "/proc/cmdline": "root=/dev/vda ima_appraise=fix ima_appraise=enforce\n",
        "/sys/kernel/security/ima/policy": "measure func=BPRM_CHECK\nappraise func=BPRM_CHECK appraise_type=imasig\n",
    }
    facts, errors = read(tmp_path, "application_control", files)
    found = facts["fapolicyd"]
    assert found["settings"] == {"permissive": "0", "integrity": "sha256", "trust": None}
    assert [(one["decision"], one["perm"], one["folders"]) for one in found["rules"]] == [
        ("allow", "any", ["/var/tmp/"]), ("allow", "execute", []), ("deny", "execute", []), ("allow", "open", []),
    ]  # fmt: skip
    assert denies_the_rest(found["rules"]) and not denies_the_rest(found["rules"][:2])
    assert facts["ima"] == {"appraise": "enforce", "policy": ["appraise func=BPRM_CHECK appraise_type=imasig"]}
    assert not errors


def test_a_host_without_either(tmp_path: Path) -> None:
    facts, errors = read(tmp_path, "application_control", {"/proc/cmdline": "quiet\n"})
    assert facts == {"fapolicyd": None, "ima": {"appraise": "", "policy": None}}
    assert not errors


def test_an_allowed_rest_comes_first() -> None:
    lines = ["allow perm=any all : all", "deny perm=execute all : all"]
    assert not denies_the_rest(application_control.rules(lines))


@given(st.lists(st.text() | st.sampled_from(RULES.split("\n")[1:-1])))
def test_any_lines_are_understood_or_refused(lines: list[str]) -> None:
    with suppress(Unreadable):
        application_control.rules(lines)
