# SPDX-License-Identifier: GPL-3.0-or-later
"""The auth stack that asks for a one-time code, as a file of its own that a service includes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ....module_utils import pam_file
from ...evaluators.pam_stack import Entry, Person, flatten, possible, search, ways_around
from ..steps import HEADER, Left
from .people import GOOGLE, OATH

FOLDER = "/etc/pam.d/"
#: The files that ask for the password, by family.
PASSWORDS = {"debian": "common-auth", "redhat": "password-auth"}
#: sshd tells PAM which methods a login has passed already (SSH_AUTH_INFO_0 of auth-pam.c).
AFTER_KEY = "pam_exec.so quiet /bin/sh -c [case $SSH_AUTH_INFO_0 in publickey*) exit 0;; esac; exit 1]"
GROUP = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


def factor(module: str, path: str, window: int) -> str:
    """Return module and arguments that ask for a code of the seeds in `path`; window: pam_oath's."""
    if module == OATH:
        return "%s.so usersfile=%s window=%d digits=6" % (OATH, path, window)
    return "%s.so secret=%s user=root" % (GOOGLE, path)


def text(control: str, asks: str, family: str, break_glass: str, after_key: bool) -> str:
    """Return the file. asks: as `factor` returns it. break_glass: who is asked for the password instead, or "".

    after_key: whether the service is sshd, where a code alone must open nothing: only who has passed publickey in the
    same login is asked. Wrong codes are counted and lock the account as wrong passwords do; who has no seed, or where
    the file can't be read or written, is refused. Raises Left where the group's name is none.
    """
    lines: list[tuple[str, str]] = []
    if after_key:
        lines.append(("requisite", AFTER_KEY))
    lines += [
        ("requisite", "pam_faillock.so preauth"),
        ("[success=1 default=ignore]", asks),
        ("[default=die]", "pam_faillock.so authfail"),
        ("required", "pam_faillock.so authsucc"),
    ]
    said = "# A one-time code%s instead of the password.\n" % (", after the key," if after_key else "")
    if break_glass:
        if not GROUP.fullmatch(break_glass):
            raise Left("bulwark_break_glass_group: %r is no group name" % break_glass)
        said += "# Members of %s answer with their password.\n" % break_glass
        lines[:0] = [
            ("[success=ignore default=2]", "pam_succeed_if.so quiet user ingroup %s" % break_glass),
            ("substack", PASSWORDS[family]),
            ("[success=%d default=ignore]" % len(lines), "pam_permit.so"),
        ]
    return HEADER % control + said + "".join("auth  %-28s  %s\n" % line for line in lines)


def modelled(content: str, path: str) -> list[Entry]:
    """Return the entries of such a file as the reader of PAM files tells them, a substack's own lines left out."""
    found: list[dict[str, Any]] = []
    for line in pam_file.parse(content):
        control, module = pam_file.control_of(line.tokens), pam_file.module_of(line.tokens)
        entry = {"control": control, "module": module, "args": line.tokens[3:], "file": path, "line": line.number}
        found.append({**entry, "module": "", "args": [], "nested": []} if control == pam_file.INCLUDES[1] else entry)
    return list(found)


def sound(stack: Sequence[Entry], wanted: Sequence[str], person: Person) -> bool:
    """Say whether no way leads around the modules `wanted`, and one through them."""
    nodes = flatten(stack)
    return not ways_around(stack, wanted, person) and search(nodes, lambda node: possible(node, person)) is not None
