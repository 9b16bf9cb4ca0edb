# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import logrotate_conf
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door
from ansible_collections.bulwark.msp.plugins.module_utils.edits import login_shell, logrotate
from ansible_collections.bulwark.msp.plugins.module_utils.edits.refused import Refused
from hypothesis import assume, given
from hypothesis import strategies as st

DEBIAN = """/var/log/syslog
/var/log/auth.log
{
\trotate 4
\tweekly
\tmissingok
\tsharedscripts
\tpostrotate
\t\trotate 5 }
\tendscript
}
/var/log/other { rotate 1
  maxage 5
}
"""
LINES = st.sampled_from([
    "rotate 4", "  rotate=7", "size 10M", "\tdaily", "hourly", "maxage 90", "maxsize 5M", "# rotate 3", "", "missingok",
    "create 0644 root adm", "create", "postrotate\n  rotate 2\nendscript",
])  # fmt: skip
CHANGE = {"set": {"rotate": 26, "weekly": ""}, "drop": ["size"]}


def put(text: str | None, pattern: str, change: dict[str, Any]) -> str:
    return logrotate.edit(text, {"stanzas": {pattern: change}}, {})


def test_only_the_directives_of_one_stanza_change() -> None:
    after = put(DEBIAN, "/var/log/auth.log", {"set": {"rotate": 26}, "drop": ["maxage"]})
    assert after == DEBIAN.replace("\trotate 4\n", "").replace("endscript\n}", "endscript\n\trotate 26\n}")
    assert put(DEBIAN, "/var/log/auth.log", {"replace": {"weekly": "daily"}}) == DEBIAN.replace("weekly", "daily")


@pytest.mark.parametrize(
    ("line", "after"),
    [("create 0644 root adm", "create 0640 root adm"), ("create 644", "create 0640"), ("create", "create"),
     ("create www adm", "create www adm")],
)  # fmt: skip
def test_the_mode_of_what_is_created(line: str, after: str) -> None:
    text = "/var/log/a {\n  %s\n}\n"
    assert put(text % line, "/var/log/a", {"mode": "0640"}) == text % after


@given(st.lists(LINES, max_size=8), st.lists(LINES, max_size=3))
def test_logrotate_takes_what_was_set_whatever_stood_there(
    tmp_path_factory: pytest.TempPathFactory, body: list[str], general: list[str]
) -> None:
    assume(not any("postrotate" in line for line in general))
    text = "\n".join([*general, "/var/log/a {", *body, "}", "/var/log/b {", "}", ""])
    once = put(text, "/var/log/a", CHANGE)
    assert put(once, "/var/log/a", CHANGE) == once
    root = tmp_path_factory.mktemp("host")
    (root / "etc").mkdir()
    found = {}
    for name, content in (("before", text), ("after", once)):
        (root / "etc" / name).write_text(content)
        loaded = logrotate_conf.load(Door(str(Path(root))), "/etc/" + name)
        assert loaded.problems == []
        found[name] = [dict(stanza, place="") for stanza in loaded.stanzas]
    own = found["after"][0]
    assert (own["rotate"], own["trigger"], own["period"]) == (26, "period", "weekly")
    assert own["maxage"] == found["before"][0]["maxage"]
    assert found["after"][1] == found["before"][1]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "no such file"), ("weekly\n", "no stanza names"), ("/var/log/a { daily\n}\n", "line of its brace"),
        ("/var/log/a {\ndaily }\n", "ends in no line of its own"), ("/var/log/a {\n", "ends in no line of its own"),
        ("/var/log/a 'x {\n}\n", "no stanza names"),
    ],
)  # fmt: skip
def test_what_cannot_be_changed_safely_is_refused(text: str | None, why: str) -> None:
    with pytest.raises(Refused, match=why):
        put(text, "/var/log/a", CHANGE)


@given(st.text(max_size=200))
def test_arbitrary_text_is_changed_or_refused(text: str) -> None:
    try:
        once = put(text, "/var/log/a", CHANGE)
    except Refused:
        return
    assert put(once, "/var/log/a", CHANGE) == once


def test_a_shell_is_given_to_those_named_alone() -> None:
    text = "root:x:0:0::/root:/bin/bash\nkim:x:1000:1000:Kim:/home/kim:/bin/bash\n+::::::\n"
    after = login_shell.edit(text, {"users": ["kim"], "shell": "/usr/bin/tlog-rec-session"}, {})
    assert after == text.replace("/home/kim:/bin/bash", "/home/kim:/usr/bin/tlog-rec-session")
    for missing in (None, text):
        with pytest.raises(Refused):
            login_shell.edit(missing, {"users": ["lee"], "shell": "/x"}, {})


@given(st.text(max_size=100))
def test_the_rest_of_accounts_stays(text: str) -> None:
    whole = text + "\nkim:x:1:1::/:/bin/sh\n"
    once = login_shell.edit(whole, {"users": ["kim"], "shell": "/t"}, {})
    assert login_shell.edit(once, {"users": ["kim"], "shell": "/t"}, {}) == once
    assert [line for line in once.split("\n") if not line.startswith("kim:")] == [
        line for line in whole.split("\n") if not line.startswith("kim:")
    ]
