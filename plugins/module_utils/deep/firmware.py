# SPDX-License-Identifier: GPL-3.0-or-later
"""Firmware updates as fwupd knows them, without going out for news of them."""

from __future__ import annotations

import json
from typing import Any

from ..door import Door, Missing, Unreadable

COMMAND = ["fwupdmgr", "get-updates", "--json", "--no-unreported-check", "--no-metadata-check"]
SECONDS = 60
#: fwupdmgr's exit status where there is nothing to do.
NOTHING = 2


def updates(door: Door) -> dict[str, Any]:
    """Return {problem, devices} in the form that the area `firmware` documents."""
    try:
        done = door.run(COMMAND, SECONDS)
        if done.rc == NOTHING:
            return {"problem": None, "devices": []}
        if done.rc != 0:
            raise Unreadable("fwupdmgr ended with %d" % done.rc)
        return {"problem": None, "devices": devices(done.out)}
    except Missing:
        return {"problem": None, "devices": None}
    except Unreadable as problem:
        return {"problem": str(problem), "devices": None}


def devices(text: str) -> list[dict[str, Any]]:
    """Return the devices that fwupdmgr printed updates of; serial numbers are left out."""
    try:
        return [
            {
                "name": str(device.get("Name", "")),
                "version": str(device.get("Version", "")),
                "releases": [
                    {
                        "version": str(release.get("Version", "")),
                        "created": int(release.get("Created") or 0),
                        "urgency": str(release.get("Urgency") or "unknown"),
                    }
                    for release in device.get("Releases", [])
                ],
            }
            for device in json.loads(text)["Devices"]
        ]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise Unreadable("fwupdmgr: not the JSON that it is known to print") from None
