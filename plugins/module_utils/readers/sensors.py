# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `sensors`: what the files of the declared sensors show, and who logs what a name server is asked."""

from __future__ import annotations

from typing import Any

from ..reading import Area, Reading
from ..sensor_files import look


def read(host: Reading, area: Area) -> None:
    """Learn `looks`: {sensor: {what: value}} for what the controller asks to look at in sensors' files.

    The values are those of sensor_files: moments in seconds since 1970, {packets, drops, at}, true or false; None where
    no such file is there. What can't be read is missing, and its reason is that of the fact "<sensor>.<what>".
    """
    found: dict[str, dict[str, Any]] = {}
    for asked in host.sensors:
        part = found.setdefault(asked["name"], {})
        for one in asked["looks"]:
            name = "%s.%s" % (asked["name"], one["what"])
            value = area.learn(name, look, host.door, one["form"], one["paths"])
            if name in area.facts:
                part[one["what"]] = value
                del area.facts[name]
    area.facts["looks"] = found
