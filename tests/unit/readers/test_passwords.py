# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from pathlib import Path

from ansible_collections.bulwark.msp.plugins.module_utils import name_values
from hypothesis import given
from hypothesis import strategies as st

from .host import read


def test_the_main_pwquality_file_wins_over_its_drop_ins(tmp_path: Path) -> None:
    facts, errors = read(
        tmp_path,
        "passwords",
        {
            "/etc/security/pwquality.conf": "minlen = 15\nbadwords = hunter2\n",
            "/etc/security/pwquality.conf.d/10-a.conf": "minlen = 8\ndictcheck = 0\n",
            "/etc/security/pwquality.conf.d/20-b.conf": "dictcheck=1\n",
            "/etc/security/pwquality.conf.d/notes": "minlen = 99\n",
            "/etc/login.defs": "ENCRYPT_METHOD\tYESCRYPT\nUMASK 022\n",
        },
    )
    assert not errors
    assert facts["pwquality"] == {"minlen": "15", "dictcheck": "1"}
    assert facts["pwquality_files"][-1] == "/etc/security/pwquality.conf"
    assert facts["login_defs"] == {"ENCRYPT_METHOD": "YESCRYPT"}
    assert facts["pwhistory"] == {}


NAME = st.text(st.characters(categories=["L", "Nd"]), min_size=1)


@given(st.dictionaries(NAME, NAME), st.sampled_from([" ", "=", " = "]))
def test_settings_come_back(settings: dict[str, str], between: str) -> None:
    assert name_values.parse("".join(name + between + value + "\n" for name, value in settings.items())) == settings


@given(st.text())
def test_any_text_is_parsed(text: str) -> None:
    assert all(name for name in name_values.parse(text))
