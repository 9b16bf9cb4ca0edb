# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys that nobody answers for any more."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...evaluators.verdict import Case
from ...judges.obsolete_accounts.orphans import owners
from ..entry.ways_in import named
from ..steps import Left, Measures, Step, edit

MEASURES = Measures()


@MEASURES.of("ssh_orphan_keys")
def ssh_orphan_keys(case: Case, _arguments: Any, _control: str) -> list[Step]:
    """Take out keys without a current owner, where a key of the same account remains that has one."""
    known = owners(case)
    keys: dict[str, list[Mapping[str, Any]]] = {}
    for key in case.facts["keys"]["authorized"]:
        keys.setdefault(key["user"], []).append(key)
    orphans = {name: [key for key in own if key["fingerprint"] not in known] for name, own in keys.items()}
    stuck = sorted(name for name, without in orphans.items() if without and len(without) == len(keys[name]))
    out: dict[str, set[str]] = {}
    for name, without in orphans.items():
        for key in without if name not in stuck else ():
            out.setdefault(key["path"], set()).add(key["fingerprint"])
    # A file that several accounts share may hold the only keys of one that is stuck.
    for path in {key["path"] for name in stuck for key in orphans[name]}:
        out.pop(path, None)
    if stuck and not out:
        raise Left(
            "%s: no key of the account has a current owner; name its keys in bulwark_accounts, or disable it"
            % named(stuck)
        )
    return [edit(path, "authorized_keys", {"without": sorted(gone)}) for path, gone in sorted(out.items())]
