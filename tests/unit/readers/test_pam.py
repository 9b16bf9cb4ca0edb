# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

from ansible_collections.bulwark.msp.plugins.module_utils import pam_file
from ansible_collections.bulwark.msp.plugins.module_utils.door import Door, Unreadable
from ansible_collections.bulwark.msp.plugins.module_utils.readers import pam
from ansible_collections.bulwark.msp.plugins.module_utils.reading import Reading
from hypothesis import given
from hypothesis import strategies as st


def state(root: Path, files: dict[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    facts, errors = Reading(Door(str(root)), {"pam": pam.read}).state(["pam"], 10)
    return facts["pam"]["services"], errors


def names(entries: list[dict[str, Any]]) -> list[Any]:
    return [names(entry["nested"]) if "nested" in entry else entry["module"] for entry in entries]


def test_includes_of_every_kind_are_followed_and_keep_their_nesting(tmp_path: Path) -> None:
    services, errors = state(
        tmp_path,
        {
            "etc/pam.d/sshd": "@include common-auth\nauth substack password-auth\nauth include postlogin\n",
            "etc/pam.d/common-auth": "auth [success=1 default=ignore] pam_unix.so nullok\nsession required pam_x.so\n",
            "etc/pam.d/password-auth": "auth required /lib/security/pam_env.so\n",
            "usr/lib/pam.d/postlogin": "auth optional pam_umask.so\n",
        },
    )
    assert not errors
    sshd = services["sshd"]
    assert names(sshd["auth"]) == [["pam_unix"], ["pam_env"], ["pam_umask"]]
    assert [entry["control"] for entry in sshd["auth"]] == ["include", "substack", "include"]
    unix = sshd["auth"][0]["nested"][0]
    assert unix == {
        "control": "[success=1 default=ignore]",
        "module": "pam_unix",
        "args": ["nullok"],
        "file": "/etc/pam.d/common-auth",
        "line": 1,
    }
    assert sshd["auth"][2]["nested"][0]["file"] == "/usr/lib/pam.d/postlogin"
    assert names(sshd["session"]) == [["pam_x"]]


def test_continued_lines_comments_and_brackets(tmp_path: Path) -> None:
    text = (
        "# a comment \\\nauth required \\\n   pam_unix.so \\\n try_first_pass # rest \\\n"
        "-AUTH Sufficient pam_u2f.so [cue_prompt=Touch [it\\] now] authfile=/etc/u2f\n"
    )
    services, _errors = state(tmp_path, {"etc/pam.d/sshd": text})
    first, second = services["sshd"]["auth"]
    assert (first["line"], first["args"]) == (2, ["try_first_pass"])
    assert second["control"] == "sufficient"
    assert second["silent"] is True
    assert second["args"] == ["cue_prompt=Touch [it] now", "authfile=/etc/u2f"]


def test_a_missing_include_makes_its_service_unread_and_no_other(tmp_path: Path) -> None:
    services, errors = state(
        tmp_path, {"etc/pam.d/sshd": "auth include nowhere\n", "etc/pam.d/sudo": "auth required pam_unix.so\n"}
    )
    assert list(services) == ["sudo"]
    assert [error["fact"] for error in errors] == ["services.sshd"]
    assert "/etc/pam.d/sshd:1: no PAM service nowhere" in errors[0]["reason"]


def test_cycles_and_explosions_end(tmp_path: Path) -> None:
    services, errors = state(tmp_path, {"etc/pam.d/sshd": "auth required pam_unix.so\n@include sshd\n@include sshd\n"})
    assert not services
    assert [error["fact"] for error in errors] == ["services.sshd"]


def test_lines_libpam_cannot_use_count_as_failing_ones(tmp_path: Path) -> None:
    services, _errors = state(tmp_path, {"etc/pam.d/sshd": "atuh required pam_unix.so\nauth required\n"})
    assert [entry["module"] for entry in services["sshd"]["auth"]] == ["", ""]


def test_modules_that_are_not_installed_are_marked(tmp_path: Path) -> None:
    services, _errors = state(
        tmp_path,
        {
            "usr/lib/x86_64-linux-gnu/security/pam_unix.so": "",
            "etc/pam.d/sshd": "auth required pam_unix.so\n-auth required pam_oath.so\nauth required /opt/pam_x.so\n",
        },
    )
    assert [entry.get("present", True) for entry in services["sshd"]["auth"]] == [True, False, False]


def test_pam_conf_counts_only_without_a_folder(tmp_path: Path) -> None:
    text = "SSHD auth required pam_unix.so\nlogin auth required pam_deny.so\n"
    services, _errors = state(tmp_path, {"etc/pam.conf": text})
    assert names(services["sshd"]["auth"]) == ["pam_unix"]
    assert list(services) == ["sshd", "login"]
    services, _errors = state(tmp_path, {"etc/pam.d/other": "auth required pam_deny.so\n"})
    assert list(services) == ["other"]


def test_no_secret_leaves_the_host(tmp_path: Path) -> None:
    text = (
        "auth required pam_mysql.so user=x passwd=hunter2\n"
        "auth required pam_yubico.so id=1 key=hunter2 authfile=/etc/yubi\n"
        "auth required pam_google_authenticator.so secret=/var/lib/totp/${USER} nullok\n"
        "auth required pam_tacplus.so secret=hunter2\n"
        "auth required pam_exec.so expose_authtok /usr/local/bin/check --with hunter2\n"
    )
    services, _errors = state(tmp_path, {"etc/pam.d/sshd": text})
    assert "hunter2" not in repr(services)
    arguments = [entry["args"] for entry in services["sshd"]["auth"]]
    assert arguments[0] == ["user=x", "passwd=***"]
    assert arguments[2] == ["secret=/var/lib/totp/${USER}", "nullok"]
    assert arguments[4] == ["expose_authtok", "/usr/local/bin/check"]


@given(st.text(alphabet=st.sampled_from("auth required@include[]\\#\n =-.")))
def test_any_text_is_parsed_or_unreadable(text: str) -> None:
    for line in pam_file.parse(text):
        assert line.tokens
        assert all(token for token in line.tokens)


@given(st.lists(st.text(alphabet=st.characters(exclude_characters=" \t\r\n[]#\\", min_codepoint=33), min_size=1)))
def test_plain_tokens_come_back(words: list[str]) -> None:
    assert pam_file.tokenize("  ".join(words)) == words


@given(st.text())
def test_any_service_file_is_read_or_named(text: str) -> None:
    class Single(Door):
        def read(self, path: str, limit: int = 0) -> str:
            return text

    with contextlib.suppress(Unreadable):
        pam._Resolver(Single("/nonexistent")).service("sshd")
