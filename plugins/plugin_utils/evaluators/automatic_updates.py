# SPDX-License-Identifier: GPL-3.0-or-later
"""What unattended-upgrades would install by itself, as apt's settings say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from .facts import Unread
from .verdict import Case

Settings = Mapping[str, list[str]]
#: Short and long names of what Origins-Pattern matches.
KEYS = {
    "o": "origin", "l": "label", "a": "suite", "archive": "suite", "n": "codename", "c": "component", "site": "site",
}  # fmt: skip
INTERVAL = re.compile(r"(\d{1,9})([smhd]?)")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "": 86400}
DAY = 86400
EVERYTHING = (".", ".*", ".+", "^", "^.*", "^.+")
#: What Debian calls the suite of a release's security archive in the course of the years.
SUITES = ("stable-security", "oldstable-security", "oldoldstable-security")
OFF = ("0", "no", "false", "off", "disable", "without")


def every_day(value: str) -> bool:
    """Say whether an interval of APT::Periodic comes round at least once a day; 0 is never."""
    found = INTERVAL.fullmatch(value.strip().lower())
    return value == "always" or bool(found and 0 < int(found[1]) * SECONDS[found[2]] <= DAY)


def left_out(settings: Settings) -> list[str]:
    """Return the patterns by which unattended-upgrades leaves out every package there is."""
    return [pattern for pattern in settings.get("unattended-upgrade::package-blacklist", ()) if pattern in EVERYTHING]


def flags(settings: Settings, name: str, default: bool) -> bool:
    """Return a setting that is on or off."""
    said = settings.get(name, [])
    return said[-1].lower() not in OFF if said else default


def security_archive(case: Case) -> dict[str, str | None]:
    """Return {origin, label, suite, codename} of the security archive: as its lists say, else as it is known to.

    What neither says is None. Raises Unread for a system whose security archive isn't known.
    """
    release = case.facts["system"]["release"]
    for one in case.facts["repositories"]["releases"]:
        if one.get("label", "").lower() == "debian-security" or one.get("suite", "").endswith("-security"):
            return {key: one.get(key) for key in ("origin", "label", "suite", "codename")}
    system, codename = release.get("id"), release.get("version_codename", "")
    if system == "debian":
        return {"origin": "Debian", "label": "Debian-Security", "suite": None, "codename": f"{codename}-security"}
    if system == "ubuntu":
        return {"origin": "Ubuntu", "label": "Ubuntu", "suite": f"{codename}-security", "codename": codename}
    raise Unread("which archive has the security updates of %s isn't known" % release.get("pretty_name", "this system"))


def allowed(settings: Settings, archive: Mapping[str, str | None], release: Mapping[str, str]) -> bool:
    """Say whether Origins-Pattern or Allowed-Origins let the archive in; raises Unread where that isn't known."""
    undecided = False
    for pattern in patterns(settings, release):
        asked = {key: value for key, value in pattern.items() if key not in ("component", "site")}
        said = {key: archive.get(key) for key in asked}
        fits = [
            key in archive
            and any(fnmatchcase(name, asked[key]) for name in ((value,) if value is not None else SUITES))
            for key, value in said.items()
        ]
        if asked and all(fits):
            if None not in said.values():
                return True
            undecided = True
    if undecided:
        raise Unread("what suite the security archive is called isn't known: the host has no lists of it")
    return False


def patterns(settings: Settings, release: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield {key: glob} of the origins that unattended-upgrades takes."""
    values = {"distro_id": release.get("id", "").capitalize(), "distro_codename": release.get("version_codename", "")}
    for text in _filled(settings, "unattended-upgrade::origins-pattern", values):
        pairs = (part.strip().partition("=") for part in text.split(","))
        yield {KEYS.get(key.strip(), key.strip()): value.strip() for key, equals, value in pairs if equals}
    for text in _filled(settings, "unattended-upgrade::allowed-origins", values):
        origin, _colon, suite = text.partition(":") if ":" in text else text.partition(" ")
        yield {"origin": origin.strip(), "suite": suite.strip()}


def _filled(settings: Settings, name: str, values: Mapping[str, str]) -> Iterator[str]:
    for key, entries in settings.items():
        if key == name or key.startswith(name + "::"):
            for entry in filter(None, entries):
                for variable, value in values.items():
                    entry = entry.replace("${%s}" % variable, value)
                yield entry
