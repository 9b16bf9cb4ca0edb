# SPDX-License-Identifier: GPL-3.0-or-later
"""Area `firmware`: flaws of the processor, its microcode, and firmware updates as the last deep reading saw them."""

from __future__ import annotations

import re
from typing import Any

from ..door import Door, Missing
from ..reading import Area, Reading
from .deep import stored

FLAWS = "/sys/devices/system/cpu/vulnerabilities"
CPUINFO = "/proc/cpuinfo"
CPUINFO_LIMIT = 8 * 1024 * 1024
FIELD = re.compile(r"^(vendor_id|microcode|flags)\s*: (.*)$", re.MULTILINE)


def read(host: Reading, area: Area) -> None:
    """Learn `flaws`, `processor` and `updates`.

    flaws: {flaw of the processor: what the kernel says of it}. processor: {vendor (None where it is not said),
    microcode (its revision), virtual: a hypervisor lends it}. updates: None without a deep reading that looked, else
    {at (ISO 8601), problem: why they aren't known, else None, devices: [{name, version, releases: [{version, created
    (seconds since 1970), urgency}]}], None without fwupd}.
    """
    area.learn("flaws", flaws, host.door)
    area.learn("processor", processor, host.door)
    area.learn("updates", updates, host.door)


def flaws(door: Door) -> dict[str, str]:
    """Return the processor's flaws."""
    try:
        names = door.list(FLAWS)
    except Missing:
        return {}
    return {name: door.read(f"{FLAWS}/{name}").strip() for name in names}


def processor(door: Door) -> dict[str, Any]:
    """Return whose the first processor is, and what microcode it runs."""
    fields: dict[str, str] = {}
    for name, value in FIELD.findall(door.read(CPUINFO, CPUINFO_LIMIT)):
        fields.setdefault(name, value.strip())
    return {
        "vendor": fields.get("vendor_id"),
        "microcode": fields.get("microcode"),
        "virtual": "hypervisor" in fields.get("flags", "").split(),
    }


def updates(door: Door) -> dict[str, Any] | None:
    """Return what the last deep reading was told by fwupd."""
    kept = stored(door)
    if kept is None or "firmware" not in kept:
        return None
    return {"at": str(kept["at"]), **kept["firmware"]}
