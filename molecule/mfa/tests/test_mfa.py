# SPDX-License-Identifier: GPL-3.0-or-later
"""People are asked for a code after their key, the automation for its key alone, and nobody enrols by himself."""

from __future__ import annotations

from typing import Any

import pytest


def methods(host: Any, account: str) -> str:
    """Return sshd's own view of what an account has to show."""
    lines = host.check_output("sshd -T -C user=%s,host=h,addr=10.0.0.1" % account).splitlines()
    return dict(line.split(" ", 1) for line in lines)["authenticationmethods"]


def auth_lines(host: Any, service: str) -> list[list[str]]:
    """Return the words of each line that PAM goes through to authenticate, those of included files in their place."""
    found = []
    for line in host.file("/etc/pam.d/%s" % service).content_string.splitlines():
        words = line.partition("#")[0].split()
        if words[:1] == ["@include"] or words[:2] == ["auth", "include"] or words[:2] == ["auth", "substack"]:
            found += auth_lines(host, words[-1])
        elif words[:1] == ["auth"]:
            found.append(words)
    return found


@pytest.mark.parametrize("account", ["olivia", "nobody"])
def test_people_show_a_key_and_then_a_code(host: Any, account: str) -> None:
    assert methods(host, account) == "publickey,keyboard-interactive:pam"


def test_the_automation_shows_its_key(host: Any) -> None:
    assert methods(host, "ansible") == "publickey"


def test_the_code_is_required_of_everybody(host: Any) -> None:
    lines = auth_lines(host, "sshd")
    at = next(place for place, words in enumerate(lines) if "pam_oath.so" in words)
    assert lines[at][1] in ("required", "requisite") or "[default=die]" in lines[at + 1]
    # Nothing before it ends the asking with success.
    assert not {"sufficient", "[success=done", "success=done"}.intersection(
        word for words in lines[:at] for word in words
    )
    assert "nullok" not in {word for words in lines for word in words}


def test_only_root_has_the_seeds(host: Any) -> None:
    seeds = host.file("/etc/users.oath")
    assert (seeds.user, seeds.mode) == ("root", 0o600)
    assert seeds.contains("olivia")


def test_the_automation_key_opens_from_its_addresses_only(host: Any) -> None:
    shown = host.check_output("sshd -T -C user=ansible,host=h,addr=10.0.0.1").splitlines()
    (line,) = [line for line in shown if line.startswith("authorizedkeysfile ")]
    options = host.file(line.split()[1].replace("%u", "ansible")).content_string
    assert 'from="' in options
    assert "restrict" in options
