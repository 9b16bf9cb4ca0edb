# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory declares of the sensors that watch a host: its endpoint, for malware, its network."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from ..catalogue.sensors import Product, product_of
from .checking import Problem, shown
from .moments import as_date

PATHS = ("check_in", "signatures", "rules", "output")
VERSION = re.compile(r"\d[\w.+~-]*", re.ASCII)
UNIT = re.compile(r"[\w@.*-]+\.service", re.ASCII)


@dataclass(frozen=True)
class Sensor:
    """An entry of bulwark_sensors.

    product: what is known of it (roles/logging/meta/sensors.yml), None for one that isn't known. kinds: what it watches
    (catalogue.sensors.KINDS). units: patterns of its services, of which one has to run. version: the oldest that its
    maker supports. guarded: when somebody last saw at its console that nobody can switch it off on the host. check_in,
    signatures, rules: files whose last change shows contact with its server, and the age of what it goes by; None
    leaves that to the product. output: files of what it saw.
    """

    name: str
    kinds: tuple[str, ...]
    units: tuple[str, ...]
    product: Product | None = None
    version: str | None = None
    guarded: date | None = None
    check_in: str | None = None
    signatures: str | None = None
    rules: str | None = None
    output: tuple[str, ...] = ()


def sensor(entry: Mapping[str, Any]) -> Sensor:
    """Return the Sensor of a valid entry."""
    product = product_of(entry["name"])
    kinds = (entry["kind"],) if entry.get("kind") else product.kinds if product else ()
    units = (entry["unit"],) if entry.get("unit") else product.units if product else ()
    output = (entry["output"],) if entry.get("output") else product.output if product else ()
    return Sensor(
        name=product.name if product else entry["name"],
        kinds=kinds,
        units=units,
        product=product,
        version=entry.get("version"),
        guarded=as_date(entry.get("guarded")),
        check_in=entry.get("check_in"),
        signatures=entry.get("signatures"),
        rules=entry.get("rules"),
        output=output,
    )


def problems(place: str, entry: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with an entry whose keys are of the right types, its dates left out."""
    known = product_of(entry["name"])
    for key in ("kind", "unit"):
        if known is None and not entry.get(key):
            text = "is missing; roles/logging/meta/sensors.yml doesn't know %s" % shown(entry["name"])
            yield Problem("%s.%s" % (place, key), text)
    if known is not None and entry.get("kind") and entry["kind"] not in known.kinds:
        text = "%s is for %s" % (known.name, " and ".join(known.kinds))
        yield Problem(place + ".kind", text)
    if entry.get("unit") and not UNIT.fullmatch(entry["unit"]):
        yield Problem(place + ".unit", "%s is no name of a service, such as wazuh-agent.service" % shown(entry["unit"]))
    if entry.get("version") and not VERSION.fullmatch(entry["version"]):
        yield Problem(place + ".version", "%s is no version, such as 4.9.0" % shown(entry["version"]))
    for key in PATHS:
        path = entry.get(key)
        if path and (not path.startswith("/") or ".." in path.split("/")):
            yield Problem("%s.%s" % (place, key), "%s is no absolute path" % shown(path))
