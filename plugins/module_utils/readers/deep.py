# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `deep`: what the last deep reading found, as it lies on the host, without the names that could hold a secret."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..deep import keeping
from ..deep.masking import Mask
from ..door import Door, Missing, Unreadable
from ..reading import Area, Reading

#: Uids that are nobody's by design: systemd's dynamic users, its containers, and the one for "no such user here".
PASSING = ((61184, 65519), (65534, 65534), (524288, 1879048191))
SUBUIDS = "/etc/subuid"
#: Uids that the name services are asked about.
ASKED_LIMIT = 200

Entry = dict[str, Any]


def read(host: Reading, area: Area) -> None:
    """Learn `at`: when the last deep reading began (ISO 8601, UTC), None where there is none. Where there is one, too:

    seconds, entries: what it took. unfinished: [{place, why}]: of what not everything was seen.
    skipped: [{place, why}]: what is no part of it. dropped: {collector: how many more there were}.
    rights: [{<path>, owner, rights: [setuid:<user>, setgid:<group>, cap_...], package}].
    writable: [{<path>, owner, kind: file|folder, package}]. credentials: [{<path>, owner, kind}].
    agents: [{<path>, owner, answers: somebody listens}].
    ownerless: [{uid, files, processes, samples: [<path>]}]: uids that no account has.
    <path> is place, below, inode and places, see module_utils/deep/masking.py. owner: account or uid as text.
    """
    kept = stored(host.door)
    if kept is None:
        area.facts["at"] = None
        return
    users = {user["uid"]: user["name"] for user in reversed(host.fact("accounts", "users"))}
    groups = {gid: name for name, gid in host.fact("accounts", "gids").items()}
    mask = Mask(set(users.values()), host.places)
    found = kept["found"]

    def shown(name: str) -> Iterator[tuple[Entry, Entry]]:
        for entry in found[name]:
            owner = users.get(entry["uid"], str(entry["uid"]))
            yield entry, {**mask.shown(entry), "owner": owner}

    area.facts.update(
        at=str(kept["at"]),
        seconds=kept["seconds"],
        entries=kept["entries"],
        dropped=kept["dropped"],
        **{
            name: [{"place": mask.path(path), "why": why} for path, why in kept[name].items()]
            for name in ("unfinished", "skipped")
        },
        rights=[
            {**place, "rights": _rights(entry, users, groups), "package": entry["package"]}
            for entry, place in shown("rights")
        ],
        writable=[{**place, "kind": entry["kind"], "package": entry["package"]} for entry, place in shown("writable")],
        credentials=[{**place, "kind": entry["kind"]} for entry, place in shown("credentials")],
        agents=[{**place, "answers": entry["answers"]} for entry, place in shown("agents")],
    )
    area.learn("ownerless", ownerless, host.door, found, users, mask)


def stored(door: Door) -> dict[str, Any] | None:
    """Return what is kept on the host, None where nothing is; raises Unreadable where root did not write it so."""
    try:
        status = door.stat(keeping.PATH)
        text = door.read(keeping.PATH, keeping.LIMIT)
    except Missing:
        return None
    if status.uid != 0 or status.mode & 0o077:
        raise Unreadable("%s is not root's alone, so that anybody may have written it" % keeping.PATH)
    try:
        kept = json.loads(text)
    except ValueError:
        kept = None
    if not isinstance(kept, dict) or kept.get("schema") != keeping.SCHEMA:
        raise Unreadable("%s holds no deep reading of this version" % keeping.PATH)
    return kept


def _rights(entry: Mapping[str, Any], users: Mapping[int, str], groups: Mapping[int, str]) -> list[str]:
    given = []
    if "setuid" in entry:
        given.append("setuid:%s" % users.get(entry["setuid"], entry["setuid"]))
    if "setgid" in entry:
        given.append("setgid:%s" % groups.get(entry["setgid"], entry["setgid"]))
    return given + list(entry.get("capabilities", ()))


def ownerless(door: Door, found: Mapping[str, Any], users: Mapping[int, str], mask: Mask) -> list[Entry]:
    """Return the uids that own files or processes and that neither an account nor a container engine has."""
    lent = [*PASSING, *subuids(door)]
    strangers: dict[int, Entry] = {}
    for entry in (*found["owners"], *found["processes"]):
        uid = entry["uid"]
        if uid in users or any(first <= uid <= last for first, last in lent):
            continue
        known = strangers.setdefault(uid, {"uid": uid, "files": 0, "processes": 0, "samples": []})
        known["files"] += entry.get("files", 0)
        known["processes"] += entry.get("processes", 0)
        known["samples"] += [mask.shown(sample) for sample in entry.get("samples", ())]
    hidden = _answered(door, [str(uid) for uid in list(strangers)[:ASKED_LIMIT]])
    return [stranger for uid, stranger in sorted(strangers.items()) if uid not in hidden]


def subuids(door: Door) -> list[tuple[int, int]]:
    """Return (first, last) of the uids that accounts may use for their containers (subuid(5))."""
    try:
        lines = door.lines(SUBUIDS)
    except Missing:
        return []
    fields = [line.split(":") for line in lines]
    return [
        (int(start), int(start) + int(count) - 1)
        for start, count in (one[1:] for one in fields if len(one) == 3)
        if start.isascii() and start.isdigit() and count.isascii() and count.isdigit()
    ]


def _answered(door: Door, uids: list[str]) -> set[int]:
    """Return which uids a name service knows that doesn't enumerate its accounts."""
    if not uids:
        return set()
    lines = door.run(["getent", "passwd", *uids]).out.split("\n")
    fields = [line.split(":") for line in lines]
    return {int(one[2]) for one in fields if len(one) == 7 and one[2].isascii() and one[2].isdigit()}
