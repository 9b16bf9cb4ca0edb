# SPDX-License-Identifier: GPL-3.0-or-later
"""Ways of rsyslog that are taken out, and what is left where it is."""

from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from ansible_collections.bulwark.msp.plugins.module_utils.edits.rsyslog_off import edit
from hypothesis import given
from hypothesis import strategies as st

ADDRESS = "192.0.2.9"
LEGACY = """\
$WorkDirectory /var/spool/rsyslog
$ActionQueueType LinkedList
# of old
$ActionResumeRetryCount -1
$FileCreateMode 0640
*.*;mail.none @@(o)192.0.2.9:514
auth.* /var/log/auth.log
"""
ACTION = """\
module(load="omrelp")
if $msg contains ")" then {
  *.* action(type="omrelp" target="192.0.2.9" # whoever's (
    port="2514" template="a ) \\" b")
  stop
}
"""


def off(text: str, line: int) -> str:
    return edit(text, {"ways": [[line, ADDRESS]]}, {})


def test_the_older_form_goes_with_what_is_set_for_it() -> None:
    assert off(LEGACY, 6).split("\n") == [
        "$WorkDirectory /var/spool/rsyslog",
        "#$ActionQueueType LinkedList",
        "# of old",
        "#$ActionResumeRetryCount -1",
        "$FileCreateMode 0640",
        "#*.*;mail.none @@(o)192.0.2.9:514",
        "auth.* /var/log/auth.log",
        "",
    ]


def test_what_was_set_for_an_earlier_rule_stays() -> None:
    text = "$ActionQueueType Disk\nauth.* /var/log/a\n*.* @192.0.2.9\n"
    assert off(text, 3) == "$ActionQueueType Disk\nauth.* /var/log/a\n#*.* @192.0.2.9\n"


def test_an_action_goes_as_a_whole() -> None:
    lines = ACTION.split("\n")
    assert off(ACTION, 3).split("\n") == [*lines[:2], "#" + lines[2], "#" + lines[3], *lines[4:]]


@pytest.mark.parametrize(
    "text",
    [
        'if $msg then action(type="omfwd" target="192.0.2.9")',
        'action(type="omfwd" target="192.0.2.9") stop',
        'action(type="omfwd" target="192.0.2.9"',
        'action(type="omfwd" target="198.51.100.1")',
        "*.* @198.51.100.1",
        "#*.* @192.0.2.9",
        "",
    ],
)
def test_a_part_of_something_or_another_way_is_refused(text: str) -> None:
    with pytest.raises(Refused, match=r"line 1 is no rule of its own that sends to 192\.0\.2\.9"):
        off(text, 1)


@pytest.mark.parametrize(
    "way", ["local0.* @@192.0.2.9:514", 'local0.* action(type="omfwd"\n  target="192.0.2.9")', "local0.* @192.0.2.9"]
)
@pytest.mark.parametrize("between", ["", "\n# and no more\n", "$ActionExecOnlyWhenPreviousIsSuspended on\n"])
def test_what_hangs_on_a_way_never_hangs_on_the_rule_before(way: str, between: str) -> None:
    text = "auth.* /var/log/auth.log\n%s\n%s & stop\n*.* /var/log/syslog\n" % (way, between)
    with pytest.raises(Refused, match="what follows line 2 with & is a part of its rule"):
        off(text, 2)


def test_a_further_action_goes_alone_or_with_its_rule() -> None:
    text = "auth.* /var/log/auth.log\n& @@192.0.2.9\n& stop\n"
    assert off(text, 2) == text.replace("& @@", "#& @@")
    both = "*.* @@192.0.2.9\n& @@192.0.2.9:515\n*.* /var/log/all\n"
    assert edit(both, {"ways": [[1, ADDRESS], [2, ADDRESS]]}, {}) == "#%s" % both.replace("& @@", "#& @@")


@given(st.text("*.@ ()'\"\\#$\nact2", max_size=60), st.integers(1, 8))
def test_nothing_but_comments_is_added(text: str, line: int) -> None:
    text = text.replace("2", "\naction(target='192.0.2.9'")
    try:
        after = off(text, line)
    except Refused:
        return
    assert [one.removeprefix("#") for one in after.split("\n")] == [one.removeprefix("#") for one in text.split("\n")]
    assert after.split("\n")[line - 1].startswith("#")
