# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.ssh import config
from hypothesis import given
from hypothesis import strategies as st


def host(root: Path, files: dict[str, str]) -> Door:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return Door(str(root))


def test_includes_are_followed_in_lexical_order_also_inside_match(tmp_path: Path) -> None:
    door = host(
        tmp_path,
        {
            "etc/ssh/sshd_config": 'Include sshd_config.d/*.conf "/opt/with space/*.conf"\n'
            "Match User a\n  Include late/x\n",
            "etc/ssh/sshd_config.d/20-b.conf": "# Match User commented\n",
            "etc/ssh/sshd_config.d/10-a.conf": "match  all\n",
            "etc/ssh/sshd_config.d/.hidden.conf": "Match User hidden\n",
            "opt/with space/c.conf": 'MATCH "Group" staff,"!interns" Address=10.0.0.0/8 # why\n',
            "etc/ssh/late/x": "Match Host *.example\n",
        },
    )
    found = config.load(door, "/etc/ssh/sshd_config")
    assert found.files == (
        "/etc/ssh/sshd_config", "/etc/ssh/sshd_config.d/10-a.conf", "/etc/ssh/sshd_config.d/20-b.conf",
        "/opt/with space/c.conf", "/etc/ssh/late/x",
    )  # fmt: skip
    assert [(match.text(), match.file, match.line) for match in found.matches] == [
        ("all", "/etc/ssh/sshd_config.d/10-a.conf", 1),
        ("group staff,!interns address 10.0.0.0/8", "/opt/with space/c.conf", 1),
        ("user a", "/etc/ssh/sshd_config", 2),
        ("host *.example", "/etc/ssh/late/x", 1),
    ]


def test_it_is_known_where_each_option_is_set(tmp_path: Path) -> None:
    door = host(
        tmp_path,
        {
            "etc/ssh/sshd_config": "Port 22\nMatch User a\n  Include late/x\n  ChallengeResponseAuthentication no\n",
            "etc/ssh/late/x": "MaxAuthTries 2\nMatch Host *.example\nLogLevel QUIET\n",
        },
    )
    found = config.load(door, "/etc/ssh/sshd_config")
    assert [(one.option, one.file, one.line, one.match and one.match.text()) for one in found.settings] == [
        ("port", "/etc/ssh/sshd_config", 1, None),
        ("maxauthtries", "/etc/ssh/late/x", 1, "user a"),
        ("loglevel", "/etc/ssh/late/x", 3, "host *.example"),
        ("kbdinteractiveauthentication", "/etc/ssh/sshd_config", 4, "user a"),
    ]


def test_an_include_without_end_is_unreadable(tmp_path: Path) -> None:
    door = host(tmp_path, {"etc/ssh/sshd_config": "Include sshd_config\n"})
    with pytest.raises(Unreadable, match="Include goes deeper"):
        config.load(door, "/etc/ssh/sshd_config")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", ("", [])),
        ("  # Match User a", ("", [])),
        ("Match=User a", ("match", ["User", "a"])),
        ('Match User \'a b\' "c\\"d"', ("match", ["User", "a b", 'c"d'])),
        ("\tPort = 22", ("port", ["22"])),
        ("Banner /etc/issue # not this", ("banner", ["/etc/issue"])),
    ],
)
def test_lines(line: str, expected: tuple[str, list[str]]) -> None:
    assert config.split(line) == expected


@given(st.text(max_size=200))
def test_any_text_is_parsed_without_a_crash(text: str) -> None:
    for line in text.split("\n"):
        config.criteria(config.split(line)[1])


@given(st.text(alphabet="Includematch */.?[]\"'\\\n", max_size=120))
def test_any_file_is_read_or_unreadable(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    root = tmp_path_factory.mktemp("host")
    with contextlib.suppress(Unreadable):
        config.load(host(root, {"etc/ssh/sshd_config": text}), "/etc/ssh/sshd_config")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["user", "group", "address"]), st.from_regex(r"[a-z0-9*?!,./-]{1,12}", fullmatch=True)
        )
    )
)
def test_criteria_come_back_as_written(pairs: list[tuple[str, str]]) -> None:
    line = "Match " + " ".join("%s %s" % pair for pair in pairs)
    assert config.criteria(config.split(line)[1]) == tuple(pairs)
