# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.bulwark.msp.plugins.module_utils import apt_sources as parsing
from ansible_collections.bulwark.msp.plugins.module_utils.edits.apt_sources import edit
from hypothesis import given
from hypothesis import strategies as st

LIST, DEB822 = {"format": "list"}, {"format": "deb822"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("deb [trusted=yes] http://h/d s main", "deb http://h/d s main"),
        ("deb [ arch=amd64 Trusted=Yes ] http://h s m # ours", "deb [arch=amd64] http://h s m # ours"),
        ("deb-src [allow-insecure=1 signed-by=/k] http://h s m", "deb-src [signed-by=/k] http://h s m"),
        ("deb [trusted=no] http://h s m", "deb [trusted=no] http://h s m"),
        ("# deb [trusted=yes] http://h s m", "# deb [trusted=yes] http://h s m"),
        ("deb http://h s m\n\n", "deb http://h s m\n\n"),
    ],
)
def test_options_of_a_line(before: str, after: str) -> None:
    assert edit(before, LIST, {}) == after


def test_fields_of_a_stanza() -> None:
    text = "Types: deb\nTrusted: yes\n# Trusted: yes\nSigned-By:\n Trusted: yes\nAllow-Insecure:True\nSuites: s\n"
    kept = "Types: deb\n# Trusted: yes\nSigned-By:\n Trusted: yes\nSuites: s\n"
    assert edit(text, DEB822, {}) == kept
    assert edit(None, DEB822, {}) is None


LINES = st.sampled_from(["Types: deb", "URIs: http://h", "Suites: s", "Trusted: yes", "allow-insecure: 1", "", " x: y"])
ENTRIES = st.sampled_from(
    ["deb [trusted=yes] http://h s m", "deb [a=b trusted=1 trusted=no] http://h s", "#", "x [y] z"]
)


@given(st.lists(LINES).map("\n".join) | st.text())
def test_nothing_careless_is_left_in_stanzas(text: str) -> None:
    done = edit(text, DEB822, {})
    assert done is not None
    assert edit(done, DEB822, {}) == done
    assert not any(source["careless"] for source in parsing.deb822(done))


@given(st.lists(ENTRIES).map("\n".join) | st.text())
def test_nothing_careless_is_left_in_lines(text: str) -> None:
    done = edit(text, LIST, {})
    assert done is not None
    assert edit(done, LIST, {}) == done
    assert not any(source["careless"] for source in parsing.one_line(done))
