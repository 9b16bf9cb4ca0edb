# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.edits import pam_lines
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from ansible_collections.bulwark.msp.plugins.module_utils.pam_file import Line, module_of, parse
from hypothesis import given
from hypothesis import strategies as st

TALLY = [
    {"control": "required", "module": "pam_faillock", "options": ["preauth"], "before": ["pam_unix", "pam_sss"]},
    {"control": "[default=die]", "module": "pam_faillock", "options": ["authfail"], "before": ["pam_deny"]},
]
DEBIAN = (
    "auth\t[success=1 default=ignore]\tpam_unix.so nullok\nauth\trequisite\tpam_deny.so\nauth required pam_permit.so\n"
)


def edit(text: str | None, facility: str = "auth", **arguments: Any) -> str:
    return pam_lines.edit(text, {"facility": facility, **arguments}, {})


def test_jumps_lead_over_the_new_line() -> None:
    after = edit(
        DEBIAN.replace("=1", "=2").replace("auth\treq", "auth [success=1 default=ignore] pam_sss.so # late\nauth\treq"),
        insert=TALLY,
    )
    assert after.split("\n") == [
        "auth\trequired\tpam_faillock.so preauth",
        "auth\t[success=3 default=ignore]\tpam_unix.so nullok",
        "auth\t[success=2 default=ignore]\tpam_sss.so\t# late",
        "auth\t[default=die]\tpam_faillock.so authfail",
        "auth\trequisite\tpam_deny.so",
        "auth required pam_permit.so",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "no such file"),
        ("auth required pam_permit.so\n", "no line of pam_unix or pam_sss"),
        ("auth sufficient pam_unix.so\n", "no line of pam_deny"),
        ("@include local\n" + DEBIAN, "lines of other files"),
    ],
)
def test_what_is_not_certain_is_refused(text: str | None, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        edit(text, insert=TALLY)


def test_options_come_and_go() -> None:
    text = "password [success=1 default=ignore] pam_unix.so obscure md5 # hash\npassword requisite pam_deny.so\n"
    after = edit(text, "password", options=[{"module": "pam_unix", "remove": ["md5"], "add": ["yescrypt"]}])
    assert after.split("\n")[0].split() == [
        "password", "[success=1", "default=ignore]", "pam_unix.so", "obscure", "yescrypt", "#", "hash",
    ]  # fmt: skip
    more = edit(text, "password", options=[{"module": "pam_unix", "remove": ["remember"], "add": ["remember=5"]}])
    assert edit(more, "password", options=[{"module": "pam_unix", "remove": ["remember"], "add": ["remember=9"]}]) == (
        more.replace("remember=5", "remember=9")
    )


def test_a_line_that_goes_on_stays_one() -> None:
    text = (
        "auth [success=1 \\\n  default=ignore] pam_unix.so\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
    )
    after = edit(text, insert=TALLY)
    assert " ".join(parse(after)[1].tokens).split() == ["auth", "[success=2", "default=ignore]", "pam_unix.so"]
    assert edit(after, insert=TALLY) == after


MODULES = st.sampled_from(["pam_unix.so", "pam_sss.so", "pam_group.so", "pam_deny.so", "pam_permit.so"])
JUMPS = [
    "[success=1 default=ignore]",
    "[success=2 default=ignore]",
    "[success=3 auth_err=1 default=bad]",
    "[ignore=1]",
]
CONTROLS = st.sampled_from(["required", "sufficient", *JUMPS])
STACKS = st.lists(st.tuples(CONTROLS, MODULES), min_size=1, max_size=7).map(
    lambda lines: "".join("auth %s %s\n" % line for line in lines)
)


@given(STACKS)
def test_every_jump_ends_where_it_did_or_at_the_new_line_before(text: str) -> None:
    try:
        after = edit(text, insert=TALLY)
    except Refused:
        return
    assert edit(after, insert=TALLY) == after
    old, new = parse(text), parse(after)
    kept = [at for at, line in enumerate(new) if module_of(line.tokens) != "pam_faillock"]
    assert [module_of(new[at].tokens) for at in kept] == [module_of(line.tokens) for line in old]
    places = [*kept, *range(len(new), len(new) + 4)]
    for number, line in enumerate(old):
        before, now = jumps(line), jumps(new[kept[number]])
        assert len(before) == len(now)
        for length, longer in zip(before, now, strict=True):
            landing, place = kept[number] + 1 + longer, places[number + 1 + length]
            assert landing == place or (landing == place - 1 and landing not in kept)


def jumps(line: Line) -> list[int]:
    return [int(number) for number in re.findall(r"=(\d+)", line.tokens[1])]
