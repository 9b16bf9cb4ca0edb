# SPDX-License-Identifier: GPL-3.0-or-later
"""su's stack, root's password, and modes."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.facts import Unread
from ansible_collections.bulwark.msp.plugins.plugin_utils.evaluators.verdict import NotApplicable

from .host import areas, identities, judge, pam, policy, user

ROOT = user("root", 0, groups=["root"])
UNIX = "auth required pam_unix.so\n"
ROOTOK = "auth sufficient pam_rootok.so\n"
WHEEL = "auth required pam_wheel.so use_uid group=%s\n"


def su(stack: str, password: str = "locked", **more: Any) -> list[str]:
    users = [{**ROOT, "password": password}, user("ann", groups=["ann", "ops"])]
    facts = areas(users, pam={"services": pam({"su": stack})}, **more)
    return identities(judge("lin-lp-su-wheel", facts))


def test_su() -> None:
    assert su(ROOTOK + WHEEL % "sudo" + UNIX) == []
    assert su(ROOTOK + WHEEL % "none" + UNIX) == []
    assert su(ROOTOK + UNIX) == ["su: no pam_wheel"]
    assert su(ROOTOK + WHEEL % "ops" + UNIX) == ["su: group ops"]
    assert su(ROOTOK + "auth required pam_wheel.so\n" + UNIX) == ["su: no use_uid"]
    assert su(ROOTOK + "auth required pam_wheel.so use_uid deny\n" + UNIX) == ["su: deny"]
    assert len(su(ROOTOK + UNIX.replace("required", "sufficient") + WHEEL % "sudo")) == 1
    assert su(ROOTOK + WHEEL % "sudo" + UNIX, password="usable") == ["root's password"]


def test_a_host_without_su() -> None:
    with pytest.raises(NotApplicable):
        judge("lin-lp-su-wheel", areas([ROOT]))


def file(path: str, mode: str, uid: int = 0, gid: int = 0, **more: Any) -> dict[str, Any]:
    return {"path": path, "mode": mode, "uid": uid, "gid": gid, **more}


def modes(thresholds: dict[str, Any] | None = None, **facts: Any) -> tuple[list[str], list[str]]:
    read = {"sudoers": [], "accounts": [], "homes": [], "visudo": None, **facts}
    found = areas([ROOT], permissions=read)
    found["accounts"]["gids"] = {"shadow": 42}
    verdict = judge("lin-lp-sudoers-perms", found, thresholds=thresholds)
    return identities(verdict), list(verdict.unread)


def test_modes_and_owners() -> None:
    assert modes(accounts=[file("/etc/shadow", "0640", gid=42), file("/etc/group-", "0644")]) == ([], [])
    assert modes(accounts=[file("/etc/gshadow-", "0644")])[0] == ["/etc/gshadow-: mode"]
    assert modes(sudoers=[file("/etc/sudoers.d/x", "0440", uid=1000)])[0] == ["/etc/sudoers.d/x: owner"]
    assert modes(homes=[file("/home/ann", "0751", user="ann")])[0] == ["/home/ann: mode"]
    assert modes(homes=[file("/home/ann", "2750", user="ann")])[0] == []


def test_what_visudo_says() -> None:
    said = ["/etc/sudoers.d/x: bad permissions, should be mode 0440", "/etc/sudoers.d/y:1:5: syntax error"]
    assert modes(visudo={"ok": False, "said": said})[0] == ["visudo: /etc/sudoers.d/y:1:5: syntax error"]


def test_a_mode_without_quotes_is_told() -> None:
    shipped = policy()["bulwark_file_modes"]
    with pytest.raises(Unread, match="in quotes"):
        modes({"bulwark_file_modes": {**shipped, "home": 488}})
