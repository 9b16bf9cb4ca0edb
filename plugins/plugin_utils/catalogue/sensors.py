# SPDX-License-Identifier: GPL-3.0-or-later
"""The sensors that are known, from roles/logging/meta/sensors.yml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from .strict_yaml import Entry, read

FILE = Path(__file__).resolve().parents[3] / "roles/logging/meta/sensors.yml"
#: What a sensor watches: the host itself, files for malware, the network.
KINDS = ("endpoint", "antimalware", "network")
#: What is looked at in a sensor's files -> the forms that it may have there (module_utils/sensor_files.py).
LOOKS = {
    "check_in": ("modified", "wazuh_state"),
    "signatures": ("modified", "clamav"),
    "rules": ("modified",),
    "drops": ("suricata_stats", "zeek_loss"),
    "guard": ("mdatp_managed",),
}
#: Whether a product can keep even root from switching it off, and whether the host shows that it does.
GUARDS = ("none", "seen", "unseen")


@dataclass(frozen=True)
class Look:
    """Files (patterns) of a sensor, and how to read them."""

    form: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Product:
    """One sensor, and the patterns by which it is told.

    looks: by what is looked at. guard: one of GUARDS. output: files in which it writes what it saw. unsure: its names
    come from one place only.
    """

    id: str
    name: str
    kinds: tuple[str, ...]
    packages: tuple[str, ...]
    units: tuple[str, ...]
    looks: Mapping[str, Look]
    guard: str
    output: tuple[str, ...]
    unsure: bool


@dataclass(frozen=True)
class Products:
    """dated: the day on which somebody last looked. sources: where."""

    dated: date
    sources: tuple[str, ...]
    products: tuple[Product, ...]


@lru_cache(maxsize=2)
def sensors(file: Path = FILE) -> Products:
    """Return what the file holds; read once a process. Raises CatalogueError."""
    content = read(file)
    made = Products(content.day("dated"), content.texts("sources"), tuple(map(_product, content.entries("products"))))
    content.close()
    ids = [product.id for product in made.products]
    for double in {name for name in ids if ids.count(name) > 1}:
        raise content.wrong("products", double, "an id stands once")
    return made


def product_of(name: str) -> Product | None:
    """Return the product that is known by this id or name."""
    return next((one for one in sensors().products if name.lower() in (one.id, one.name.lower())), None)


def _product(entry: Entry) -> Product:
    kinds = entry.texts("kinds")
    if not kinds or not set(kinds) <= set(KINDS):
        raise entry.wrong("kinds", kinds, f"it must be of {', '.join(KINDS)}")
    made = Product(
        entry.text("id"), entry.text("name"), kinds, entry.texts("packages") if "packages" in entry else (),
        entry.texts("units"), {name: _look(name, each) for name, each in entry.named("looks")},
        entry.choice("guard", GUARDS), entry.texts("output") if "output" in entry else (), entry.flag("unsure"),
    )  # fmt: skip
    entry.close()
    return made


def _look(name: str, entry: Entry) -> Look:
    if name not in LOOKS:
        raise entry.wrong("looks", name, f"it must be one of {', '.join(LOOKS)}")
    made = Look(entry.choice("form", LOOKS[name]), entry.texts("paths"))
    entry.close()
    return made
