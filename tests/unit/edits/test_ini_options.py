# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import factor_files
from ansible_collections.bulwark.msp.plugins.module_utils.edits import ini_options
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from hypothesis import given
from hypothesis import strategies as st

DUO = "; Duo\n[duo]\nikey = DI\nskey=secret\nfailmode = safe\ngroups = users,!sudo\n\n[other]\nfailmode = safe\n"
ARGUMENTS = {"sections": ["duo"], "set": {"failmode": "secure", "prompts": "3"}, "drop": ["groups"]}


def test_options_are_set_where_they_stand_and_else_at_the_section_s_end() -> None:
    assert ini_options.edit(DUO, ARGUMENTS, {}) == (
        "; Duo\n[duo]\nikey = DI\nskey=secret\nfailmode = secure\nprompts = 3\n\n[other]\nfailmode = safe\n"
    )


def test_every_section_of_a_kind_is_set() -> None:
    proxy = "[main]\ndebug=1\n[radius_server_auto]\nikey=x\n[ldap_server_auto]\nfailmode=safe"
    after = ini_options.edit(proxy, {"sections": ["radius_server", "ldap_server"], "set": {"failmode": "secure"}}, {})
    assert [server["failmode"] for server in factor_files.duo_servers(after)] == ["secure", "secure"]
    assert after.startswith("[main]\ndebug=1\n[radius_server_auto]\n")


@pytest.mark.parametrize("text", [None, "", "[main]\nfailmode = safe\n"])
def test_a_file_without_the_section_is_left(text: str | None) -> None:
    with pytest.raises(Refused):
        ini_options.edit(text, ARGUMENTS, {})


@given(
    st.lists(
        st.sampled_from(
            ["[duo]", "[main]", "failmode=safe", "FailMode = open", "prompts= 9", "skey = s", "; failmode", "groups=a"]
        )
    )
)  # fmt: skip
def test_what_the_program_reads_is_what_was_asked_for(lines: list[str]) -> None:
    text = "\n".join(["[duo]", *lines, ""])
    after = ini_options.edit(text, ARGUMENTS, {})
    assert ini_options.edit(after, ARGUMENTS, {}) == after
    options = factor_files.duo_options(after)
    assert (options["failmode"], options["prompts"]) == ("secure", "3")
    assert "groups" not in options
    assert after.count("skey = s") == text.count("skey = s")
