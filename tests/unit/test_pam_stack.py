# SPDX-License-Identifier: GPL-3.0-or-later
"""The resolver, on stacks as people write them and against a second, deliberately plain walk of libpam's rules."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.pam_file import parse
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators import pam_stack
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Facts, Unread
from hypothesis import given, settings
from hypothesis import strategies as st

SOMEBODY = pam_stack.Person("sshd")
OATH = ["pam_oath"]


def stack(text: str, **files: str) -> list[dict[str, Any]]:
    """Build entries from lines without their facility; `include NAME` and `substack NAME` take `files`."""
    entries: list[dict[str, Any]] = []
    for line in parse(text):
        control, name, *arguments = line.tokens
        place = {"file": "/etc/pam.d/x", "line": line.number}
        if control in ("include", "substack"):
            nested = [dict(entry, file="/etc/pam.d/" + name) for entry in stack(files[name], **files)]
            entries.append({"control": control, "module": "", "args": [], "nested": nested, **place})
        else:
            entries.append({"control": control, "module": name, "args": arguments, **place})
    return entries


DEBIAN = "[success=1 default=ignore] pam_unix\nrequisite pam_deny\nrequired pam_permit\n"
REDHAT = """
required pam_env
required pam_faillock preauth
[default=1 ignore=ignore success=ok] pam_localuser
sufficient pam_unix
sufficient pam_sss forward_pass
required pam_faillock authfail
required pam_deny
"""


@pytest.mark.parametrize(
    "text",
    [
        "include common-auth\nrequired pam_oath",
        "required pam_oath\ninclude common-auth",
        "substack password-auth\nrequired pam_oath",
        "requisite pam_oath\ninclude password-auth",
        "[success=1 default=bad] pam_oath\nrequisite pam_deny\nrequired pam_permit",
        "sufficient pam_oath\nrequired pam_deny",
        # Jumping one line too far is an error in PAM's eyes, not a success.
        "[success=3 default=die] pam_unix\nrequired pam_env\nrequired pam_oath",
        "[success=1 default=ignore] pam_succeed_if user ingroup glass\nrequired pam_oath\nrequired pam_unix",
        "[success=ignore default=1] pam_succeed_if user notingroup glass\nrequired pam_oath\nrequired pam_unix",
        "[success=1 default=ignore] pam_succeed_if service = cron\nrequired pam_oath\nrequired pam_unix",
        # done inside a substack ends only that.
        "substack quick\nrequired pam_oath",
    ],
)
def test_the_second_factor_holds(text: str) -> None:
    files = {"common-auth": DEBIAN, "password-auth": REDHAT, "quick": "sufficient pam_unix\nrequired pam_deny"}
    entries = stack(text, **files)
    person = pam_stack.Person("sshd", outside="glass")
    assert pam_stack.must_succeed(entries, OATH, person), pam_stack.ways_around(entries, OATH, person)
    assert pam_stack.ways_around(entries, OATH, person) == []


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("sufficient pam_unix\nrequired pam_oath", "x:1 pam_unix", "ends the stack before pam_oath (/etc/pam.d/x:2)"),
        ("include password-auth\nrequired pam_oath", "password-auth:5 pam_unix", "ends the stack before pam_oath"),
        ("[success=2 default=ignore] pam_unix\nrequisite pam_deny\nrequired pam_oath\nrequired pam_permit",
         "x:1 pam_unix", "jumps over pam_oath (/etc/pam.d/x:3) when it answers success"),
        ("required pam_unix\noptional pam_oath", "x:2 pam_oath", "'optional pam_oath' does not count"),
        ("required pam_unix\n[success=ok user_unknown=ignore default=die] pam_oath", "x:2 pam_oath", "user_unknown"),
        ("required pam_unix\n[success=done default=1] pam_oath\nrequired pam_deny\nrequired pam_permit",
         "x:2 pam_oath", "does not count"),
        ("[success=1 default=ignore] pam_succeed_if user ingroup automation\nrequired pam_oath\nrequired pam_unix",
         "x:1 pam_succeed_if", "jumps over pam_oath"),
        ("[success=1 default=ignore] pam_access accessfile=/etc/lan\nrequired pam_oath\nrequired pam_unix",
         "x:1 pam_access", "jumps over pam_oath"),
        ("required pam_unix\nrequired pam_oath\n[default=reset] pam_x\nrequired pam_permit", "x:3 pam_x", "forget"),
        ("required pam_unix", "/etc/pam.d/x: no second factor", "asks no second factor"),
    ],
)  # fmt: skip
def test_ways_around_are_named(text: str, place: str, words: str) -> None:
    entries = stack(text, **{"password-auth": REDHAT})
    ways = pam_stack.ways_around(entries, OATH, SOMEBODY)
    assert not pam_stack.must_succeed(entries, OATH, SOMEBODY)
    assert any(place in way.identity and words in way.text for way in ways), ways


def test_every_way_around_is_named_once() -> None:
    entries = stack("sufficient pam_unix\nsufficient pam_sss\noptional pam_oath\nrequired pam_permit")
    identities = [way.identity for way in pam_stack.ways_around(entries, OATH, SOMEBODY)]
    assert identities == ["/etc/pam.d/x:1 pam_unix", "/etc/pam.d/x:2 pam_sss", "/etc/pam.d/x:3 pam_oath"]


def test_a_left_out_line_is_no_second_factor() -> None:
    entries = stack("required pam_unix\nrequired pam_oath")
    entries[1].update(silent=True, present=False)
    assert not pam_stack.must_succeed(entries, OATH, SOMEBODY)
    facts = Facts({"areas": {"pam": {"services": {"sshd": {"auth": entries}}}}})
    assert pam_stack.mfa_modules(facts, {"bulwark_mfa_modules": OATH}) == []
    del entries[1]["silent"]
    assert pam_stack.must_succeed(entries, OATH, SOMEBODY)


def test_a_service_without_lines_takes_those_of_other_and_an_unread_one_says_why() -> None:
    deny = stack("required pam_deny")
    areas = {"pam": {"services": {"sshd": {"account": deny}, "other": {"auth": deny}}}}
    assert pam_stack.entries(Facts({"areas": areas}), "sshd") == deny
    state = {"areas": areas, "errors": [{"area": "pam", "fact": "services.sshd", "reason": "no such include"}]}
    with pytest.raises(Unread, match="no such include"):
        pam_stack.entries(Facts(state), "sshd")


def test_controls_libpam_cannot_parse_are_bad() -> None:
    assert set(pam_stack.actions("[success=0]").values()) == {"bad"}
    assert set(pam_stack.actions("[success]").values()) == {"bad"}
    assert set(pam_stack.actions("requird").values()) == {"bad"}
    parsed = pam_stack.actions("[default=ignore success = 2 default=die]")
    assert (parsed["success"], parsed["auth_err"]) == ("2", "ignore")
    assert pam_stack.actions("[required]") == pam_stack.actions("required")


#: What libpam did on Debian 12 (Linux-PAM 1.5.2), asked by pamtester with a right or wrong password and code: does the
#: right password open the service with a wrong code, does the right code with a wrong password?
SEEN = [
    ("required pam_unix\nrequired pam_oath", False, False),
    ("sufficient pam_unix\nrequired pam_oath", True, True),
    ("[success=2 default=ignore] pam_unix\nrequisite pam_deny\nrequired pam_oath\nrequired pam_permit", True, False),
    ("[success=3 default=ignore] pam_unix\nrequisite pam_deny\nrequired pam_oath", False, False),
    ("required pam_permit\n[success=1 default=die] pam_unix\nrequired pam_oath", True, False),
    ("substack quick\nrequired pam_oath", False, False),
    ("include quick\nrequired pam_oath", True, False),
    ("required pam_unix\nrequired pam_oath\n[default=reset] pam_permit\nrequired pam_permit", True, True),
]


@pytest.mark.parametrize(("text", "without_code", "without_password"), SEEN)
def test_agrees_with_libpam_on_a_real_host(text: str, without_code: bool, without_password: bool) -> None:
    entries = stack(text, quick="sufficient pam_unix\nrequired pam_deny")
    assert pam_stack.must_succeed(entries, OATH, SOMEBODY) == (not without_code)
    assert pam_stack.must_succeed(entries, ["pam_unix"], SOMEBODY) == (not without_password)


# The second opinion: libpam's loop written out for one fixed answer of each module, tried with all answers.

ANSWERS = ("success", "auth_err", "ignore")


def plain_chain(entries: list[dict[str, Any]], level: int = 0) -> list[tuple[str, str, int, dict[str, Any]]]:
    chain = []
    for entry in entries:
        if entry["control"] == "substack":
            chain.append(("substack", "", level, entry))
            chain += plain_chain(entry["nested"], level + 1)
        elif entry["control"] == "include":
            chain += plain_chain(entry["nested"], level)
        else:
            chain.append(("module", entry["module"], level, entry))
    return chain


def plain_walk(chain: list[tuple[str, str, int, dict[str, Any]]], answers: tuple[str, ...]) -> bool:  # noqa: C901
    impression, status = "undef", "fail"
    saved: dict[int, tuple[str, str]] = {0: (impression, status)}
    previous = 0
    at = 0
    while at < len(chain):
        kind, _module, level, entry = chain[at]
        if previous < level:
            saved[level] = (impression, status)
        previous = level
        if kind == "substack":
            at += 1
            continue
        answer = answers[at]
        action = pam_stack.actions(entry["control"])[answer]
        decided = False
        if action == "reset":
            impression, status = saved[level]
        elif action in ("ok", "done"):
            if impression == "undef" or (impression == "positive" and status == "success"):
                impression, status = "positive", answer
            decided = action == "done" and impression == "positive"
        elif action in ("bad", "die"):
            if impression != "negative":
                impression, status = "negative", "fail"
            decided = action == "die"
        elif action != "ignore":
            left = int(action)
            while at + 1 < len(chain) and chain[at + 1][2] >= level and left > 0:
                at += 1
                while at + 1 < len(chain) and chain[at + 1][2] > level:
                    at += 1
                left -= 1
            if left:
                impression, status = "negative", "fail"
        while decided and at + 1 < len(chain) and chain[at + 1][2] >= level:
            at += 1
        at += 1
    return status == "success" and impression == "positive"


ACTIONS = st.sampled_from(["ignore", "ok", "done", "bad", "die", "reset", "1", "2", "3"])
CONTROLS = st.one_of(
    st.sampled_from(["required", "requisite", "sufficient", "optional"]),
    st.builds("[success={} ignore={} default={}]".format, ACTIONS, ACTIONS, ACTIONS),
)
MODULES = st.builds(
    lambda control, module: {"control": control, "module": module, "args": [], "file": "/f", "line": 1},
    CONTROLS,
    st.sampled_from(["pam_unix", "pam_oath"]),
)
STACKS = st.lists(
    st.recursive(
        MODULES,
        lambda inner: st.builds(
            lambda control, nested: {
                "control": control, "module": "", "args": [], "file": "/f", "line": 1, "nested": nested,
            },
            st.sampled_from(["include", "substack"]),
            st.lists(inner, max_size=3),
        ),
        max_leaves=5,
    ),
    max_size=4,
)  # fmt: skip


@settings(max_examples=400)
@given(STACKS)
def test_agrees_with_trying_every_answer(entries: list[dict[str, Any]]) -> None:
    chain = plain_chain(entries)
    if sum(kind == "module" for kind, *_ in chain) > 7:
        return
    choices = [
        ("",) if kind == "substack" else ("auth_err",) if module == "pam_oath" else ANSWERS
        for kind, module, _level, _entry in chain
    ]
    bypass = any(plain_walk(chain, answers) for answers in itertools.product(*choices))
    assert pam_stack.must_succeed(entries, OATH, SOMEBODY) == (not bypass)
    assert bool(pam_stack.ways_around(entries, OATH, SOMEBODY)) == bypass
