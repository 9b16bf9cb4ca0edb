# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom and which host a line of sudoers means, as the reader of area `sudo` delivers it (sudoers(5))."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from .verdict import Case


def concerns(members: Sequence[Mapping[str, Any]], user: Mapping[str, Any]) -> bool:
    """Say whether a list of users names `user`, a "!" taking it out again; netgroups are not looked into."""
    named = False
    for member in members:
        kind, name = member["kind"], member["name"]
        if (
            (kind == "username" and name in ("ALL", user["name"]))
            or (kind == "usergroup" and name in user["groups"])
            or (kind == "userid" and name == str(user["uid"]))
            or (kind == "usergid" and name == str(user["gid"]))
        ):
            named = not member["negated"]
    return named


def means_host(case: Case, members: Sequence[Mapping[str, Any]]) -> bool:
    """Say whether a list of hosts may mean this one: only a list of other hosts' names doesn't."""
    own = case.facts["system"]["hostname"]
    here = {"ALL", own, own.partition(".")[0]}
    named = False
    for member in members:
        if member["kind"] != "hostname" or any(fnmatchcase(name, member["name"]) for name in here):
            named = not member["negated"]
    return named
