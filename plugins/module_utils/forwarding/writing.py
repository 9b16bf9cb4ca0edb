# SPDX-License-Identifier: GPL-3.0-or-later
"""As whom rsyslog writes files, and whether it waits where one can't be opened: what is set once for all of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

COMMENT = re.compile(r"(?m)^[ \t]*#.*$")
#: What gives up root's rights: $PrivDropToUser as Ubuntu has it, global(privdrop.user.name=...).
DROPS = re.compile(r"(?im)^[ \t]*\$PrivDropTo\w+|\bprivdrop\.\w+\.\w+[ \t]*=")
#: What gives omfile parameters, which rsyslog takes once only; RHEL's own file does.
OMFILE = re.compile(r"\bmodule\s*\(\s*load\s*=\s*[\"']builtin:omfile[\"'][^)]*\)", re.IGNORECASE)
WAITS = re.compile(r"\bdynafile\.donotsuspend\s*=\s*[\"']off[\"']", re.IGNORECASE)


def writing(files: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Return {drops: [place], omfile: [{place, waits}]} of files [(path, text)]; a place is "file:line"."""
    drops, omfile = [], []
    for path, whole in files:
        text = COMMENT.sub("", whole)
        drops += [_place(path, text, found) for found in DROPS.finditer(text)]
        omfile += [
            {"place": _place(path, text, found), "waits": bool(WAITS.search(found[0]))}
            for found in OMFILE.finditer(text)
        ]
    return {"drops": drops, "omfile": omfile}


def _place(path: str, text: str, found: re.Match[str]) -> str:
    return "%s:%d" % (path, text.count("\n", 0, found.start()) + 1)
